"""Lifecycle stages stay true: as orders arrive, as time passes, over merges, and when the thresholds change."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.contrib.auth.models import User

from cdp import pipeline
from journeys.flow import triggers
from profiles import partitions, stages, staging
from profiles.models import Contact, ContactActivity, Event, InboxItem, Lane, Purchase, Settings, Source
from segments.membership import Change
from segments.models import Cause, Membership, Segment
from segments.rebuild import rebuild
from tests.profiles.arriving import Sender, contact

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def sender(shop: Source, now: dt.datetime) -> Sender:
    return Sender(shop, now)


@pytest.fixture
def coming_year(now: dt.datetime) -> None:
    """The months that time passes through."""
    for days in (75, 90, 120, 150, 180, 200, 300):
        partitions.ensure([], now=now + days * DAY)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """The changes of membership that journeys were told of."""
    told: list[Change] = []
    enrol = triggers.enrol

    def listening(events: Any, changes: Any, *, now: dt.datetime) -> int:
        told.extend(changes)
        return enrol(events, changes, now=now)

    monkeypatch.setattr(triggers, "enrol", listening)
    return told


def order(sender: Sender, name: str, key: str, *, at: dt.datetime, lane: Lane = Lane.LIVE) -> None:
    sender.track("Order Completed", {"order_id": key, "total": 20}, userId=name, at=at, lane=lane)


def digest_all(now: dt.datetime) -> None:
    while InboxItem.objects.exists():
        pipeline.digest(now=now)


def let_pass(now: dt.datetime) -> None:
    while pipeline.let_time_pass(now=now):
        pass
    digest_all(now)


def told(name: str) -> list[tuple[str, str]]:
    """The changes of stage on somebody's timeline, oldest first."""
    events = Event.objects.filter(contact=contact("user_id", name), definition__name=staging.CHANGED)
    return [(one.properties["from"], one.properties["to"]) for one in events.order_by("occurred_at", "id")]


def of(name: str) -> str:
    return contact("user_id", name).lifecycle_stage


def test_it_follows_a_life(sender: Sender, now: dt.datetime, coming_year: None) -> None:
    sender.identify({"email": "ada@example.com"}, userId="ada")
    digest_all(now)
    seen = [of("ada")]

    order(sender, "ada", "1", at=now)
    digest_all(now)
    seen.append(of("ada"))
    for passed in (31, 91, 181):
        let_pass(now + passed * DAY)
        seen.append(of("ada"))
    sender.now = later = now + 200 * DAY
    order(sender, "ada", "2", at=later)
    digest_all(later)
    seen.append(of("ada"))

    assert seen == ["never_bought", "new", "active", "at_risk", "lapsed", "won_back"]
    assert told("ada") == list(itertools.pairwise(seen))


def test_it_skips_no_stage_after_a_standstill(sender: Sender, now: dt.datetime, coming_year: None) -> None:
    order(sender, "ada", "1", at=now)
    digest_all(now)

    let_pass(now + 300 * DAY)

    assert told("ada") == [
        ("never_bought", "new"), ("new", "active"), ("active", "at_risk"), ("at_risk", "lapsed"),
    ]  # fmt: skip


def test_it_leaves_visitors_without_a_stage_until_they_buy(sender: Sender, now: dt.datetime) -> None:
    sender.track("Page Viewed", anonymousId="grace")
    digest_all(now)
    before = contact("anonymous_id", "grace").lifecycle_stage

    sender.track("Order Completed", {"order_id": "1", "total": 5}, anonymousId="grace")
    digest_all(now)

    assert (before, contact("anonymous_id", "grace").lifecycle_stage) == ("", "new")


def test_it_takes_a_cancelled_order_back(sender: Sender, now: dt.datetime) -> None:
    order(sender, "ada", "1", at=now)
    digest_all(now)

    sender.track("Order Cancelled", {"order_id": "1"}, userId="ada")
    digest_all(now)

    assert of("ada") == "never_bought"
    assert ContactActivity.objects.get(contact=contact("user_id", "ada")).stage_due_at is None


