"""The moments at which time alone may change a leaf for a contact, so that no segment is silently stale.

A flip is a lower bound: early costs one evaluation, late would be a lie. It is written when a leaf is decided and
never moved later by what happens next; when due, the leaf is decided again. Leaves about days relative to today
change for everybody at the workspace's midnight: one row, under contact 0, stands for all.
"""

import datetime as dt
import itertools
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, assert_never

from cdp.lib import db
from segments.ast import (
    CALENDAR_OPERATORS,
    Attribute,
    Bought,
    Bucket,
    Consent,
    Event,
    Frequency,
    InSegment,
    Last,
    Leaf,
    Measure,
    Moment,
    Operator,
    Purchase,
    Reach,
    Record,
    Stage,
)
from segments.compiler import ACTIVITY, operand
from segments.conditions import Context, Parameters, predicate
from segments.models import Flip
from segments.occurrences import Occurring, facts, filters, occurrence, records
from segments.permission import unblocking
from segments.scopes import Scope, within

EVERYBODY: Final = 0
LONGEST_DAYS: Final = 100_000  # since the last order: beyond this nothing changes in anyone's life
DAYS_CAUGHT_UP: Final = 7  # midnights missed, after which everybody is asked

UPSERT: Final = """
INSERT INTO segments_flip (leaf_id, contact_id, due_at)
SELECT leaf_id, contact_id, min(due_at) FROM ({moments}) moments GROUP BY 1, 2
ON CONFLICT (leaf_id, contact_id) DO UPDATE SET due_at = EXCLUDED.due_at
WHERE EXCLUDED.due_at < segments_flip.due_at
"""


type Calendar = Attribute | Moment | Record


def is_calendar(leaf: Leaf) -> bool:
    """Whether the leaf speaks of days relative to today."""
    match leaf:
        case Attribute() | Moment():
            return leaf.comparison.operator in CALENDAR_OPERATORS
        case Record():
            return any(one.comparison.operator in CALENDAR_OPERATORS for one in leaf.where)
        case _:
            return False


def is_timed(leaf: Leaf) -> bool:
    """Whether time alone can change the leaf: a window moves, a day passes, a block ends, what lay ahead comes true."""
    match leaf:
        case Attribute() | Moment() | Record():
            return is_calendar(leaf)
        case Event() | Purchase() | Bought() | Reach():
            return True
        case InSegment() | Stage():
            return False  # the other segment, and the stages, have moments of their own
        case Consent() | Bucket():
            return False
        case _:
            assert_never(leaf)


def arm(leaves: Mapping[Leaf, int], *, context: Context, only: Sequence[int] | None = None) -> int:
    """Write the next moments of these leaves (with their numbers), of the contacts `only` when given.

    One statement, whatever the number of leaves and contacts. How many flips were written or brought forward.
    """
    scope = Scope(context, Parameters(), only)
    statements = moments(leaves, scope)
    if not statements:
        return 0
    return db.execute(UPSERT.format(moments=" UNION ALL ".join(statements)), scope.parameters.values)


def moments(leaves: Mapping[Leaf, int], scope: Scope) -> list[str]:
    """Statements that give (leaf_id, contact_id, due_at)."""
    found = []
    for leaf, number in leaves.items():
        leaf_id = f"{scope.bind(number)}::bigint"
        found += [
            f"SELECT {leaf_id} AS leaf_id, contact_id, due_at FROM ({pair}) pair"
            for pair in _pairs(leaf, scope)
        ]
    return found


def _pairs(leaf: Leaf, scope: Scope) -> list[str]:
    """Statements that give (contact_id, due_at) of one leaf."""
    match leaf:
        case Event() | Bought():
            return _of_occurrences(leaf, scope)
        case Purchase():
            return _of_purchase(leaf, scope)
        case Reach():
            return [unblocking(leaf, scope)]
        case Attribute() | Moment() | Record():
            return [_midnight(scope)] if is_calendar(leaf) else []
        case Consent() | Stage() | Bucket() | InSegment():
            return []
        case _:
            assert_never(leaf)


def _midnight(scope: Scope) -> str:
    tomorrow = scope.context.midnight(scope.context.today + dt.timedelta(days=1))
    return f"SELECT {EVERYBODY}::bigint AS contact_id, {scope.bind(tomorrow)}::timestamptz AS due_at"


def _of_occurrences(leaf: Occurring, scope: Scope) -> list[str]:
    meant, table = occurrence(leaf, scope), facts(leaf)
    coming = (
        f"SELECT {scope.owner} AS contact_id, min(f.occurred_at) AS due_at FROM {table} f{scope.following} "
        f"WHERE {meant} AND f.occurred_at > {scope.bind(scope.context.now)}{scope.restriction} GROUP BY 1"
    )
    if not isinstance(leaf.window, Last):
        return [coming]
    depth, least = _depth(leaf.frequency, leaf.count)
    latest = f"{scope.owner} AS contact_id, f.occurred_at"
    if leaf.frequency is Frequency.ON_DAYS:  # the last occurrence of a day takes the day with it
        latest = f"{scope.owner} AS contact_id, max(f.occurred_at) AS occurred_at"
    ending = (
        f"SELECT contact_id, min(occurred_at) + {scope.bind(leaf.window.span.length)}::interval AS due_at FROM ("
        "SELECT contact_id, occurred_at, row_number() OVER (PARTITION BY contact_id ORDER BY occurred_at DESC) AS nth "
        f"FROM (SELECT {latest} FROM {table} f{scope.following} "
        f"WHERE {meant} AND {within(leaf.window, scope)}{scope.restriction}"
        f"{f' GROUP BY 1, {scope.day}' if leaf.frequency is Frequency.ON_DAYS else ''}) f) latest "
        f"WHERE nth <= {scope.bind(depth)} GROUP BY 1 HAVING count(*) >= {scope.bind(least)}"
    )
    return [coming, ending]


