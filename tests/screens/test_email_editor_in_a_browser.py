"""A mail written by clicking and by keyboard alone, looked at as others see it, and sent to the test mailbox."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image as Pillow
from playwright.sync_api import Page

from cdp import mailbox
from cdp import models as roof
from journeys.channels import smtp
from journeys.messages import contents
from journeys.models import Content
from profiles.models import Settings
from tests import smtp_sink
from tests.screens.conftest import Browser, meet, problems
from tests.smtp_sink import Sink

# Transactions of the test itself are invisible to the live server: these write for real.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


@pytest.fixture
def letter_box(settings: Any) -> Iterator[Sink]:
    """A mail server in the test mailbox's place."""
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = f"{server.host}:{server.port}"
        yield server
        smtp.pool().close()


def bicycle() -> Any:
    out = io.BytesIO()
    Pillow.new("RGB", (900, 300), "teal").save(out, "PNG")
    return {"name": "bicycle.png", "mimeType": "image/png", "buffer": out.getvalue()}


def saved(page: Page, op: Any) -> None:
    """Do something that the server answers."""
    with page.expect_response("**/change/"):
        op()


def kinds(page: Page) -> list[str]:
    found: list[str] = page.locator(".mail-block").evaluate_all("all => all.map((one) => one.dataset.kind)")
    return found


def add(page: Page, kind: str) -> None:
    page.click("#plus-end-")
    saved(page, lambda: page.click(f"#mail-add [value={kind}]"))
    page.wait_for_selector(f".mail-block.is-selected[data-kind={kind}]")


def test_it_writes_a_mail_by_clicking(
    chromium: Browser,
    live_server: Any,
    session: dict[str, str],
    furnished: None,
    letter_box: Sink,
) -> None:
    Settings.objects.update(languages=["en", "nl"])
    meet("Grace", at=timezone.now(), language="en")
    seen: dict[str, Any] = {"problems": []}

    def check(page: Page, where: str) -> None:
        for theme in ("dark", "light"):
            page.evaluate(f"document.documentElement.dataset.bsTheme = '{theme}'")
            seen["problems"] += [f"{where}, {theme}: {one}" for one in problems(page)]

    def story(page: Page) -> None:
        page.goto("/content/emails/new/")
        page.fill("[name=name]", "Bicycle news")
        page.click("text=Empty")
        page.click("text=Start writing")
        page.click("#subject-field")
        page.keyboard.type("News for you")
        page.wait_for_selector("#mail-finish:has-text('1 thing')")
        add(page, "heading")
        page.click("#text-field")
        page.keyboard.type("Good morning, ")
        page.click("[data-block-form] [data-personal]")
        page.click("[data-filling]:has-text('First name')")
        saved(page, lambda: page.click(".mail-fallback button"))
        page.wait_for_selector("#mail-canvas .chip:has-text('First name or there')")
        add(page, "text")
        page.click("#html-field")
        saved(page, lambda: page.keyboard.type("New bicycles are here."))
        add(page, "button")
        page.click("#label-field")
        page.keyboard.type("Look")
        saved(page, lambda: page.fill("[name=url]", "shop.example/new"))
        add(page, "image")
        page.wait_for_selector("#upload-file")
        page.set_input_files("#upload-file", bicycle())
        page.fill("#upload-alt", "A bicycle")
        page.click(".mail-upload button")
        page.wait_for_selector("#mail-canvas img[alt='A bicycle']")
        check(page, "editor")
        page.hover(".mail-block >> nth=2")
        saved(page, lambda: page.click(".mail-block >> nth=2 >> [value=delete]"))
        page.wait_for_selector(".toast:has-text('The block is deleted.')")
        seen["deleted"] = kinds(page)
        saved(page, lambda: page.click("#mail-undo"))
        page.wait_for_selector(".mail-block[data-kind=button]")
        seen["undone"] = kinds(page)
        page.click("#mail-finish")
        page.wait_for_selector("#mail-drawer:has-text('Ready to use')")
        page.click("nav >> text=Preview")
        for view in ("Phone", "Dark", "Images off", "Text", "Computer"):
            page.click(f".preview .nav-link:has-text('{view}')")
            page.wait_for_selector(f".preview .nav-link.active:has-text('{view}')")
            if view == "Text":
                seen["text"] = page.text_content(".preview-mail pre")
            else:
                body = page.frame_locator("iframe.mail").locator("body")
                seen[view] = body.inner_text()
        seen["width"] = page.locator("iframe.mail").evaluate("frame => frame.clientWidth")
        check(page, "preview")
        page.click("text=Send a test")
        page.click("text=Send the test")
        page.wait_for_selector(".toast:has-text('A test is on its way')")

    complaints = chromium.look(story, base_url=live_server.url, cookies={**session, "theme": "light"})

    mail = Content.objects.get()
    heading, text, button, image = mail.draft["languages"]["en"]["blocks"]
    assert (
        heading["text"].replace("&nbsp;", " ") == 'Good morning, {{ contact.first_name | default: "there" }}'
    )
    assert text["html"] == "<p>New bicycles are here.</p>"
    assert (button["label"], button["url"]) == ("Look", "https://shop.example/new")
    assert image["image"]
    assert seen["deleted"] == ["heading", "text", "image"]
    assert seen["undone"] == ["heading", "text", "button", "image"]
    assert all(
        "Good morning, Grace" in seen[view].replace("\xa0", " ") for view in ("Phone", "Dark", "Images off")
    )
    assert "Look (https://shop.example/new)" in seen["text"]
    assert contents.freeze(mail, by=None, now=timezone.now()).number == 1
    (sent,) = letter_box.mails
    mailbox.store([mailbox.Mail(sent.sender, (sent.recipient,), sent.content, timezone.now())])
    kept = roof.TestMail.objects.get()
    assert (kept.recipient, kept.subject) == ("ada@kindred.example", "[Test] News for you")
    assert seen["problems"] == []
    assert complaints == []


