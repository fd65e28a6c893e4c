"""The public CDNOW purchase history: reading it, and saying it in the words of the event API."""

import datetime as dt
import gzip
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO


class NotCdnow(Exception):
    """The file is not the CDNOW purchase history; the message names the line."""


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of the file: a purchase."""

    line: int
    customer: str
    day: dt.date
    quantity: int
    dollars: Decimal

    @property
    def user_id(self) -> str:
        """The customer's number, as our shop knows it."""
        return f"cdnow-{self.customer}"

    @property
    def email(self) -> str:
        """A generated address in a reserved domain."""
        return f"customer-{self.customer}@cdnow.example"


def read(path: Path, *, until: dt.date) -> list[Bought]:
    """All purchases of a `.txt`, `.gz` or `.xz` file, shifted so that the last day is `until`.

    Raises NotCdnow where a line has not the four columns of the file.
    """
    with _open(path) as lines:
        bought = [
            _parsed(number, line) for number, line in enumerate(lines, start=1) if number > 1 and line.strip()
        ]
    if not bought:
        raise NotCdnow(f"{path.name} holds no purchases")
    shift = until - max(purchase.day for purchase in bought)
    return [
        Bought(purchase.line, purchase.customer, purchase.day + shift, purchase.quantity, purchase.dollars)
        for purchase in bought
    ]


def messages(purchases: list[Bought], *, currency: str) -> Iterator[dict[str, Any]]:
    """The history as calls after Segment's specification: who they are, then what they bought, oldest first.

    Message ids are fixed, so that sending the file twice stores nothing twice.
    """
    first: dict[str, Bought] = {}
    for purchase in sorted(purchases, key=lambda each: (each.day, each.line)):
        if purchase.customer not in first:
            first[purchase.customer] = purchase
            yield {
                "type": "identify",
                "messageId": f"{purchase.user_id}-identify",
                "userId": purchase.user_id,
                "timestamp": _moment(purchase.day),
                "traits": {"email": purchase.email},
            }
        yield {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"{purchase.user_id}-{purchase.line}",
            "userId": purchase.user_id,
            "timestamp": _moment(purchase.day),
            "properties": {
                "order_id": f"cdnow-{purchase.line}",
                "total": str(purchase.dollars),
                "currency": currency,
                "products": [{"product_id": "cd", "name": "CD", "quantity": purchase.quantity}],
            },
        }


def _moment(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"


def _open(path: Path) -> TextIO:
    match path.suffix:
        case ".gz":
            return gzip.open(path, "rt", encoding="ascii")
        case ".xz":
            return lzma.open(path, "rt", encoding="ascii")
        case _:
            return path.open(encoding="ascii")


def _parsed(number: int, line: str) -> Bought:
    try:
        customer, day, quantity, dollars = line.split()
        when = dt.datetime.strptime(day, "%Y%m%d").replace(tzinfo=dt.UTC).date()
        return Bought(number, customer, when, int(quantity), Decimal(dollars))
    except (ValueError, ArithmeticError) as error:
        raise NotCdnow(f"line {number} is not 'customer day quantity dollars': {line.strip()!r}") from error
