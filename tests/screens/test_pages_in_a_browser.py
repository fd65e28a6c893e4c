"""Every page in a real browser: nobody is kept out, nothing complains, nothing sticks out at the side."""

import datetime as dt
import threading
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from cdp import models as roof
from journeys.flow import publishing
from journeys.models import Content, ContentRevision, Journey, Message, Run, Sender
from profiles.models import Contact, Merge, RejectedItem, Source, Topic, WriteKey
from segments.models import Membership, Segment
from tests.screens.conftest import Browser, happen, meet, problems

# Transactions of the test itself are invisible to the live server: these write for real.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

LETTER: Final = b"""From: Noord <hello@noord.example>
To: ada@example.com
Subject: Hello
Content-Type: text/html; charset=utf-8

<html><head></head><body><h1>Hello Ada</h1><script>document.title = "owned"</script></body></html>
"""
DEFINITION: Final = {
    "type": "all",
    "children": [{"type": "attribute", "key": "country", "operator": "is", "value": "NL"}],
}


@pytest.fixture
def house(furnished: None, today: dt.datetime, ada: Any) -> dict[str, int]:
    """A bit of everything that pages show; the numbers of what has a page."""
    shop = Source.objects.create(name="Shop", kind=Source.Kind.SERVER)
    WriteKey.objects.create(source=shop, digest=b"1" * 32, hint="ks_abcde")
    grace = meet("Grace", at=today - dt.timedelta(days=3), country="NL", phone="+31201234567")
    linus = meet("Linus", at=today - dt.timedelta(days=1), country="DE")
    absorbed = meet("Gracie", at=today, merged_into=grace)
    Merge.objects.create(
        survivor=grace,
        absorbed=absorbed,
        personas=[absorbed.pk],
        cause="identified",
        merged_at=today,
        rows_moved_at=today,
    )
    for minutes in range(35):
        happen(
            grace, "Page Viewed", at=today - dt.timedelta(minutes=minutes), source=shop, path=f"/{minutes}"
        )
    segment = Segment.objects.create(name="The Dutch", definition=DEFINITION, built_at=today)
    Membership.objects.create(segment=segment, contact=grace, entered_at=today, cause="fact")
    journey = _journey(ada, grace, linus, at=today)
    mail = roof.TestMail.objects.create(
        mail_from="a@b.example", recipient="grace@example.com", subject="Hello", content=LETTER
    )
    RejectedItem.objects.create(
        source=shop, received_at=today, reason="no_identity", detail="It names nobody.", payload="{}"
    )
    return {
        "grace": grace.pk,
        "segment": segment.pk,
        "journey": journey.pk,
        "mail": mail.pk,
        "content": Content.objects.get().pk,
    }


def _journey(ada: Any, grace: Any, linus: Any, *, at: dt.datetime) -> Journey:
    content = Content.objects.create(name="Welcome")
    words = {"en": {"subject": "Welcome", "html": "<p>Hello</p>", "text": "", "preheader": ""}}
    revision = ContentRevision.objects.create(content=content, number=1, languages=words)
    topic, sender = Topic.objects.earliest("pk"), Sender.objects.earliest("pk")
    email = {
        "id": "email",
        "kind": "email",
        "revision": revision.pk,
        "purpose": "marketing",
        "topic": topic.pk,
    }
    draft = {
        "trigger": {"kind": "event", "event": "Signed Up"},
        "steps": [
            {"id": "wait", "kind": "wait", "amount": 2, "unit": "hour"},
            {**email, "sender": sender.pk},
        ],
    }
    journey = Journey.objects.create(name="Welcome", draft=draft)
    version = publishing.publish(journey, by=ada, now=at)
    common = {"journey": journey, "version": version, "entered_at": at}
    Run.objects.create(**common, contact=linus, persona_id=linus.pk, state="waiting", step="wait", wake_at=at)
    run = Run.objects.create(
        **common, contact=grace, persona_id=grace.pk, state="completed", step="", ended_at=at
    )
    Message.objects.create(
        run=run, run_entered_at=at, visit_number=1, version=version, step="email", contact=grace, persona_id=grace.pk,
        channel="email", purpose="marketing", topic=topic, state="skipped", reason="not_subscribed",
        due_at=at, created_at=at,
    )  # fmt: skip
    return journey


