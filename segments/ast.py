"""The segment language: everything a marketer can say about a contact, as a tree without Django or SQL.

Every leaf is true or false of a contact, never unknown: "is not gold" holds for everyone else, also for those
who have no plan at all.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from cdp.lib.json import Json, JsonObject


class InvalidSegment(Exception):
    """A tree that says nothing: `path` leads to the condition at fault, `message` tells a marketer what to do."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


class Operator(StrEnum):
    """How a value is compared. Dates are days in the workspace's time zone."""

    IS = "is"
    IS_NOT = "is_not"
    IS_ANY_OF = "is_any_of"
    IS_NONE_OF = "is_none_of"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    NUMBER_BETWEEN = "between"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    DATE_BETWEEN = "between_dates"
    IN_THE_LAST = "in_the_last"
    MORE_THAN_AGO = "more_than_ago"
    IN_THE_NEXT = "in_the_next"
    INCLUDES_ANY = "includes_any"
    INCLUDES_ALL = "includes_all"
    INCLUDES_NONE = "includes_none"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


NUMBER_OPERATORS = frozenset(
    {Operator.EQ, Operator.NE, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE, Operator.NUMBER_BETWEEN}
)
CALENDAR_OPERATORS = frozenset({Operator.IN_THE_LAST, Operator.MORE_THAN_AGO, Operator.IN_THE_NEXT})


class Unit(StrEnum):
    """Spans of time. A month is 30 days, a year 365, so that a rolling window always has the same length."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


LENGTHS = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(days=7),
    Unit.MONTH: timedelta(days=30),
    Unit.YEAR: timedelta(days=365),
}


@dataclass(frozen=True, slots=True)
class Span:
    """So many units of time."""

    amount: int
    unit: Unit

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.amount * LENGTHS[self.unit]


type Value = (
    str | tuple[str, ...] | Decimal | tuple[Decimal, Decimal] | date | tuple[date, date] | Span | None
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An operator and what it compares with; loading makes sure that the two fit."""

    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True)
class Ever:
    """Any time up to now."""


@dataclass(frozen=True, slots=True)
class Last:
    """The rolling window (now - span, now]."""

    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """From the start of one day to the end of another, in the workspace's time zone."""

    start: date
    end: date


type Window = Ever | Last | Between


class Frequency(StrEnum):
    """How a number of occurrences is judged."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EXACTLY = "exactly"
    NEVER = "never"


class Measure(StrEnum):
    """What can be asked of somebody's purchases; cancelled ones never count, refunds are taken off."""

    ORDERS = "orders"
    REVENUE = "revenue"
    DAYS_SINCE_LAST = "days_since_last"  # whole days; holds for nobody without an order, except when negated


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one property of an event."""

    property: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Attribute:
    """What we know of a contact."""

    key: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Event:
    """What a contact did, how often, when. `count` is 0 for "never"."""

    name: str
    frequency: Frequency
    count: int
    window: Window
    where: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a contact bought. "Days since the last order" looks at all time."""

    measure: Measure
    comparison: Comparison
    window: Window


@dataclass(frozen=True, slots=True)
class InSegment:
    """Where a contact belongs."""

    segment: int
    is_member: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """Every child holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one child holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No child holds."""

    children: tuple["Node", ...]


type Group = All | AnyOf | NoneOf
type Leaf = Attribute | Event | Purchase | InSegment
type Node = Group | Leaf


def leaves(node: Node) -> Iterator[Leaf]:
    """Every leaf of a tree, from left to right, repeated ones too."""
    match node:
        case All(children) | AnyOf(children) | NoneOf(children):
            for child in children:
                yield from leaves(child)
        case Attribute() | Event() | Purchase() | InSegment():
            yield node
        case _:
            assert_never(node)


def load(tree: Json) -> Node:
    """The tree that a definition in JSON says. Raises InvalidSegment with a sentence for a marketer."""
    from segments import reading  # it builds the nodes above

    return reading.node(tree)


def dump(node: Node) -> JsonObject:
    """A tree as JSON, such that `load(dump(node)) == node`."""
    match node:
        case All(children):
            return {"type": "all", "children": [dump(child) for child in children]}
        case AnyOf(children):
            return {"type": "any", "children": [dump(child) for child in children]}
        case NoneOf(children):
            return {"type": "none", "children": [dump(child) for child in children]}
        case Attribute(key, comparison):
            return {"type": "attribute", "key": key, **_comparison(comparison)}
        case Event(name, frequency, count, window, where):
            said: JsonObject = {"type": "event", "name": name, "frequency": frequency.value}
            if frequency is not Frequency.NEVER:
                said["count"] = count
            filters: list[Json] = [{"property": one.property, **_comparison(one.comparison)} for one in where]
            return {**said, "window": _window(window), "where": filters}
        case Purchase(measure, comparison, window):
            return {
                "type": "purchase",
                "measure": measure.value,
                **_comparison(comparison),
                "window": _window(window),
            }
        case InSegment(segment, is_member):
            return {"type": "segment", "segment": segment, "operator": "in" if is_member else "not_in"}
        case _:
            assert_never(node)


def canonical(leaf: Leaf) -> JsonObject:
    """The one spelling that all ways to say the same leaf share: case and order of words do not matter."""
    said = dump(leaf)
    for part in [said, *said.get("where", [])]:  # type: ignore[misc]
        assert isinstance(part, dict)
        value = part.get("value")
        if isinstance(value, str):
            part["value"] = value.lower()
        elif isinstance(value, list) and all(isinstance(word, str) for word in value):
            words = {str(word).lower() for word in value}
            is_dates = part["operator"] == Operator.DATE_BETWEEN
            part["value"] = value if is_dates else sorted(words)
    return said


def digest(leaf: Leaf) -> bytes:
    """The 16 bytes by which trees share a leaf."""
    text = json.dumps(canonical(leaf), sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _comparison(comparison: Comparison) -> JsonObject:
    if comparison.value is None:
        return {"operator": comparison.operator.value}
    return {"operator": comparison.operator.value, "value": _value(comparison.value)}


def _value(value: Value) -> Json:
    match value:
        case None | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return value.isoformat()
        case Span(amount, unit):
            return {"amount": amount, "unit": unit.value}
        case tuple():
            return [_value(one) for one in value]
        case _:
            assert_never(value)


def _window(window: Window) -> JsonObject:
    match window:
        case Ever():
            return {"type": "ever"}
        case Last(span):
            return {"type": "last", "amount": span.amount, "unit": span.unit.value}
        case Between(start, end):
            return {"type": "between", "from": start.isoformat(), "to": end.isoformat()}
        case _:
            assert_never(window)
