"""Draw README's picture anew: one person's history goes in over HTTP, her Profile comes out as a PNG.

It needs a running product that does not know her yet, a write key, and a sign-in:

    python manage.py quickstart --no-demo --data-dir /somewhere/new
    python manage.py create_source "Webshop" --kind server
    python docs/images/make.py --url http://localhost:8000 --key KEY --email EMAIL --password PASSWORD

`create_source` and this script need the environment of that product (DATABASE_URL and SECRET_KEY): the segment and
the journeys are drawn in its database.
"""

import argparse
import datetime as dt
import os
import shutil
from pathlib import Path
from typing import Any, Final

import django
import httpx
from playwright.sync_api import Page, expect, sync_playwright

PICTURE: Final = Path(__file__).with_name("profile.png")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PATIENCE: Final = 60_000  # milliseconds until something that was sent may stand on a page
NAME: Final = "Sanne de Vries"
LAPTOP, PHONE, USER = "laptop-7f3a", "phone-c21e", "customer-2048"

MACHINE: Final = {"name": "Lelit Anna espresso machine", "price": 449}
GRINDER: Final = {"name": "Eureka Mignon grinder", "price": 289}
BEANS: Final = {"name": "Ethiopia Guji, 1 kg", "price": 28}
FILTERS: Final = {"name": "Paper filters, 200", "price": 9}

THANKS: Final = "<p>Dear {{ contact.first_name }},</p><p>we are packing your order.</p>"
QUESTION: Final = "<p>Dear {{ contact.first_name }},</p><p>how does it taste?</p>"
CUSTOMERS: Final = {
    "type": "all",
    "children": [
        {"type": "attribute", "key": "country", "operator": "is", "value": "NL"},
        {
            "type": "event",
            "name": "Order Completed",
            "frequency": "at_least",
            "count": 2,
            "window": {"type": "last", "amount": 365, "unit": "day"},
        },
    ],
}


def main() -> None:
    """Send, draw the journeys, send what they answer to, look."""
    asked = _asked()
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - histories end today
    shop = Shop(asked.url, asked.key, now=now)
    _draw(now)  # before the browser: Django's rows and playwright's loop do not mix
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(
            base_url=asked.url,
            viewport={"width": 1440, "height": 900},
            color_scheme="light",
            reduced_motion="reduce",
        )
        page.set_default_timeout(PATIENCE)
        _sign_in(page, asked.email, asked.password)
        shop.send(history(shop))
        profile = _find(page)
        shop.send(today(shop))
        _take(page, profile)
        browser.close()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True, help="where the product runs")
    parser.add_argument("--key", required=True, help="a write key of a server source")
    parser.add_argument("--email", required=True, help="who signs in")
    parser.add_argument("--password", required=True, help="with which password")
    return parser.parse_args()


class Shop:
    """A web shop that tells what its visitors do."""

    def __init__(self, url: str, key: str, *, now: dt.datetime) -> None:
        self.door = httpx.Client(base_url=url, auth=(key, ""), timeout=60)
        self.now = now

    def send(self, messages: list[dict[str, Any]]) -> None:
        """One batch, in order; all of it must be accepted."""
        answer = self.door.post("/v1/batch", json={"batch": messages}).raise_for_status().json()
        if "refused" in answer:
            raise SystemExit(f"Not accepted: {answer['refused']}")

    def did(self, what: str, who: dict[str, str], *, ago: dt.timedelta, **properties: Any) -> dict[str, Any]:
        """One thing that somebody did."""
        return {
            "type": "track",
            "event": what,
            **who,
            "properties": properties,
            "timestamp": (self.now - ago).isoformat(),
        }

    def bought(self, order: str, *lines: tuple[dict[str, Any], int], ago: dt.timedelta) -> dict[str, Any]:
        """One order with its products."""
        products = [{**product, "quantity": quantity} for product, quantity in lines]
        total = round(sum(line["price"] * line["quantity"] for line in products), 2)
        return self.did(
            "Order Completed",
            {"userId": USER},
            ago=ago,
            order_id=order,
            total=total,
            currency="EUR",
            products=products,
        )

    def is_known(self, device: str, *, ago: dt.timedelta, **traits: str) -> dict[str, Any]:
        """Somebody signed in on this device."""
        return {
            "type": "identify",
            "userId": USER,
            "anonymousId": device,
            "traits": traits,
            "timestamp": (self.now - ago).isoformat(),
        }


