"""Members of a trigger's segment who were there before the journey: they come in by chunks."""

import datetime as dt
from typing import Final

from cdp.lib import db
from journeys.flow import entry, plans, signals
from journeys.flow.entry import Candidate

ALL: Final = 2**32  # contacts are numbered below this: a version that has come here has taken everybody in

OWING: Final = """
    SELECT id, trigger_segment_id, backfilled_to, published_at FROM journeys_version
    WHERE state IN ('live', 'paused') AND backfilled_to < %s AND trigger_segment_id IS NOT NULL
    ORDER BY id LIMIT 1
"""


def backfill(*, now: dt.datetime, limit: int = 5000) -> int:
    """Take in the next `limit` members that live versions are owed; how many members were looked at.

    0 means that all of them are in. Holds the digest lock for its one transaction, in which the version's bookmark
    moves with the runs: stopped half-way, it has done nothing.
    """
    if not db.fetch(OWING, [ALL]):
        return 0  # asked five times a second: not worth standing in line for the lock
    with db.transaction_with_lock(db.DIGEST_LOCK):
        rows = db.fetch(OWING, [ALL])
        if not rows:
            return 0
        version_id, segment_id, after, published_at = rows[0]
        members = db.fetch(
            """
            SELECT contact_id, cause FROM segments_membership
            WHERE segment_id = %s AND contact_id > %s AND entered_at <= %s ORDER BY contact_id LIMIT %s
            """,
            [segment_id, after, published_at, limit],
        )
        plan = plans.of([version_id])[version_id]
        latest = signals.latest() if plan.awaited else 0
        key = f"member:{version_id}" if plan.graph.settings.reentry == "always" else ""
        entry.admit(
            [Candidate(plan, contact, contact, key, cause, latest) for contact, cause in members], now=now
        )
        reached = members[-1][0] if len(members) == limit else ALL
        db.execute("UPDATE journeys_version SET backfilled_to = %s WHERE id = %s", [reached, version_id])
    return max(len(members), 1)
