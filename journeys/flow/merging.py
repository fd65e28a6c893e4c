"""Runs of people who turn out to be one person, and back."""

import datetime as dt
import json
from typing import Any, Final

from cdp.lib import db
from journeys.flow.ending import end
from journeys.models import Run, RunMerge
from profiles.arrivals import Merged
from profiles.models import Merge

# What a merge changes about a run that it ends, and its undo puts back.
KEPT: Final = ("state", "wake_at", "awaits", "ended_at", "exit_reason")
OCCASIONS: Final = """
    INSERT INTO journeys_occasion (journey_id, contact_id, name, run_id, at)
    SELECT journey_id, %s, name, run_id, at FROM journeys_occasion WHERE contact_id = %s
    ON CONFLICT (contact_id, journey_id, name) DO NOTHING
"""
FOLLOWERS: Final = (
    "journeys_run",
    "journeys_signal",
)  # their rows follow the contact; messages do so by list


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
    # What has led the one into a journey does not lead the other there, now that they are the same.
    db.execute(OCCASIONS, [merge.survivor_id, merge.absorbed_id])
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
