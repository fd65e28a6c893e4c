"""A segment built in a real browser: by clicking, by keyboard alone, with what was done undone and done again."""

import datetime as dt
import json
import re
from typing import Any, Final
from urllib.parse import quote

import pytest
from playwright.sync_api import Dialog, Page, expect

from profiles.models import AttributeDefinition, EventDefinition, Source
from segments.models import Segment
from tests.screens.conftest import Browser, happen, meet, problems

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

COUNTRY: Final = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}
GENTLY: Final = 10_000  # milliseconds that a count may take on a busy machine


@pytest.fixture
def house(furnished: None, today: dt.datetime) -> None:
    """Ada and Grace are Dutch, Linus is not; Ada placed two orders, and has her birthday today."""
    shop = Source.objects.create(name="Shop", kind=Source.Kind.SERVER)
    for key, label, kind in (("country", "Country", "text"), ("birth_date", "Birth date", "date")):
        AttributeDefinition.objects.get_or_create(
            key=key, defaults={"label": label, "type": kind, "is_standard": True}
        )
    ada = meet("Ada", at=today, country="NL", birth_date=today.date().replace(year=1992))
    meet("Grace", at=today, country="NL")
    meet("Linus", at=today, country="DE")
    for days in (1, 5):
        happen(ada, "Order Completed", at=today - dt.timedelta(days=days), source=shop, total=60)
    EventDefinition.objects.filter(name="Order Completed").update(properties={"total": "number"})


def number(page: Page, expected: int) -> None:
    """Wait until the rail says so."""
    expect(page.locator("#rail-number")).to_have_text(str(expected), timeout=GENTLY)


def pick(page: Page, words: str) -> None:
    """Take the first thing that the open picker finds."""
    page.wait_for_selector(".pick-item")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_it_is_built_by_clicking(
    chromium: Browser, live_server: Any, session: dict[str, str], house: None
) -> None:
    found: dict[str, list[str]] = {}

    def story(page: Page) -> None:
        page.goto("/segments/new/")
        number(page, 3)
        found["empty"] = problems(page)
        page.click("text=Add condition >> nth=0")
        page.wait_for_selector(".pick-item")
        found["picker"] = problems(page)
        page.click(".pick-item:has-text('Country')")
        expect(page.locator("#n1")).to_contain_text("Not counted yet")
        expect(page.locator("#n1-value")).to_be_focused()
        number(page, 3)
        page.fill("#n1-value", "NL")
        number(page, 2)
        page.click("#people-add")
        pick(page, "placed an order")
        page.wait_for_selector("#n2-count")
        page.fill("#n2-count", "2")
        page.click("#n2 >> text=where")
        page.select_option("#n2-where-0-property", "total")
        page.select_option("#n2-where-0-operator", "gt")
        page.fill("#n2-where-0-value", "50")
        number(page, 1)
        expect(page.locator("#left-n1")).to_have_text("2")
        expect(page.locator("#left-n2")).to_have_text("1")
        page.hover("#n2")
        page.click("#n2-off")
        number(page, 2)
        page.click("#n2-off")
        page.click("#leave-out-add")
        pick(page, "birthday")
        number(page, 1)
        page.wait_for_selector("#n3-value-kind")
        page.select_option("#n3-value-kind", "today")
        number(page, 0)
        _check_everywhere(page, found)
        page.hover("#n3")
        page.click("#n3-delete")
        number(page, 1)
        page.click("#save")
        page.fill("#saving-name", "Ordered twice")
        found["saving"] = problems(page)
        page.click("#saving >> text='Save'")
        page.wait_for_url(re.compile(r"/segments/\d+/$"))

    complaints = chromium.look(story, base_url=live_server.url, cookies={**session, "theme": "light"})

    assert {place: wrong for place, wrong in found.items() if wrong} == {}
    assert complaints == []
    saved = Segment.objects.get(name="Ordered twice").definition
    assert [one["type"] for one in saved["children"]] == ["attribute", "event"]