def test_it_writes_a_mail_by_keyboard_alone(
    chromium: Browser, live_server: Any, session: dict[str, str], furnished: None, ada: Any
) -> None:
    mail = contents.begin("News", "welcome", by=ada, now=timezone.now())
    seen: list[list[str]] = []

    def story(page: Page) -> None:
        press = page.keyboard.press
        page.goto(f"/content/emails/{mail.pk}/edit/")
        page.focus("#plus-end-")
        press("Enter")
        page.keyboard.type("headl")
        saved(page, lambda: press("Enter"))
        page.wait_for_selector("#text-field:focus")
        saved(page, lambda: page.keyboard.type("By hand"))
        press("Escape")
        page.wait_for_selector(".mail-block[data-kind=heading]:last-of-type .mail-select, .mail-select:focus")
        page.wait_for_selector(".mail-select:focus")
        seen.append(kinds(page))
        saved(page, lambda: press("Alt+ArrowUp"))
        page.wait_for_selector(".mail-select:focus")
        press("ArrowUp")
        saved(page, lambda: press("Delete"))
        page.wait_for_selector(".mail-select:focus")
        seen.append(kinds(page))
        saved(page, lambda: press("Control+z"))
        page.wait_for_selector(".mail-block[data-kind=divider]")
        seen.append(kinds(page))
        saved(page, lambda: press("Control+y"))
        page.wait_for_selector(".mail-block[data-kind=divider]", state="detached")

    complaints = chromium.look(story, base_url=live_server.url, cookies=session)

    assert seen[0] == ["heading", "text", "button", "divider", "text", "heading"]
    assert seen[1] == ["heading", "text", "button", "heading", "text"]
    assert seen[2] == ["heading", "text", "button", "divider", "heading", "text"]
    assert complaints == []
