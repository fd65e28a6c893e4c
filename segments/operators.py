"""Every operator in one row: what it reads, its SQL, its label in the builder, its English.

In `sql`, {x} is the operand, read as the row's kind (NULL where the value is of another kind), {v} the bound
value, {a} and {b} the two of a pair. A row that is the opposite of another holds exactly where that one does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from django.utils.translation import gettext_lazy

from segments.values import Operator

_ = cast(Callable[[str], str], gettext_lazy)  # a text that is put into words where it is shown


class Kind(StrEnum):
    """As what a value is read."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    LIST = "list"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Row:
    """One operator. `words` follows the name of what is compared; `hint` stands beside the condition."""

    kind: Kind
    sql: str
    label: str
    words: str
    opposite: bool = False
    hint: str = ""


_IS_ANY_OF: Final = "lower({x}) IN (SELECT lower(w) FROM unnest({v}::text[]) w)"
_CONTAINS: Final = "position(lower({v}) IN lower({x})) > 0"
_BETWEEN: Final = "{x} BETWEEN {a} AND {b}"
_WORDS_OF: Final = "SELECT lower(w) FROM jsonb_array_elements_text({x}) w"
_INCLUDES_ANY: Final = "EXISTS (SELECT lower(u) FROM unnest({v}::text[]) u INTERSECT " + _WORDS_OF + ")"
_INCLUDES_ALL: Final = "NOT EXISTS (SELECT lower(u) FROM unnest({v}::text[]) u EXCEPT " + _WORDS_OF + ")"
# The compiler gives month * 100 + day of every day that is meant.
_DAY_OF_YEAR: Final = "extract(month FROM {x})::int * 100 + extract(day FROM {x})::int = ANY({v}::int[])"
_WEEKDAY: Final = "extract(isodow FROM {x})::int - 1 = ANY({v}::int[])"
PATTERN_HINT: Final = _(
    "A dot stands for any character, \\d for a digit, \\w for a letter or digit; ^ is the beginning and $ the end; "
    "* + ? and {2,5} repeat, | means or. Looking ahead or back and references are not possible. "
    "Upper and lower case are the same."
)