def history(shop: Shop) -> list[dict[str, Any]]:
    """What happened before today: two devices first, and then a name."""
    laptop, phone, customer = {"anonymousId": LAPTOP}, {"anonymousId": PHONE}, {"userId": USER}
    evening = shop.now.replace(hour=18, minute=40)

    def days(number: int, minutes: int = 0) -> dt.timedelta:
        return shop.now - (evening - dt.timedelta(days=number) + dt.timedelta(minutes=minutes))

    return [
        shop.did("Page Viewed", phone, ago=days(121), title="The best coffee at home", path="/journal/home"),
        shop.did("Page Viewed", laptop, ago=days(118), title="Espresso machines", path="/espresso"),
        shop.did("Product Viewed", laptop, ago=days(118, 4), **MACHINE),
        shop.is_known(
            LAPTOP,
            ago=days(118, 9),
            email="sanne@devries.example",
            firstName="Sanne",
            lastName="de Vries",
            country="NL",
            plan="Barista club",
        ),
        shop.bought("1023", (MACHINE, 1), ago=days(118, 15)),
        shop.did("Subscribed", customer, ago=days(118, 16), topic="news"),
        shop.did("Product Viewed", customer, ago=days(54), **GRINDER),
        shop.bought("1187", (GRINDER, 1), (BEANS, 1), ago=days(54, 20)),
        shop.is_known(PHONE, ago=days(9), plan="Barista club"),
        shop.did("Page Viewed", phone, ago=days(9, 3), title="New harvest: Ethiopia", path="/journal/guji"),
        shop.did("Product Viewed", phone, ago=days(9, 6), **BEANS),
    ]


def today(shop: Shop) -> list[dict[str, Any]]:
    """What starts the journeys."""
    customer = {"userId": USER}

    def minutes(number: int) -> dt.timedelta:
        return dt.timedelta(minutes=number)

    return [
        shop.did("Product Viewed", customer, ago=minutes(12), **BEANS),
        shop.did("Product Added", customer, ago=minutes(11), **BEANS),
        shop.bought("1305", (BEANS, 2), (FILTERS, 1), ago=minutes(8)),
    ]


def _sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_login", email)
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def _find(page: Page) -> str:
    """The address of her profile, once what was sent is understood."""
    for _ in range(30):
        page.goto("/contacts/")
        link = page.get_by_role("link", name=NAME).first
        if link.count():
            return str(link.get_attribute("href"))
        page.wait_for_timeout(2_000)
    raise SystemExit(f"{NAME} does not appear among the contacts.")


def _draw(now: dt.datetime) -> None:
    """A segment, and two journeys that answer an order: with thanks at once, with a question later."""
    django.setup()
    from segments.models import Segment

    Segment.objects.create(name="Regulars in the Netherlands", definition=CUSTOMERS)
    _publish("Thank you for your order", "Thank you, {{ contact.first_name }}", THANKS, now=now)
    wait = {"id": "wait", "kind": "wait", "amount": 14, "unit": "day"}
    _publish("Ask for a review", "How does it taste?", QUESTION, wait, now=now)


def _publish(name: str, subject: str, html: str, *before: dict[str, Any], now: dt.datetime) -> None:
    from django.contrib.auth.models import User

    from journeys.flow import publishing
    from journeys.messages import contents
    from journeys.models import Content, Journey

    somebody = User.objects.order_by("pk")[0]
    mail = contents.begin(name, "blank", by=somebody, now=now)
    words = {"subject": subject, "preheader": "", "source": html}
    Content.objects.filter(pk=mail.pk).update(
        draft={"mode": "html", "fallback": "en", "languages": {"en": words}}
    )
    email = {"id": "email", "kind": "email", "content": mail.pk, "purpose": "transactional", "why": "Order"}
    drawn = {
        "trigger": {"kind": "event", "event": "Order Completed", "where": []},
        "settings": {"reentry": "always"},
        "steps": [*before, email, {"id": "exit", "kind": "exit"}],
    }
    publishing.publish(Journey.objects.create(name=name, draft=drawn), by=somebody, now=now)


def _take(page: Page, profile: str) -> None:
    """Her profile, when the mail stands on it and nothing moves any more."""
    for _ in range(30):
        page.goto(profile)
        if page.locator("#timeline .moment", has_text="Thank you, Sanne").count():
            break
        page.wait_for_timeout(2_000)
    else:
        raise SystemExit("No mail appears on her timeline.")
    expect(page.locator("main").get_by_text("Ask for a review").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".main-svg").first).to_be_visible(timeout=PATIENCE)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=PICTURE, animations="disabled")


if __name__ == "__main__":
    main()
