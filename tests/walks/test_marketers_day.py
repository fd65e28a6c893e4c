"""A marketer's day: a segment, a mail, a journey and a newsletter, all by clicking, with the whole product behind it.

Real processes, PostgreSQL, HTTP, SMTP, and Chromium. Ada, Grace and Edsger are Dutch and hold the gold plan, Linus the
basic one, Alan is German; Edsger never subscribed to News; Grace lives in Utrecht.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.screens.conftest import Browser, chromium  # noqa: F401
from tests.walks import hands
from tests.walks.hands import Eyes
from tests.walks.stack import Stack

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(400)]

PEOPLE: Final[dict[str, dict[str, Any]]] = {
    "Ada": {"country": "NL", "city": "Delft", "plan": "gold", "subscriptions": {"news": True}},
    "Grace": {"country": "NL", "city": "Utrecht", "plan": "gold", "subscriptions": {"news": True}},
    "Edsger": {"country": "NL", "city": "Delft", "plan": "gold"},
    "Linus": {"country": "NL", "city": "Delft", "plan": "basic", "subscriptions": {"news": True}},
    "Alan": {"country": "DE", "city": "Berlin", "plan": "gold", "subscriptions": {"news": True}},
}


def come_in(stack: Stack, key: str) -> None:
    """The cast introduces itself to the shop, and looks at something there."""
    calls: list[dict[str, Any]] = []
    for name, traits in PEOPLE.items():
        person = {"firstName": name, "email": f"{name.lower()}@example.com", **traits}
        calls.append({"type": "identify", "userId": name, "traits": person})
        calls.append({"type": "track", "userId": name, "event": "Product Viewed"})
    stack.post("/v1/batch", key=key, body={"batch": calls}).raise_for_status()
    stack.wait_until_idle()


def sign_in(page: Page, stack: Stack, eyes: Eyes) -> None:
    words = (stack.folder / "data" / "sign-in.txt").read_text().split()
    page.goto("/")
    eyes.look("sign-in")
    page.fill("#id_login", words[2])
    page.fill("#id_password", words[-1])
    page.click("main button")
    page.wait_for_selector("nav [aria-current=page]")
    eyes.look("home")


def build_segments(page: Page, eyes: Eyes) -> None:
    hands.go(page, "Segments")
    eyes.look("no segments")
    page.click("main >> text=New segment")
    hands.count_of(page, 5)
    country = hands.add_condition(page, "country")
    page.fill(f"#{country}-value", "NL")
    hands.count_of(page, 4)
    viewed = hands.add_condition(page, "product viewed")
    page.fill(f"#{viewed}-count", "1")
    hands.count_of(page, 4)
    plan = hands.add_condition(page, "plan", block="leave-out")
    page.fill(f"#{plan}-value", "basic")
    hands.count_of(page, 3)

    page.hover(f"#{viewed}")
    page.click(f"#{viewed}-delete")
    expect(page.locator(f"#{viewed}")).to_have_count(0)
    page.click("#undo")
    expect(page.locator("#people-rows > li")).to_have_count(2)
    expect(page.locator("#people-rows")).to_contain_text("viewed a product")
    hands.count_of(page, 3)
    eyes.look("segment builder")
    hands.save_segment(page, "Dutch gold", 3)
    eyes.look("segment")

    hands.go(page, "Segments")
    eyes.look("segments")
    page.click("main >> text=New segment")
    city = hands.add_condition(page, "city")
    page.fill(f"#{city}-value", "Utrecht")
    hands.count_of(page, 1)
    hands.save_segment(page, "Utrecht", 1)


def write_mail(page: Page, name: str, eyes: Eyes) -> None:
    hands.go(page, "Emails & messages")
    page.click("main >> text=New email")
    page.fill("[name=name]", name)
    page.click("text=Empty")
    eyes.look("new mail")
    page.click("text=Start writing")
    page.click("#subject-field")
    page.keyboard.type(f"{name} for ")
    hands.greet_by_first_name(page, "#subject-field", or_else="you")
    hands.add_block(page, "heading")
    page.click("#text-field")
    page.keyboard.type("Dear ")
    hands.greet_by_first_name(page, "#text-field", or_else="friend")
    page.wait_for_selector("#mail-canvas .chip:has-text('First name or friend')")
    hands.add_block(page, "text")
    page.click("#html-field")
    with hands.answered(page, "/change/"):
        page.keyboard.type("Your garden is waiting.")
    hands.add_block(page, "divider")

    page.hover(".mail-block >> nth=1")
    page.click(".mail-block >> nth=1 >> [value=delete]")
    expect(page.locator(".mail-block")).to_have_count(2)
    page.click("#mail-undo")
    expect(page.locator(".mail-block")).to_have_count(3)
    expect(page.locator("#mail-canvas")).to_contain_text("Your garden is waiting.")
    assert hands.blocks(page) == ["heading", "text", "divider"]
    page.wait_for_selector("#mail-finish:has-text('Ready to use')")
    eyes.look("email editor")


def draw_journey(page: Page, eyes: Eyes) -> None:
    hands.go(page, "Journeys")
    page.click("main >> text=New journey")
    page.fill("#id_name", "Hello")
    eyes.look("new journey")
    page.click("text=Draw it")
    page.click("#node-trigger")
    with hands.answered(page, "/step/"):
        page.select_option("#f-kind", "event")
    page.fill("#f-event", "Signed Up")
    page.press("#f-event", "Tab")
    page.wait_for_selector(".node:has-text('Does “Signed Up”')")
    hands.add_step(page, "=start", "email")
    page.select_option("#f-content", label="Welcome")
    page.wait_for_selector(".node-email:not(.unfinished):has-text('Welcome')")
    hands.add_step(page, "^='after:email'", "split")
    hands.add_condition(page, "dutch gold")
    page.wait_for_selector(".node-split:not(.unfinished)")
    hands.add_step(page, "$=':yes'", "exit")
    page.wait_for_selector(".node-exit")

    page.click(".node-split .node-open")
    page.click("#drawer [data-do=up]")
    page.wait_for_selector(".stop:has(> .node-split) ~ .stop:has(> .node-email)")
    page.click("#undo")
    page.wait_for_selector(".stop:has(> .node-email) ~ .stop:has(> .node-split)")
    assert hands.nodes(page) == ["trigger", "email", "split", "exit"]
    page.click("[data-close-drawer]")
    eyes.look("journey editor")
    page.click("#publish")
    page.click("#publish-now")
    page.wait_for_selector(".badge:has-text('Live')")


def sign_up(stack: Stack, key: str) -> None:
    """Ada signs up in the shop."""
    named = {"userId": "Ada", "traits": {"lastName": "Lovelace"}}
    stack.post("/v1/identify", key=key, body=named).raise_for_status()
    event = {"userId": "Ada", "event": "Signed Up", "messageId": "sign-up-1"}
    stack.post("/v1/track", key=key, body=event).raise_for_status()


def read_the_mail(page: Page, eyes: Eyes) -> None:
    hands.reaches(page, lambda: hands.go(page, "Test mailbox"), "main >> text=Welcome for Ada")
    eyes.look("test mailbox")
    page.click("main >> text=Welcome for Ada")
    letter = page.frame_locator("iframe.mail").locator("body")
    expect(letter).to_contain_text("Dear Ada")
    expect(letter).to_contain_text("Your garden is waiting.")
    eyes.look("mail")


def look_at_ada(page: Page, eyes: Eyes) -> None:
    page.click("main >> .person:has-text('Ada Lovelace')")
    page.wait_for_url(re.compile(r"/profiles/\d+/$"))
    hands.reaches(page, page.reload, "#timeline .moment:has-text('Welcome')")
    expect(page.locator("#timeline")).to_contain_text("Signed Up")
    eyes.look("profile")
    page.click("main nav >> text=Messages & journeys")
    expect(page.locator("main")).to_contain_text("Hello")
    page.wait_for_selector("section[aria-labelledby=messages-of] .badge:has-text('Sent')")
    page.wait_for_selector("section[aria-labelledby=journeys-of] tr:has-text('Hello')")
    eyes.look("messages & journeys")


def send_newsletter(page: Page, eyes: Eyes) -> None:
    hands.go(page, "Broadcasts")
    page.click("main >> text=New broadcast")
    page.fill("#id_name", "November")
    page.click("text=Choose who gets it")
    page.check("section:has-text('Send to') >> label:has-text('Dutch gold') >> nth=0")
    page.check("section[aria-labelledby=not-title] >> label:has-text('Utrecht')")
    expect(page.locator("#count .figure")).to_have_text("1")
    eyes.look("broadcast: who")
    page.click("text=Save, and choose the mail")
    page.check(".mail-choice:has-text('Newsletter') input")
    eyes.look("broadcast: what")
    page.click("text=Save, and choose when")
    eyes.look("broadcast: when")
    page.click("text=Save, and check")
    expect(page.locator("main")).to_contain_text("Of 2 people 1 gets it: 1 not subscribed")
    expect(page.locator("main")).to_contain_text("Newsletter for [First name]")
    eyes.look("broadcast: check")
    page.click("text=Send to 1 person")
    page.click("#confirm [data-yes]")
    expect(page.locator("#state-title")).to_have_text("Sent", timeout=hands.PATIENTLY)
    eyes.look("broadcast: results")


def filter_and_come_back(page: Page, eyes: Eyes) -> None:
    hands.go(page, "Contacts")
    people = page.locator("#results tbody tr")
    expect(people).to_have_count(5)
    page.fill("#q", "grace")
    expect(people).to_have_count(1)
    page.wait_for_url("**/contacts/?*q=grace*")
    page.go_back()
    expect(people).to_have_count(5)
    expect(page.locator("#q")).to_have_value("")
    eyes.look("contacts")


@pytest.fixture
def kindred(ground: Path) -> Iterator[Stack]:
    """The product, started."""
    with Stack(ground / "kindred") as stack:
        yield stack


def _note(said: list[str], page: Page, words: str) -> None:
    """What the console says, but of a story that types before the page has put the caret into its first field."""
    if not words.startswith("Autofocus processing was blocked"):
        said.append(f"{page.url}: {words}")


def test_it_is_a_day_of_clicking_and_mails_with_the_right_names(chromium: Browser, kindred: Stack) -> None:  # noqa: F811
    key = kindred.key("Shop")
    come_in(kindred, key)
    said: list[str] = []
    found: list[str] = []

    def story(page: Page) -> None:
        page.on("console", lambda message: _note(said, page, message.text))
        page.on("dialog", lambda dialog: dialog.accept())
        eyes = Eyes(page, found=found)
        sign_in(page, kindred, eyes)
        build_segments(page, eyes)
        write_mail(page, "Welcome", eyes)
        write_mail(page, "Newsletter", eyes)
        draw_journey(page, eyes)
        sign_up(kindred, key)
        read_the_mail(page, eyes)
        look_at_ada(page, eyes)
        send_newsletter(page, eyes)
        filter_and_come_back(page, eyes)

    complaints = chromium.look(story, base_url=kindred.url, cookies={"theme": "light"})

    sent = kindred.rows("SELECT recipient, subject FROM cdp_testmail ORDER BY id")
    assert sent == [("ada@example.com", "Welcome for Ada"), ("ada@example.com", "Newsletter for Ada")]
    assert found == []
    assert said == []
    assert complaints == []
