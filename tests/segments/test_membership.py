"""Entering and leaving: since when and why; what merging, undoing and midnight do; how a segment is built."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.lib.json import Json, JsonObject
from profiles.arrivals import Touched
from profiles.models import Basis, Brand, Settings, Topic, Touch
from segments import catalog, flips, footing, membership, preview
from segments.ast import InvalidSegment, load
from segments.models import Cause, Flip, Leaf, Membership, MembershipChange, MembershipMerge, Segment
from segments.tasks import build_waiting
from segments.watching import check_no_cycle
from tests.conftest import NOW
from tests.segments.history import History
from tests.segments.world import World, contact

pytestmark = pytest.mark.django_db

ADA, GRACE, LINUS = 1001, 1002, 1003
LAPSED: JsonObject = {
    "type": "all",
    "children": [
        {"type": "purchase", "measure": "orders", "operator": "gte", "value": 1},
        {
            "type": "event",
            "name": "Order Completed",
            "frequency": "never",
            "window": {"type": "last", "amount": 90, "unit": "day"},
        },
    ],
}
BUYERS: JsonObject = {"type": "event", "name": "Order Completed", "frequency": "at_least", "count": 1}
GOLD: JsonObject = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}


def order(persona: int, at: dt.datetime = NOW) -> dict[str, Any]:
    return {"persona": persona, "name": "Order Completed", "at": at, "properties": {}}


def bought(persona: int, at: dt.datetime = NOW) -> dict[str, Any]:
    return {
        "persona": persona,
        "at": at,
        "amount": Decimal("50.00"),
        "refunded": Decimal(0),
        "cancelled": False,
    }


@pytest.fixture
def history() -> History:
    """Ada, Grace and Linus, of whom we know nothing yet."""
    people = (ADA, GRACE, LINUS)
    return History(World({one: contact() for one in people}, {one: one for one in people}), now=NOW)


def since(segment: int) -> dict[int, dt.datetime]:
    return dict(Membership.objects.filter(segment_id=segment).values_list("contact_id", "entered_at"))


def test_it_enters_at_once_and_remembers_why(history: History) -> None:
    history.keep(1, load(BUYERS))

    (change,) = history.do(order(ADA))

    assert change == membership.Change(1, ADA, True, Cause.FACT)
    assert since(1) == {ADA: NOW}
    row = MembershipChange.objects.get()
    assert (row.segment_id, row.contact_id, row.entered, row.cause) == (1, ADA, True, Cause.FACT)


def test_it_tells_older_data_from_news(history: History) -> None:
    history.keep(1, load(BUYERS))

    (change,) = history.do(order(ADA, NOW - dt.timedelta(days=300)), backfill=True)

    assert change.cause is Cause.BACKFILL


def test_it_says_nothing_of_what_it_does_not_look_at(history: History) -> None:
    history.keep(1, load(BUYERS))

    assert history.learn(ADA, "plan", "gold") == []


def test_it_lets_time_alone_change_the_answer(history: History) -> None:
    history.keep(1, load(LAPSED))
    history.do(order(ADA))
    assert history.buy(bought(ADA)) == []

    history.pass_time(dt.timedelta(days=90) - dt.timedelta(microseconds=1))
    assert history.sweep() == []
    history.pass_time(dt.timedelta(microseconds=1))

    assert history.sweep() == [membership.Change(1, ADA, True, Cause.TIME)]


def test_it_lets_an_event_from_a_fast_clock_in_when_it_is_due(history: History) -> None:
    history.keep(1, load(BUYERS))
    assert history.do(order(ADA, NOW + dt.timedelta(hours=3))) == []

    history.pass_time(dt.timedelta(hours=3))

    assert [change.contact_id for change in history.sweep()] == [ADA]


def test_it_never_moves_a_flip_later(history: History) -> None:
    history.keep(1, load({**BUYERS, "window": {"type": "last", "amount": 30, "unit": "day"}}))
    history.do(order(ADA))
    due = flips.next_due()

    history.pass_time(dt.timedelta(days=10))
    history.do(order(ADA, history.now))

    assert flips.next_due() == due == NOW + dt.timedelta(days=30)
    history.pass_time(dt.timedelta(days=20))
    assert history.sweep() == []
    assert flips.next_due() == NOW + dt.timedelta(days=40)


def test_it_shares_the_flips_of_a_leaf(history: History) -> None:
    window: Json = {"type": "last", "amount": 30, "unit": "day"}
    history.keep(1, load({**BUYERS, "window": window}))
    history.keep(2, load({"type": "none", "children": [{**BUYERS, "window": window}]}))

    history.do(order(ADA))

    assert Leaf.objects.count() == 1
    assert Flip.objects.count() == 1


def test_it_turns_calendar_days_at_the_workspaces_midnight(history: History) -> None:
    tomorrow = (NOW + dt.timedelta(days=1)).date()
    history.learn(ADA, "renews", tomorrow.isoformat())
    leaf: JsonObject = {
        "type": "attribute",
        "key": "renews",
        "operator": "in_the_next",
        "value": {"amount": 0, "unit": "day"},
    }
    history.keep(1, load(leaf))

    history.pass_time(dt.timedelta(hours=11) - dt.timedelta(seconds=1))  # 23:59:59 in Amsterdam
    before = history.sweep()
    history.pass_time(dt.timedelta(seconds=1))
    at_midnight = history.sweep()
    history.pass_time(dt.timedelta(days=5))
    later = history.sweep()

    assert before == []
    assert at_midnight == [membership.Change(1, ADA, True, Cause.TIME)]
    assert later == [membership.Change(1, ADA, False, Cause.TIME)]


def test_it_gives_back_the_dates_when_a_merge_is_undone(history: History) -> None:
    history.keep(1, load(BUYERS))
    history.do(order(GRACE, NOW - dt.timedelta(days=2)))
    history.pass_time(dt.timedelta(days=1))
    history.do(order(ADA))
    before = since(1)

    merged = history.merge(ADA, GRACE, moved=False)
    together = since(1)
    history.pass_time(dt.timedelta(days=3))
    history.undo()

    assert merged == []
    assert together == {ADA: NOW}
    assert since(1) == before == {GRACE: NOW, ADA: NOW + dt.timedelta(days=1)}
    assert not MembershipMerge.objects.exists()
    assert set(MembershipChange.objects.filter(contact_id=GRACE).values_list("cause", "entered")) == {
        ("fact", True),
        ("merge", False),
        ("merge", True),
    }


def test_it_hands_over_a_list_and_takes_it_back(history: History) -> None:
    Segment.objects.create(pk=7, name="Press", kind=Segment.Kind.STATIC)
    Membership.objects.create(segment_id=7, contact_id=GRACE, entered_at=NOW, cause="by_hand")
    history.keep(8, load({"type": "segment", "segment": 7}))

    merged = history.merge(ADA, GRACE, moved=True)
    together = (set(since(7)), set(since(8)))
    history.undo()

    assert {(one.segment_id, one.contact_id, one.cause) for one in merged} == {
        (7, ADA, "merge"),
        (8, ADA, "merge"),
    }
    assert together == ({ADA}, {ADA})
    assert since(7) == {GRACE: NOW}
    assert since(8) == {GRACE: NOW}


def test_it_asks_a_segment_once_whatever_the_number_of_contacts(history: History) -> None:
    history.keep(1, load(LAPSED))
    history.keep(2, load({"type": "segment", "segment": 1, "operator": "not_in"}))
    few = {ADA: Touched(purchases=True)}
    many = {one: Touched(purchases=True) for one in (ADA, GRACE, LINUS, 9001, 9002, 9003)}

    counts = []
    for touched in (few, many):
        with CaptureQueriesContext(connection) as asked:
            membership.refresh(touched, now=NOW)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_it_follows_a_segment_that_refers_to_another(history: History) -> None:
    history.keep(2, load(BUYERS))
    history.keep(1, load({"type": "segment", "segment": 2, "operator": "not_in"}))

    changes = history.do(order(ADA))

    assert changes == [
        membership.Change(2, ADA, True, Cause.FACT),
        membership.Change(1, ADA, False, Cause.FACT),
    ]


def test_it_builds_an_edited_segment_and_those_that_refer_to_it(history: History) -> None:
    history.learn(ADA, "plan", "gold")
    history.keep(1, load(BUYERS))
    history.keep(2, load({"type": "segment", "segment": 1}))
    segment = Segment.objects.get(pk=1)

    segment.definition, segment.version = GOLD, 2
    changes = membership.rebuild(segment, now=NOW)

    assert [(one.segment_id, one.contact_id, one.cause) for one in changes] == [
        (1, ADA, "edit"),
        (2, ADA, "edit"),
    ]
    assert Segment.objects.filter(built_at=NOW).count() == 2


def test_it_asks_those_again_who_were_touched_while_it_was_being_built(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    from segments import rebuild

    write = rebuild._write

    def meanwhile(*arguments: Any) -> Any:
        changes = write(*arguments)
        history.learn(ADA, "plan", "gold")  # the digest leaves a segment alone that is being built
        Touch.objects.create(contact_id=ADA, what=Touch.What.ATTRIBUTE, touched_at=NOW)
        return changes

    monkeypatch.setattr(rebuild, "_write", meanwhile)

    (change,) = history.keep(1, load(GOLD))

    assert change.contact_id == ADA
    assert since(1).keys() == {ADA}


def test_it_writes_large_differences_in_batches(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    from segments import rebuild

    monkeypatch.setattr(rebuild, "BATCH", 1)

    changes = history.keep(1, load({"type": "none", "children": [GOLD]}))

    assert [one.contact_id for one in changes] == [ADA, GRACE, LINUS]
    assert since(1).keys() == {ADA, GRACE, LINUS}


def test_it_comes_back_to_a_build_that_was_lost(history: History) -> None:
    Segment.objects.create(pk=1, name="Waiting", definition={"type": "none", "children": [GOLD]})

    assert build_waiting() == 1

    assert since(1).keys() == {ADA, GRACE, LINUS}
    assert set(Membership.objects.values_list("cause", flat=True)) == {Cause.MADE}
    assert build_waiting() == 0


def test_it_builds_those_anew_that_another_time_zone_or_basis_concerns(history: History) -> None:
    topic = Topic.objects.create(key="tips", name="Tips", brand=Brand.objects.get(is_default=True))
    history.keep(1, load(GOLD))
    history.keep(2, load({"type": "moment", "what": "created", "operator": "weekday_is", "value": [0]}))
    history.keep(3, load({"type": "reach", "channel": "email", "topic": topic.pk, "operator": "can"}))
    history.keep(4, load(LAPSED))
    assert build_waiting() == 0  # what they stand on is written down

    Settings.objects.update(time_zone="Pacific/Auckland")
    by_zone = footing.renew()
    Topic.objects.filter(pk=topic.pk).update(basis=Basis.CONTRACT)
    by_basis = footing.renew()

    assert (by_zone, by_basis, footing.renew()) == ([2], [3], [])
    assert set(Segment.objects.filter(built_at=None).values_list("pk", flat=True)) == {2, 3}
    assert build_waiting() == 2


def test_it_refuses_a_segment_that_would_depend_on_itself(history: History) -> None:
    history.keep(1, load(GOLD))
    history.keep(2, load({"type": "segment", "segment": 1}))

    with pytest.raises(InvalidSegment, match="depend on itself"):
        check_no_cycle(1, load({"type": "segment", "segment": 2}))


def test_it_counts_exactly_or_says_that_it_guesses(history: History) -> None:
    history.learn(ADA, "plan", "gold")
    tree = load({"type": "none", "children": [GOLD]})

    exact = preview.look(tree, now=NOW)
    guess = preview._estimate(tree, catalog.context([tree], now=NOW), False, random.Random(1))

    assert (exact.count, exact.is_exact, set(exact.sample)) == (2, True, {GRACE, LINUS})
    assert (guess.count, guess.is_exact) == (2, False)
