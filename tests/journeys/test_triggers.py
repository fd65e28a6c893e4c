"""What starts a journey, for whom, and how often."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp.lib import db
from journeys.flow import entry, plans, publishing, triggers
from journeys.models import Run, Signal, Version
from profiles.models import Contact, Lane
from segments.models import Cause, Membership, Segment
from tests.journeys.stories import (
    DAY,
    HOUR,
    Change,
    advance_all,
    digest,
    draft,
    happening,
    live,
    on,
    person,
    told,
    wait,
    wait_for,
)

pytestmark = pytest.mark.django_db
STEP = wait("w", 5)
BY_HAND = {"kind": "by_hand"}


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    return person("Ada", now=now)


@pytest.fixture
def grace(now: dt.datetime) -> Contact:
    return person("Grace", now=now)


@pytest.fixture
def vips(now: dt.datetime) -> Segment:
    return Segment.objects.create(name="VIPs", built_at=now)


def of(segment: Segment, members: str = "future") -> dict[str, Any]:
    return {"kind": "segment", "segment": segment.pk, "members": members}


def joined(segment: Segment, contact: Contact, at: dt.datetime) -> None:
    Membership.objects.create(segment=segment, contact=contact, entered_at=at, cause=Cause.FACT)


def test_it_starts_a_run_with_what_started_it(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Order Completed"), STEP, now=now)
    order = happening(ada, "Order Completed", now - HOUR, total=50, currency="EUR")

    assert digest([order], now=now) == 1

    run = Run.objects.get()
    assert (run.version, run.contact, run.persona_id, run.state, run.step) == (
        version,
        ada,
        ada.pk,
        "active",
        "w",
    )
    assert (run.entered_at, run.wake_at, run.visit_number, run.cause) == (now, now, 1, "fact")
    assert run.variables["event"] == {
        "name": "Order Completed",
        "id": order.id,
        "properties": {"total": 50, "currency": "EUR"},
        "occurred_at": (now - HOUR).isoformat(),
    }


def test_it_looks_at_the_properties_as_segments_do(ada: Contact, grace: Contact, now: dt.datetime) -> None:
    large = {"property": "total", "operator": "gt", "value": 50}
    not_gift = {"property": "kind", "operator": "is_not", "value": "gift"}
    live(on("Order Completed", large, not_gift), STEP, now=now)

    digest(
        [
            happening(ada, "Order Completed", now, total=50),
            happening(ada, "Order Completed", now, total="99"),
            happening(ada, "Order Completed", now, total=99, kind="Gift"),
            happening(grace, "Order Completed", now, total=50.01),
        ],
        now=now,
    )

    assert list(Run.objects.values_list("contact_id", flat=True)) == [grace.pk]


def test_it_is_not_started_by_old_news(ada: Contact, now: dt.datetime) -> None:
    live(on("Signed Up"), STEP, now=now)

    digest(
        [
            happening(ada, "Signed Up", now - 25 * HOUR),
            happening(ada, "Signed Up", now, lane=Lane.BULK),
        ],
        now=now,
    )

    assert not Run.objects.exists()


def test_it_accepts_old_news_where_the_journey_says_so(
    ada: Contact, grace: Contact, now: dt.datetime
) -> None:
    live(on("Signed Up"), STEP, now=now, freshness_hours=48)
    live(on("Imported"), STEP, now=now, accept_late=True, name="Imported")

    digest(
        [
            happening(ada, "Signed Up", now - 25 * HOUR),
            happening(grace, "Imported", now - 900 * DAY, lane=Lane.BULK),
        ],
        now=now,
    )

    assert set(Run.objects.values_list("contact_id", flat=True)) == {ada.pk, grace.pk}


@pytest.mark.parametrize(
    ("settings", "inside", "soon", "later"),
    [
        ({"reentry": "never"}, 1, 1, 1),
        ({"reentry": "after_exit"}, 1, 2, 3),
        ({"reentry": "after_days", "days": 10}, 1, 1, 2),
        ({"reentry": "always"}, 2, 3, 4),
    ],
)
def test_it_lets_people_in_again_as_the_journey_says(
    ada: Contact, now: dt.datetime, settings: dict[str, Any], inside: int, soon: int, later: int
) -> None:
    live(on("Signed Up"), STEP, now=now, **settings)
    counts = []
    for moment in (now, now + DAY, now + 6 * DAY, now + 12 * DAY):
        advance_all(moment)
        digest([happening(ada, "Signed Up", moment)], now=moment)
        counts.append(Run.objects.count())

    assert counts == [1, inside, soon, later]


def test_it_starts_once_for_two_events_in_one_batch(ada: Contact, now: dt.datetime) -> None:
    live(on("Signed Up"), STEP, now=now, reentry="after_exit")

    assert digest([happening(ada, "Signed Up", now), happening(ada, "Signed Up", now)], now=now) == 1


def test_it_starts_once_for_each_order(ada: Contact, now: dt.datetime) -> None:
    live(on("Order Completed"), STEP, now=now, key="order.id")

    for moment, orders in ((now, ("A", "B", "A")), (now + HOUR, ("A", "C"))):
        digest([happening(ada, "Order Completed", moment, order={"id": one}) for one in orders], now=moment)

    assert list(Run.objects.order_by("id").values_list("key", flat=True)) == ["A", "B", "C"]


def test_it_starts_for_those_who_enter_the_segment(
    ada: Contact, grace: Contact, vips: Segment, now: dt.datetime
) -> None:
    live(of(vips), STEP, now=now)

    digest(
        [],
        changes=[
            Change(vips.pk, ada.pk, entered=True, cause=Cause.FACT),
            Change(vips.pk, grace.pk, entered=False, cause=Cause.FACT),
        ],
        now=now,
    )

    assert list(Run.objects.values_list("contact_id", flat=True)) == [ada.pk]


@pytest.mark.parametrize(
    ("cause", "settings", "runs"),
    [
        (Cause.FACT, {}, 1),
        (Cause.TIME, {}, 1),
        (Cause.BY_HAND, {}, 1),
        (Cause.EDIT, {}, 0),
        (Cause.MERGE, {}, 0),
        (Cause.BACKFILL, {}, 0),
        (Cause.EDIT, {"accept_edit": True}, 1),
        (Cause.MERGE, {"accept_edit": True}, 1),
        (Cause.BACKFILL, {"accept_edit": True}, 0),
        (Cause.BACKFILL, {"accept_late": True}, 1),
    ],
)
def test_it_tells_news_about_a_person_from_the_rest(
    ada: Contact, vips: Segment, now: dt.datetime, cause: Cause, settings: dict[str, Any], runs: int
) -> None:
    live(of(vips), STEP, now=now, **settings)

    digest([], changes=[Change(vips.pk, ada.pk, entered=True, cause=cause)], now=now)

    assert list(Run.objects.values_list("cause", flat=True)) == [cause] * runs


def test_it_takes_in_those_who_are_members_already(vips: Segment, now: dt.datetime) -> None:
    crowd = [person(f"P{n}", now=now) for n in range(7)]
    for one in crowd:
        joined(vips, one, now - DAY)
    live(of(vips, "both"), STEP, now=now)
    joined(vips, person("Late", now=now), now + HOUR)  # comes in by the change of membership, not from here

    calls = 0
    while triggers.backfill(now=now + 2 * HOUR, limit=3):
        calls += 1

    assert sorted(Run.objects.values_list("contact_id", flat=True)) == [one.pk for one in crowd]
    assert calls == 3


def test_it_goes_on_with_members_where_it_was_stopped(vips: Segment, now: dt.datetime) -> None:
    for n in range(4):
        joined(vips, person(f"P{n}", now=now), now)
    live(of(vips, "current"), STEP, now=now, reentry="after_exit")
    triggers.backfill(now=now, limit=2)

    # A second worker, or the same after its death, begins again: nobody comes in twice.
    Run.objects.update(state="completed", ended_at=now, wake_at=None)
    while triggers.backfill(now=now, limit=2):
        pass

    assert Run.objects.count() == 4


def test_it_does_not_take_in_members_where_only_new_ones_count(
    ada: Contact, grace: Contact, vips: Segment, now: dt.datetime
) -> None:
    joined(vips, ada, now)
    live(of(vips, "future"), STEP, now=now)
    live(of(vips, "current"), STEP, now=now, name="Current")

    digest([], changes=[Change(vips.pk, grace.pk, entered=True, cause=Cause.FACT)], now=now)
    while triggers.backfill(now=now):
        pass

    assert set(Run.objects.values_list("journey__name", "contact_id")) == {
        ("Welcome", grace.pk),
        ("Current", ada.pk),
    }


def test_it_takes_people_in_by_hand(ada: Contact, now: dt.datetime) -> None:
    version = live(BY_HAND, STEP, now=now)

    assert entry.by_hand(plans.of([version.pk])[version.pk], [ada.pk, ada.pk], now=now) == 1

    assert Run.objects.get().cause == "by_hand"


def test_it_keeps_a_journey_from_starting_itself(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Journey Exited"), STEP, now=now, reentry="always")
    other = live(on("Signed Up"), STEP, now=now, name="Other")

    own = happening(ada, "Journey Exited", now, journey_id=version.journey_id)
    others = happening(ada, "Journey Exited", now, journey_id=other.journey_id)

    assert digest([own], now=now) == 0
    assert digest([others], now=now) == 1


def test_it_takes_people_in_while_paused_and_holds_them(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Signed Up"), STEP, now=now)
    publishing.pause(version.journey)

    assert digest([happening(ada, "Signed Up", now)], now=now) == 1
    assert advance_all(now) == 0


def test_it_starts_nothing_where_nothing_is_live(ada: Contact, now: dt.datetime) -> None:
    draft(on("Signed Up"), STEP)

    assert digest([happening(ada, "Signed Up", now)], now=now) == 0


def test_it_signals_only_what_somebody_may_wait_for(ada: Contact, now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(event="Order Completed"), now=now)

    digest(
        [happening(ada, name, now) for name in ("Cart Updated", "Order Completed", "Page Viewed")], now=now
    )

    assert [signal.definition.name for signal in Signal.objects.all()] == ["Order Completed"]


def test_it_asks_the_database_as_often_for_many_as_for_few(now: dt.datetime) -> None:
    large = {"property": "total", "operator": "gt", "value": 5}
    for n in range(5):
        live(on("Cart Updated", large), wait_for(), now=now, name=f"J{n}")
    digest([happening(person("First", now=now), "Cart Updated", now, total=9)], now=now)
    counts = []
    for size in (2, 50):
        crowd = [person(f"P{size}x{n}", now=now) for n in range(size)]
        events = [
            happening(one, name, now, total=9)
            for one in crowd
            for name in ("Cart Updated", "Order Completed")
        ]
        with CaptureQueriesContext(connection) as asked:
            assert digest(events, now=now) == 5 * size
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_it_tells_the_timeline_once_for_each_run(ada: Contact, now: dt.datetime) -> None:
    live(on("Signed Up"), STEP, now=now)

    for moment in (now, now + HOUR):
        digest([happening(ada, "Signed Up", moment)], now=moment)

    assert len(told("Journey Entered")) == 1
    keys = db.fetch("SELECT payload::jsonb ->> 'messageId' FROM profiles_inboxitem")
    assert keys == [(f"run:{Run.objects.get().pk}:entered",)]


def test_the_old_version_takes_nobody_in(ada: Contact, now: dt.datetime) -> None:
    first = live(on("Signed Up"), STEP, now=now)
    publishing.publish(first.journey, by=None, now=now + HOUR)

    digest([happening(ada, "Signed Up", now + HOUR)], now=now + HOUR)

    assert Run.objects.get().version == Version.objects.get(number=2)
