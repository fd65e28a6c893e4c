"""Draw README's picture anew: one person's history goes in over HTTP, her Profile comes out as a PNG.

It needs a running product that does not know her yet, a write key, and a sign-in:

    python manage.py quickstart --data-dir /somewhere/new
    python manage.py create_source "Webshop" --kind server
    python docs/images/make.py --url http://localhost:8000 --key KEY --email EMAIL --password PASSWORD

`create_source` needs the environment of that product; the page Sources makes a key as well.
"""

import argparse
import datetime as dt
import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Page, expect, sync_playwright

PICTURE: Final = Path(__file__).with_name("profile.png")
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
        _draw_segment(page, "Regulars in the Netherlands", CUSTOMERS)
        _draw_journey(
            page, "Thank you for your order", subject="Thank you, {{ contact.first_name }}", html=THANKS
        )
        _draw_journey(page, "Ask for a review", subject="How does it taste?", html=QUESTION, wait_days=14)
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


def _draw_segment(page: Page, name: str, definition: dict[str, Any]) -> None:
    page.goto("/segments/new/")
    page.fill("#id_name", name)
    page.fill("#id_definition", json.dumps(definition, indent=2))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(lambda url: not url.endswith("/new/"))


def _draw_journey(page: Page, name: str, *, subject: str, html: str, wait_days: int = 0) -> None:
    page.goto("/journeys/new/")
    page.fill("#id_name", name)
    page.check("input[name=trigger][value=event]")
    page.fill("#id_event", "Order Completed")
    page.select_option("#id_reentry", "always")
    page.fill("#id_wait_amount", str(wait_days))
    page.select_option("#id_wait_unit", "day")
    page.fill("#id_subject", subject)
    page.fill("#id_html", html)
    page.check("input[name=purpose][value=transactional]")
    page.fill("#id_why", "Order confirmation" if not wait_days else "Order")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is live.").first).to_be_visible(timeout=PATIENCE)


def _take(page: Page, profile: str) -> None:
    """Her profile, when the mail stands on it and nothing moves any more."""
    for _ in range(30):
        page.goto(profile)
        if page.locator("#timeline .moment .name", has_text="Email Sent").count():
            break
        page.wait_for_timeout(2_000)
    else:
        raise SystemExit("No mail appears on her timeline.")
    expect(page.locator("aside").get_by_text("Ask for a review")).to_be_visible(timeout=PATIENCE)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=PICTURE, animations="disabled")


if __name__ == "__main__":
    main()
