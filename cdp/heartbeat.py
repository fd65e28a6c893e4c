"""Signs of life: every loop of ours leaves a row when it has been round, and readiness reads these rows.

Rows, not the broker's inspection: a worker that answers the broker but cannot reach the database does no work.
"""

import datetime as dt
import json
from dataclasses import dataclass

from cdp.lib import db
from cdp.lib.json import JsonObject


@dataclass(frozen=True, slots=True)
class Sign:
    """One process's latest sign of life."""

    name: str
    beat_at: dt.datetime
    details: JsonObject

    def age(self, *, now: dt.datetime) -> float:
        """Seconds since the sign; never negative, since clocks of two machines differ a little."""
        return max(0.0, (now - self.beat_at).total_seconds())


def beat(name: str, details: JsonObject | None = None, *, now: dt.datetime) -> None:
    """Say that `name` is alive; one upsert, which never turns a later sign into an earlier one."""
    db.execute(
        """
        INSERT INTO cdp_heartbeat (name, beat_at, details) VALUES (%s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, details = excluded.details
        WHERE cdp_heartbeat.beat_at <= excluded.beat_at
        """,
        [name, now, json.dumps(details or {})],
    )


def signs() -> list[Sign]:
    """The latest sign of every process, by name."""
    rows = db.fetch("SELECT name, beat_at, details::text FROM cdp_heartbeat ORDER BY name")
    return [Sign(name, beat_at, json.loads(details)) for name, beat_at, details in rows]


def forget(*, before: dt.datetime) -> int:
    """Drop the signs of processes that have not been seen since `before`; how many."""
    return db.execute("DELETE FROM cdp_heartbeat WHERE beat_at < %s", [before])
