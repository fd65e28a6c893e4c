"""Money as it arrives: amounts from what people send, and their worth in the workspace's currency."""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from profiles.models import ExchangeRate, Settings

CENT: Final = Decimal("0.01")
FINE: Final = Decimal("0.0001")  # as event values are kept
MOST: Final = Decimal(10) ** 11  # what the columns hold
CURRENCY: Final = re.compile(r"[A-Z]{3}")


def amount(given: Any) -> Decimal | None:
    """The number in `given` (a number, or text that is one), or None where there is none that can be kept."""
    if given is None or isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(given).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < MOST else None


def worth(number: Decimal, rate: Decimal) -> Decimal | None:
    """`number` at this rate, in the workspace's currency; None where that is more than can be kept."""
    product = number * rate
    return product if abs(product) < MOST else None


def currency(given: Any, *, default: str) -> str:
    """The ISO code in `given`, or `default`: what names no currency is in the workspace's."""
    code = given.strip().upper() if isinstance(given, str) else ""
    return code if CURRENCY.fullmatch(code) else default


def cents(number: Decimal) -> Decimal:
    """Rounded to two places, halves to even."""
    return number.quantize(CENT, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Rates:
    """What other currencies were worth, day by day, in `base`."""

    base: str
    days: dict[str, list[dt.date]] = field(default_factory=dict)
    rates: dict[str, list[Decimal]] = field(default_factory=dict)

    @classmethod
    def load(cls, currencies: Iterable[str], *, settings: Settings) -> "Rates":
        """The rates of these currencies; asks nothing when all of them are the workspace's own."""
        loaded = cls(settings.currency)
        foreign = set(currencies) - {settings.currency}
        if foreign:
            for rate in ExchangeRate.objects.filter(currency__in=foreign).order_by("currency", "on"):
                loaded.days.setdefault(rate.currency, []).append(rate.on)
                loaded.rates.setdefault(rate.currency, []).append(rate.rate)
        return loaded

    def rate(self, code: str, on: dt.date) -> Decimal | None:
        """The rate of the day, else of the last day before it that has one; None where no such day is known."""
        if code == self.base:
            return Decimal(1)
        place = bisect_right(self.days.get(code, []), on)
        return self.rates[code][place - 1] if place else None
