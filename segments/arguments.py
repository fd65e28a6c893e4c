"""Reads what a condition compares with, and says in a marketer's words what is missing or wrong."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from cdp.lib.json import Json, JsonObject
from segments import patterns
from segments.values import (
    LENGTHS,
    Anniversary,
    Comparison,
    InvalidSegment,
    Occasion,
    Operator,
    Span,
    Unit,
    Value,
    Weekdays,
)

TEXT_LIMIT: Final = 1000
CHOICES_LIMIT: Final = 1000
NUMBER_LIMIT: Final = Decimal(10) ** 12
SPAN_LIMIT_DAYS: Final = 36_500
SPAN_LIMIT: Final = timedelta(days=SPAN_LIMIT_DAYS)
YEARS: Final = range(1800, 3000)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def comparison(tree: JsonObject, path: str) -> Comparison:
    """An operator with a fitting value. `"between"` means numbers or days by what it is given."""
    said, value = tree.get("operator"), tree.get("value")
    if said == "between" and isinstance(value, list) and any(isinstance(one, str) for one in value):
        said = Operator.DATE_BETWEEN
    operator = choice(Operator, said, f"{path}operator", "Choose how to compare.")
    return Comparison(operator, VALUES[operator](value, f"{path}value"))


def choice[E: StrEnum](kind: type[E], said: Json, path: str, message: str) -> E:
    """One of a closed set."""
    try:
        return kind(str(said))
    except ValueError:
        raise InvalidSegment(path, message) from None


def whole(value: Json, path: str, *, least: int, most: int) -> int:
    """A whole number within limits."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidSegment(path, f"Fill in a whole number from {least} to {most}.")
    return value


def text(tree: JsonObject, key: str, path: str, message: str, *, limit: int) -> str:
    """A text that can be stored; `message` when there is none."""
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


def days(value: Json, path: str) -> tuple[date, date]:
    """Two days, the earlier first."""
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidSegment(path, "Fill in two dates.")
    start, end = _day(value[0], path), _day(value[1], path)
    if start > end:
        raise InvalidSegment(path, "The first date is later than the second. Swap them.")
    return start, end


def span(value: Json, path: str) -> Span:
    """So many units of time, a hundred years at most."""
    if not isinstance(value, dict):
        raise InvalidSegment(path, "Fill in how many days.")
    unit = choice(
        Unit, value.get("unit", "day"), path, "Choose minutes, hours, days, weeks, months or years."
    )
    amount = whole(value.get("amount"), path, least=0, most=SPAN_LIMIT_DAYS * 1440)
    if amount > SPAN_LIMIT / LENGTHS[unit]:
        raise InvalidSegment(path, "This window is longer than a hundred years. Choose “ever”.")
    return Span(amount, unit)


def _nothing(value: Json, path: str) -> None:
    return None


def _word(value: Json, path: str) -> str:
    return text({"": value}, "", path, "Fill in a text to compare with.", limit=TEXT_LIMIT)


def _words(value: Json, path: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InvalidSegment(path, "Choose at least one value.")
    if len(value) > CHOICES_LIMIT:
        raise InvalidSegment(path, f"Choose at most {CHOICES_LIMIT} values, or use a list.")
    return tuple(_word(one, path) for one in value)


def _pattern(value: Json, path: str) -> str:
    pattern = text({"": value}, "", path, "Fill in a pattern to compare with.", limit=TEXT_LIMIT)
    try:
        patterns.translated(pattern)
    except patterns.InvalidPattern as problem:
        raise InvalidSegment(path, str(problem)) from None
    return pattern


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


def _length(value: Json, path: str) -> Decimal:
    return Decimal(whole(value, path, least=0, most=CHOICES_LIMIT))


def _day(value: Json, path: str) -> date:
    try:
        if isinstance(value, str) and DAY.fullmatch(value):
            day = date.fromisoformat(value)
            if day.year in YEARS:
                return day
    except ValueError:
        pass  # the 31st of February: told as any other text that is no date
    raise InvalidSegment(path, "Fill in a date.")


def _calendar_span(value: Json, path: str) -> Span:
    found = span(value, path)
    if found.unit in (Unit.MINUTE, Unit.HOUR):
        raise InvalidSegment(path, "Dates are counted in days. Choose days, weeks, months or years.")
    return found


def _anniversary(value: Json, path: str) -> Anniversary:
    if not isinstance(value, dict):
        raise InvalidSegment(path, "Choose when: today, in some days, or this month.")
    kind = choice(Occasion, value.get("kind"), path, "Choose when: today, in some days, or this month.")
    ahead = whole(value.get("days"), path, least=0, most=365) if kind is Occasion.IN_DAYS else 0
    return Anniversary(kind, ahead)


def _weekdays(value: Json, path: str) -> Weekdays:
    if not isinstance(value, list) or not value:
        raise InvalidSegment(path, "Choose at least one day of the week.")
    return Weekdays(tuple(sorted({whole(one, path, least=0, most=6) for one in value})))


VALUES: Final[dict[Operator, Callable[[Json, str], Value]]] = {
    Operator.IS: _word,
    Operator.IS_NOT: _word,
    Operator.IS_ANY_OF: _words,
    Operator.IS_NONE_OF: _words,
    Operator.CONTAINS: _word,
    Operator.NOT_CONTAINS: _word,
    Operator.STARTS_WITH: _word,
    Operator.ENDS_WITH: _word,
    Operator.MATCHES: _pattern,
    Operator.EQ: _number,
    Operator.NE: _number,
    Operator.GT: _number,
    Operator.GTE: _number,
    Operator.LT: _number,
    Operator.LTE: _number,
    Operator.NUMBER_BETWEEN: _numbers,
    Operator.NUMBER_NOT_BETWEEN: _numbers,
    Operator.IS_TRUE: _nothing,
    Operator.IS_FALSE: _nothing,
    Operator.ON: _day,
    Operator.BEFORE: _day,
    Operator.AFTER: _day,
    Operator.DATE_BETWEEN: days,
    Operator.IN_THE_LAST: _calendar_span,
    Operator.NOT_IN_THE_LAST: _calendar_span,
    Operator.MORE_THAN_AGO: _calendar_span,
    Operator.IN_THE_NEXT: _calendar_span,
    Operator.MORE_THAN_FROM_NOW: _calendar_span,
    Operator.IS_TODAY: _nothing,
    Operator.ANNIVERSARY: _anniversary,
    Operator.WEEKDAY_IS: _weekdays,
    Operator.INCLUDES_ANY: _words,
    Operator.INCLUDES_ALL: _words,
    Operator.INCLUDES_NONE: _words,
    Operator.LENGTH_EQ: _length,
    Operator.LENGTH_GTE: _length,
    Operator.LENGTH_LTE: _length,
    Operator.IS_SET: _nothing,
    Operator.IS_NOT_SET: _nothing,
}