ROWS: Final[Mapping[Operator, Row]] = {
    Operator.IS: Row(Kind.TEXT, "lower({x}) = lower({v})", _("is"), _("is {value}")),
    Operator.IS_NOT: Row(
        Kind.TEXT, "lower({x}) = lower({v})", _("is not"), _("is not {value}"), opposite=True
    ),
    Operator.IS_ANY_OF: Row(Kind.TEXT, _IS_ANY_OF, _("is any of"), _("is any of {value}")),
    Operator.IS_NONE_OF: Row(Kind.TEXT, _IS_ANY_OF, _("is none of"), _("is none of {value}"), opposite=True),
    Operator.CONTAINS: Row(Kind.TEXT, _CONTAINS, _("contains"), _("contains {value}")),
    Operator.NOT_CONTAINS: Row(
        Kind.TEXT, _CONTAINS, _("does not contain"), _("does not contain {value}"), opposite=True
    ),
    Operator.STARTS_WITH: Row(
        Kind.TEXT, "starts_with(lower({x}), lower({v}))", _("starts with"), _("starts with {value}")
    ),
    Operator.ENDS_WITH: Row(
        Kind.TEXT,
        "right(lower({x}), length(lower({v}))) = lower({v})",
        _("ends with"),
        _("ends with {value}"),
    ),
    Operator.MATCHES: Row(
        Kind.TEXT,
        "lower({x}) ~ {v}",
        _("matches the pattern"),
        _("matches the pattern {value}"),
        hint=PATTERN_HINT,
    ),
    Operator.EQ: Row(Kind.NUMBER, "{x} = {v}", "=", _("is {value}")),
    Operator.NE: Row(Kind.NUMBER, "{x} = {v}", "≠", _("is not {value}"), opposite=True),
    Operator.GT: Row(Kind.NUMBER, "{x} > {v}", ">", _("is more than {value}")),
    Operator.GTE: Row(Kind.NUMBER, "{x} >= {v}", "≥", _("is at least {value}")),
    Operator.LT: Row(Kind.NUMBER, "{x} < {v}", "<", _("is less than {value}")),
    Operator.LTE: Row(Kind.NUMBER, "{x} <= {v}", "≤", _("is at most {value}")),
    Operator.NUMBER_BETWEEN: Row(Kind.NUMBER, _BETWEEN, _("between"), _("is between {value}")),
    Operator.NUMBER_NOT_BETWEEN: Row(
        Kind.NUMBER, _BETWEEN, _("not between"), _("is not between {value}"), opposite=True
    ),
    Operator.IS_TRUE: Row(Kind.BOOLEAN, "{x}", _("is true"), _("is true")),
    Operator.IS_FALSE: Row(Kind.BOOLEAN, "NOT {x}", _("is false"), _("is false")),
    Operator.ON: Row(Kind.DATE, "{x} = {v}", _("on"), _("is on {value}")),
    Operator.BEFORE: Row(Kind.DATE, "{x} < {v}", _("before"), _("is before {value}")),
    Operator.AFTER: Row(Kind.DATE, "{x} > {v}", _("after"), _("is after {value}")),
    Operator.DATE_BETWEEN: Row(Kind.DATE, _BETWEEN, _("between"), _("is between {value}")),
    # The compiler turns the span into the days it means today.
    Operator.IN_THE_LAST: Row(Kind.DATE, _BETWEEN, _("in the last"), _("is in the last {value}")),
    Operator.NOT_IN_THE_LAST: Row(
        Kind.DATE, _BETWEEN, _("not in the last"), _("is not in the last {value}"), opposite=True
    ),
    Operator.MORE_THAN_AGO: Row(Kind.DATE, "{x} < {v}", _("more than … ago"), _("is more than {value} ago")),
    Operator.IN_THE_NEXT: Row(Kind.DATE, _BETWEEN, _("in the next"), _("is in the next {value}")),
    Operator.MORE_THAN_FROM_NOW: Row(
        Kind.DATE, "{x} > {v}", _("more than … from now"), _("is more than {value} from now")
    ),
    Operator.IS_TODAY: Row(Kind.DATE, "{x} = {v}", _("is today"), _("is today")),
    Operator.ANNIVERSARY: Row(
        Kind.DATE, _DAY_OF_YEAR, _("has its anniversary"), _("has its anniversary {value}")
    ),
    Operator.WEEKDAY_IS: Row(Kind.DATE, _WEEKDAY, _("is on a"), _("is on a {value}")),
    Operator.INCLUDES_ANY: Row(Kind.LIST, _INCLUDES_ANY, _("includes any of"), _("includes any of {value}")),
    Operator.INCLUDES_ALL: Row(Kind.LIST, _INCLUDES_ALL, _("includes all of"), _("includes all of {value}")),
    Operator.INCLUDES_NONE: Row(
        Kind.LIST, _INCLUDES_ANY, _("includes none of"), _("includes none of {value}"), opposite=True
    ),
    Operator.LENGTH_EQ: Row(
        Kind.LIST, "jsonb_array_length({x}) = {v}", _("number of values ="), _("has exactly {value} values")
    ),
    Operator.LENGTH_GTE: Row(
        Kind.LIST, "jsonb_array_length({x}) >= {v}", _("number of values ≥"), _("has at least {value} values")
    ),
    Operator.LENGTH_LTE: Row(
        Kind.LIST, "jsonb_array_length({x}) <= {v}", _("number of values ≤"), _("has at most {value} values")
    ),
    Operator.IS_SET: Row(Kind.ANY, "{x}", _("is set"), _("is known")),
    Operator.IS_NOT_SET: Row(Kind.ANY, "{x}", _("is not set"), _("is not known"), opposite=True),
}
