"""Runs of people who turn out to be one person, and back; and runs that end before their way does."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Final

from cdp.lib import db
from journeys.flow import timeline
from journeys.messages import outcomes
from journeys.messages.claims import Doubtful
from journeys.models import Run, RunMerge
from profiles import ingest
from profiles.arrivals import Merged
from profiles.ingest import SystemEvent
from profiles.models import Merge

# What a merge changes about a run that it ends, and its undo puts back.
KEPT: Final = ("state", "wake_at", "awaits", "ended_at", "exit_reason")
FOLLOWERS: Final = (
    "journeys_run",
    "journeys_signal",
)  # their rows follow the contact; messages do so by list

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


def end(run_ids: Sequence[int], *, reason: str, now: dt.datetime) -> int:
    """End these open runs now and skip what is still owed to them; how many there were."""
    ended = {row[0] for row in db.fetch(END, [now, reason, list(run_ids)])}
    runs = list(Run.objects.filter(pk__in=ended))
    _skip(runs, reason="duplicate" if reason == "merged" else "exited", now=now)
    timeline.exited(runs, now=now)
    return len(runs)


def merged(merge: Merged, *, now: dt.datetime) -> None:
    """Give the survivor the absorbed contact's runs, signals and messages, in the merge's own transaction.

    Where both are inside one journey (under one key), the survivor's run stays and the other ends; what that one
    still owed is skipped, for the survivor is owed the same.
    """
    # Waits for the engine where it holds one of these runs: what it writes about them is then there to be moved.
    theirs = list(Run.objects.select_for_update().filter(contact_id=merge.absorbed_id).order_by("pk"))
    ours = list(
        Run.objects.select_for_update()
        .filter(contact_id=merge.survivor_id, state__in=["active", "waiting"])
        .order_by("pk")
    )
    places = {(run.journey_id, run.key) for run in ours}
    doubles = [run for run in theirs if run.ended_at is None and (run.journey_id, run.key) in places]
    former = [_state(run) for run in doubles]
    end([run.pk for run in doubles], reason="merged", now=now)
    messages = db.fetch(
        "UPDATE journeys_message SET contact_id = %s WHERE contact_id = %s RETURNING id",
        [merge.survivor_id, merge.absorbed_id],
    )
    for table in FOLLOWERS:
        db.execute(
            f"UPDATE {table} SET contact_id = %s WHERE contact_id = %s",
            [merge.survivor_id, merge.absorbed_id],
        )
    _look_again([merge.survivor_id], now=now)
    if theirs or messages:
        RunMerge.objects.create(
            merge_id=merge.merge_id,
            moved_runs=[run.pk for run in theirs],
            ended_runs=former,
            moved_messages=[row[0] for row in messages],
        )


def unmerged(merge: Merged, *, now: dt.datetime) -> None:
    """Give each contact back what is theirs, by persona; runs that the merge ended go on. Nothing is sent again.

    What came after the merge goes with its persona, too. A run that the merge ended stays ended where the same
    person has come into that journey anew since.
    """
    personas = Merge.objects.values_list("personas", flat=True).get(pk=merge.merge_id)
    kept = RunMerge.objects.filter(pk=merge.merge_id).first()
    list(Run.objects.select_for_update().filter(contact_id=merge.survivor_id).order_by("pk"))
    for table in (*FOLLOWERS, "journeys_message"):
        db.execute(
            f"UPDATE {table} SET contact_id = %s WHERE contact_id = %s AND persona_id = ANY(%s)",
            [merge.absorbed_id, merge.survivor_id, personas],
        )
    for former in kept.ended_runs if kept else ():
        _restore(former, merge.absorbed_id)
    _look_again([merge.survivor_id, merge.absorbed_id], now=now)
    RunMerge.objects.filter(pk=merge.merge_id).delete()


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


def _state(run: Run) -> dict[str, Any]:
    row = {name: getattr(run, name) for name in KEPT}
    return {"id": run.pk, **json.loads(json.dumps(row, default=lambda moment: moment.isoformat()))}


def _restore(former: dict[str, Any], contact_id: int) -> None:
    db.execute(
        """
        UPDATE journeys_run run SET state = %s, wake_at = %s, awaits = %s::int[], ended_at = %s, exit_reason = %s
        WHERE run.id = %s AND run.contact_id = %s AND run.exit_reason = 'merged' AND NOT EXISTS (
            SELECT FROM journeys_run other
            WHERE other.journey_id = run.journey_id AND other.contact_id = run.contact_id AND other.key = run.key
                AND other.state IN ('active', 'waiting')
        )
        """,
        [*(former[name] for name in KEPT), former["id"], contact_id],
    )


def _look_again(contacts: list[int], *, now: dt.datetime) -> None:
    """Have the engine look at these contacts' waits: signals changed hands that it may have passed already."""
    db.execute(
        """
        UPDATE journeys_run SET wake_at = least(wake_at, %s)
        WHERE contact_id = ANY(%s) AND state = 'waiting' AND awaits IS NOT NULL
        """,
        [now, contacts],
    )
