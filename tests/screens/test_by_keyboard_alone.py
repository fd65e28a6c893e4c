"""A segment, a mail and a journey, made and published without a mouse: Tab, Enter, arrows, letters and nothing else."""

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from journeys.models import Journey, Version
from profiles.models import AttributeDefinition, EventDefinition, Topic
from segments.models import Segment
from tests.screens.conftest import Browser, meet

# Transactions of the test itself are invisible to the live server: these write for real.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

GENTLY = 15_000  # milliseconds that a count may take on a busy machine


@pytest.fixture
def house(furnished: None, today: dt.datetime) -> None:
    """Ada and Linus live in Delft, Grace in Utrecht."""
    for key, label in (("country", "Country"), ("city", "City"), ("first_name", "First name")):
        AttributeDefinition.objects.get_or_create(
            key=key, defaults={"label": label, "type": "text", "is_standard": True}
        )
    EventDefinition.objects.get_or_create(name="Signed Up")
    for name, city in (("Ada", "Delft"), ("Linus", "Delft"), ("Grace", "Utrecht")):
        meet(name, at=today, country="NL", city=city)


class Keys:
    """Two hands on a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.press, self.type = page.keyboard.press, page.keyboard.type

    def tab_to(self, selector: str) -> None:
        """Press Tab until the focus is there."""
        for _ in range(120):
            if self.page.evaluate("what => document.activeElement.matches(what)", selector):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector}")

    def enter(self, selector: str) -> None:
        """Press Enter on what Tab leads to."""
        self.tab_to(selector)
        self.press("Enter")

    def at(self, selector: str) -> None:
        """Wait until the focus came there by itself."""
        self.page.wait_for_selector(f"{selector}:focus", timeout=GENTLY)


def _condition(keys: Keys, block: str, words: str, value: str) -> None:
    keys.enter(f"#{block}-add")
    keys.page.wait_for_selector("#pick[open] .pick-item")
    keys.type(words)
    keys.press("Enter")
    keys.page.wait_for_selector("#rows input.is-text:focus, #rows input.typed:focus", timeout=GENTLY)
    keys.type(value)


def _segment(keys: Keys) -> None:
    keys.page.goto("/segments/new/")
    number = keys.page.locator("#rail-number")
    _condition(keys, "people", "country", "NL")
    expect(number).to_have_text("3", timeout=GENTLY)
    _condition(keys, "people", "city", "Delft")
    expect(number).to_have_text("2", timeout=GENTLY)
    _condition(keys, "leave-out", "first name", "Linus")
    expect(number).to_have_text("1", timeout=GENTLY)
    keys.enter("#save")
    keys.at("#saving-name")
    keys.type("Dutch")
    keys.press("Enter")
    keys.page.wait_for_url(re.compile(r"/segments/\d+/$"))


def _mail(keys: Keys) -> None:
    keys.enter("#navigation a[href='/content/emails/']")
    keys.page.wait_for_url("**/content/emails/")
    keys.enter("main a[href='/content/emails/new/']")
    keys.page.wait_for_url("**/content/emails/new/")
    keys.tab_to("[name=name]")
    keys.type("Welcome")
    keys.tab_to("[name=start]")
    for _ in range(8):
        if keys.page.evaluate("document.activeElement.value") == "blank":
            break
        keys.press("ArrowDown")
    keys.press("Enter")
    keys.page.wait_for_url("**/edit/")
    keys.tab_to("#subject-field")
    keys.type("Hello ")
    keys.enter(".rich:has(#subject-field) [data-personal]")
    keys.at("#mail-personal input")
    keys.type("first name")
    keys.press("Enter")
    keys.at("#mail-fallback")
    keys.type("you")
    keys.press("Enter")
    keys.page.wait_for_selector("#subject-field .chip:has-text('First name')")
    keys.enter("#plus-end-")
    keys.at("#mail-add input[type=search]")
    keys.type("headl")
    keys.press("Enter")
    keys.at("#text-field")
    keys.type("Good morning")
    keys.press("Escape")
    keys.page.wait_for_selector("#mail-canvas:has-text('Good morning')")
    keys.page.wait_for_selector("#mail-finish:has-text('Ready to use')")


def _journey(keys: Keys) -> None:
    page = keys.page
    keys.enter("#navigation a[href='/journeys/']")
    page.wait_for_url("**/journeys/")
    keys.enter("main a[href='/journeys/new/']")
    keys.at("#id_name")
    keys.type("Hello")
    keys.press("Enter")
    page.wait_for_selector("#node-trigger")
    keys.enter("#node-trigger")
    page.wait_for_selector("#f-kind")
    keys.tab_to("#f-kind")
    keys.type("Somebody does")
    page.wait_for_selector("#f-event")
    keys.tab_to("#f-event")
    keys.type("Signed Up")
    page.wait_for_selector(".node:has-text('Does “Signed Up”')")
    keys.press("Escape")
    keys.at("#node-trigger")
    _step(keys, "email")
    keys.at("#f-content")
    keys.type("Welcome")
    page.wait_for_selector(".node-email:not(.unfinished)")
    keys.press("Escape")
    keys.at(".node-email .node-open")
    _step(keys, "yes no")
    page.wait_for_selector("#drawer[data-step^=split]")
    keys.enter("#people-add")
    page.wait_for_selector("#pick[open] .pick-item")
    keys.type("Dutch")
    keys.press("Enter")
    page.wait_for_selector(".node-split:not(.unfinished)")
    keys.press("Escape")
    keys.at(".node-split .node-open")
    keys.press("ArrowDown")
    _step(keys, "exit")
    page.wait_for_selector(".node-exit")
    keys.press("Escape")
    keys.enter("#publish")
    page.wait_for_selector("#dialog[open] #publish-now")
    keys.enter("#publish-now")
    page.wait_for_selector(".badge:has-text('Live')")


def _step(keys: Keys, words: str) -> None:
    keys.press("a")
    keys.at("#add-search")
    keys.type(words)
    keys.press("Enter")


def test_it_makes_a_segment_a_mail_and_a_journey_and_publishes(
    chromium: Browser, live_server: Any, session: dict[str, str], house: None
) -> None:
    def story(page: Page) -> None:
        keys = Keys(page)
        _segment(keys)
        _mail(keys)
        _journey(keys)

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    dutch = Segment.objects.get(name="Dutch")
    assert [one["type"] for one in dutch.definition["children"]] == ["attribute", "attribute", "none"]
    version = Version.objects.get(journey=Journey.objects.get(name="Hello"))
    mail, split = version.definition["steps"]
    assert version.definition["trigger"]["event"] == "Signed Up"
    assert (mail["kind"], mail["topic"]) == ("email", Topic.objects.get(key="news").pk)
    assert mail["revision"]
    assert [one["segment"] for one in split["condition"]["children"]] == [dutch.pk]
    assert [one["kind"] for one in split["yes"]] == ["exit"]
    assert complaints == []
