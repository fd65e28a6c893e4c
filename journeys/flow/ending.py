"""Runs that end before their way does: what is still owed to them is skipped, and their timelines are told."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from cdp.lib import db
from journeys.flow import timeline
from journeys.messages import outcomes
from journeys.messages.claims import Doubtful
from journeys.models import Run
from profiles import ingest
from profiles.ingest import SystemEvent

END: Final = """
    UPDATE journeys_run SET state = 'exited', wake_at = NULL, awaits = NULL, ended_at = %s, exit_reason = %s
    WHERE id = ANY(%s) AND state IN ('active', 'waiting') RETURNING id
"""
# What is claimed but not yet handed over loses its claim with its state: the worker that holds it finds out when
# it asks to hand over.
SKIP: Final = """
    UPDATE journeys_message SET state = 'skipped', reason = %s, detail = %s, lease_until_at = NULL, fence = fence + 1
    WHERE run_id = ANY(%s) AND run_entered_at = ANY(%s) AND state IN ('queued', 'held', 'claimed')
    RETURNING id, run_entered_at, persona_id, version_id, step, purpose, topic_id
"""


def end(run_ids: Sequence[int], *, reason: str, now: dt.datetime, by: str = "") -> int:
    """End these open runs now and skip what is still owed to them; how many there were. `by` names who did it."""
    ended = {row[0] for row in db.fetch(END, [now, reason, list(run_ids)])}
    runs = list(Run.objects.filter(pk__in=ended))
    _skip(runs, reason="duplicate" if reason == "merged" else "exited", now=now)
    timeline.exited(runs, now=now, **({"by": by} if by else {}))
    return len(runs)


def _skip(runs: Sequence[Run], *, reason: str, now: dt.datetime) -> None:
    """Skip what these runs still owe, and say so on the timelines."""
    detail = {
        "duplicate": "Two profiles were found to be one person, who gets this message once.",
        "exited": "The person left the journey before this was sent.",
    }[reason]
    rows = db.fetch(SKIP, [reason, detail, [run.pk for run in runs], [run.entered_at for run in runs]])
    skipped = [Doubtful(*row) for row in rows]
    ingest.record(
        [
            SystemEvent(
                name="Email Not Sent",
                persona_id=message.persona_id,
                occurred_at=now,
                key=f"message:{message.id}:not_sent",
                properties=outcomes.about(message) | {"reason": reason, "detail": detail},
            )
            for message in skipped
        ],
        now=now,
    )
