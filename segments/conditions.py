"""Turns one comparison into an SQL predicate over a column or over a key of a JSON document.

What customers choose (keys, properties, values) is bound, never spelled into the statement, and a stored value of
another type than the operator reads is as good as missing: no cast here can fail.
"""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from segments.ast import Anniversary, Comparison, Occasion, Operator, Span, Weekdays
from segments.operators import ROWS, Kind
from segments.patterns import translated

# Only days that exist, so that the cast behind it cannot fail: leap years are spelled out.
_LEAP: Final = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29"
_LONG: Final = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT: Final = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY: Final = "02-(?:0[1-9]|1[0-9]|2[0-8])"
DAY: Final = f"(?!0000)(?:{_LEAP}|[0-9]{{4}}-(?:{_LONG}|{_SHORT}|{_FEBRUARY}))"
_CLOCK: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
MOMENT: Final = f"{DAY}[T ]{_CLOCK}(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"

UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Context:
    """What a question needs besides itself: the moment, the workspace's zone, names as numbers, merges under way.

    `moving` leads from an absorbed contact whose rows still move to the contact it is now part of.
    """

    now: dt.datetime
    zone: ZoneInfo = UTC
    definitions: Mapping[str, int] = field(default_factory=dict)
    moving: Mapping[int, int] = field(default_factory=dict)

    @property
    def today(self) -> dt.date:
        """The day it is in the workspace."""
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: dt.date) -> dt.datetime:
        """When a day begins in the workspace, in UTC."""
        return dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC)


class Parameters:
    """The bound values of one statement."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def bind(self, value: Any) -> str:
        """Keep `value`; what stands for it in the statement."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


@dataclass(frozen=True, slots=True)
class Column:
    """A typed column: its SQL and what it holds. Text is never NULL there; "" means none."""

    sql: str
    kind: Kind

    def read(self, kind: Kind, context: Context, parameters: Parameters) -> str:
        """The column as `kind`: NULL when it is of another."""
        if kind is Kind.ANY:
            return f"({self.sql} <> '')" if self.kind is Kind.TEXT else f"({self.sql} IS NOT NULL)"
        if kind is self.kind:
            return f"NULLIF({self.sql}, '')" if kind is Kind.TEXT else self.sql
        return f"NULL::{TYPES[kind]}"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A column that holds a moment; conditions ask for its day in the workspace's zone."""

    sql: str

    def read(self, kind: Kind, context: Context, parameters: Parameters) -> str:
        """The day as `kind`: NULL when there is none, or for a kind that no day is."""
        if kind is Kind.ANY:
            return f"({self.sql} IS NOT NULL)"
        if kind is Kind.DATE:
            return f"({self.sql} AT TIME ZONE {parameters.bind(context.zone.key)})::date"
        return f"NULL::{TYPES[kind]}"


@dataclass(frozen=True, slots=True)
class JsonKey:
    """A key of a JSON document."""

    document: str
    key: str

    def read(self, kind: Kind, context: Context, parameters: Parameters) -> str:
        """The value under the key as `kind`: NULL when it is missing or of another."""
        key = parameters.bind(self.key)
        value, text = f"({self.document} -> {key}::text)", f"({self.document} ->> {key}::text)"
        match kind:
            case Kind.TEXT:
                return f"NULLIF(CASE WHEN jsonb_typeof({value}) = 'string' THEN {text} END, '')"
            case Kind.NUMBER:
                return f"CASE WHEN jsonb_typeof({value}) = 'number' THEN {text}::numeric END"
            case Kind.BOOLEAN:
                return f"CASE WHEN jsonb_typeof({value}) = 'boolean' THEN {text}::boolean END"
            case Kind.LIST:
                return f"CASE WHEN jsonb_typeof({value}) = 'array' THEN {value} END"
            case Kind.DATE:
                day, moment = parameters.bind(f"^{DAY}$"), parameters.bind(f"^{MOMENT}$")
                zone = parameters.bind(context.zone.key)
                return (
                    f"CASE WHEN jsonb_typeof({value}) <> 'string' THEN NULL WHEN {text} ~ {day} THEN {text}::date "
                    f"WHEN {text} ~ {moment} THEN ({text}::timestamptz AT TIME ZONE {zone})::date END"
                )
            case Kind.ANY:
                return f"({value} NOT IN ('null', '\"\"', '[]', '{{}}'))"
            case _:
                assert_never(kind)


type Operand = Column | Timestamp | JsonKey

TYPES: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.NUMBER: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.LIST: "jsonb",
    Kind.ANY: "boolean",
}


def predicate(comparison: Comparison, operand: Operand, *, context: Context, parameters: Parameters) -> str:
    """SQL that is true or false, never NULL."""
    row = ROWS[comparison.operator]
    holds = compare(comparison, operand.read(row.kind, context, parameters), context, parameters)
    holds = f"COALESCE({holds}, false)"
    return f"(NOT {holds})" if row.opposite else f"({holds})"


def compare(comparison: Comparison, operand: str, context: Context, parameters: Parameters) -> str:
    """A row's SQL over an operand that is already of its kind; a row that is an opposite is left positive."""
    value = anchored(comparison, context)
    spelled = {"x": operand}
    if isinstance(value, tuple) and "{a}" in ROWS[comparison.operator].sql:
        spelled["a"], spelled["b"] = parameters.bind(value[0]), parameters.bind(value[1])
    elif value is not None:
        bound: Any = list(value) if isinstance(value, tuple) else value
        spelled["v"] = parameters.bind(bound) + ("::text" if isinstance(value, str) else "")
    return f"({ROWS[comparison.operator].sql.format(**spelled)})"


def anchored(comparison: Comparison, context: Context) -> Any:
    """The comparison's value as SQL has it: what is relative becomes the days that it means today."""
    value = comparison.value
    match comparison.operator:
        case Operator.IS_TODAY:
            return context.today
        case Operator.MATCHES:
            return translated(str(value))
    match value:
        case Span():
            return _days(comparison.operator, value, context.today)
        case Anniversary():
            return _days_of_year(value, context.today)
        case Weekdays(days):
            return list(days)
        case _:
            return value


def _days(operator: Operator, span: Span, today: dt.date) -> dt.date | tuple[dt.date, dt.date]:
    match operator:
        case Operator.IN_THE_LAST | Operator.NOT_IN_THE_LAST:
            return today - span.length, today
        case Operator.IN_THE_NEXT:
            return today, today + span.length
        case Operator.MORE_THAN_FROM_NOW:
            return today + span.length
        case _:
            return today - span.length


def _days_of_year(anniversary: Anniversary, today: dt.date) -> list[int]:
    """The days of the year that are meant, each as month * 100 + day."""
    if anniversary.occasion is Occasion.THIS_MONTH:
        return [today.month * 100 + day for day in range(1, 32)]
    day = today + dt.timedelta(days=anniversary.days)
    leap_day = [229] if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year) else []
    return [day.month * 100 + day.day, *leap_day]


def with_absorbed(only: Sequence[int], context: Context) -> list[int]:
    """These contacts and those absorbed into them whose rows still move."""
    wanted = set(only)
    return [*only, *(absorbed for absorbed, survivor in context.moving.items() if survivor in wanted)]
