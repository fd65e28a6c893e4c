"""Waiting for a time of day, on the spot: office hours, nights, and the days on which clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.flow import clocks
from journeys.flow.shapes import Window
from journeys.models import Run
from profiles.models import Contact, Settings
from tests.journeys.stories import (
    advance_all,
    digest,
    happening,
    live,
    mail,
    mails,
    on,
    person,
    wait_for,
    way,
)

HOURS = {"id": "hours", "kind": "window", "days": [0, 1, 2, 3, 4], "from": "09:00", "until": "17:00"}
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


@pytest.mark.django_db
def test_each_person_goes_on_by_their_own_clock(now: dt.datetime) -> None:
    Settings.objects.update(time_zone="Europe/Amsterdam")
    live(on("Signed Up"), HOURS, mail(), now=now)
    here, york, odd = (person(name, now=now) for name in ("Ada", "Grace", "Linus"))
    Contact.objects.filter(pk=york.pk).update(timezone="America/New_York")
    Contact.objects.filter(pk=odd.pk).update(timezone="Mars/Olympus")

    digest([happening(one, "Signed Up", now) for one in (here, york, odd)], now=now)
    advance_all(now)  # Wednesday noon UTC: one in the afternoon here, seven in the morning there

    assert {message.contact for message in mails()} == {here, odd}
    assert Run.objects.get(contact=york).wake_at == at("2026-11-18T09:00-05:00")
    advance_all(now + dt.timedelta(hours=2))
    assert len(mails(york)) == 1


@pytest.mark.django_db
def test_the_workspaces_clock_may_be_asked_for_everybody(now: dt.datetime) -> None:
    live(on("Signed Up"), {**HOURS, "zone": "workspace"}, mail(), now=now)
    grace = person("Grace", now=now)
    Contact.objects.filter(pk=grace.pk).update(timezone="America/New_York")

    digest([happening(grace, "Signed Up", now)], now=now)
    advance_all(now)

    assert len(mails()) == 1


@pytest.mark.django_db
def test_whoever_comes_in_time_has_not_waited(now: dt.datetime) -> None:
    """An order that came before an open window still ends the wait behind it."""
    live(on("Signed Up"), HOURS, wait_for(), now=now)
    ada = person("Ada", now=now)

    digest([happening(ada, "Signed Up", now), happening(ada, "Order Completed", now)], now=now)
    advance_all(now)

    assert way(Run.objects.get()) == [("hours", "open"), ("order", "happened")]


@pytest.mark.django_db
def test_what_came_while_the_window_was_closed_is_past(now: dt.datetime) -> None:
    night = now + dt.timedelta(hours=8)
    live(on("Signed Up"), {**HOURS, "zone": "workspace"}, wait_for(), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Signed Up", night)], now=night)
    advance_all(night)

    digest([happening(ada, "Order Completed", night)], now=night)
    advance_all(now + dt.timedelta(hours=21))

    assert way(Run.objects.get()) == [("hours", "open")]


@pytest.mark.parametrize(
    ("days", "start", "end", "now", "opens"),
    [
        ("0", "09:00", "17:00", "2026-11-18T12:00+01:00", "2026-11-23T09:00+01:00"),  # next Monday
        ("2", "09:00", "17:00", "2026-11-18T17:00+01:00", "2026-11-25T09:00+01:00"),  # the end is outside
        ("2", "09:00", "17:00", "2026-11-18T09:00+01:00", "2026-11-18T09:00+01:00"),  # the beginning inside
        ("2", "22:00", "06:00", "2026-11-19T05:00+01:00", "2026-11-19T05:00+01:00"),  # the night of Wednesday
        ("2", "22:00", "06:00", "2026-11-19T06:00+01:00", "2026-11-25T22:00+01:00"),
        ("6", "00:00", "00:00", "2026-11-22T23:59+01:00", "2026-11-22T23:59+01:00"),  # all of Sunday
        ("6", "09:00", "17:00", "2026-03-28T12:00+01:00", "2026-03-29T09:00+02:00"),  # clocks went forward
        (
            "6",
            "02:30",
            "05:00",
            "2026-03-29T01:00+01:00",
            "2026-03-29T03:30+02:00",
        ),  # half past two is skipped
        ("6", "02:30", "03:30", "2026-10-25T01:00+02:00", "2026-10-25T02:30+02:00"),  # and comes twice
    ],
)
def test_it_opens_at(days: str, start: str, end: str, now: str, opens: str) -> None:
    window = Window("w", frozenset(map(int, days)), dt.time.fromisoformat(start), dt.time.fromisoformat(end))

    assert clocks.opening(window, AMSTERDAM, now=at(now)) == at(opens)


@settings(max_examples=200, deadline=None)
@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.times().map(lambda time: time.replace(second=0, microsecond=0)),
    length=st.integers(1, 23 * 60),
    minutes=st.integers(0, 2 * 365 * 24 * 60),
    zone=st.sampled_from(
        ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
    ),
)
def test_it_opens_in_the_window_and_never_before_now(
    days: frozenset[int], start: dt.time, length: int, minutes: int, zone: str
) -> None:
    begun = dt.datetime.combine(dt.date(2026, 1, 1), start, dt.UTC)
    end = (begun + dt.timedelta(minutes=length)).time()
    window, here = Window("w", days, start, end), ZoneInfo(zone)
    moment = at("2026-01-01T00:00+00:00") + dt.timedelta(minutes=minutes)

    opens = clocks.opening(window, here, now=moment)

    assert moment <= opens <= moment + dt.timedelta(days=8)
    local = opens.astimezone(here)
    began = local if local.time() >= start or end > start else local - dt.timedelta(days=1)
    is_dst_day = len({(local + dt.timedelta(hours=n)).utcoffset() for n in (-26, 0, 26)}) > 1
    assert began.weekday() in days or is_dst_day
    assert clocks.opening(window, here, now=opens) == opens or is_dst_day