def _check_everywhere(page: Page, found: dict[str, list[str]]) -> None:
    found["light"] = problems(page)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    found["dark"] = problems(page, colours=True)
    page.set_viewport_size({"width": 390, "height": 844})
    found["narrow"] = problems(page)
    if (beyond := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
        found["beyond"] = [f"sticks out by {beyond} px at 390 px"]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")


def test_it_is_built_by_keyboard_alone(
    chromium: Browser, live_server: Any, session: dict[str, str], house: None
) -> None:
    def tab_to(page: Page, selector: str) -> None:
        for _ in range(80):
            if page.evaluate("what => document.activeElement.matches(what)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector}")

    def story(page: Page) -> None:
        page.goto("/segments/new/")
        number(page, 3)
        tab_to(page, "#people-add")
        page.keyboard.press("Enter")
        pick(page, "country")
        expect(page.locator("#n1-value")).to_be_focused()
        tab_to(page, "#n1-value")
        page.keyboard.type("NL")
        number(page, 2)
        tab_to(page, "#people-add")
        page.keyboard.press("Enter")
        page.wait_for_selector("#pick[open]")
        page.keyboard.type("birthday")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("#n2-operator")).to_be_focused()
        number(page, 1)
        tab_to(page, "#n2-move")
        page.keyboard.press("Enter")
        tab_to(page, "#n2-moves button")
        page.keyboard.press("Enter")
        expect(page.locator("#people-rows > li").first).to_have_attribute("id", "n2")
        expect(page.locator("#n2-move")).to_be_focused()
        page.keyboard.press("Control+z")
        expect(page.locator("#people-rows > li").first).to_have_attribute("id", "n1")
        page.evaluate("document.getElementById('id_name').focus()")
        page.keyboard.type("Dutch birthdays")
        page.evaluate("document.activeElement.blur()")
        tab_to(page, "#save")
        page.keyboard.press("Enter")
        expect(page.locator("#saving [data-final]:not([name])")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/segments/\d+/$"))

    assert chromium.look(story, base_url=live_server.url, cookies=session) == []
    assert len(Segment.objects.get(name="Dutch birthdays").definition["children"]) == 2


def test_it_undoes_and_does_again_over_a_reload_and_back(
    chromium: Browser, live_server: Any, session: dict[str, str], house: None, today: dt.datetime
) -> None:
    tree = {"type": "all", "children": [COUNTRY]}
    segment = Segment.objects.create(name="The Dutch", definition=tree)
    meet("A visitor", at=today, is_known=False, country="DE")

    def story(page: Page) -> None:
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"/segments/{segment.pk}/edit/")
        number(page, 2)
        page.fill("#n1-value", "DE")
        number(page, 1)
        page.hover("#n1")
        page.click("#n1-copy")
        page.wait_for_selector("#n2")
        page.click("#undo")
        expect(page.locator("#n2")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(page.locator("#n1-value")).to_have_value("NL")
        number(page, 2)
        expect(page.locator("#undo")).to_be_disabled()
        page.keyboard.press("Control+y")
        number(page, 1)
        page.fill("#id_name", "The Germans")
        page.check("#id_include_visitors")
        number(page, 2)
        page.keyboard.press("Control+z")
        expect(page.locator("#id_include_visitors")).not_to_be_checked()
        number(page, 1)
        page.focus("#id_name")
        page.keyboard.press("Control+z")
        expect(page.locator("#id_name")).to_have_value("The Dutch")
        page.click("#redo")
        expect(page.locator("#id_name")).to_have_value("The Germans")
        page.reload()
        expect(page.locator("#n1-value")).to_have_value("DE")
        expect(page.locator("#id_name")).to_have_value("The Germans")
        number(page, 1)
        page.click("text=Cancel")
        page.wait_for_url(f"**/segments/{segment.pk}/")
        page.go_back()
        expect(page.locator("#n1-value")).to_have_value("DE")
        page.click("text=Start again")
        expect(page.locator("#n1-value")).to_have_value("NL")
        expect(page.locator("#id_name")).to_have_value("The Dutch")
        number(page, 2)

    assert chromium.look(story, base_url=live_server.url, cookies=session) == []


def _drag(page: Page, handle: str, onto: str) -> None:
    start, end = page.locator(handle).bounding_box(), page.locator(onto).bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 8, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(end["x"] + 60, end["y"] + end["height"] / 2 - 4, steps=12)
    page.mouse.move(end["x"] + 60, end["y"] + end["height"] / 2 + 4, steps=4)
    page.mouse.up()


def test_it_drags_into_a_group_and_warns_of_leaving(
    chromium: Browser, live_server: Any, session: dict[str, str], house: None
) -> None:
    group = {"type": "any", "children": [COUNTRY | {"value": "DE"}, COUNTRY | {"value": "FR"}]}
    link = quote(json.dumps({"type": "all", "children": [COUNTRY, group]}))
    asked: list[str] = []

    def agreed(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    def story(page: Page) -> None:
        page.on("dialog", agreed)
        page.goto(f"/segments/new/?definition={link}")
        number(page, 0)
        _drag(page, "#n1 > .cond-handle", "#n3")
        expect(page.locator("#n2-rows > li")).to_have_count(3)
        number(page, 3)
        page.click("text=Cancel")
        page.wait_for_url("**/segments/")

    assert chromium.look(story, base_url=live_server.url, cookies=session) == []
    assert asked == ["beforeunload"]
