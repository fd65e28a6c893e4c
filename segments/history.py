"""How large a segment was at the end of each day, from the history of entering and leaving."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from cdp.lib import db
from segments import catalog
from segments.models import Segment

# Backwards from who is in it now: who came since was not there, who left since was.
DAILY: Final = """
WITH moved AS (
    SELECT (changed_at AT TIME ZONE %(zone)s)::date AS day,
        count(*) FILTER (WHERE entered) AS came, count(*) FILTER (WHERE NOT entered) AS went
    FROM segments_membershipchange
    WHERE segment_id = %(segment)s AND changed_at >= %(since)s AND changed_at <= %(now)s
    GROUP BY 1
),
days AS (
    SELECT day::date FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day
),
present AS (SELECT count(*) AS members FROM segments_membership WHERE segment_id = %(segment)s)
SELECT days.day, COALESCE(came, 0), COALESCE(went, 0),
    present.members - COALESCE(sum(COALESCE(came, 0) - COALESCE(went, 0)) OVER later, 0)
FROM days CROSS JOIN present LEFT JOIN moved ON moved.day = days.day
WINDOW later AS (ORDER BY days.day DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
ORDER BY days.day
"""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a segment, in the workspace's zone: who came, who left, who was there at its end."""

    on: dt.date
    entered: int
    left: int
    members: int


def daily(segment: Segment, *, now: dt.datetime, days: int = 90) -> list[Day]:
    """The last so many days, today included (its end is now), the oldest first."""
    zone = catalog.zone()
    today = now.astimezone(zone).date()
    first = today - dt.timedelta(days=days - 1)
    rows = db.fetch(
        DAILY,
        {
            "segment": segment.pk,
            "zone": zone.key,
            "first": first,
            "last": today,
            "since": dt.datetime.combine(first, dt.time(), zone),
            "now": now,
        },
    )
    return [Day(on, came, went, max(int(members), 0)) for on, came, went, members in rows]
