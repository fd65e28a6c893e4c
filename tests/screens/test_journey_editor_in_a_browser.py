"""The journey's canvas in a real browser: drawn by clicking, drawn by keyboard alone, undone, deleted, published."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from journeys.editor import drafting, drawing
from journeys.models import Content, ContentRevision, Journey, Sender
from profiles.models import EventDefinition, Topic
from tests.screens.conftest import Browser, meet, problems

# Transactions of the test itself are invisible to the live server: these write for real.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def welcome(furnished: None, today: dt.datetime) -> Content:
    """A mail that is written already, and an event that happened before."""
    EventDefinition.objects.get_or_create(name="Signed Up")
    content = Content.objects.create(name="Welcome mail")
    words = {"en": {"subject": "Welcome", "html": "<p>Hello</p>", "text": "", "preheader": ""}}
    ContentRevision.objects.create(content=content, number=1, languages=words)
    return content


def mail(content: Content) -> dict[str, Any]:
    """A mail step that is finished."""
    topic, sender = Topic.objects.earliest("pk"), Sender.objects.earliest("pk")
    return {
        "id": "mail",
        "kind": "email",
        "content": content.pk,
        "purpose": "marketing",
        "topic": topic.pk,
        "sender": sender.pk,
    }


def wait(name: str, amount: int = 1) -> dict[str, Any]:
    return {"id": name, "kind": "wait", "amount": amount, "unit": "day"}


def drawn(ada: User, *steps: dict[str, Any], at: dt.datetime) -> Journey:
    """A draft that these steps are in."""
    journey = Journey.objects.create(name="Drawn", owner=ada)
    trigger = {"kind": "event", "event": "Signed Up", "where": []}
    drafting.save(journey, {"trigger": trigger, "settings": {}, "steps": list(steps)}, by=ada, now=at)
    return journey


def kinds(journey: Journey) -> list[str]:
    """The kinds of the draft's steps, in order."""
    journey.refresh_from_db()
    return [step["kind"] for step in drawing.walk(journey.draft["steps"])]


def test_it_builds_a_journey_by_clicking(
    chromium: Browser, live_server: Any, session: dict[str, str], welcome: Content
) -> None:
    found: dict[str, list[str]] = {}

    def story(page: Page) -> None:
        page.goto("/journeys/new/")
        page.fill("#id_name", "Hello")
        page.click("main button.btn-primary")
        page.click(".node[data-node=trigger] .node-open")
        page.select_option("#f-kind", "event")
        page.fill("#f-event", "Signed Up")
        page.press("#f-event", "Tab")
        page.wait_for_selector(".node:has-text('Does “Signed Up”')")
        page.click(".plus[data-slot=start]")
        page.click("#add-email")
        page.wait_for_selector(".node.unfinished:has-text('Email')")
        page.wait_for_selector("#to-finish")
        page.select_option("#f-content", label="Welcome mail")
        page.wait_for_selector(".node:not(.unfinished):has-text('Email: Welcome mail')")
        page.click(".node-email ~ .line .plus")
        page.fill("#add-search", "opened")
        page.keyboard.press("Enter")
        page.wait_for_selector("#f-what")
        page.select_option("#f-what", "opened")
        page.select_option("#f-mail", label="Email: Welcome mail")
        page.wait_for_selector(".way-name:has-text('Opened')")
        page.click(".plus[data-slot$=':timed_out']")
        page.click("#add-wait")
        page.wait_for_selector("#drawer[data-step^='wait-'] #f-amount:focus")
        page.fill("#f-amount", "2")
        page.wait_for_selector(".node:has-text('Wait 2 days')")
        found["light"] = problems(page)
        page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
        found["dark"] = problems(page, colours=True)
        page.click("[data-close-drawer]")
        page.click("#publish")
        page.click("#publish-now")
        page.wait_for_selector(".badge:has-text('Live')")

    complaints = chromium.look(story, base_url=live_server.url, cookies={**session, "theme": "light"})

    journey = Journey.objects.get()
    assert kinds(journey) == ["email", "wait_for", "wait"]
    assert journey.status == "live"
    assert journey.versions.get().definition["steps"][1]["timed_out"][0]["amount"] == 2
    assert found == {"light": [], "dark": []}
    assert complaints == []


