"""Who did or bought something so often, in such a time: each a statement that answers with contact ids.

An answer holds each contact once. Facts of a contact whose merge still moves rows count for its survivor.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, assert_never

from segments.ast import (
    Between,
    Comparison,
    Event,
    Ever,
    Frequency,
    InSegment,
    Last,
    Measure,
    Operator,
    Purchase,
    Window,
)
from segments.conditions import Context, JsonKey, Parameters, compare, predicate, with_absorbed
from segments.operators import ROWS


@dataclass(frozen=True, slots=True)
class Answer:
    """A statement with contact ids, or, for an opposite, with those for whom the leaf does not hold."""

    sql: str
    opposite: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One statement in the making: the context, its bound values, and the contacts it is restricted to."""

    context: Context
    parameters: Parameters
    only: Sequence[int] | None = None

    def bind(self, value: object) -> str:
        """Keep a bound value; what stands for it in the statement."""
        return self.parameters.bind(value)

    @property
    def owner(self) -> str:
        """Whose a row of facts `f` is now."""
        return "COALESCE(moving.survivor, f.contact_id)" if self.context.moving else "f.contact_id"

    @property
    def following(self) -> str:
        """The join that `owner` needs."""
        if not self.context.moving:
            return ""
        absorbed, survivors = list(self.context.moving), list(self.context.moving.values())
        return (
            f" LEFT JOIN unnest({self.bind(absorbed)}::bigint[], {self.bind(survivors)}::bigint[])"
            " AS moving (absorbed, survivor) ON moving.absorbed = f.contact_id"
        )

    @property
    def restriction(self) -> str:
        """The condition that keeps to the wanted contacts."""
        if self.only is None:
            return ""
        return f" AND f.contact_id = ANY({self.bind(with_absorbed(self.only, self.context))}::bigint[])"


def event(leaf: Event, scope: Scope) -> Answer:
    """Who did it so often. A name that nobody sent yet was done by nobody."""
    comparison, count, opposite = threshold(leaf)
    definition = scope.context.definitions.get(leaf.name, 0)
    if isinstance(leaf.window, Ever) and not leaf.where:
        return Answer(_ever(definition, comparison, count, scope), opposite)
    sql = (
        f"SELECT {scope.owner} AS contact_id FROM profiles_event f{scope.following} "
        f"WHERE {occurrence(leaf, definition, scope)} AND {within(leaf.window, scope)}{scope.restriction} "
        f"GROUP BY 1 HAVING count(*) {comparison} {scope.bind(count)}"
    )
    return Answer(sql, opposite)


def occurrence(leaf: Event, definition: int, scope: Scope) -> str:
    """The condition that a row of events is one of those meant, at whatever time."""
    parts = [f"f.definition_id = {scope.bind(definition)}"]
    for one in leaf.where:
        operand = JsonKey("f.properties", one.property)
        parts.append(predicate(one.comparison, operand, context=scope.context, parameters=scope.parameters))
    return " AND ".join(parts)


def threshold(leaf: Event) -> tuple[str, int, bool]:
    """A frequency as (comparison, number of at least 1, whether it is the opposite that was asked)."""
    match leaf.frequency:
        case Frequency.AT_LEAST:
            return ">=", leaf.count, False
        case Frequency.AT_MOST:
            return ">=", leaf.count + 1, True
        case Frequency.EXACTLY if leaf.count:
            return "=", leaf.count, False
        case Frequency.EXACTLY | Frequency.NEVER:
            return ">=", 1, True
        case _:
            assert_never(leaf.frequency)


def _ever(definition: int, comparison: str, count: int, scope: Scope) -> str:
    """From the counters, one row a persona; they count what comes (at most a day ahead) already: take it off."""
    now, meant = scope.bind(scope.context.now), scope.bind(definition)
    counters = f"profiles_eventcount f{scope.following} WHERE f.definition_id = {meant}{scope.restriction}"
    if (comparison, count) == (">=", 1):
        return f"SELECT DISTINCT {scope.owner} AS contact_id FROM {counters} AND f.first_at <= {now}"
    return (
        f"SELECT contact_id FROM (SELECT {scope.owner} AS contact_id, f.count FROM {counters} UNION ALL "
        f"SELECT {scope.owner}, -1 FROM profiles_event f{scope.following} "
        f"WHERE f.definition_id = {meant} AND f.occurred_at > {now}{scope.restriction}) counted "
        f"GROUP BY 1 HAVING sum(count) {comparison} {scope.bind(count)}"
    )


MEASURES: Final = {
    Measure.ORDERS: "count(*)::numeric",
    Measure.REVENUE: "sum(f.amount_base - f.refunded_base)",
    Measure.DAYS_SINCE_LAST: "floor(extract(epoch FROM {now}::timestamptz - max(f.occurred_at)) / 86400)",
}


def purchase(leaf: Purchase, scope: Scope) -> Answer:
    """Who bought so much. Those without an order have no rows: where zero satisfies, ask for the others."""
    measure = MEASURES[leaf.measure].format(now=scope.bind(scope.context.now))
    holds = compare(leaf.comparison, measure, scope.context, scope.parameters)
    opposite = ROWS[leaf.comparison.operator].opposite
    if leaf.measure is not Measure.DAYS_SINCE_LAST and _holds_for_zero(leaf.comparison):
        holds, opposite = f"NOT {holds}", not opposite
    sql = (
        f"SELECT {scope.owner} AS contact_id FROM profiles_purchase f{scope.following} "
        f"WHERE f.cancelled_at IS NULL AND {within(leaf.window, scope)}{scope.restriction} "
        f"GROUP BY 1 HAVING {holds}"
    )
    return Answer(sql, opposite)


def in_segment(leaf: InSegment, scope: Scope) -> Answer:
    """Who is in another segment or list now: merges change memberships at once, so nothing has to be followed."""
    only = "" if scope.only is None else f" AND f.contact_id = ANY({scope.bind(list(scope.only))}::bigint[])"
    sql = f"SELECT f.contact_id FROM segments_membership f WHERE f.segment_id = {scope.bind(leaf.segment)}{only}"
    return Answer(sql, not leaf.is_member)


def within(window: Window, scope: Scope) -> str:
    """The condition that a row of facts lies in a window; what lies ahead never does."""
    until = f"f.occurred_at <= {scope.bind(scope.context.now)}"
    match window:
        case Ever():
            return until
        case Last(span):
            return f"f.occurred_at > {scope.bind(scope.context.now - span.length)} AND {until}"
        case Between(start, end):
            first = scope.context.midnight(start)
            last = scope.context.midnight(end + dt.timedelta(days=1))
            return f"f.occurred_at >= {scope.bind(first)} AND f.occurred_at < {scope.bind(last)} AND {until}"
        case _:
            assert_never(window)


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
