"""Who bought so much: orders, revenue, the average order, days since the last one."""

from decimal import Decimal
from typing import Final

from segments.ast import Comparison, Measure, Operator, Purchase
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
    measure = MEASURES[leaf.measure].format(now=scope.bind(scope.context.now))
    holds = compare(leaf.comparison, measure, scope.context, scope.parameters)
    opposite = ROWS[leaf.comparison.operator].opposite
    if leaf.measure in ZERO and _holds_for_zero(leaf.comparison):
        holds, opposite = f"NOT {holds}", not opposite
    sql = (
        f"SELECT {scope.owner} AS contact_id FROM profiles_purchase f{scope.following} "
        f"WHERE f.cancelled_at IS NULL AND {within(leaf.window, scope)}{scope.restriction} "
        f"GROUP BY 1 HAVING {holds}"
    )
    return Answer(sql, opposite)


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
