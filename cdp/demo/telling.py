"""How a life is told: one person's calls after the event API's specification, each under a fixed message id."""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cdp.demo.goods import SHOP, WEBSITE, Article, Place


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody bought."""

    at: dt.datetime
    key: str
    total: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Call:
    """One message to the door, as it will be sent."""

    at: dt.datetime
    body: dict[str, Any]


@dataclass(slots=True)
class Person:
    """One of the shop's people: who they are, and their life as it is told, oldest first."""

    key: str  # their user id; "" for a visitor
    anonymous: str
    place: Place
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    card: str = ""  # loyalty card
    birthday: str = ""
    joined: dt.datetime | None = None  # when they became known
    wants_news: bool = False
    opted_out: dt.datetime | None = None
    calls: list[Call] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    carts: list[dt.datetime] = field(default_factory=list)  # left behind
    renews_on: dt.date | None = None  # their service plan

    @property
    def began(self) -> dt.datetime:
        """When we first heard of them."""
        return min(call.at for call in self.calls)

    def reads_news(self, at: dt.datetime) -> bool:
        """Whether they were subscribed to the news at this moment."""
        if self.joined is None or not self.wants_news or at < self.joined:
            return False
        return self.opted_out is None or at < self.opted_out

    # --- what they do

    def say(self, at: dt.datetime, **body: Any) -> None:
        """One call, by whom we know at that time."""
        who: dict[str, str] = {}
        if self.joined is not None and self.key and at >= self.joined:
            who["userId"] = self.key
        else:
            who["anonymousId"] = self.anonymous
        self.calls.append(Call(at, {**who, **body}))

    def do(self, at: dt.datetime, event: str, **properties: Any) -> None:
        """Something happens."""
        self.say(at, type="track", event=event, properties=properties)

    def see_page(self, at: dt.datetime, path: str, title: str, **more: Any) -> None:
        """A page of the shop."""
        properties = {"url": f"{WEBSITE}{path}", "path": path, "title": title}
        self.say(at, type="page", name=title, properties=properties, **more)

    def see(self, at: dt.datetime, article: Article, **more: Any) -> None:
        """A product's page."""
        self.say(at, type="track", event="Product Viewed", properties=self.about(article), **more)

    def about(self, article: Article) -> dict[str, Any]:
        """An article as events speak of it."""
        currency = self.place.currency
        return {
            "product_id": article.sku,
            "name": article.name,
            "category": article.category,
            "price": float(article.priced(currency)),
            "currency": currency,
            "url": article.url,
        }

    def join(self, at: dt.datetime, *, card: bool = True) -> None:
        """They say who they are."""
        self.joined = at
        traits: dict[str, Any] = {
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "country": self.place.country,
            "city": self.place.city,
            "postal_code": self.place.postcode,
            "language": self.place.language,
            "shop": SHOP,
            "subscriptions": {"news": self.wants_news},
        }
        traits |= {key: value for key, value in (("phone", self.phone), ("birthday", self.birthday)) if value}
        context: dict[str, Any] = {}
        if self.card and card:
            traits["loyalty_card"] = self.card
            context["externalIds"] = [{"id": self.card, "type": "loyalty_card", "collection": "users"}]
        self.calls.append(
            Call(
                at,
                {
                    "type": "identify",
                    "userId": self.key,
                    "anonymousId": self.anonymous,
                    "traits": traits,
                    "context": context,
                },
            )
        )
        self.do(at + dt.timedelta(seconds=2), "Signed Up", method="website")

    def order(self, at: dt.datetime, articles: Sequence[Article], *, key: str, **more: Any) -> Order:
        """They buy these."""
        currency = self.place.currency
        lines = [{**self.about(article), "quantity": 1} for article in articles]
        total = sum((article.priced(currency) for article in articles), Decimal(0))
        placed = Order(at, key, total, currency)
        properties = {"order_id": key, "total": float(total), "currency": currency, "products": lines}
        self.say(at, type="track", event="Order Completed", properties=properties, **more)
        self.orders.append(placed)
        return placed


def address(first: str, last: str, number: int, domain: str) -> str:
    """An e-mail address in a reserved domain."""
    plain = (
        unicodedata.normalize("NFKD", f"{first}.{last}".replace("ł", "l")).encode("ascii", "ignore").decode()
    )
    words = re.sub(r"[^a-z.]", "", plain.lower())
    return f"{words}{number or ''}@{domain}"


def raw(call: Call, message_id: str) -> bytes:
    """The call as it goes through the door."""
    return json.dumps(
        {**call.body, "messageId": message_id, "timestamp": call.at.astimezone(dt.UTC).isoformat()},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
