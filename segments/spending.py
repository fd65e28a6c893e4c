"""Who bought so much: orders, revenue, the average order, days since the last one."""

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

from segments.ast import Comparison, Measure, Operator, Purchase, Window
from segments.conditions import compare
from segments.operators import ROWS
from segments.scopes import Answer, Scope, within

MEASURES: Final = {
    Measure.ORDERS: "count(*)::numeric",
    Measure.REVENUE: "sum(f.amount_base - f.refunded_base)",
    Measure.AVERAGE_ORDER: "round(avg(f.amount_base - f.refunded_base), 2)",
    Measure.DAYS_SINCE_LAST: "floor(extract(epoch FROM {now}::timestamptz - max(f.occurred_at)) / 86400)",
}
# Nothing bought is zero of these; of the others it is nothing at all.
ZERO: Final = frozenset({Measure.ORDERS, Measure.REVENUE})


def purchase(leaf: Purchase, scope: Scope) -> Answer:
    """Who bought so much. Those without an order have no rows: where zero satisfies, ask for the others."""
    holds = compare(leaf.comparison, _measure(leaf.measure, scope), scope.context, scope.parameters)
    opposite = ROWS[leaf.comparison.operator].opposite
    if _is_turned(leaf):
        holds, opposite = f"NOT {holds}", not opposite
    sql = f"SELECT {scope.owner} AS contact_id FROM {_orders(leaf.window, scope)} GROUP BY 1 HAVING {holds}"
    return Answer(sql, opposite)


def measured(measure: Measure, window: Window, scope: Scope) -> str:
    """A statement with the `contact_id` and the measure, in `hundredths`, of everybody who bought.

    No measure has more than two decimals. What no amount of money comes to is as good as the most that there is.
    """
    exact = f"LEAST(GREATEST({_measure(measure, scope)} * 100, -9e18), 9e18)::bigint"
    return (
        f"SELECT {scope.owner} AS contact_id, {exact} AS hundredths FROM {_orders(window, scope)} GROUP BY 1"
    )


def answering(leaf: Purchase, values: Iterable[tuple[int, int]]) -> tuple[list[int], bool]:
    """What `purchase` would answer: contacts, and whether the leaf does not hold for them.

    Out of what `measured` said of the leaf's measure and window: pairs of hundredths and contact.
    """
    low, high = _interval(leaf.comparison)
    opposite = ROWS[leaf.comparison.operator].opposite
    if _is_turned(leaf):
        return [contact for value, contact in values if not low <= value <= high], not opposite
    return [contact for value, contact in values if low <= value <= high], opposite


def _measure(measure: Measure, scope: Scope) -> str:
    said = MEASURES[measure]
    return said.format(now=scope.bind(scope.context.now)) if "{now}" in said else said


def _orders(window: Window, scope: Scope) -> str:
    return (
        f"profiles_purchase f{scope.following} "
        f"WHERE f.cancelled_at IS NULL AND {within(window, scope)}{scope.restriction}"
    )


def _is_turned(leaf: Purchase) -> bool:
    """Whether those without an order are meant too, so that the others have to be asked for."""
    return leaf.measure in ZERO and _holds_for_zero(leaf.comparison)


def _interval(comparison: Comparison) -> tuple[float, float]:
    """The first and the last hundredths for which the positive form of a comparison of numbers holds."""
    value = comparison.value
    if isinstance(value, tuple):
        low, high = value
        return math.ceil(_hundredths(low)), math.floor(_hundredths(high))
    exact = _hundredths(value)
    first, last = math.ceil(exact), math.floor(exact)  # nothing is between them where it is no hundredth
    intervals: dict[Operator, tuple[float, float]] = {
        Operator.EQ: (first, last),
        Operator.NE: (first, last),
        Operator.GT: (last + 1, math.inf),
        Operator.GTE: (first, math.inf),
        Operator.LT: (-math.inf, first - 1),
        Operator.LTE: (-math.inf, last),
    }
    return intervals[comparison.operator]


def _hundredths(value: object) -> Fraction:
    assert isinstance(value, Decimal)
    return Fraction(value) * 100


def _holds_for_zero(comparison: Comparison) -> bool:
    """Whether the positive form of a comparison of numbers holds for nothing bought."""
    value = comparison.value
    if isinstance(value, tuple):
        low, high = value
        assert isinstance(low, Decimal)
        assert isinstance(high, Decimal)
        return low <= 0 <= high
    assert isinstance(value, Decimal)
    return {
        Operator.EQ: value == 0,
        Operator.NE: value == 0,
        Operator.GT: value < 0,
        Operator.GTE: value <= 0,
        Operator.LT: value > 0,
        Operator.LTE: value >= 0,
    }[comparison.operator]