def paths(house: dict[str, int]) -> list[str]:
    """Every page there is."""
    profile = f"/profiles/{house['grace']}/"
    return [
        "/", "/bell/", "/insights/lifecycle/", "/contacts/", "/contacts/?q=nobody", profile,
        *(f"{profile}?tab={tab}" for tab in ("messages", "products", "consent", "data")),
        "/segments/", "/segments/new/", f"/segments/{house['segment']}/", f"/segments/{house['segment']}/edit/",
        "/journeys/", "/journeys/new/", f"/journeys/{house['journey']}/", f"/journeys/{house['journey']}/edit/",
        "/calendar/", "/campaigns/",
        "/settings/workspace/", "/settings/topics/", "/settings/topics/new/", "/settings/stages/",
        "/data/sources/", "/data/sources/new/", "/data/not-accepted/",
        "/content/emails/", "/content/emails/new/", "/content/images/", "/settings/brands/",
        f"/content/emails/{house['content']}/edit/",
        "/test-mailbox/", f"/test-mailbox/{house['mail']}/", "/accounts/password/change/",
    ]  # fmt: skip


def test_it_keeps_nobody_out_of_any_page(
    chromium: Browser, live_server: Any, session: dict[str, str], house: dict[str, int]
) -> None:
    found: dict[str, list[str]] = {}

    def story(page: Page) -> None:
        for path in paths(house):
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(path)
            page.wait_for_selector("[aria-busy=true]", state="detached")
            wrong = problems(page)
            page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
            wrong += [f"dark: {problem}" for problem in problems(page, colours=True)]
            page.set_viewport_size({"width": 390, "height": 844})
            wrong += [f"narrow: {problem}" for problem in problems(page)]
            if (beyond := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                wrong.append(f"sticks out by {beyond} px at 390 px")
            if wrong:
                found[path] = wrong

    complaints = chromium.look(story, base_url=live_server.url, cookies={**session, "theme": "light"})

    assert found == {}
    assert complaints == []


def test_it_keeps_nobody_out_of_the_sign_in(chromium: Browser, live_server: Any, ada: Any) -> None:
    found: list[str] = []

    def story(page: Page) -> None:
        page.goto("/")
        found.extend(problems(page))
        page.fill("#id_login", "ada@kindred.example")
        page.fill("#id_password", "a long enough word")
        page.click("main button")
        page.wait_for_selector("nav [aria-current=page]")

    complaints = chromium.look(story, base_url=live_server.url, cookies={"theme": "dark"})

    assert found == []
    assert complaints == []


def test_it_shows_what_happens_while_somebody_looks(
    chromium: Browser, live_server: Any, session: dict[str, str], house: dict[str, int]
) -> None:
    shown: list[str] = []
    started = threading.Event()

    def happens() -> None:
        grace = Contact.objects.get(pk=house["grace"])
        at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
        happen(grace, "Order Completed", at=at, source=Source.objects.get(name="Shop"), total=5)

    def story(page: Page) -> None:
        page.goto(f"/profiles/{house['grace']}/")
        page.wait_for_selector("text=Visited /3")
        started.set()
        page.wait_for_selector(".moment:has-text('Order Completed')")
        shown.append(page.text_content("#timeline .moment:not([hidden])") or "")
        page.click("text=Show earlier")
        page.wait_for_selector("text=Visited /34")

    looking = chromium.begin(story, base_url=live_server.url, cookies=session)
    assert started.wait(20)
    happens()
    complaints = looking.result()

    assert "Order Completed" in shown[0]
    assert complaints == []


def test_it_shows_a_mail_and_runs_nothing_in_it(
    chromium: Browser, live_server: Any, session: dict[str, str], house: dict[str, int]
) -> None:
    seen: list[str] = []

    def story(page: Page) -> None:
        page.goto(f"/test-mailbox/{house['mail']}/")
        frame = page.frame_locator("iframe.mail")
        seen.append(frame.locator("h1").text_content() or "")
        seen.append(page.title())

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert seen[0] == "Hello Ada"
    assert "owned" not in seen[1]
    assert complaints == []


def test_it_opens_the_navigation_on_a_phone(
    chromium: Browser, live_server: Any, session: dict[str, str], house: dict[str, int]
) -> None:
    def story(page: Page) -> None:
        page.goto("/")
        page.wait_for_selector("#navigation", state="hidden")
        page.click("[data-toggle-navigation]")
        page.click("#navigation >> text=Contacts")
        page.wait_for_selector("h1:has-text('Contacts')")

    assert chromium.look(story, base_url=live_server.url, cookies=session, width=390) == []
