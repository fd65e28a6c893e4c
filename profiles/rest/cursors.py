"""Pages of a list by keyset: a cursor says behind which row to go on, so that no page is missed or costs more."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from profiles.rest.problems import unusable

LIMIT: Final = 50
MOST: Final = 200
LONGEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: fields with the kind of their values, the last of them unique.

    All run the same way. The fields may not be NULL.
    """

    fields: tuple[tuple[str, type], ...]
    is_descending: bool = False

    @property
    def names(self) -> list[str]:
        """As `order_by` takes it."""
        return [f"-{name}" if self.is_descending else name for name, _kind in self.fields]

    def place(self, row: Any) -> list[Any]:
        """Where a row stands."""
        return [_value(row, name) for name, _kind in self.fields]


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    return row


@dataclass(frozen=True, slots=True)
class Cut[T]:
    """One page; `next` is the cursor of the following one, None on the last."""

    rows: list[T]
    next: str | None


def cut[M: Model](rows: QuerySet[M], order: Order, *, cursor: str, limit: int) -> Cut[M]:
    """The page behind the cursor ("" is the first page). Raises Problem (400) where it is none of ours."""
    if cursor:
        rows = rows.filter(_behind(order, read(cursor, order)))
    found = list(rows.order_by(*order.names)[: limit + 1])
    following = write(order.place(found[limit - 1])) if len(found) > limit else None
    return Cut(found[:limit], following)


def _behind(order: Order, place: Sequence[Any]) -> Q:
    """Rows behind this place. The bound on the first field alone is what lets an index be used."""
    beyond = "lt" if order.is_descending else "gt"
    names = [name for name, _kind in order.fields]
    behind = Q()
    for index, name in enumerate(names):
        same = Q(**dict(zip(names[:index], place[:index], strict=True)))
        behind |= same & Q(**{f"{name}__{beyond}": place[index]})
    return behind & Q(**{f"{names[0]}__{beyond}e": place[0]})


def write(place: Sequence[Any]) -> str:
    """A place as a link carries it."""
    text = json.dumps([_told(value) for value in place], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _told(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def read(cursor: str, order: Order) -> list[Any]:
    """The place that a link carries. Raises Problem (400)."""
    try:
        if len(cursor) > LONGEST or not cursor.isascii():
            raise ValueError
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        given = json.loads(text)
        if not isinstance(given, list) or len(given) != len(order.fields):
            raise ValueError
        return [_read(value, kind) for value, (_name, kind) in zip(given, order.fields, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise unusable("cursor", "This cursor is not one of ours; take it from `next`.") from None


def _read(value: Any, kind: type) -> Any:
    if kind is dt.datetime:
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if kind in (dt.date, UUID):
        return dt.date.fromisoformat(value) if kind is dt.date else UUID(value)
    if type(value) is not kind:
        raise ValueError
    if (isinstance(value, int) and not 0 <= value < 2**63) or (isinstance(value, str) and "\0" in value):
        raise ValueError
    return value
