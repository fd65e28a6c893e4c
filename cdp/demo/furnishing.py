"""What the shop needs before its first customer: its name, its source, its catalogue, the rates of the pound.

The name of the workspace, the brand and the sender are the user's: they are filled in only where nobody has touched
them, and they stay when the sample data goes.
"""

import datetime as dt
import math
from decimal import Decimal
from functools import partial
from typing import Final

from cdp.demo import registry
from cdp.demo.goods import ARTICLES, POUND, SHOP, WEBSITE, ZONE, Article
from cdp.demo.mails import LANGUAGES
from cdp.demo.posting import CAP, CAP_DAYS
from cdp.lib import db
from journeys.models import Sender
from profiles.models import Brand, ExchangeRate, IdentifierRule, Lane, Product, RecordType, Settings, Source

SOURCE: Final = f"{SHOP} (sample)"
TILL: Final = "Till import"
MONTHS: Final = 26
# Euros and pounds in a workspace that counts in something else: roughly, as nobody lives on it.
EURO: Final = {
    "USD": "1.09",
    "GBP": "0.86",
    "CHF": "0.95",
    "PLN": "4.27",
    "SEK": "11.4",
    "DKK": "7.46",
    "NOK": "11.6",
}
RULE: Final = "loyalty_card"
GROWN: Final = (
    "profiles_contact",
    "profiles_persona",
    "profiles_identitylink",
    "profiles_contactactivity",
    "profiles_eventcount",
    "profiles_purchase",
    "profiles_purchaseitem",
    "profiles_consent",
    "profiles_inboxitem",
    "segments_membership",
    "journeys_run",
)
PLAN: Final = "service_plan"


def furnish(*, now: dt.datetime) -> None:
    """All of it; doing it twice is doing it once."""
    _name_workspace()
    registry.made("source", lambda: _source(SOURCE, Source.Kind.SERVER, Lane.BULK))
    registry.made("till", lambda: _source(TILL, Source.Kind.IMPORT, Lane.BULK))
    for article in ARTICLES:
        registry.made(f"product-{article.sku}", partial(_product, article))
    registry.made("record-type", _record_type)
    IdentifierRule.objects.get_or_create(
        namespace=RULE, defaults={"kind": "soft", "priority": 6, "makes_known": False, "limit": 3}
    )
    _rates(now=now)


def _name_workspace() -> None:
    settings = Settings.objects.get()
    if settings.name == "Kindred":
        settings.name, settings.time_zone, settings.country = SHOP, ZONE, "NL"
        settings.languages = settings.languages or list(LANGUAGES)
        if settings.cap_messages is None:
            settings.cap_messages, settings.cap_days = CAP, CAP_DAYS
        settings.save()
    brand = Brand.objects.get(is_default=True)
    if brand.name == "Default":
        brand.name, brand.website = SHOP, WEBSITE
        brand.postal_address = f"{SHOP}, Kanaalweg 12, 3526 KM Utrecht"
        brand.theme = brand.theme or {"primary": "#17594a", "background": "#f2efe8"}
        brand.save()
    Sender.objects.filter(email="hello@kindred.example", name="Kindred").update(
        name=SHOP, email="hello@noord.example"
    )


def _source(name: str, kind: Source.Kind, lane: Lane) -> Source:
    if Source.objects.filter(name=name).exists():
        name = f"{name} ({SHOP})"
    return Source.objects.create(name=name, kind=kind, lane=lane, is_sample=True)


def _product(article: Article) -> Product:
    brand = Brand.objects.get(is_default=True)
    made, _ = Product.objects.get_or_create(
        brand=brand,
        country="",
        sku=article.sku,
        defaults={
            "name": article.name,
            "maker": SHOP,
            "category_path": [article.category],
            "price": article.price,
            "currency": "EUR",
            "stock": 40 + len(article.name),
            "url": article.url,
        },
    )
    return made


def _record_type() -> RecordType:
    fields = [
        {"key": "plan", "label": "Plan", "type": "text"},
        {"key": "renews_on", "label": "Renews on", "type": "date"},
    ]
    made, _ = RecordType.objects.get_or_create(
        key=PLAN, defaults={"label": "Service plan", "fields": fields, "date_field": "renews_on"}
    )
    return made


def _rates(*, now: dt.datetime) -> None:
    """What the other currencies were worth on the first of each month, where nobody told us."""
    base = Settings.objects.get().currency
    euro = Decimal(EURO.get(base, "1"))
    worth = {"EUR": euro, "GBP": POUND * euro}
    first = now.date().replace(day=1)
    for currency, rate in worth.items():
        if currency == base or ExchangeRate.objects.filter(currency=currency).exists():
            continue
        days, day = [], first
        for _ in range(MONTHS):
            days.append(day)
            day = (day - dt.timedelta(days=1)).replace(day=1)
        ExchangeRate.objects.bulk_create(
            ExchangeRate(currency=currency, on=day, rate=rate * Decimal(f"{1 + 0.015 * math.sin(place):.4f}"))
            for place, day in enumerate(days)
        )
        registry.note(f"rates-{currency}", "profiles.exchangerate", place_of(currency))


def place_of(currency: str) -> int:
    """A number that stands for a currency: its letters, read as a number."""
    return int.from_bytes(currency.encode())


def currency_at(number: int) -> str:
    """The currency that a number stands for."""
    return number.to_bytes(3).decode()


def source(key: str = "source") -> Source:
    """Where the shop's people come from. Raises Source.DoesNotExist while it is not there."""
    return Source.objects.get(pk=registry.number(key) or 0)


def count_anew() -> None:
    """Have PostgreSQL look at how much there is, now that so much came or went: else it plans for what was."""
    for table in GROWN:
        db.execute(f"ANALYZE {table}")


def waiting(*, limit: int = 10_000) -> int:
    """How many of the shop's arrivals still wait in the inbox; at most `limit`."""
    rows = db.fetch(
        "SELECT count(*) FROM (SELECT 1 FROM profiles_inboxitem WHERE source_id = ANY(%s) LIMIT %s) waiting",
        [list(Source.objects.filter(is_sample=True).values_list("pk", flat=True)), limit],
    )
    return int(rows[0][0])
