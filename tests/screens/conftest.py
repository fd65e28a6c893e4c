"""Somebody signed in, a few people to look at, and a real browser.

Playwright's synchronous API keeps an event loop in the thread that drives it, and Django refuses to touch the
database from there. So the browser lives in a thread of its own, and tests hand it what to do.
"""

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, sync_playwright

from journeys.models import Sender
from profiles import partitions
from profiles.models import (
    Brand,
    Contact,
    ContactActivity,
    Event,
    EventDefinition,
    IdentityLink,
    Persona,
    Settings,
    Source,
    Topic,
)

AXE: Final = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
COLOURS: Final = "runOnly: ['color-contrast', 'link-in-text-block']"  # what a theme can change
CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PATIENCE: Final = 30_000  # milliseconds that anything on a page may take


@pytest.fixture
def ada(db: None) -> User:
    """Ada may do everything."""
    return User.objects.create_superuser("ada", "ada@kindred.example", "a long enough word")


@pytest.fixture
def signed_in(ada: User) -> Client:
    """A client as Ada."""
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def furnished(db: None) -> None:
    """What a new installation has, again: tests that commit leave an empty database behind."""
    Settings.objects.get_or_create(id=1)
    brand, _ = Brand.objects.get_or_create(is_default=True, defaults={"name": "Default"})
    Topic.objects.get_or_create(key="news", defaults={"name": "News", "brand": brand})
    Sender.objects.get_or_create(
        is_default=True, defaults={"name": "Kindred", "email": "a@b.example", "brand": brand}
    )


def meet(first_name: str, *, at: dt.datetime, is_known: bool = True, **fields: Any) -> Contact:
    """Somebody with a profile, an anonymous identifier and, when known, an e-mail."""
    number = Contact.objects.count() + 1000
    email = f"{first_name.lower()}@example.com" if is_known else ""
    contact = Contact.objects.create(
        id=number, first_name=first_name if is_known else "", email=email, created_at=at,
        known_since_at=at if is_known else None, random_bucket=number % 10_000, **fields,
    )  # fmt: skip
    persona = Persona.objects.create(id=number, contact=contact, created_at=at)
    ContactActivity.objects.create(contact=contact, first_seen_at=at, last_seen_at=at)
    for namespace, value in (("anonymous_id", f"browser-{number}"), ("email", email)):
        if value:
            IdentityLink.objects.create(
                namespace=namespace, value=value, persona=persona, created_at=at, last_seen_at=at
            )
    return contact


def happen(contact: Contact, name: str, *, at: dt.datetime, source: Source, **properties: Any) -> Event:
    """An event on somebody's timeline."""
    definition, _ = EventDefinition.objects.get_or_create(name=name)
    return Event.objects.create(
        contact=contact, persona_id=contact.pk, definition=definition, source=source, occurred_at=at,
        received_at=at, properties=properties,
    )  # fmt: skip


@pytest.fixture
def today(db: None) -> dt.datetime:
    """This very moment, with the months around it: pages look at the clock."""
    moment = timezone.now()
    partitions.ensure([moment - dt.timedelta(days=40)], now=moment)
    return moment


class Browser:
    """Chromium, driven from its own thread. `look` hands that thread a story about a page and waits for its end."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="browser")
        self.stop: Callable[[], None] = lambda: None
        self.thread.submit(self._start).result()

    def _start(self) -> None:
        driver = sync_playwright().start()
        self.chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def stop() -> None:
            self.chromium.close()
            driver.stop()

        self.stop = stop

    def look(
        self, story: Callable[[Page], None], *, base_url: str, cookies: dict[str, str], width: int = 1440
    ) -> list[str]:
        """Run the story on a fresh page; what the page complained of."""
        return self.begin(story, base_url=base_url, cookies=cookies, width=width).result()

    def begin(
        self, story: Callable[[Page], None], *, base_url: str, cookies: dict[str, str], width: int = 1440
    ) -> Future[list[str]]:
        """As `look`, without waiting for the end."""
        return self.thread.submit(self._look, story, base_url, cookies, width)

    def _look(
        self, story: Callable[[Page], None], base_url: str, cookies: dict[str, str], width: int
    ) -> list[str]:
        context: BrowserContext = self.chromium.new_context(
            base_url=base_url, viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": name, "value": value, "url": base_url} for name, value in cookies.items()]
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            story(page)
        finally:
            context.close()
        return complaints

    def close(self) -> None:
        """Stop Chromium and its thread."""
        self.thread.submit(self.stop).result()
        self.thread.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a worker."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def session(signed_in: Client) -> dict[str, str]:
    """The cookies of somebody signed in."""
    return {name: morsel.value for name, morsel in signed_in.cookies.items()}


def problems(page: Page, *, colours: bool = False) -> list[str]:
    """What keeps people from using this page, as axe sees it; only of its colours, where nothing else changed."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {{resultTypes: ['violations'], {COLOURS if colours else ''}}})")
    return [f"{one['id']}: {[node['target'] for node in one['nodes'][:5]]}" for one in found["violations"]]
