"""Draw the pictures of docs/guide anew, by doing what its chapters tell, click by click.

It needs a running product with the sample shop, in which nobody has done it yet, and a sign-in:

    python manage.py quickstart --data-dir /somewhere/new
    python docs/images/guide.py --url http://localhost:8000 --email EMAIL --password PASSWORD

What a chapter names in bold, this clicks by that name: when the product changes its words, it stops here.
"""

import argparse
import io
import math
import os
import re
import shutil
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect, sync_playwright

PICTURES: Final = Path(__file__).with_name("guide")
CUSTOMERS: Final = Path(__file__).parents[1] / "guide" / "customers.csv"
CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PATIENCE: Final = 60_000  # milliseconds until something that was asked for may stand on a page
LOADING: Final = 600_000  # milliseconds until the sample shop may be there
WIDE, HIGH = 1440, 980  # pixels of a picture
LARGEST: Final = 120_000  # bytes of a picture

SEGMENT: Final = "Recent customers in the Netherlands"
NEWS: Final = "Spring news"
CART: Final = "You left something behind"
REMINDER: Final = "Remind of the cart"


def main() -> None:
    """All chapters, in their order: a later one uses what an earlier one made."""
    asked = _asked()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(
            base_url=asked.url,
            viewport={"width": WIDE, "height": HIGH},
            color_scheme="light",
            reduced_motion="reduce",
        )
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        _sign_in(page, asked.email, asked.password)
        expect(page.get_by_role("heading", name="Meet the customers")).to_be_visible(timeout=LOADING)
        for chapter in CHAPTERS:
            if not asked.only or chapter.__name__ in asked.only:
                chapter(page)
        browser.close()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True, help="where the product runs")
    parser.add_argument("--email", required=True, help="who signs in")
    parser.add_argument("--password", required=True, help="with which password")
    parser.add_argument("--only", nargs="*", help="these chapters only: " + ", ".join(NAMES))
    return parser.parse_args()


def first_import(page: Page) -> None:
    """A file comes in, and the row that says nobody stays outside."""
    _menu(page, "Imports")
    _link(page, "Import people")
    page.get_by_label("A CSV file").set_input_files(CUSTOMERS)
    _button(page, "Next")
    page.get_by_label("They subscribed to").select_option(label="News and offers")
    page.get_by_label("Where and when").fill("Sign-up card at the till, 2021 to 2026")
    _take(page, "import-columns")
    _button(page, "Import")
    expect(page.get_by_role("heading", name="Not accepted")).to_be_visible()
    _take(page, "import-result")
    _link(page, "See the contacts")
    page.get_by_label("Search contacts").fill("anouk.smit@example.org")
    expect(page.get_by_role("main")).to_contain_text("1 person")
    page.get_by_role("link", name="Anouk Smit").click()
    _link(page, "Consent")
    page.get_by_text("with its proof").click()
    expect(page.get_by_role("main").get_by_text("Sign-up card at the till").first).to_be_visible()
    _take(page, "import-consent")


def first_segment(page: Page) -> None:
    """An example, narrowed down to one country, and saved."""
    _menu(page, "Segments")
    _link(page, "New segment")
    _take(page, "segment-examples")
    _link(page, "Bought in the last 90 days")
    _button(page, "Add condition")
    page.get_by_label("Find a condition").fill("country")
    page.keyboard.press("Enter")
    page.locator("#n2-value").fill("NL")
    page.locator("#n2-value").press("Tab")
    expect(page.locator("#left-n2")).to_have_text(re.compile(r"\d"))
    page.get_by_label("Name", exact=True).fill(SEGMENT)
    _take(page, "segment-builder")
    _button(page, "Save")
    page.locator("#saving").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Who belongs")).to_be_visible()
    _until(page, page.get_by_text("Being counted"))
    _take(page, "segment-page")


def first_journey(page: Page) -> None:
    """The reminder of a cart: its mail is written, the way there drawn and published."""
    _mail(page, CART, start="Cart left behind")
    _lead(page, "https://shop.example/cart")
    _take(page, "journey-mail")
    _menu(page, "Journeys")
    _link(page, "New journey")
    page.get_by_label("Name", exact=True).fill(REMINDER)
    page.get_by_text("Cart left behind", exact=True).click()
    _take(page, "journey-new")
    _button(page, "Draw it")
    page.get_by_role("main").get_by_role("link", name="Email").first.click()
    page.get_by_label("Topic").select_option(label="News and offers")
    page.get_by_label("Mail", exact=True).select_option(label=CART)
    expect(page.locator(".node:not(.unfinished)", has_text=f"Email: {CART}")).to_be_visible()
    _take(page, "journey-canvas")
    _link(page, "Publish")
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("main").get_by_text("Live", exact=True).first).to_be_visible()
    _take(page, "journey-live")


