"""The calendar: what lies on which day in the workspace's zone, when clocks change and where weeks begin."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from cdp import weeks
from cdp.schedule import Span
from journeys.models import Broadcast, Journey, Version
from profiles.models import Campaign, Settings
from tests.screens.conftest import Browser, problems
from tests.screens.test_campaigns import receive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OCTOBER = {"month": "2026-10"}


@pytest.fixture(autouse=True)
def _amsterdam(furnished: None) -> None:
    Settings.objects.update(time_zone="Europe/Amsterdam")


def at(day: str, clock: str = "09:00") -> dt.datetime:
    """A moment in Amsterdam."""
    return dt.datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=AMSTERDAM)


def broadcast(name: str, moment: dt.datetime, status: str = "scheduled", **fields: Any) -> Journey:
    """A broadcast that goes out then, went out then, or is drafted for then."""
    made = Journey.objects.create(name=name, kind="broadcast", status=status, **fields)
    if status == "draft":
        made.draft = {"at": moment.isoformat()}
        made.save()
    else:
        started = None if status == "scheduled" else moment
        Broadcast.objects.create(journey=made, starts_at=moment, started_at=started, expected={"gets": 1204})
    return made


def days(client: Client, **query: str) -> Iterator[weeks.Day]:
    """The days of a page, one after the other."""
    for week in client.get("/calendar/", query).context["weeks"]:
        yield from week.days


def sends(client: Client, **query: str) -> dict[str, list[str]]:
    """The names on each day that has any."""
    return {f"{day.date}": [one.name for one in day.sends] for day in days(client, **query) if day.sends}


def test_it_puts_each_broadcast_on_its_day_when_the_clocks_go_back(signed_in: Client) -> None:
    broadcast("In summer", at("2026-10-24", "23:30"))
    broadcast("On the long day", at("2026-10-25", "23:30"))
    broadcast("In winter", at("2026-10-26", "00:15"))
    broadcast("Last minute", at("2026-10-31", "23:59"))
    broadcast("Next month", at("2026-11-01", "00:30"))
    broadcast("Too late", at("2026-11-02", "00:00"))
    broadcast("Drafted", at("2026-10-27", "23:30"), status="draft")
    broadcast("Put away", at("2026-10-24"), archived_at=at("2026-10-25"))

    found = sends(signed_in, **OCTOBER)
    page = signed_in.get("/calendar/", OCTOBER).content.decode()

    assert found == {
        "2026-10-24": ["In summer"],
        "2026-10-25": ["On the long day"],
        "2026-10-26": ["In winter"],
        "2026-10-27": ["Drafted"],
        "2026-10-31": ["Last minute"],
        "2026-11-01": ["Next month"],
    }
    shifts = {f"{day.date}": day.shift for day in days(signed_in, **OCTOBER) if day.shift}
    assert shifts == {"2026-10-25": -60}
    assert 'datetime="2026-10-25T23:30:00+01:00">23:30' in page
    assert "Clocks go back" in page
    assert "All times are in Europe/Amsterdam." in page
    assert [day.shift for day in days(signed_in, week="2026-03-29")][-1] == 60


def test_it_begins_weeks_where_the_workspace_does(signed_in: Client) -> None:
    monday = [day.date for day in days(signed_in, **OCTOBER)]
    Settings.objects.update(week_starts_on=6)

    sunday = [day.date for day in days(signed_in, **OCTOBER)]
    week = signed_in.get("/calendar/", {"week": "2026-10-28"}).context

    assert (monday[0], len(monday)) == (dt.date(2026, 9, 28), 35)
    assert (sunday[0], len(sunday)) == (dt.date(2026, 9, 27), 35)
    assert (week["title"], week["before"], week["as_month"]) == (
        "25 – 31 October 2026",
        "week=2026-10-18",
        "month=2026-10",
    )


@pytest.mark.parametrize(
    "query", [{}, {"month": "2026-13"}, {"week": "x"}, {"month": "9999-12"}, {"campaign": "9" * 30}]
)
def test_it_shows_this_month_where_the_address_is_nonsense(signed_in: Client, query: dict[str, str]) -> None:
    answer = signed_in.get("/calendar/", query)

    assert any(day.is_today for week in answer.context["weeks"] for day in week.days)
    assert "Nothing goes out in this month yet." in answer.content.decode()


def test_it_says_what_came_of_broadcasts_and_which_journeys_are_live(signed_in: Client) -> None:
    news = broadcast("News", at("2026-11-11"), status="completed")
    receive(news, "Grace", "Linus", at=at("2026-11-11"))
    broadcast("Later", at("2026-11-27"))
    for name, moment in (("Welcome", at("2026-05-06")), ("Cart", at("2026-11-07", "23:30"))):
        journey = Journey.objects.create(name=name, status="live")
        Version.objects.create(journey=journey, number=1, definition={}, published_at=moment)

    november = signed_in.get("/calendar/", {"month": "2026-11"})
    october = signed_in.get("/calendar/", OCTOBER)

    said = november.content.decode()
    assert all(words in said for words in ("4 sent · 0 clicked", "about 1,204 people", "Cart went live"))
    assert [one.name for one in november.context["lives"]] == ["Welcome", "Cart"]
    assert [one.name for one in october.context["lives"]] == ["Welcome"]


def test_it_narrows_to_a_kind_and_a_campaign_in_the_address(signed_in: Client) -> None:
    friday = Campaign.objects.create(
        name="Black Friday", starts_on=dt.date(2026, 10, 26), ends_on=dt.date(2026, 11, 2)
    )
    Campaign.objects.create(name="Spring", starts_on=dt.date(2026, 10, 5))
    broadcast("It begins", at("2026-10-26"), campaign=friday)
    broadcast("News", at("2026-10-26"))

    narrowed = signed_in.get("/calendar/", {**OCTOBER, "campaign": str(friday.pk)})
    only = list(days(signed_in, **OCTOBER, kind="campaigns"))

    bars = [(bar.span.name, bar.length, bar.begins, bar.ends) for day in only for bar in day.bars]
    assert bars == [("Spring", 1, True, True), ("Black Friday", 7, True, False)]
    assert not any(day.sends for day in only)
    assert sends(signed_in, **OCTOBER, campaign=str(friday.pk)) == {"2026-10-26": ["It begins"]}
    assert f"?month=2026-11&amp;campaign={friday.pk}" in narrowed.content.decode()


def test_it_lays_campaigns_in_lanes_and_lists_those_without_one() -> None:
    window = weeks.week(dt.date(2026, 10, 28), week_starts_on=0)
    spans = [Span(n, f"C{n}", dt.date(2026, 10, 26), dt.date(2026, 10, 28)) for n in range(7)]
    spans.append(Span(9, "After", dt.date(2026, 10, 29), dt.date(2026, 11, 9)))

    (week,) = weeks.lay(window, sends=[], spans=spans, lives=[], today=dt.date(2026, 10, 1), zone=AMSTERDAM)

    assert week.lanes == weeks.LANES
    assert [bar.lane for bar in week.days[0].bars] == [0, 1, 2, 3, 4, 5]
    assert [one.name for one in week.days[0].crowded] == ["C6"]
    assert [(bar.lane, bar.length, bar.ends) for bar in week.days[3].bars] == [(0, 4, False)]


def test_it_sends_to_the_week_what_a_day_has_no_room_for(signed_in: Client) -> None:
    for number in range(6):
        broadcast(f"News {number}", at("2026-10-27", f"1{number}:00"))

    found = sends(signed_in, **OCTOBER)["2026-10-27"]
    page = signed_in.get("/calendar/", OCTOBER).content.decode()

    assert found == ["News 0", "News 1", "News 2"]
    assert "and 3 more" in page
    assert len(sends(signed_in, week="2026-10-27")["2026-10-27"]) == 6


@pytest.mark.parametrize(
    ("day", "drafted"), [("2099-11-27", {"at": "2099-11-27T09:00:00+01:00"}), ("2001-01-01", {}), ("x", {})]
)
def test_it_drafts_a_broadcast_for_the_day_it_was_begun_on(
    signed_in: Client, day: str, drafted: dict[str, str]
) -> None:
    signed_in.post(f"/broadcasts/new/?day={day}", {"name": "News"})

    assert Journey.objects.get().draft == drafted


def test_it_asks_the_database_once_for_each_kind(
    signed_in: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        broadcast(f"News {number}", at("2026-10-27"), status="completed")
        Campaign.objects.create(name=f"C{number}", starts_on=dt.date(2026, 10, 27))

    signed_in.get("/calendar/", OCTOBER)

    with django_assert_max_num_queries(9):
        signed_in.get("/calendar/", OCTOBER)


@pytest.mark.xdist_group("browser")
@pytest.mark.django_db(transaction=True)
def test_it_leafs_by_keyboard_and_back(
    chromium: Browser, live_server: Any, session: dict[str, str], ada: User
) -> None:
    broadcast("On the long day", at("2026-10-25", "23:30"))

    def story(page: Page) -> None:
        page.goto("/calendar/?month=2026-09")
        page.keyboard.press("n")
        expect(page.get_by_role("heading", name="October 2026")).to_be_visible()
        expect(page).to_have_url(f"{live_server.url}/calendar/?month=2026-10")
        expect(page.get_by_role("link", name="On the long day")).to_be_visible()
        assert problems(page) == []
        page.keyboard.press("w")
        expect(page.get_by_role("heading", name="28 September – 4 October 2026")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name="October 2026", exact=True)).to_be_visible()
        page.select_option("#calendar-kind", "journeys")
        expect(page.get_by_text("Nothing of that kind lies here.")).to_be_visible()
        assert "kind=journeys" in page.url

    assert chromium.look(story, base_url=live_server.url, cookies=session) == []
