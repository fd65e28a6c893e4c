"""The profile in a real browser: the chart leads to the timeline, filters and Back, notes, a merge undone."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Page

from profiles.models import EventCount, Merge, Purchase, Source
from tests.screens.conftest import Browser, happen, meet, problems

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def grace(furnished: None, today: dt.datetime) -> int:
    """Somebody with orders, mails and a merge; forty page views lie above the order of twenty days ago."""
    shop = Source.objects.create(name="Shop", kind=Source.Kind.SERVER)
    grace = meet("Grace", at=today - dt.timedelta(days=30), country="NL", phone="+31201234567")
    ordered = happen(
        grace, "Order Completed", at=today - dt.timedelta(days=20), source=shop, total=100, order_id="N1",
        products=[{"name": "Two-person tent"}],
    )  # fmt: skip
    Purchase.objects.create(
        contact=grace, persona_id=grace.pk, source=shop, order_key="N1", occurred_at=ordered.occurred_at,
        amount=100, currency="EUR", amount_base=100, event_id=ordered.pk,
    )  # fmt: skip
    happen(grace, "Email Sent", at=today - dt.timedelta(days=2), source=shop, subject="Hello", message=1)
    for minutes in range(40):
        happen(
            grace, "Page Viewed", at=today - dt.timedelta(minutes=minutes), source=shop, path=f"/{minutes}"
        )
    for name in ("Order Completed", "Email Sent", "Page Viewed"):
        event = next(one for one in _definitions() if one.name == name)
        EventCount.objects.create(
            persona_id=grace.pk, definition=event, contact=grace, count=1, first_at=today, last_at=today
        )
    absorbed = meet("Gracie", at=today)
    merge = {"survivor_id": grace.pk, "absorbed_id": absorbed.pk, "by": None, "now": today}
    _merge(**merge)
    return grace.pk


def _definitions() -> list[Any]:
    from profiles.models import EventDefinition

    return list(EventDefinition.objects.all())


def _merge(**merge: Any) -> None:
    from profiles import identity

    identity.merge(cause=Merge.Cause.BY_HAND, evidence={}, **merge)


def click_point(page: Page, lane: str) -> None:
    """Click the first point that plotly drew in a lane."""
    place = page.evaluate(
        """(lane) => {
            const chart = document.querySelector("#life [data-chart]");
            const trace = chart._fullData.find((one) => one.yaxis === lane && one.mode.includes("markers"));
            const layout = chart._fullLayout, box = chart.getBoundingClientRect();
            const y = layout["yaxis" + lane.slice(1)];
            return [box.x + layout.xaxis._offset + layout.xaxis.d2p(trace.x[0]), box.y + y._offset + y.d2p(trace.y[0])];
        }""",
        lane,
    )
    page.mouse.move(*place)
    page.wait_for_selector("#life .hoverlayer .hovertext")
    page.mouse.click(*place)


def test_it_leads_from_the_chart_to_the_timeline_and_back(
    chromium: Browser, live_server: Any, session: dict[str, str], grace: int
) -> None:
    seen: dict[str, Any] = {}

    def story(page: Page) -> None:
        page.goto(f"/profiles/{grace}/")
        page.wait_for_selector("#life .main-svg")
        seen["sentence"] = page.text_content("#life .chart-sentence")
        click_point(page, "y3")
        page.wait_for_selector(".moment-chosen")
        seen["chosen"] = page.text_content(".moment-chosen .name")
        seen["address"] = "at=" in page.url

        page.click("text=Show all")
        page.wait_for_selector("text=Visited /0")
        page.select_option("[name=event]", "*messages")
        page.wait_for_selector("text=Visited /0", state="detached")
        page.wait_for_selector("text=Sent “Hello”")
        page.go_back()
        page.wait_for_selector("text=Visited /0")

        box = page.locator("#life [data-chart]").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 100, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] + 400, box["y"] + 210, steps=5)
        page.mouse.up()
        page.wait_for_url("**from=*")
        page.wait_for_selector("text=Not everything is shown.")

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert seen["sentence"] == "Bought once; 20 days since the last."
    assert seen["chosen"] == "Ordered Two-person tent"
    assert seen["address"]
    assert complaints == []


def test_it_keeps_notes_and_undoes_a_merge(
    chromium: Browser, live_server: Any, session: dict[str, str], grace: int
) -> None:
    found: dict[str, list[str]] = {}

    def story(page: Page) -> None:
        page.goto(f"/profiles/{grace}/")
        page.fill("#notes textarea >> nth=0", "Prefers to be called in the morning")
        page.click("text=Add note")
        page.wait_for_selector(".note-text:has-text('in the morning')")
        page.click("[aria-label='Delete this note']")
        page.wait_for_selector(".note-text", state="detached")
        page.click(".toast-undo")
        page.wait_for_selector(".note-text:has-text('in the morning')")
        for tab in ("overview", "messages", "products", "consent", "data"):
            page.click(f".profile-tabs a[href='?tab={tab}']")
            page.wait_for_selector(f".profile-tabs a[href='?tab={tab}'][aria-current=page]")
            page.wait_for_selector("[aria-busy=true]", state="detached")
            wrong = problems(page)
            page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
            wrong += [f"dark: {problem}" for problem in problems(page, colours=True)]
            if wrong:
                found[tab] = wrong
        page.click("text=Undo")
        page.click("#confirm [data-yes]")
        page.wait_for_selector("text=has a profile of their own again")

    complaints = chromium.look(story, base_url=live_server.url, cookies={**session, "theme": "light"})

    assert found == {}
    assert complaints == []
