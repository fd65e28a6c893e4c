"""What a segment means: slow, obvious, over plain dicts. The compiler must say the same of any tree and any world."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from segments.ast import (
    All,
    AnyOf,
    Attribute,
    Between,
    Comparison,
    Event,
    Ever,
    Frequency,
    InSegment,
    Last,
    Measure,
    Node,
    NoneOf,
    Operator,
    Purchase,
    Window,
)
from tests.segments.world import ZONE, World

OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.IS_NONE_OF: Operator.IS_ANY_OF,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NE: Operator.EQ,
    Operator.INCLUDES_NONE: Operator.INCLUDES_ANY,
    Operator.IS_NOT_SET: Operator.IS_SET,
}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def members(node: Node, world: World, now: dt.datetime, *, include_visitors: bool = False) -> set[int]:
    """Everybody for whom the tree holds."""
    return {
        number
        for number, contact in world.contacts.items()
        if contact["merged_into"] is None
        and (contact["known"] or include_visitors)
        and holds(node, number, world, now)
    }


def holds(node: Node, number: int, world: World, now: dt.datetime) -> bool:
    """Whether the tree holds for one contact."""
    match node:
        case All(children):
            return all(holds(child, number, world, now) for child in children)
        case AnyOf(children):
            return any(holds(child, number, world, now) for child in children)
        case NoneOf(children):
            return not any(holds(child, number, world, now) for child in children)
        case Attribute(key, comparison):
            contact = world.contacts[number]
            value = {**contact["attributes"], **contact["columns"]}.get(key)
            if isinstance(value, dt.date):
                value = value.isoformat()
            return compares(comparison, value, now)
        case Event():
            return _event(node, number, world, now)
        case Purchase():
            return _purchase(node, number, world, now)
        case InSegment(segment, is_member):
            return (number in world.members.get(segment, set())) == is_member


def compares(comparison: Comparison, value: Any, now: dt.datetime) -> bool:
    """Whether a value, as JSON has it, satisfies a comparison."""
    operator, wanted = comparison.operator, comparison.value
    if operator in OPPOSITES:
        return not compares(Comparison(OPPOSITES[operator], wanted), value, now)
    if operator is Operator.IS_SET:
        return value not in (None, "", [], {})
    kind = _kind(operator)
    if kind == "text":
        return isinstance(value, str) and value != "" and _text(operator, value.lower(), wanted)
    if kind == "number":
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return is_number and _number(operator, Decimal(str(value)), wanted)
    if kind == "boolean":
        return value is (operator is Operator.IS_TRUE)
    if kind == "list":
        return isinstance(value, list) and _list(operator, value, wanted)
    day = _day(value)
    return day is not None and _date(operator, day, wanted, now.astimezone(ZONE).date())


def _kind(operator: Operator) -> str:
    for kind, names in {
        "text": "is is_any_of contains starts_with ends_with",
        "number": "eq gt gte lt lte between",
        "boolean": "is_true is_false",
        "list": "includes_any includes_all",
        "date": "on before after between_dates in_the_last more_than_ago in_the_next",
    }.items():
        if operator.value in names.split():
            return kind
    raise NotImplementedError(operator)


def _text(operator: Operator, value: str, wanted: Any) -> bool:
    if operator is Operator.IS_ANY_OF:
        return value in [word.lower() for word in wanted]
    word = wanted.lower()
    answers: dict[Any, bool] = {
        Operator.IS: value == word,
        Operator.CONTAINS: word in value,
        Operator.STARTS_WITH: value.startswith(word),
        Operator.ENDS_WITH: value.endswith(word),
    }
    return answers[operator]


def _number(operator: Operator, value: Decimal, wanted: Any) -> bool:
    if operator is Operator.NUMBER_BETWEEN:
        return bool(wanted[0] <= value <= wanted[1])
    answers: dict[Any, bool] = {
        Operator.EQ: value == wanted,
        Operator.GT: value > wanted,
        Operator.GTE: value >= wanted,
        Operator.LT: value < wanted,
        Operator.LTE: value <= wanted,
    }
    return answers[operator]


def _list(operator: Operator, value: list[Any], wanted: Any) -> bool:
    there = {str(one).lower() for one in value if one is not None}
    asked = {word.lower() for word in wanted}
    return bool(there & asked) if operator is Operator.INCLUDES_ANY else asked <= there


def _date(operator: Operator, day: dt.date, wanted: Any, today: dt.date) -> bool:
    match operator:
        case Operator.ON:
            return bool(day == wanted)
        case Operator.BEFORE:
            return bool(day < wanted)
        case Operator.AFTER:
            return bool(day > wanted)
        case Operator.DATE_BETWEEN:
            return bool(wanted[0] <= day <= wanted[1])
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[wanted.unit] * wanted.amount
    ago = (today - day).days
    answers: dict[Any, bool] = {
        Operator.IN_THE_LAST: 0 <= ago <= days,
        Operator.MORE_THAN_AGO: ago > days,
        Operator.IN_THE_NEXT: 0 <= -ago <= days,
    }
    return answers[operator]


def _day(value: Any) -> dt.date | None:
    """The day in the workspace's zone that a text says, if it says one that exists."""
    if not isinstance(value, str):
        return None
    try:
        if DAY.fullmatch(value):
            return dt.date.fromisoformat(value)
        if MOMENT.fullmatch(value):
            return dt.datetime.fromisoformat(value).astimezone(ZONE).date()
    except ValueError:
        pass
    return None


def _within(at: dt.datetime, window: Window, now: dt.datetime) -> bool:
    if at > now:
        return False
    match window:
        case Ever():
            return True
        case Last(span):
            return at > now - span.length
        case Between(start, end):
            return start <= at.astimezone(ZONE).date() <= end


def _event(leaf: Event, number: int, world: World, now: dt.datetime) -> bool:
    count = sum(
        world.owner[one["persona"]] == number
        and one["name"] == leaf.name
        and _within(one["at"], leaf.window, now)
        and all(
            compares(where.comparison, one["properties"].get(where.property), now) for where in leaf.where
        )
        for one in world.events
    )
    answers: dict[Any, bool] = {
        Frequency.AT_LEAST: count >= leaf.count,
        Frequency.AT_MOST: count <= leaf.count,
        Frequency.EXACTLY: count == leaf.count,
        Frequency.NEVER: count == 0,
    }
    return answers[leaf.frequency]


def _purchase(leaf: Purchase, number: int, world: World, now: dt.datetime) -> bool:
    orders = [
        one
        for one in world.purchases
        if world.owner[one["persona"]] == number
        and not one["cancelled"]
        and _within(one["at"], leaf.window, now)
    ]
    measured: int | Decimal | None
    match leaf.measure:
        case Measure.ORDERS:
            measured = len(orders)
        case Measure.REVENUE:
            measured = sum((one["amount"] - one["refunded"] for one in orders), Decimal(0))
        case Measure.DAYS_SINCE_LAST:
            measured = min(((now - one["at"]) // dt.timedelta(days=1) for one in orders), default=None)
    return compares(leaf.comparison, measured, now)
