"""Reads the segment language from JSON, and says in a marketer's words what is missing or wrong.

`"between"` means numbers or days by what it is given; inside it is two operators.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from cdp.lib.json import Json, JsonObject
from segments.ast import (
    CALENDAR_OPERATORS,
    LENGTHS,
    NUMBER_OPERATORS,
    All,
    AnyOf,
    Attribute,
    Between,
    Comparison,
    Event,
    Ever,
    Filter,
    Frequency,
    InSegment,
    InvalidSegment,
    Last,
    Leaf,
    Measure,
    Node,
    NoneOf,
    Operator,
    Purchase,
    Span,
    Unit,
    Value,
    Window,
)

DEPTH_LIMIT: Final = 30
LEAF_LIMIT: Final = 200
TEXT_LIMIT: Final = 1000
CHOICES_LIMIT: Final = 1000
NUMBER_LIMIT: Final = Decimal(10) ** 12
SPAN_LIMIT_DAYS: Final = 36_500
SPAN_LIMIT: Final = timedelta(days=SPAN_LIMIT_DAYS)
YEARS: Final = range(1800, 3000)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
GROUPS: Final[dict[str, type[All | AnyOf | NoneOf]]] = {"all": All, "any": AnyOf, "none": NoneOf}


def node(tree: Json) -> Node:
    """The tree that `tree` says. Raises InvalidSegment."""
    return _node(tree, "", DEPTH_LIMIT, [])


def _node(tree: Json, path: str, depth: int, met: list[Leaf]) -> Node:
    if not isinstance(tree, dict) or "type" not in tree:
        raise InvalidSegment(path, "This segment has no conditions yet. Add one.")
    if depth == 0:
        raise InvalidSegment(path, "These groups are nested too deeply. Take some apart.")
    kind = tree["type"]
    if isinstance(kind, str) and kind in GROUPS:
        children = tree.get("children")
        if not isinstance(children, list) or not children:
            raise InvalidSegment(path, "This group is empty. Add a condition to it or remove it.")
        group: Callable[[tuple[Node, ...]], Node] = GROUPS[kind]
        return group(
            tuple(_node(child, f"{path}children.{n}.", depth - 1, met) for n, child in enumerate(children))
        )
    if not isinstance(kind, str) or kind not in LEAVES:
        raise InvalidSegment(f"{path}type", "This kind of condition does not exist. Choose another.")
    leaf = LEAVES[kind](tree, path)
    met.append(leaf)
    if len(met) > LEAF_LIMIT:
        raise InvalidSegment(path, f"A segment can have at most {LEAF_LIMIT} conditions. Split it in two.")
    return leaf


def _attribute(tree: JsonObject, path: str) -> Attribute:
    key = _text(tree, "key", path, "Choose what this condition is about.", limit=100)
    return Attribute(key, _comparison(tree, path))


def _event(tree: JsonObject, path: str) -> Event:
    name = _text(tree, "name", path, "Choose what they did.", limit=200)
    frequency = _choice(Frequency, tree.get("frequency", "at_least"), f"{path}frequency", "Choose how often.")
    count = 0
    if frequency is not Frequency.NEVER:
        least = 1 if frequency is Frequency.AT_LEAST else 0
        count = _whole(tree.get("count", 1), f"{path}count", least=least, most=1_000_000)
    filters = tree.get("where") or []
    if not isinstance(filters, list):
        raise InvalidSegment(f"{path}where", "These details are not a list of conditions.")
    where = tuple(_filter(one, f"{path}where.{n}.") for n, one in enumerate(filters))
    return Event(name, frequency, count, _window(tree, path), where)


def _filter(tree: Json, path: str) -> Filter:
    if not isinstance(tree, dict):
        raise InvalidSegment(path, "Choose which detail of the event this is about.")
    name = _text(tree, "property", path, "Choose which detail of the event this is about.", limit=200)
    comparison = _comparison(tree, path)
    if comparison.operator in CALENDAR_OPERATORS:
        raise InvalidSegment(f"{path}operator", "Details of an event can be compared with fixed dates only.")
    return Filter(name, comparison)


def _purchase(tree: JsonObject, path: str) -> Purchase:
    measure = _choice(Measure, tree.get("measure"), f"{path}measure", "Choose orders, revenue or days.")
    comparison = _comparison(tree, path)
    if comparison.operator not in NUMBER_OPERATORS:
        raise InvalidSegment(f"{path}operator", "Compare this with a number.")
    window = _window(tree, path)
    if measure is Measure.DAYS_SINCE_LAST and window != Ever():
        raise InvalidSegment(f"{path}window", "Days since the last order have no time window. Choose “ever”.")
    return Purchase(measure, comparison, window)


def _segment(tree: JsonObject, path: str) -> InSegment:
    segment = tree.get("segment")
    if isinstance(segment, bool) or not isinstance(segment, int) or not 0 < segment < 2**63:
        raise InvalidSegment(f"{path}segment", "Choose a segment.")
    operator = tree.get("operator", "in")
    if operator not in ("in", "not_in"):
        raise InvalidSegment(f"{path}operator", "Choose “in” or “not in”.")
    return InSegment(segment, operator == "in")


LEAVES: Final[dict[str, Callable[[JsonObject, str], Leaf]]] = {
    "attribute": _attribute,
    "event": _event,
    "purchase": _purchase,
    "segment": _segment,
}


def _window(tree: JsonObject, path: str) -> Window:
    path = f"{path}window"
    said = tree.get("window", {"type": "ever"})
    match said:
        case {"type": "ever"}:
            return Ever()
        case {"type": "last"}:
            return Last(_span(said, path))
        case {"type": "between", "from": start, "to": end}:
            first, last = _days([start, end], path)
            return Between(first, last)
        case _:
            raise InvalidSegment(path, "Choose when: ever, in the last days, or between two dates.")


def _comparison(tree: JsonObject, path: str) -> Comparison:
    said, value = tree.get("operator"), tree.get("value")
    if said == "between" and isinstance(value, list) and any(isinstance(one, str) for one in value):
        said = Operator.DATE_BETWEEN
    operator = _choice(Operator, said, f"{path}operator", "Choose how to compare.")
    return Comparison(operator, VALUES[operator](value, f"{path}value"))


def _nothing(value: Json, path: str) -> None:
    return None


def _word(value: Json, path: str) -> str:
    return _text({"": value}, "", path, "Fill in a text to compare with.", limit=TEXT_LIMIT)


def _words(value: Json, path: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InvalidSegment(path, "Choose at least one value.")
    if len(value) > CHOICES_LIMIT:
        raise InvalidSegment(path, f"Choose at most {CHOICES_LIMIT} values, or use a list.")
    return tuple(_word(one, path) for one in value)


def _number(value: Json, path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidSegment(path, "Fill in a number to compare with.")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > NUMBER_LIMIT:
        raise InvalidSegment(path, "This number is too large.")
    return number


def _numbers(value: Json, path: str) -> tuple[Decimal, Decimal]:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidSegment(path, "Fill in two numbers.")
    low, high = _number(value[0], path), _number(value[1], path)
    if low > high:
        raise InvalidSegment(path, "The first number is larger than the second. Swap them.")
    return low, high


def _day(value: Json, path: str) -> date:
    try:
        if isinstance(value, str) and DAY.fullmatch(value):
            day = date.fromisoformat(value)
            if day.year in YEARS:
                return day
    except ValueError:
        pass  # the 31st of February: told as any other text that is no date
    raise InvalidSegment(path, "Fill in a date.")


def _days(value: Json, path: str) -> tuple[date, date]:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidSegment(path, "Fill in two dates.")
    start, end = _day(value[0], path), _day(value[1], path)
    if start > end:
        raise InvalidSegment(path, "The first date is later than the second. Swap them.")
    return start, end


def _span(value: Json, path: str) -> Span:
    if not isinstance(value, dict):
        raise InvalidSegment(path, "Fill in how many days.")
    unit = _choice(
        Unit, value.get("unit", "day"), path, "Choose minutes, hours, days, weeks, months or years."
    )
    amount = _whole(value.get("amount"), path, least=0, most=SPAN_LIMIT_DAYS * 1440)
    if amount > SPAN_LIMIT / LENGTHS[unit]:
        raise InvalidSegment(path, "This window is longer than a hundred years. Choose “ever”.")
    return Span(amount, unit)


def _calendar_span(value: Json, path: str) -> Span:
    span = _span(value, path)
    if span.unit in (Unit.MINUTE, Unit.HOUR):
        raise InvalidSegment(path, "Dates are counted in days. Choose days, weeks, months or years.")
    return span


VALUES: Final[dict[Operator, Callable[[Json, str], Value]]] = {
    Operator.IS: _word,
    Operator.IS_NOT: _word,
    Operator.IS_ANY_OF: _words,
    Operator.IS_NONE_OF: _words,
    Operator.CONTAINS: _word,
    Operator.NOT_CONTAINS: _word,
    Operator.STARTS_WITH: _word,
    Operator.ENDS_WITH: _word,
    Operator.EQ: _number,
    Operator.NE: _number,
    Operator.GT: _number,
    Operator.GTE: _number,
    Operator.LT: _number,
    Operator.LTE: _number,
    Operator.NUMBER_BETWEEN: _numbers,
    Operator.IS_TRUE: _nothing,
    Operator.IS_FALSE: _nothing,
    Operator.ON: _day,
    Operator.BEFORE: _day,
    Operator.AFTER: _day,
    Operator.DATE_BETWEEN: _days,
    Operator.IN_THE_LAST: _calendar_span,
    Operator.MORE_THAN_AGO: _calendar_span,
    Operator.IN_THE_NEXT: _calendar_span,
    Operator.INCLUDES_ANY: _words,
    Operator.INCLUDES_ALL: _words,
    Operator.INCLUDES_NONE: _words,
    Operator.IS_SET: _nothing,
    Operator.IS_NOT_SET: _nothing,
}


def _choice[E: StrEnum](kind: type[E], said: Json, path: str, message: str) -> E:
    try:
        return kind(str(said))
    except ValueError:
        raise InvalidSegment(path, message) from None


def _whole(value: Json, path: str, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidSegment(path, f"Fill in a whole number from {least} to {most}.")
    return value


def _text(tree: JsonObject, key: str, path: str, message: str, *, limit: int) -> str:
    value = tree.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidSegment(f"{path}{key}", message)
    if len(value) > limit:
        raise InvalidSegment(f"{path}{key}", f"This text is too long: use at most {limit} characters.")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidSegment(
            f"{path}{key}", "This text holds a character that cannot be stored. Type it again."
        )
    return value
