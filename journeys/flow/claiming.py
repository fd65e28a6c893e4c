"""Whose step is due: journey by journey, so that a paused one with a million people in it costs nothing."""

import datetime as dt
from typing import Final

from cdp.lib import db
from journeys.flow.steps import Traveller

OPEN: Final = "run.state IN ('active', 'waiting') AND run.wake_at IS NOT NULL"
# Journeys that somebody is on the way in, by hopping over the index; those that are not paused.
GOING: Final = f"""
    RECURSIVE inside (journey) AS (
        (SELECT run.journey_id FROM journeys_run run WHERE {OPEN} ORDER BY run.journey_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT run.journey_id FROM journeys_run run WHERE {OPEN} AND run.journey_id > inside.journey
            ORDER BY run.journey_id LIMIT 1
        ) FROM inside WHERE inside.journey IS NOT NULL
    ), going (journey) AS (
        SELECT journey.id FROM inside JOIN journeys_journey journey ON journey.id = inside.journey
        WHERE journey.status <> 'paused'
    )
"""
CLAIM: Final = f"""
    WITH {GOING}
    SELECT run.id, run.journey_id, run.version_id, run.contact_id, run.persona_id, run.state, run.step,
        run.visit_number, run.wake_at, run.awaits, run.signal_seq, run.entered_at, run.arrived_at
    FROM journeys_run run
    WHERE {OPEN} AND run.wake_at <= %(now)s AND run.id = ANY(ARRAY(
        SELECT due.id FROM going CROSS JOIN LATERAL (
            SELECT run.id, run.wake_at FROM journeys_run run
            WHERE run.journey_id = going.journey AND {OPEN} AND run.wake_at <= %(now)s
            ORDER BY run.wake_at LIMIT %(limit)s
        ) AS due
        ORDER BY due.wake_at LIMIT %(limit)s
    ))
    ORDER BY run.wake_at
    FOR UPDATE SKIP LOCKED
"""
NEXT: Final = f"""
    WITH {GOING}
    SELECT min(due.wake_at) FROM going CROSS JOIN LATERAL (
        SELECT run.wake_at FROM journeys_run run WHERE run.journey_id = going.journey AND {OPEN}
        ORDER BY run.wake_at LIMIT 1
    ) AS due
"""


def claim(*, now: dt.datetime, limit: int) -> list[Traveller]:
    """The people who are longest due, at most `limit`, held until the end of the caller's transaction."""
    return [Traveller(*row) for row in db.fetch(CLAIM, {"now": now, "limit": limit})]


def next_moment() -> dt.datetime | None:
    """When the next person is due; None where nobody is on the way."""
    due: dt.datetime | None = db.fetch(NEXT)[0][0]
    return due