def test_it_builds_a_journey_by_keyboard_alone(
    chromium: Browser,
    live_server: Any,
    session: dict[str, str],
    ada: User,
    welcome: Content,
    today: dt.datetime,
) -> None:
    journey = drawn(ada, wait("first"), at=today)
    meet("Grace", at=today, country="NL")
    seen: list[str] = []

    def story(page: Page) -> None:
        page.goto(f"/journeys/{journey.pk}/")
        page.focus("#node-trigger")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("a")
        page.keyboard.type("yes no")
        page.keyboard.press("Enter")
        page.wait_for_selector("#drawer[data-step^=split] #people-add:focus")
        page.keyboard.press("Enter")
        page.wait_for_selector("#pick[open] .pick-item")
        page.keyboard.type("country")
        page.keyboard.press("Enter")
        page.wait_for_selector("#n1-value:focus")
        page.keyboard.type("NL")
        page.wait_for_selector(".node-split:not(.unfinished)")
        page.keyboard.press("Escape")
        page.wait_for_selector(".node-split .node-open:focus")
        page.keyboard.press("ArrowDown")
        seen.append(page.evaluate("document.activeElement.dataset.slot || ''"))
        page.keyboard.press("a")
        page.keyboard.type("exit")
        page.keyboard.press("Enter")
        page.wait_for_selector(".node-exit")
        page.keyboard.press("Escape")
        page.wait_for_selector(".node-exit .node-open:focus")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_selector(".stop:has(> .node-split) + .stop > .node[data-node=first]")
        page.keyboard.press("Control+z")
        page.wait_for_selector(".stop:has(> .node[data-node=first]) + .stop > .node-split")
        page.focus("#simulate")
        page.keyboard.press("Enter")
        page.wait_for_selector("#simulate-q:focus")
        page.keyboard.press("Tab")
        page.wait_for_selector("#simulate-found a:focus")
        page.keyboard.press("Enter")
        page.wait_for_selector(".node[data-node=first] > .way-badge")
        seen.append(" ".join(page.locator(".way-badge").all_inner_texts()))
        page.keyboard.press("Escape")
        page.wait_for_selector("#simulate:focus")
        page.wait_for_selector("#canvas:not(:has(.way-badge))")

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert seen[1] == "1 2 3"
    assert kinds(journey) == ["wait", "split", "exit"]
    assert seen[0].endswith(":yes")
    assert complaints == []


def test_it_deletes_undoes_copies_and_moves(
    chromium: Browser,
    live_server: Any,
    session: dict[str, str],
    ada: User,
    welcome: Content,
    today: dt.datetime,
) -> None:
    fork = {
        "id": "fork",
        "kind": "split",
        "condition": {},
        "yes": [wait("yes-1", 2)],
        "no": [wait("no-1", 3)],
    }
    journey = drawn(ada, wait("first"), fork, at=today)
    other = drawn_other(ada, at=today)
    states: list[list[str]] = []

    def note(page: Page) -> None:
        states.append(page.eval_on_selector_all(".node", "nodes => nodes.map((node) => node.dataset.node)"))

    def story(page: Page) -> None:
        page.goto(f"/journeys/{journey.pk}/")
        page.focus("#node-first")
        page.keyboard.press("Delete")
        page.wait_for_selector("#node-first", state="detached")
        page.click(".toast-undo")
        page.wait_for_selector("#node-first")
        page.click("#node-fork")
        page.click("#drawer [data-do=delete]")
        page.wait_for_selector("#dialog[open]")
        page.click("[data-delete=fork][data-keep=no]")
        page.wait_for_selector("#node-fork", state="detached")
        note(page)
        page.click("#undo")
        page.wait_for_selector("#node-fork")
        grip = page.locator(".node[data-node=no-1] .node-handle").bounding_box()
        target = page.locator(".plus[data-slot=start]").bounding_box()
        assert grip
        assert target
        page.mouse.move(grip["x"] + 5, grip["y"] + 5)
        page.mouse.down()
        page.mouse.move(target["x"] + 60, target["y"] + 40, steps=4)
        page.keyboard.press("Escape")
        page.mouse.up()
        note(page)
        page.mouse.move(grip["x"] + 5, grip["y"] + 5)
        page.mouse.down()
        page.mouse.move(target["x"] + 14, target["y"] + 14, steps=4)
        page.mouse.up()
        page.wait_for_selector("#tree > .lane > .stop:nth-child(2) > .node[data-node=no-1]")
        note(page)
        page.focus("#node-fork")
        page.keyboard.press("Control+c")
        page.wait_for_selector(".toast:has-text('Copied')")
        page.goto(f"/journeys/{other.pk}/")
        page.focus("#node-trigger")
        page.keyboard.press("Control+v")
        page.wait_for_selector(".node-split")

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert states[0] == ["trigger", "first", "no-1"]
    assert states[1] == ["trigger", "first", "fork", "yes-1", "no-1"]
    assert states[2] == ["trigger", "no-1", "first", "fork", "yes-1"]
    assert kinds(other) == ["split", "wait"]
    assert complaints == []


def drawn_other(ada: User, *, at: dt.datetime) -> Journey:
    """Another journey, with nothing in it yet."""
    other = Journey.objects.create(name="Other", owner=ada)
    drafting.save(other, {"trigger": {}, "settings": {}, "steps": []}, by=ada, now=at)
    return other
