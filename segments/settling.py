"""Asks a segment about some contacts and writes what that changes: memberships, and their history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp.lib import db
from segments import compiler
from segments.conditions import Context
from segments.models import Cause
from segments.watching import Watched

SETTLE = """
WITH holds AS MATERIALIZED ({members}),
asked AS (
    SELECT * FROM unnest(%(asked_ids)s::bigint[], %(asked_causes)s::text[]) AS asked (contact_id, cause)
),
gone AS (
    DELETE FROM segments_membership m USING asked
    WHERE m.segment_id = %(segment)s AND m.contact_id = asked.contact_id
    AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.id = m.contact_id)
    RETURNING m.contact_id, asked.cause
),
came AS (
    INSERT INTO segments_membership (segment_id, contact_id, entered_at, cause)
    SELECT %(segment)s, holds.id, %(at)s, asked.cause FROM holds JOIN asked ON asked.contact_id = holds.id
    WHERE NOT EXISTS (
        SELECT 1 FROM segments_membership m WHERE m.segment_id = %(segment)s AND m.contact_id = holds.id
    )
    RETURNING contact_id, cause
)
SELECT contact_id, false, cause FROM gone UNION ALL SELECT contact_id, true, cause FROM came ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A contact entered or left a segment, and why."""

    segment_id: int
    contact_id: int
    entered: bool
    cause: Cause


def settle(segment: Watched, asked: Mapping[int, Cause], *, context: Context) -> list[Change]:
    """Bring the memberships of these contacts in line with the segment, in one statement.

    The history is not written yet: do it for all segments together with `remember`.
    """
    if not asked:
        return []
    sql, parameters = compiler.members(
        segment.node, context=context, include_visitors=segment.include_visitors, only=list(asked)
    )
    parameters |= {
        "segment": segment.id,
        "asked_ids": list(asked),
        "asked_causes": [cause.value for cause in asked.values()],
        "at": context.now,
    }
    rows = db.fetch(SETTLE.format(members=sql), parameters)
    return [Change(segment.id, contact, entered, Cause(cause)) for contact, entered, cause in rows]


def remember(changes: Sequence[Change], *, now: datetime) -> None:
    """Write the history of these changes."""
    if changes:
        columns = ("segment_id", "contact_id", "entered", "changed_at", "cause")
        rows = [(one.segment_id, one.contact_id, one.entered, now, one.cause.value) for one in changes]
        db.copy("segments_membershipchange", columns, rows)
