"""The list page in a real browser: a filter and the way back, the archive and its Undo, stars, many at once."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page

from profiles.models import Favourite
from segments.models import Segment
from tests.screens.conftest import Browser, meet, problems

# Transactions of the test itself are invisible to the live server: these write for real.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
    pytest.mark.usefixtures("furnished"),
]

DUTCH: Final = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}
NAMES: Final = ("Gold members", "Lapsed buyers", "Silver members")


@pytest.fixture
def segments(furnished: None, today: Any) -> None:
    """Three segments, counted."""
    for name in NAMES:
        Segment.objects.create(name=name, definition=DUTCH, built_at=today)


def names(page: Page) -> list[str]:
    """What is listed."""
    return page.locator("tbody .table-link").all_text_contents()


def test_it_finds_labels_and_puts_away(
    chromium: Browser, live_server: Any, session: dict[str, str], segments: None
) -> None:
    seen: dict[str, Any] = {}

    def story(page: Page) -> None:
        page.goto("/segments/?sort=name")
        page.fill("#q", "members")
        page.wait_for_url("**/segments/?*q=members*")
        page.wait_for_selector("text=Lapsed buyers", state="detached")
        seen["filtered"] = names(page)
        seen["filtered: axe"] = problems(page)
        page.go_back()
        page.wait_for_selector("text=Lapsed buyers")
        seen["back"] = (names(page), page.input_value("#q"))

        page.click("[aria-label='Star for Gold members']")
        page.wait_for_selector("[aria-label='Star for Gold members'][aria-pressed=true]")

        page.click("[aria-label='Actions for Lapsed buyers']")
        page.click(".menu:popover-open >> text=Archive")
        page.wait_for_selector(".toast >> text=“Lapsed buyers” is in the archive.")
        seen["archived"] = names(page)
        seen["toast: axe"] = problems(page)
        page.focus(".toast-undo")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=“Lapsed buyers” is back.")

        page.goto("/segments/?sort=name")
        page.check("[data-tick-all]")
        seen["ticked"] = page.text_content(".bulk-count")
        page.click(".bulk >> text=Tag")
        page.fill("#bulk-tags", "autumn")
        seen["menu: axe"] = problems(page)
        page.keyboard.press("Enter")
        page.wait_for_selector(".toast >> text=3 are tagged.")

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert seen["filtered"] == ["Gold members", "Silver members"]
    assert seen["back"] == (list(NAMES), "")
    assert seen["archived"] == ["Gold members", "Silver members"]
    assert seen["ticked"] == "3 chosen"
    assert [seen[key] for key in seen if key.endswith("axe")] == [[], [], []]
    assert Segment.objects.filter(archived_at=None, tags=["autumn"]).count() == 3
    assert Favourite.objects.count() == 1
    assert complaints == []


def test_it_goes_anywhere_by_keyboard(
    chromium: Browser, live_server: Any, session: dict[str, str], segments: None, today: Any
) -> None:
    meet("Grace", at=today)
    seen: dict[str, Any] = {}

    def story(page: Page) -> None:
        page.goto("/")
        page.keyboard.press("Control+k")
        page.wait_for_selector(".palette-hit[aria-selected=true]")
        page.keyboard.type("gol")
        page.wait_for_selector(".palette-hit:has-text('Gold members')")
        seen["palette: axe"] = problems(page)
        page.fill("#palette input", "grac")
        page.wait_for_selector(".palette-hit[aria-selected=true]:has-text('Grace')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/profiles/*/")
        page.keyboard.press("?")
        page.wait_for_selector("#shortcuts[open]")
        seen["shortcuts: axe"] = problems(page)
        page.keyboard.press("Escape")
        page.wait_for_selector("#shortcuts", state="hidden")

        page.goto("/segments/?sort=name")
        page.keyboard.press("/")
        seen["focus"] = page.evaluate("document.activeElement.id")
        page.click("[aria-label='Actions for Gold members']")
        page.click(".menu:popover-open >> text=Details")
        page.wait_for_selector("#dialog[open] [name=name]")
        seen["dialog: axe"] = problems(page)
        page.fill("#dialog [name=name]", "Lapsed buyers")
        page.keyboard.press("Enter")
        page.wait_for_selector("#dialog >> text=That name is already used.")
        page.fill("#dialog [name=name]", "Platinum members")
        page.keyboard.press("Enter")
        page.wait_for_selector("tbody >> text=Platinum members")

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert [seen[key] for key in seen if key.endswith("axe")] == [[], [], []]
    assert seen["focus"] == "q"
    assert complaints == []
