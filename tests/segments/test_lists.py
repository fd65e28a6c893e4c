"""Lists are picked by hand: whoever comes or goes is news to segments and, by the pipeline, to journeys."""

import datetime as dt

import pytest

from profiles.models import IdentityLink
from segments import history, impact, lists, telling, versions
from segments.ast import load
from segments.models import Cause, Membership, MembershipChange, Segment, SegmentVersion
from tests.conftest import NOW
from tests.segments.history import History
from tests.segments.world import World, contact

pytestmark = pytest.mark.django_db

ADA, GRACE, LINUS = 1001, 1002, 1003
PRESS = 7


@pytest.fixture
def story() -> History:
    """Ada, Grace and Linus, with addresses."""
    people = {
        ADA: contact(email="ada@example.com"),
        GRACE: contact(email="Grace@example.com"),
        LINUS: contact(),
    }
    return History(World(people, {one: one for one in people}), now=NOW)


@pytest.fixture
def press(story: History) -> Segment:
    """An empty list."""
    return Segment.objects.create(pk=PRESS, name="Press", kind=Segment.Kind.STATIC)


def on(segment: int) -> set[int]:
    return set(Membership.objects.filter(segment_id=segment).values_list("contact_id", flat=True))


def test_it_puts_people_in_and_takes_them_out(story: History, press: Segment) -> None:
    added = lists.add(press, [ADA, GRACE, ADA, 99_999], by=None, now=NOW)
    again = lists.add(press, [ADA], by=None, now=NOW)
    removed = lists.remove(press, [GRACE, LINUS], by=None, now=NOW)

    assert (added, again, removed) == ([ADA, GRACE], [], [GRACE])
    assert on(PRESS) == {ADA}
    changes = MembershipChange.objects.order_by("pk").values_list("contact_id", "entered", "cause")
    assert list(changes) == [
        (ADA, True, Cause.BY_HAND),
        (GRACE, True, Cause.BY_HAND),
        (GRACE, False, Cause.BY_HAND),
    ]


def test_it_moves_the_segments_that_refer_to_the_list(story: History, press: Segment) -> None:
    story.keep(8, load({"type": "segment", "segment": PRESS}))
    telling.take(limit=100)

    lists.add(press, [ADA], by=None, now=NOW)

    assert on(8) == {ADA}
    assert {(one.segment_id, one.contact_id, one.cause) for one in telling.take(limit=10)} == {
        (PRESS, ADA, Cause.BY_HAND),
        (8, ADA, Cause.BY_HAND),
    }
    assert not telling.is_waiting()


def test_it_counts_a_merged_person_as_whom_they_are_now(story: History, press: Segment) -> None:
    story.merge(ADA, GRACE, moved=True)

    assert lists.add(press, [GRACE], by=None, now=NOW) == [ADA]


def test_it_finds_people_by_what_they_are_called_and_tells_the_rest(story: History) -> None:
    IdentityLink.objects.create(
        namespace="user_id", value="c-7", persona_id=LINUS, created_at=NOW, last_seen_at=NOW
    )

    found = lists.named("ada@example.com, GRACE@example.com;c-7\nnobody@example.com  ada@example.com")

    assert found == lists.Named([ADA, GRACE, LINUS], ["nobody@example.com"])


def test_it_takes_over_who_is_in_a_segment_now(
    story: History, press: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PORTION", 2)
    story.keep(8, load({"type": "bucket", "from": 0, "to": 9999}))

    assert lists.add_members_of(press, Segment.objects.get(pk=8), by=None, now=NOW) == 3
    assert on(PRESS) == {ADA, GRACE, LINUS}


def test_it_is_copied_with_its_people_in_portions_and_told_of(
    story: History, press: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists.add(press, [ADA, GRACE, LINUS], by=None, now=NOW)
    telling.take(limit=100)
    copy = Segment.objects.create(name="Press 2", kind=Segment.Kind.STATIC, filled_from=press)
    monkeypatch.setattr(lists, "COPIED", 2)

    part = lists.fill(copy, now=NOW, most=2)
    on_it = on(copy.pk)
    story.keep(8, load({"type": "segment", "segment": copy.pk}))
    whole = lists.fill(copy, now=NOW)

    assert (part, on_it, whole, on(copy.pk)) == (False, {ADA, GRACE}, True, {ADA, GRACE, LINUS})
    copy.refresh_from_db()
    assert copy.filled_from is None
    assert MembershipChange.objects.filter(segment=copy, entered=True, cause=Cause.BY_HAND).count() == 3
    assert Segment.objects.get(pk=8).built_at is None  # it was made while people were still missing
    told = [one.contact_id for one in telling.take(limit=100) if one.segment_id == copy.pk]
    assert told == [ADA, GRACE, LINUS]


def test_it_leaves_a_segment_to_its_conditions(story: History) -> None:
    story.keep(8, load({"type": "bucket", "from": 0, "to": 1}))

    with pytest.raises(ValueError, match="picked by hand"):
        lists.add(Segment.objects.get(pk=8), [ADA], by=None, now=NOW)


def test_it_knows_how_large_it_was_each_day(story: History, press: Segment) -> None:
    lists.add(press, [ADA, GRACE], by=None, now=NOW - dt.timedelta(days=2))
    lists.remove(press, [GRACE], by=None, now=NOW - dt.timedelta(days=1))
    lists.add(press, [LINUS], by=None, now=NOW)

    days = history.daily(press, now=NOW, days=4)

    assert [(day.entered, day.left, day.members) for day in days] == [
        (0, 0, 0),
        (2, 0, 2),
        (0, 1, 1),
        (1, 0, 2),
    ]
    assert days[-1].on == NOW.date()


def test_it_says_who_would_come_and_go(story: History) -> None:
    story.learn(ADA, "plan", "gold")
    story.keep(8, load({"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}))
    everybody_else = load({"type": "attribute", "key": "plan", "operator": "is_not", "value": "gold"})

    assert impact.of(Segment.objects.get(pk=8), everybody_else, now=NOW) == impact.Impact(2, 1)
    assert impact.of(Segment(), everybody_else, now=NOW) == impact.Impact(2, 0)


def test_it_keeps_definitions_and_brings_one_back(story: History) -> None:
    first, second = {"type": "bucket", "from": 0, "to": 1}, {"type": "bucket", "from": 0, "to": 2}
    segment = Segment.objects.create(name="Some", definition=first)
    versions.keep(segment, by=None, now=NOW)
    segment.definition, segment.version = second, 2
    segment.save()
    versions.keep(segment, by=None, now=NOW)

    versions.restore(segment, 1, by=None, now=NOW)

    segment.refresh_from_db()
    assert (segment.definition, segment.version, segment.built_at) == (first, 3, None)
    assert [(one.number, one.definition) for one in versions.of(segment)] == [
        (3, first),
        (2, second),
        (1, first),
    ]
    with pytest.raises(SegmentVersion.DoesNotExist):
        versions.restore(segment, 9, by=None, now=NOW)
