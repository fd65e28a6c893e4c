"""Quiet hours: marketing mail that comes up in somebody's night waits until it is over, on the clock on their wall."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys import words
from journeys.broadcasts import results
from journeys.messages import claims, delivery, quiet
from journeys.messages.quiet import Hours
from journeys.models import Message
from profiles.models import Contact, Settings
from tests import smtp_sink
from tests.journeys import cast
from tests.smtp_sink import Sink

NIGHT = Hours(dt.time(22), dt.time(8))
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR, DAY, MINUTE = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(minutes=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        yield server


@pytest.fixture
def hours(db: None) -> None:
    """From 22:00 until 08:00, in a workspace of Amsterdam."""
    Settings.objects.update(quiet_from="22:00", quiet_until="08:00", time_zone="Europe/Amsterdam")


def person(name: str, now: dt.datetime, zone: str = "") -> Contact:
    found = cast.person(name, now=now - DAY)
    Contact.objects.filter(pk=found.pk).update(timezone=zone)
    return found


def told() -> list[str]:
    """The state and the reason of every message, in order."""
    rows = Message.objects.order_by("pk").values_list("state", "reason")
    return [f"{state} {reason}".strip() for state, reason in rows]


def deliver(now: dt.datetime) -> delivery.Delivered:
    return delivery.deliver(now=lambda: now)


@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        (NIGHT, "2026-11-17T20:59", None),  # 21:59 there
        (NIGHT, "2026-11-17T21:00", "2026-11-18T07:00"),
        (NIGHT, "2026-11-18T06:59", "2026-11-18T07:00"),
        (NIGHT, "2026-11-18T07:00", None),
        (NIGHT, "2026-03-28T22:00", "2026-03-29T06:00"),  # the night that is an hour short
        (NIGHT, "2026-10-24T21:00", "2026-10-25T07:00"),  # and the one that is an hour long
        (Hours(dt.time(13), dt.time(14, 30)), "2026-11-17T12:10", "2026-11-17T13:30"),
        (
            Hours(dt.time(22), dt.time(2, 30)),
            "2026-03-28T22:00",
            "2026-03-29T01:00",
        ),  # 02:30 is skipped: at 03:00
        (
            Hours(dt.time(22), dt.time(2, 30)),
            "2026-10-24T22:00",
            "2026-10-25T00:30",
        ),  # there are two: the first
        (Hours(dt.time(22), dt.time(2, 30)), "2026-10-25T01:10", "2026-10-25T01:30"),  # and 02:10 once more
        (Hours(dt.time(9), dt.time(9)), "2026-11-17T08:00", None),
    ],
)
def test_it_knows_when_the_night_is_over(hours: Hours, now: str, over: str | None) -> None:
    assert hours.over_at(AMSTERDAM, now=utc(now)) == (utc(over) if over else None)


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, 1439), end=st.integers(0, 1439), minute=st.integers(-1500, 1500),
    change=st.sampled_from([
        ("Europe/Amsterdam", "2026-03-29T01:00"), ("Europe/Amsterdam", "2026-10-25T01:00"),
        ("Australia/Lord_Howe", "2026-04-04T15:00"), ("Australia/Lord_Howe", "2026-10-03T15:30"),
        ("America/St_Johns", "2026-03-08T05:30"), ("Asia/Kathmandu", "2026-06-01T00:00"),
    ]),
)  # fmt: skip
def test_it_agrees_with_looking_at_the_wall_every_minute(
    start: int, end: int, minute: int, change: tuple[str, str]
) -> None:
    clock = [dt.time(one // 60, one % 60) for one in (start, end)]
    hours, zone, now = Hours(*clock), ZoneInfo(change[0]), utc(change[1]) + minute * MINUTE

    over = hours.over_at(zone, now=now)

    moment = now
    while hours.cover(moment.astimezone(zone).time()):
        moment += MINUTE
    assert over is None or over > now
    assert (
        over or now
    ) >= moment  # late by minutes perhaps, where the hours begin or end as the clocks change
    if all(one > dt.time(4) for one in clock):
        assert (over or now) == moment


def test_it_waits_until_the_night_is_over_where_the_person_is(sink: Sink, hours: None) -> None:
    evening = utc("2026-11-17T22:30")  # 23:30 in Amsterdam, 17:30 in New York
    people = [
        person("Ada", evening),
        person("Grace", evening, "America/New_York"),
        person("Linus", evening, "?"),
    ]
    cast.owe(cast.drawn(now=evening), people, now=evening)

    first = deliver(evening)

    assert (first.held, first.sent) == (2, 1)
    assert told() == ["held quiet_hours", "sent", "held quiet_hours"]
    assert [mail.recipient for mail in sink.mails] == ["grace@example.com"]
    kept = Message.objects.get(contact=people[0])
    assert kept.due_at == delivery.next_due(now=evening) == utc("2026-11-18T07:00")
    assert words.because(kept) == "because it was a quiet hour; goes out on 18 November at 08:00 (Amsterdam)."
    assert deliver(kept.due_at - MINUTE).claimed == 0
    assert deliver(kept.due_at).sent == 2
    assert delivery.next_due(now=kept.due_at) is None


def test_it_holds_up_nothing_else(sink: Sink, hours: None) -> None:
    night = utc("2026-11-17T23:00")
    ada, grace = person("Ada", night), person("Grace", night)
    cast.owe(cast.drawn(now=night), [ada, grace], now=night)
    needed = {"purpose": "transactional", "topic_id": None, "why": "Order"}
    cast.owe(cast.drawn(now=night), [ada], now=night, due_at=night + MINUTE, **needed)

    turns = [delivery.deliver(now=lambda: night + MINUTE, limit=2) for _ in range(3)]

    assert [(turn.held, turn.sent, turn.claimed) for turn in turns] == [(2, 0, 2), (0, 1, 1), (0, 0, 0)]


def test_it_asks_everything_anew_in_the_morning(sink: Sink, hours: None) -> None:
    Settings.objects.update(cap_messages=1)
    night, morning = utc("2026-11-17T23:00"), utc("2026-11-18T07:00")
    ada, grace = person("Ada", night), person("Grace", night)
    for _ in range(2):
        cast.owe(cast.drawn(now=night), [ada], now=night)
    cast.owe(cast.drawn(now=night), [grace], now=night)
    deliver(night)
    cast.subscribe([grace], now=night + HOUR, state="unsubscribed")

    deliver(morning)

    assert told() == ["sent", "skipped capped", "skipped unsubscribed"]


@pytest.mark.parametrize(
    ("way", "state"), [("wait", "held quiet_hours"), ("skip", "skipped quiet_hours"), ("send", "sent")]
)
def test_a_journey_may_do_otherwise(sink: Sink, hours: None, way: str, state: str) -> None:
    night = utc("2026-11-17T23:00")
    version = cast.drawn(now=night)
    version.definition["settings"] = {"quiet": way}
    version.save()
    cast.owe(version, [person("Ada", night)], now=night)

    deliver(night)

    assert told() == [state]
    came = results.of(version.journey)
    assert (came.waiting, came.held, came.refused) == (way == "wait", way == "wait", way == "skip")


def test_it_asks_again_when_the_hours_change(sink: Sink, hours: None) -> None:
    night = utc("2026-11-17T23:00")
    cast.owe(cast.drawn(now=night), [person("Ada", night)], now=night)
    deliver(night)
    Settings.objects.update(quiet_until="05:00")

    asked = quiet.ask_again(now=night + HOUR)
    deliver(night + HOUR)

    assert asked == 1
    assert Message.objects.get().due_at == utc("2026-11-18T04:00")
    Settings.objects.update(quiet_from=None, quiet_until=None)
    quiet.ask_again(now=night + HOUR)
    assert deliver(night + HOUR).sent == 1


def test_it_loses_nothing_where_a_worker_stops_with_what_was_held(sink: Sink, hours: None) -> None:
    night, morning = utc("2026-11-17T23:00"), utc("2026-11-18T07:00")
    cast.owe(cast.drawn(now=night), [person("Ada", night)], now=night)
    claims.claim(channel="email", limit=1, now=night)  # and is gone, before it is held
    delivery.recover(now=night + HOUR)
    assert deliver(night + HOUR + MINUTE).held == 1

    claims.wake(now=morning, limit=10)
    claims.claim(channel="email", limit=1, now=morning)  # and once more, in the morning
    delivery.recover(now=morning + HOUR)

    assert deliver(morning + HOUR + MINUTE).sent == 1
    assert len(sink.mails) == 1
