"""Every operator in one row: what it reads, its SQL, its label in the builder, its English.

In `sql`, {x} is the operand, read as the row's kind (NULL where the value is of another kind), {v} the bound
value, {a} and {b} the two of a pair. A row that is the opposite of another holds exactly where that one does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segments.ast import Operator


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
    """One operator. `words` follows the name of what is compared."""

    kind: Kind
    sql: str
    label: str
    words: str
    opposite: bool = False


_IS_ANY_OF: Final = "lower({x}) IN (SELECT lower(w) FROM unnest({v}::text[]) w)"
_CONTAINS: Final = "position(lower({v}) IN lower({x})) > 0"
_BETWEEN: Final = "{x} BETWEEN {a} AND {b}"
_WORDS_OF: Final = "SELECT lower(w) FROM jsonb_array_elements_text({x}) w"
_INCLUDES_ANY: Final = "EXISTS (SELECT lower(u) FROM unnest({v}::text[]) u INTERSECT " + _WORDS_OF + ")"
_INCLUDES_ALL: Final = "NOT EXISTS (SELECT lower(u) FROM unnest({v}::text[]) u EXCEPT " + _WORDS_OF + ")"

ROWS: Final[Mapping[Operator, Row]] = {
    Operator.IS: Row(Kind.TEXT, "lower({x}) = lower({v})", "is", "is {value}"),
    Operator.IS_NOT: Row(Kind.TEXT, "lower({x}) = lower({v})", "is not", "is not {value}", opposite=True),
    Operator.IS_ANY_OF: Row(Kind.TEXT, _IS_ANY_OF, "is any of", "is any of {value}"),
    Operator.IS_NONE_OF: Row(Kind.TEXT, _IS_ANY_OF, "is none of", "is none of {value}", opposite=True),
    Operator.CONTAINS: Row(Kind.TEXT, _CONTAINS, "contains", "contains {value}"),
    Operator.NOT_CONTAINS: Row(
        Kind.TEXT, _CONTAINS, "does not contain", "does not contain {value}", opposite=True
    ),
    Operator.STARTS_WITH: Row(
        Kind.TEXT, "starts_with(lower({x}), lower({v}))", "starts with", "starts with {value}"
    ),
    Operator.ENDS_WITH: Row(
        Kind.TEXT, "right(lower({x}), length(lower({v}))) = lower({v})", "ends with", "ends with {value}"
    ),
    Operator.EQ: Row(Kind.NUMBER, "{x} = {v}", "=", "is {value}"),
    Operator.NE: Row(Kind.NUMBER, "{x} = {v}", "≠", "is not {value}", opposite=True),
    Operator.GT: Row(Kind.NUMBER, "{x} > {v}", ">", "is more than {value}"),
    Operator.GTE: Row(Kind.NUMBER, "{x} >= {v}", "≥", "is at least {value}"),
    Operator.LT: Row(Kind.NUMBER, "{x} < {v}", "<", "is less than {value}"),
    Operator.LTE: Row(Kind.NUMBER, "{x} <= {v}", "≤", "is at most {value}"),
    Operator.NUMBER_BETWEEN: Row(Kind.NUMBER, _BETWEEN, "between", "is between {value}"),
    Operator.IS_TRUE: Row(Kind.BOOLEAN, "{x}", "is true", "is true"),
    Operator.IS_FALSE: Row(Kind.BOOLEAN, "NOT {x}", "is false", "is false"),
    Operator.ON: Row(Kind.DATE, "{x} = {v}", "on", "is on {value}"),
    Operator.BEFORE: Row(Kind.DATE, "{x} < {v}", "before", "is before {value}"),
    Operator.AFTER: Row(Kind.DATE, "{x} > {v}", "after", "is after {value}"),
    Operator.DATE_BETWEEN: Row(Kind.DATE, _BETWEEN, "between", "is between {value}"),
    # The compiler turns the span into the days it means today.
    Operator.IN_THE_LAST: Row(Kind.DATE, _BETWEEN, "in the last", "is in the last {value}"),
    Operator.MORE_THAN_AGO: Row(Kind.DATE, "{x} < {v}", "more than … ago", "is more than {value} ago"),
    Operator.IN_THE_NEXT: Row(Kind.DATE, _BETWEEN, "in the next", "is in the next {value}"),
    Operator.INCLUDES_ANY: Row(Kind.LIST, _INCLUDES_ANY, "includes any of", "includes any of {value}"),
    Operator.INCLUDES_ALL: Row(Kind.LIST, _INCLUDES_ALL, "includes all of", "includes all of {value}"),
    Operator.INCLUDES_NONE: Row(
        Kind.LIST, _INCLUDES_ANY, "includes none of", "includes none of {value}", opposite=True
    ),
    Operator.IS_SET: Row(Kind.ANY, "{x}", "is set", "is known"),
    Operator.IS_NOT_SET: Row(Kind.ANY, "{x}", "is not set", "is not known", opposite=True),
}