def _depth(frequency: Frequency, count: int) -> tuple[int, int]:
    """Which latest occurrence decides: (look this deep, there must be this many).

    "At least 3" ends when the 3rd latest leaves the window; "exactly 3" begins when the 4th does, ends with the 3rd.
    """
    match frequency:
        case Frequency.AT_LEAST | Frequency.ON_DAYS:
            return count, count
        case Frequency.AT_MOST | Frequency.NEVER:
            return count + 1, count + 1
        case Frequency.EXACTLY:
            return count + 1, max(count, 1)
        case _:
            assert_never(frequency)


def _of_purchase(leaf: Purchase, scope: Scope) -> list[str]:
    now = scope.bind(scope.context.now)
    orders = f"FROM profiles_purchase f{scope.following} WHERE f.cancelled_at IS NULL{scope.restriction}"
    owner = scope.owner
    coming = f"SELECT {owner} AS contact_id, min(f.occurred_at) AS due_at {orders} AND f.occurred_at > {now} GROUP BY 1"
    if leaf.measure is Measure.DAYS_SINCE_LAST:
        last = f"SELECT {scope.owner} AS contact_id, max(f.occurred_at) AS at {orders} AND f.occurred_at <= {now}"
        turning = (
            f"SELECT contact_id, min(at + make_interval(days => day)) AS due_at FROM ({last} GROUP BY 1) last, "
            f"unnest({scope.bind(_days(leaf))}::int[]) AS day WHERE at + make_interval(days => day) > {now} GROUP BY 1"
        )
        return [coming, turning]
    if not isinstance(leaf.window, Last):
        return [coming]
    length = scope.bind(leaf.window.span.length)
    ending = (
        f"SELECT {scope.owner} AS contact_id, min(f.occurred_at) + {length}::interval AS due_at "
        f"{orders} AND {within(leaf.window, scope)} GROUP BY 1"
    )
    return [coming, ending]


def _days(leaf: Purchase) -> list[int]:
    """The whole days since the last order at which the comparison begins or ends to hold."""
    value = leaf.comparison.value
    low, high = value if isinstance(value, tuple) else (value, value)
    assert isinstance(low, Decimal)
    assert isinstance(high, Decimal)
    match leaf.comparison.operator:
        case Operator.GT | Operator.LTE:
            days = [math.floor(low) + 1]
        case Operator.GTE | Operator.LT:
            days = [math.ceil(low)]
        case _:
            days = [math.ceil(low), math.floor(high) + 1]
    return [day for day in days if 0 <= day <= LONGEST_DAYS]


def take_due(*, now: dt.datetime, limit: int) -> list[tuple[int, int, dt.datetime]]:
    """Remove at most `limit` flips that are due, the earliest first: (leaf, contact, due)."""
    due = """
        DELETE FROM segments_flip WHERE (leaf_id, contact_id) IN (
            SELECT leaf_id, contact_id FROM segments_flip WHERE due_at <= %s ORDER BY due_at LIMIT %s
        ) RETURNING leaf_id, contact_id, due_at
    """
    return [(leaf, contact, at) for leaf, contact, at in db.fetch(due, [now, limit])]


def next_due() -> dt.datetime | None:
    """When the next flip is due; None while there is none."""
    return Flip.objects.order_by("due_at").values_list("due_at", flat=True).first()


def turned(leaf: Calendar, *, since: dt.datetime, context: Context) -> list[int]:
    """The contacts for whom a leaf about days may have changed at midnight `since` or at a midnight after it."""
    scope = Scope(context, Parameters())
    if isinstance(leaf, Record):
        sql = (
            f"SELECT DISTINCT {scope.owner} FROM {records(leaf, scope)} AND ({_turning(leaf, since, scope)})"
        )
    else:
        sql = (
            f"SELECT c.id FROM profiles_contact c{ACTIVITY if isinstance(leaf, Moment) else ''} "
            f"WHERE c.merged_into_id IS NULL AND ({_turning(leaf, since, scope)})"
        )
    return [row[0] for row in db.fetch(sql, scope.parameters.values)]


def _turning(leaf: Calendar, since: dt.datetime, scope: Scope) -> str:
    """The condition that what is said of a row holds on one of the days and not on the day before it."""
    first = since.astimezone(scope.context.zone).date() - dt.timedelta(days=1)
    days = [first + dt.timedelta(days=n) for n in range((scope.context.today - first).days + 1)]
    if len(days) > DAYS_CAUGHT_UP:
        return "true"
    held = [_said(leaf, scope.at(scope.context.midnight(day))) for day in days]
    return " OR ".join(f"{a} <> {b}" for a, b in itertools.pairwise(held)) or "false"


def _said(leaf: Calendar, scope: Scope) -> str:
    if isinstance(leaf, Record):
        return f"({' AND '.join(filters(leaf.where, 'r.fields', scope))})"
    return predicate(leaf.comparison, operand(leaf), context=scope.context, parameters=scope.parameters)
