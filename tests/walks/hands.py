"""A marketer's hands: what she clicks and types on each page, as one sentence a task."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

from tests.screens.conftest import AXE

PATIENTLY = 30_000  # milliseconds that a count or a mail may take on a busy machine
# What a theme changes is colours: everything else is looked at once.
LOOK = {"light": "{resultTypes: ['violations']}", "dark": "{runOnly: ['color-contrast']}"}


@dataclass
class Eyes:
    """Looks each page over once, in both themes; what it found wrong."""

    page: Page
    seen: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def look(self, name: str) -> None:
        """Whom this page keeps out, as axe sees it."""
        if name in self.seen:
            return
        self.seen.add(name)
        self.page.wait_for_selector("[aria-busy=true]", state="detached")
        self.page.evaluate(AXE)
        for theme, options in LOOK.items():
            self.page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
            wrong = self.page.evaluate(f"axe.run(document, {options})")["violations"]
            for one in wrong:
                places = [node["target"] for node in one["nodes"][:4]]
                self.found.append(f"{name}, {theme}: {one['id']} at {places}")
        self.page.evaluate("document.documentElement.dataset.bsTheme = 'light'")


def go(page: Page, entry: str) -> None:
    """Take an entry of the navigation."""
    page.click(f"#navigation >> text='{entry}'")
    page.wait_for_selector(f"h1:has-text('{entry}')")


@contextmanager
def answered(page: Page, part: str) -> Iterator[None]:
    """Do something that the server answers at an address with this part."""
    with page.expect_response(lambda one: part in one.url and one.request.method == "POST"):
        yield


# --- Segments


def count_of(page: Page, expected: int) -> None:
    """Wait until the rail of the segment builder says so."""
    expect(page.locator("#rail-number")).to_have_text(str(expected), timeout=PATIENTLY)


def add_condition(page: Page, words: str, *, block: str = "people") -> str:
    """Find a condition in the picker and take it; the new row's id."""
    rows = page.locator(f"#{block}-rows > li")
    before = rows.count()
    page.click(f"#{block}-add")
    page.wait_for_selector("#pick[open] .pick-item")
    page.fill("#pick-search", words)
    page.click(".pick-item[aria-selected=true]")
    expect(rows).to_have_count(before + 1)
    name = rows.nth(before).get_attribute("id")
    assert name
    return name


def save_segment(page: Page, name: str, people: int) -> None:
    """Save, as asked: the dialog says how many belong to it."""
    page.fill("#id_name", name)
    page.click("#save")
    expect(page.locator("#saving .saving-numbers")).to_contain_text(str(people))
    page.click("#saving >> text='Save'")
    page.wait_for_url(re.compile(r"/segments/\d+/$"))


# --- Mails


def blocks(page: Page) -> list[str]:
    """The kinds of blocks on the canvas, in order."""
    kinds: list[str] = page.locator(".mail-block").evaluate_all("all => all.map((one) => one.dataset.kind)")
    return kinds


def add_block(page: Page, kind: str) -> None:
    """A new block at the end, open in the drawer."""
    page.click("#plus-end-")
    page.click(f"#mail-add [value={kind}]")
    page.wait_for_selector(f".mail-block.is-selected[data-kind={kind}]")


def greet_by_first_name(page: Page, field: str, *, or_else: str) -> None:
    """Take the first name from the picker; `or_else` for whom we do not know by name."""
    page.click(f".rich:has({field}) [data-personal]")
    page.click("[data-filling]:has-text('First name')")
    page.fill("#mail-fallback", or_else)
    with answered(page, "/change/"):
        page.click(".mail-fallback button")


# --- Journeys


def nodes(page: Page) -> list[str]:
    """The kinds of the cards on the canvas, in order."""
    kinds: list[str] = page.locator(".node").evaluate_all("all => all.map((one) => one.dataset.kind)")
    return kinds


def add_step(page: Page, slot: str, kind: str) -> None:
    """A new step at this "+", open in the drawer."""
    page.click(f".plus[data-slot{slot}]")
    page.click(f"#add-{kind}")
    page.wait_for_selector(f"#drawer[data-step^={kind}]")


def reaches(page: Page, path: Callable[[], Any], selector: str) -> None:
    """Follow `path` again and again until the page shows this: what workers do takes them a moment."""
    for _ in range(30):
        path()
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{page.url} never showed {selector}")