def first_newsletter(page: Page) -> None:
    """A mail is written, looked at, and goes to a segment."""
    _mail(page, NEWS, start="News")
    _link(page, "Choose the image.")
    expect(page.get_by_text("Upload an image")).to_be_visible()
    if not page.get_by_label("File").is_visible():  # it is open while the library is empty
        page.get_by_text("Upload an image").click()
    page.get_by_label("File").set_input_files(
        {"name": "hills.png", "mimeType": "image/png", "buffer": _hills()}
    )
    page.locator(".mail-upload").get_by_label("What it shows").fill("Hills in the evening")
    _button(page, "Upload")
    expect(page.locator(".image-choice input:checked")).to_be_attached()
    _link(page, "Close")
    expect(page.get_by_role("heading", name="To finish")).to_be_visible()
    _lead(page, "https://shop.example/spring")
    _take(page, "newsletter-mail")
    _link(page, "Preview")
    _link(page, "Phone")
    expect(page.get_by_role("main")).to_contain_text("As seen by")
    _send(page)


def _send(page: Page) -> None:
    """The broadcast, step by step."""
    _menu(page, "Broadcasts")
    _link(page, "New broadcast")
    page.get_by_label("Name", exact=True).fill(NEWS)
    _button(page, "Choose who gets it")
    page.get_by_role("group", name="Send to").get_by_label(SEGMENT).first.check()
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"of \d+ people"))
    _take(page, "newsletter-who")
    _button(page, "Save, and choose the mail")
    page.get_by_role("radio", name=NEWS).check()
    _button(page, "Save, and choose when")
    page.get_by_label("As soon as it is confirmed").check()
    _button(page, "Save, and check")
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    _take(page, "newsletter-check")
    page.get_by_role("button", name=re.compile(r"^Send to \d+ people")).click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.get_by_role("heading", name="Sent", exact=True)).to_be_visible()
    _take(page, "newsletter-sent")


def _mail(page: Page, name: str, *, start: str) -> None:
    """A mail that begins as one of the examples."""
    _menu(page, "Emails & messages")
    _link(page, "New email")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_text(start, exact=True).first.click()
    _button(page, "Start writing")
    expect(page.get_by_role("main")).to_contain_text("To finish")


def _lead(page: Page, address: str) -> None:
    """The last thing to finish: where the button leads."""
    _link(page, "Say where the button")
    expect(page.get_by_role("heading", name="Button", exact=True)).to_be_visible()
    page.get_by_label("Where it leads").fill(address)
    expect(page.get_by_role("main")).to_contain_text("Ready to use")
    expect(page.locator("#mail-drawer")).not_to_contain_text("Say where")


def _hills() -> bytes:
    """A picture for a newsletter."""
    scene = Image.new("RGB", (1200, 420), "#f6d7a8")
    draw = ImageDraw.Draw(scene)
    draw.ellipse((820, 90, 960, 230), fill="#f08a4b")
    for colour, height, width in (("#8fb39a", 250, 260), ("#4f8a6d", 300, 190), ("#175a4a", 350, 340)):
        draw.polygon(
            [(x, height + 40 * math.sin(x / width)) for x in range(0, 1201, 10)] + [(1200, 420), (0, 420)],
            fill=colour,
        )
    out = io.BytesIO()
    scene.save(out, "PNG")
    return out.getvalue()


CHAPTERS: Final = (first_import, first_segment, first_journey, first_newsletter)
NAMES: Final = [chapter.__name__ for chapter in CHAPTERS]


def _sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def _menu(page: Page, words: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=words, exact=True).first.click()
    expect(page.get_by_role("main").get_by_role("heading", name=words, exact=True).first).to_be_visible()


def _link(page: Page, words: str) -> None:
    _one(page.get_by_role("main").get_by_role("link", name=words))


def _button(page: Page, words: str) -> None:
    _one(page.get_by_role("main").get_by_role("button", name=words, exact=True))


def _until(page: Page, gone: Locator) -> None:
    """Look again until that is there no more: what a marketer does, too."""
    for _ in range(30):
        if not gone.count():
            return
        page.wait_for_timeout(2_000)
        page.reload()
    raise SystemExit(f"Still there: {gone}")


def _one(found: Locator) -> None:
    found.first.click()


def _take(page: Page, name: str) -> None:
    """The screen as it stands, once nothing loads any more, in few colours."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, HIGH - 1)
    whole = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    small = io.BytesIO()
    whole.quantize(128, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    if small.tell() > LARGEST:
        raise SystemExit(f"{name}.png has {small.tell()} bytes.")
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.png").write_bytes(small.getvalue())


if __name__ == "__main__":
    main()