def test_it_keeps_segments_about_the_stage_true(
    sender: Sender, now: dt.datetime, coming_year: None, started: list[Change]
) -> None:
    tree = {"type": "attribute", "key": "lifecycle_stage", "operator": "is", "value": "at_risk"}
    segment = Segment.objects.create(name="Slipping", definition=tree)
    rebuild(segment, now=now)
    order(sender, "ada", "1", at=now)
    digest_all(now)

    let_pass(now + 91 * DAY)

    assert Membership.objects.filter(segment=segment, contact=contact("user_id", "ada")).exists()
    assert [(one.segment_id, one.cause) for one in started if one.entered] == [(segment.pk, Cause.FACT)]


def test_it_tells_history_in_bulk(sender: Sender, now: dt.datetime) -> None:
    sender.identify({"email": "ada@example.com"}, userId="ada")
    digest_all(now)

    order(sender, "ada", "1", at=now - 100 * DAY)
    pipeline.digest(now=now)

    assert of("ada") == "at_risk"
    assert InboxItem.objects.get().lane == Lane.BULK, "so that it starts no journey"


def test_it_decides_anew_over_a_merge_and_its_undo(sender: Sender, now: dt.datetime, ada: User) -> None:
    order(sender, "grace", "1", at=now - 400 * DAY)
    sender.track("Order Completed", {"order_id": "2", "total": 5}, anonymousId="browser")
    digest_all(now)
    grace, visitor = contact("user_id", "grace"), contact("anonymous_id", "browser")

    merge = pipeline.merge_contacts(survivor_id=grace.pk, absorbed_id=visitor.pk, by=ada, now=now)
    together = Contact.objects.get(pk=grace.pk).lifecycle_stage
    pipeline.undo_merge(merge.merge_id, by=ada, now=now)

    assert together == "won_back"
    assert [Contact.objects.get(pk=pk).lifecycle_stage for pk in (grace.pk, visitor.pk)] == ["lapsed", "new"]
    assert ContactActivity.objects.get(contact=visitor).stage_due_at == now + 30 * DAY + stages.INSTANT


def test_it_decides_about_everybody_when_the_thresholds_change(
    sender: Sender, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FLIPS", 2)
    for name in ("ada", "grace", "linus"):
        order(sender, name, f"of-{name}", at=now - 100 * DAY)
    digest_all(now)
    let_pass(now)
    Settings.objects.update(active_days=120)

    staging.begin_again()
    while pipeline.let_time_pass(now=now, limit=2):
        pass
    waiting = InboxItem.objects.values_list("lane", flat=True)

    assert {of(name) for name in ("ada", "grace", "linus")} == {"active"}
    assert set(waiting) == {Lane.BULK}
    assert not staging.is_waiting()


def test_it_finds_the_stages_of_people_who_were_there_before(sender: Sender, now: dt.datetime) -> None:
    order(sender, "ada", "1", at=now - 10 * DAY)
    digest_all(now)
    Contact.objects.update(lifecycle_stage="")
    ContactActivity.objects.update(stage_due_at=None)
    before = Event.objects.count()

    staging.begin_again()
    let_pass(now)

    assert of("ada") == "new"
    assert Event.objects.count() == before, "found out, not changed"


def test_it_keeps_what_others_call_a_stage_beside_ours(sender: Sender, now: dt.datetime) -> None:
    sender.identify({"email": "ada@example.com", "lifecycleStage": "lead"}, userId="ada")
    digest_all(now)

    found = contact("user_id", "ada")

    assert found.lifecycle_stage == "never_bought"
    assert found.attributes["given_lifecycle_stage"] == "lead"


def test_it_agrees_with_the_orders_of_everybody(sender: Sender, now: dt.datetime) -> None:
    for number in range(40):
        for place in range(number % 4):
            order(sender, f"person-{number}", f"{number}-{place}", at=now - (7 * number * (place + 1)) * DAY)
    digest_all(now)
    let_pass(now)

    for person in Contact.objects.filter(known_since_at__isnull=False):
        orders = sorted(Purchase.objects.filter(contact=person).values_list("occurred_at", flat=True))
        bought = stages.Bought.by(orders, stages.Thresholds(), at=now)
        assert person.lifecycle_stage == stages.stage(bought, stages.Thresholds(), at=now), orders
