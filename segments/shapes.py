"""How the value beside an operator is filled in, and what becomes of it when another operator is chosen."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cdp.lib.json import Json


class Shape(StrEnum):
    """What a person fills in behind an operator."""

    NOTHING = "nothing"
    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    NUMBERS = "numbers"
    DAY = "day"
    DAYS = "days"
    SPAN = "span"
    ANNIVERSARY = "anniversary"
    WEEKDAYS = "weekdays"


# By the operator's word in JSON. A test says which operator of the language is missing.
SHAPES: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(
        ("is", "is_not", "contains", "not_contains", "starts_with", "ends_with", "matches"), Shape.TEXT
    ),
    **dict.fromkeys(
        ("is_any_of", "is_none_of", "includes_any", "includes_all", "includes_none"), Shape.TEXTS
    ),
    **dict.fromkeys(("eq", "ne", "gt", "gte", "lt", "lte"), Shape.NUMBER),
    **dict.fromkeys(("length_eq", "length_gte", "length_lte"), Shape.NUMBER),
    **dict.fromkeys(("between", "not_between"), Shape.NUMBERS),
    **dict.fromkeys(("is_true", "is_false", "is_set", "is_not_set", "is_today"), Shape.NOTHING),
    **dict.fromkeys(("on", "before", "after"), Shape.DAY),
    "between_dates": Shape.DAYS,
    **dict.fromkeys(
        ("in_the_last", "not_in_the_last", "more_than_ago", "in_the_next", "more_than_from_now"), Shape.SPAN
    ),
    "anniversary": Shape.ANNIVERSARY,
    "weekday_is": Shape.WEEKDAYS,
}


def fit(operator: str, value: Json) -> Json:
    """The value as the operator takes it; what was filled in for another operator is kept where it fits."""
    match SHAPES.get(operator, Shape.TEXT):
        case Shape.NOTHING:
            return value
        case Shape.TEXT:
            return value if isinstance(value, str) else _first(value, str) or ""
        case Shape.TEXTS:
            return _several(value)
        case Shape.NUMBER:
            return value if _is_number(value) else _first(value, int, float)
        case Shape.NUMBERS:
            return _pair(value if isinstance(value, list) else [value], None, int, float)
        case Shape.DAY:
            return value if isinstance(value, str) else _first(value, str) or ""
        case Shape.DAYS:
            return _pair(value if isinstance(value, list) else [value], "", str)
        case Shape.SPAN:
            return value if isinstance(value, dict) and "amount" in value else {"amount": 30, "unit": "day"}
        case Shape.ANNIVERSARY:
            return {
                "kind": "this_month",
                "days": 7,
                **(value if isinstance(value, dict) and "kind" in value else {}),
            }
        case Shape.WEEKDAYS:
            return [one for one in value if _is_number(one)] if isinstance(value, list) else []


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _several(value: Json) -> Json:
    if isinstance(value, str):
        return [value] if value else []
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _first(value: Json, *kinds: type) -> Json:
    several = value if isinstance(value, list) else []
    return next((one for one in several if isinstance(one, kinds) and not isinstance(one, bool)), None)


def _pair(values: list[Json], missing: Json, *kinds: type) -> Json:
    fitting: list[Json] = [
        one if isinstance(one, kinds) and not isinstance(one, bool) else missing for one in values
    ]
    return [*fitting[:2], *[missing] * (2 - len(fitting))]
