"""Two contacts turn out to be one person, and later two again: what becomes of their journeys."""

import datetime as dt
from typing import Any

import pytest

from journeys.flow import dates, runs
from journeys.models import Run, RunMerge, Signal
from profiles.arrivals import Merged
from profiles.models import Contact, Merge
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    happening,
    live,
    mail,
    mails,
    on,
    person,
    told,
    wait,
    wait_for,
    way,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    return person("Ada", now=now)


@pytest.fixture
def visitor(now: dt.datetime) -> Contact:
    """Ada on another device."""
    return person("Visitor", now=now)


def merge(survivor: Contact, absorbed: Contact, now: dt.datetime) -> Merged:
    row = Merge.objects.create(survivor=survivor, absorbed=absorbed, personas=[absorbed.pk], merged_at=now)
    merged = Merged(row.pk, survivor.pk, absorbed.pk)
    runs.merged(merged, now=now)
    return merged


def states() -> dict[int, Any]:
    """Every run as it is, by number."""
    return {row["id"]: row for row in Run.objects.values()}


def test_it_moves_runs_messages_and_signals(ada: Contact, visitor: Contact, now: dt.datetime) -> None:
    live(on("Signed Up"), mail(), wait_for(), now=now)
    digest([happening(visitor, "Signed Up", now), happening(visitor, "Order Completed", now - HOUR)], now=now)
    advance_all(now)

    merge(ada, visitor, now)

    assert Run.objects.get().contact == ada
    assert [message.contact for message in mails()] == [ada]
    assert Signal.objects.get().contact == ada


def test_the_survivors_run_stays_and_the_other_ends(ada: Contact, visitor: Contact, now: dt.datetime) -> None:
    live(on("Signed Up"), mail(), wait(), mail("more"), now=now)
    digest([happening(visitor, "Signed Up", now), happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    merge(ada, visitor, now + HOUR)

    theirs, ours = Run.objects.order_by("id")
    assert (theirs.state, theirs.exit_reason, theirs.ended_at) == ("exited", "merged", now + HOUR)
    assert ours.state == "waiting"
    assert [(message.run_id, message.state, message.reason) for message in mails()] == [
        (theirs.pk, "skipped", "duplicate"),
        (ours.pk, "queued", ""),
    ]
    assert [event["reason"] for event in told("Journey Exited")] == ["merged"]
    assert [event["reason"] for event in told("Email Not Sent")] == ["duplicate"]
    advance_all(now + DAY)
    assert [(message.run_id, message.step) for message in mails()][2:] == [(ours.pk, "more")]


def test_it_ends_no_run_of_another_key(ada: Contact, visitor: Contact, now: dt.datetime) -> None:
    live(on("Order Completed"), wait(), now=now, key="order")
    digest(
        [
            happening(ada, "Order Completed", now, order="A"),
            happening(visitor, "Order Completed", now, order="A"),
            happening(visitor, "Order Completed", now, order="B"),
        ],
        now=now,
    )

    merge(ada, visitor, now)

    assert sorted(Run.objects.values_list("key", "state", "contact_id")) == [
        ("A", "active", ada.pk),
        ("A", "exited", ada.pk),
        ("B", "active", ada.pk),
    ]


def test_its_undo_restores_every_run_and_sends_nothing_again(
    ada: Contact, visitor: Contact, now: dt.datetime
) -> None:
    live(on("Signed Up"), mail(), wait_for(), mail("more"), now=now)
    live(on("Order Completed"), wait(), now=now, name="Orders")
    digest(
        [
            happening(visitor, "Signed Up", now),
            happening(ada, "Signed Up", now),
            happening(visitor, "Order Completed", now - HOUR),
        ],
        now=now,
    )
    advance_all(now)
    before = states()

    merged = merge(ada, visitor, now + HOUR)
    runs.unmerged(merged, now=now + 2 * HOUR)

    # The engine looks once more at waits whose signals have changed hands, and leaves them as they were.
    advance_all(now + 2 * HOUR)
    assert states() == before
    assert [(message.contact, message.state) for message in mails()] == [
        (visitor, "skipped"),
        (ada, "queued"),
    ]
    assert Signal.objects.get().contact == visitor
    assert not RunMerge.objects.exists()
    advance_all(now + 3 * DAY)
    assert sorted((message.contact_id, message.step, message.state) for message in mails()) == [
        (ada.pk, "mail", "queued"),
        (ada.pk, "more", "queued"),
        (visitor.pk, "mail", "skipped"),
        (visitor.pk, "more", "queued"),
    ]


def test_its_undo_gives_back_what_came_after_the_merge(
    ada: Contact, visitor: Contact, now: dt.datetime
) -> None:
    live(on("Signed Up"), wait(), now=now)
    merged = merge(ada, visitor, now)
    digest([happening(ada, "Signed Up", now, persona=visitor.pk)], now=now)
    assert Run.objects.get().contact == ada

    runs.unmerged(merged, now=now)

    assert Run.objects.get().contact == visitor


def test_its_undo_leaves_a_run_ended_where_the_person_came_in_anew(
    ada: Contact, visitor: Contact, now: dt.datetime
) -> None:
    live(on("Signed Up"), wait(), now=now, reentry="after_exit")
    digest([happening(visitor, "Signed Up", now), happening(ada, "Signed Up", now)], now=now)
    advance_all(now)
    merged = merge(ada, visitor, now)
    advance_all(now + DAY)
    digest([happening(ada, "Signed Up", now + DAY, persona=visitor.pk)], now=now + DAY)

    runs.unmerged(merged, now=now + DAY)

    assert list(Run.objects.order_by("id").values_list("contact_id", "state", "exit_reason")) == [
        (visitor.pk, "exited", "merged"),
        (ada.pk, "completed", "completed"),
        (visitor.pk, "active", ""),
    ]


def test_it_ends_a_wait_by_what_the_other_did(ada: Contact, visitor: Contact, now: dt.datetime) -> None:
    """The visitor has ordered and the feed has been read past it, before we knew that this was Ada."""
    live(on("Cart Updated"), wait_for(), now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)
    digest([happening(visitor, "Order Completed", now + HOUR)], now=now + HOUR)
    advance_all(now + HOUR)

    merge(ada, visitor, now + 2 * HOUR)
    advance_all(now + 2 * HOUR)

    assert way(Run.objects.get()) == [("order", "happened")]


def test_it_asks_nothing_of_those_who_are_in_no_journey(
    ada: Contact, visitor: Contact, now: dt.datetime
) -> None:
    merged = merge(ada, visitor, now)

    runs.unmerged(merged, now=now)

    assert not RunMerge.objects.exists()


def test_what_led_the_one_into_a_journey_does_not_lead_the_other_there(
    ada: Contact, visitor: Contact, now: dt.datetime
) -> None:
    """Both have a birthday today; the one profile's mail is underway when they turn out to be one person."""
    birthday = {"kind": "date", "attribute": "birth_date", "yearly": True, "at": "11:00"}
    live(birthday, mail(), now=now - DAY, reentry="always")
    Contact.objects.filter(pk=visitor.pk).update(birth_date="1990-11-18")
    dates.sweep(now=now)
    advance_all(now)

    Contact.objects.filter(pk=visitor.pk).update(merged_into=ada)
    Contact.objects.filter(pk=ada.pk).update(birth_date="1990-11-18")
    merge(ada, visitor, now)
    dates.sweep(now=now + HOUR)
    advance_all(now + HOUR)

    assert [message.contact for message in mails()] == [ada]
