"""What conditions compare with: operators, spans of time, days of the year and the week."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


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
    MATCHES = "matches"
    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    NUMBER_BETWEEN = "between"
    NUMBER_NOT_BETWEEN = "not_between"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    DATE_BETWEEN = "between_dates"
    IN_THE_LAST = "in_the_last"
    NOT_IN_THE_LAST = "not_in_the_last"
    MORE_THAN_AGO = "more_than_ago"
    IN_THE_NEXT = "in_the_next"
    MORE_THAN_FROM_NOW = "more_than_from_now"
    IS_TODAY = "is_today"
    ANNIVERSARY = "anniversary"
    WEEKDAY_IS = "weekday_is"
    INCLUDES_ANY = "includes_any"
    INCLUDES_ALL = "includes_all"
    INCLUDES_NONE = "includes_none"
    LENGTH_EQ = "length_eq"
    LENGTH_GTE = "length_gte"
    LENGTH_LTE = "length_lte"
    IS_SET = "is_set"
    IS_NOT_SET = "is_not_set"


NUMBER_OPERATORS = frozenset(
    {
        Operator.EQ,
        Operator.NE,
        Operator.GT,
        Operator.GTE,
        Operator.LT,
        Operator.LTE,
        Operator.NUMBER_BETWEEN,
        Operator.NUMBER_NOT_BETWEEN,
    }
)
LENGTH_OPERATORS = frozenset({Operator.LENGTH_EQ, Operator.LENGTH_GTE, Operator.LENGTH_LTE})
# Relative to today: the answer changes for everybody at the workspace's midnight.
CALENDAR_OPERATORS = frozenset(
    {
        Operator.IN_THE_LAST,
        Operator.NOT_IN_THE_LAST,
        Operator.MORE_THAN_AGO,
        Operator.IN_THE_NEXT,
        Operator.MORE_THAN_FROM_NOW,
        Operator.IS_TODAY,
        Operator.ANNIVERSARY,
    }
)
DATE_OPERATORS = CALENDAR_OPERATORS | {
    Operator.ON,
    Operator.BEFORE,
    Operator.AFTER,
    Operator.DATE_BETWEEN,
    Operator.WEEKDAY_IS,
}


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


class Occasion(StrEnum):
    """When a day of the year comes round, seen from today."""

    TODAY = "today"
    IN_DAYS = "in_days"
    THIS_MONTH = "this_month"


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A day of the year that comes round today, in exactly so many days, or within this month.

    What began on the 29th of February is kept on the 28th in a year without one.
    """

    occasion: Occasion
    days: int = 0


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week; 0 is Monday."""

    days: tuple[int, ...]


type Value = (
    str
    | tuple[str, ...]
    | Decimal
    | tuple[Decimal, Decimal]
    | date
    | tuple[date, date]
    | Span
    | Anniversary
    | Weekdays
    | None
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An operator and what it compares with; loading makes sure that the two fit."""

    operator: Operator
    value: Value = None
