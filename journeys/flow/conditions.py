"""Conditions on the properties of one event, decided in Python: they mean what the same words mean in a segment."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from segments.ast import Comparison, Filter, Operator, Span
from segments.operators import ROWS, Kind

# Of each pair of opposites the positive one is decided here; the other holds exactly where it does not.
POSITIVE: Final[Mapping[Operator, Operator]] = {
    Operator.IS_NOT: Operator.IS,
    Operator.IS_NONE_OF: Operator.IS_ANY_OF,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NE: Operator.EQ,
    Operator.INCLUDES_NONE: Operator.INCLUDES_ANY,
    Operator.IS_NOT_SET: Operator.IS_SET,
}


def hold(filters: Sequence[Filter], properties: Mapping[str, Any], *, now: dt.datetime, zone: str) -> bool:
    """Whether every filter holds for these properties; days are days in `zone`."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return all(_holds(one.comparison, value_at(properties, one.property), today, zone) for one in filters)


def value_at(properties: Mapping[str, Any], path: str) -> Any:
    """The value under a name, or under a path of names with dots between; None where there is none."""
    if path in properties:
        return properties[path]
    found: Any = properties
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def dump(variables: Mapping[str, Any]) -> str:
    """A run's variables as JSON text."""
    return json.dumps(variables, ensure_ascii=False)


def _holds(comparison: Comparison, value: Any, today: dt.date, zone: str) -> bool:
    operator = comparison.operator
    positive = POSITIVE.get(operator, operator)
    operand = _read(ROWS[positive].kind, value, zone)
    answer = operand is not None and _decide(positive, operand, comparison.value, today)
    return answer is (operator is positive)


def _read(kind: Kind, value: Any, zone: str) -> Any:
    """The value as this kind, or None where it is of another kind."""
    match kind:
        case Kind.TEXT:
            return value.lower() if isinstance(value, str) else None
        case Kind.NUMBER:
            return (
                Decimal(str(value))
                if isinstance(value, int | float) and not isinstance(value, bool)
                else None
            )
        case Kind.BOOLEAN:
            return value if isinstance(value, bool) else None
        case Kind.LIST:
            return [str(one).lower() for one in value] if isinstance(value, list) else None
        case Kind.DATE:
            return _day(value, zone) if isinstance(value, str) else None
        case Kind.ANY:
            return value


def _day(text: str, zone: str) -> dt.date | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(ZoneInfo(zone)).date() if moment.tzinfo else moment.date()


def _decide(operator: Operator, x: Any, v: Any, today: dt.date) -> bool:
    match operator:
        case Operator.IS:
            return bool(x == v.lower())
        case Operator.IS_ANY_OF:
            return x in {word.lower() for word in v}
        case Operator.CONTAINS:
            return v.lower() in x
        case Operator.STARTS_WITH:
            return bool(x.startswith(v.lower()))
        case Operator.ENDS_WITH:
            return bool(x.endswith(v.lower()))
        case Operator.EQ | Operator.ON:
            return bool(x == v)
        case Operator.GT | Operator.AFTER:
            return bool(x > v)
        case Operator.GTE:
            return bool(x >= v)
        case Operator.LT | Operator.BEFORE:
            return bool(x < v)
        case Operator.LTE:
            return bool(x <= v)
        case Operator.NUMBER_BETWEEN | Operator.DATE_BETWEEN:
            return bool(v[0] <= x <= v[1])
        case Operator.IS_TRUE:
            return bool(x)
        case Operator.IS_FALSE:
            return not x
        case Operator.IN_THE_LAST | Operator.MORE_THAN_AGO | Operator.IN_THE_NEXT:
            return _by_calendar(operator, x, v, today)
        case Operator.INCLUDES_ANY:
            return bool({word.lower() for word in v} & set(x))
        case Operator.INCLUDES_ALL:
            return {word.lower() for word in v} <= set(x)
        case _:  # IS_SET: there is a value; the opposites never come here
            return True


def _by_calendar(operator: Operator, x: dt.date, span: Span, today: dt.date) -> bool:
    match operator:
        case Operator.IN_THE_LAST:
            return today - span.length < x <= today
        case Operator.MORE_THAN_AGO:
            return x < today - span.length
        case _:
            return today <= x < today + span.length
