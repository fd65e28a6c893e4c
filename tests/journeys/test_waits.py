"""Waiting for something to happen, or for time to run out."""

import datetime as dt

import pytest

from journeys.flow import engine
from journeys.models import Run
from profiles.models import Lane
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
    wait,
    wait_for,
    way,
)

pytestmark = pytest.mark.django_db


def test_it_goes_on_when_it_happens(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(amount=3), mail(), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)
    assert engine.next_due(now=now + HOUR) == now + HOUR
    advance_all(now + HOUR)

    assert way(Run.objects.get()) == [("order", "happened"), ("mail", "queued")]


def test_it_goes_on_when_time_runs_out(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(amount=3), mail(), now=now)
    digest([happening(person("Ada", now=now), "Cart Updated", now)], now=now)
    advance_all(now)

    assert advance_all(now + 3 * DAY - dt.timedelta(seconds=1)) == 0
    advance_all(now + 3 * DAY)

    assert way(Run.objects.get()) == [("order", "timed_out"), ("mail", "queued")]


def test_it_counts_what_came_between_the_trigger_and_the_wait(now: dt.datetime) -> None:
    live(on("Cart Updated"), mail("hello"), wait_for(), now=now)
    ada, grace = person("Ada", now=now), person("Grace", now=now)

    # One batch: Ada orders after her cart; Grace ordered before it.
    digest(
        [
            happening(ada, "Cart Updated", now),
            happening(ada, "Order Completed", now + dt.timedelta(seconds=2)),
            happening(grace, "Order Completed", now - HOUR),
            happening(grace, "Cart Updated", now),
        ],
        now=now,
    )
    advance_all(now)

    assert way(Run.objects.get(contact=ada)) == [("hello", "queued"), ("order", "happened")]
    assert way(Run.objects.get(contact=grace)) == [("hello", "queued")]


def test_it_does_not_take_what_happened_before_the_wait_began(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait(amount=1), wait_for(amount=3), mail(), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)
    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)
    advance_all(now + HOUR)

    advance_all(now + DAY)

    run = Run.objects.get()
    assert (run.step, run.state, run.wake_at) == ("order", "waiting", now + 4 * DAY)


def test_it_wants_two_orders_for_two_waits(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for("first"), wait_for("second"), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)
    advance_all(now + HOUR)
    assert way(Run.objects.get()) == [("first", "happened")]

    later = now + 2 * HOUR
    digest([happening(ada, "Order Completed", later)], now=later)
    advance_all(later)
    assert way(Run.objects.get()) == [("first", "happened"), ("second", "happened")]


def test_it_takes_two_orders_in_one_batch_for_two_waits(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for("first"), wait_for("second"), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest([happening(ada, "Order Completed", now + n * HOUR) for n in (1, 2)], now=now + 2 * HOUR)
    advance_all(now + 2 * HOUR)

    assert way(Run.objects.get()) == [("first", "happened"), ("second", "happened")]


def test_it_prefers_what_happened_to_the_time_that_ran_out(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(amount=3), mail(), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest([happening(ada, "Order Completed", now + 2 * DAY)], now=now + 2 * DAY)
    advance_all(now + 5 * DAY)

    assert way(Run.objects.get())[0] == ("order", "happened")


def test_it_is_not_woken_by_other_people_or_other_things(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(), now=now)
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest([happening(grace, "Order Completed", now), happening(ada, "Product Viewed", now)], now=now)

    assert advance_all(now) == 0
    assert engine.next_due(now=now) == now + 3 * DAY


def test_it_is_not_ended_by_old_news(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(), mail(), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest(
        [
            happening(ada, "Order Completed", now - 400 * DAY),
            happening(ada, "Order Completed", now, lane=Lane.BULK),
        ],
        now=now,
    )

    assert advance_all(now) == 0
    assert mails() == []


def test_it_falls_asleep_again_when_it_was_woken_for_nothing(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(amount=3), now=now)
    digest([happening(person("Ada", now=now), "Cart Updated", now)], now=now)
    advance_all(now)

    Run.objects.update(wake_at=now + HOUR)
    engine.advance(now=now + HOUR)

    assert Run.objects.get().wake_at == now + 3 * DAY
