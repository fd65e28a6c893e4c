"""Triggers: what happens to people starts journeys, and tells those who wait in one.

Everything here works on sets: a digested batch costs the same few statements whether it holds ten events or two
thousand, and whether one journey listens or fifty.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from cdp.lib import db
from journeys.flow import conditions, plans, signals, timeline
from journeys.flow.entry import Candidate, admit, key_of
from journeys.flow.members import backfill
from journeys.flow.plans import Plan
from journeys.flow.shapes import EventTrigger, SegmentTrigger
from profiles.arrivals import StoredEvent
from profiles.models import Lane
from profiles.models import Settings as Workspace
from segments.membership import Change
from segments.models import SET, Cause

__all__ = ["backfill", "enrol"]


SIGNAL_COLUMNS: Final = (
    "seq",
    "contact_id",
    "persona_id",
    "definition_id",
    "event_id",
    "occurred_at",
    "signalled_at",
)


def enrol(events: Sequence[StoredEvent], changes: Sequence[Change], *, now: dt.datetime) -> int:
    """Start the runs that these events and changes of membership start, and append signals; how many runs.

    Belongs into the transaction that stores them, under the digest lock. An event counts as news when it is younger
    than the trigger's freshness and did not come in bulk; old news starts nothing, unless the journey accepts it,
    and ends no waits.
    """
    listening = plans.listening()
    if not listening:
        return 0
    workspace = Workspace.objects.get()
    freshness = dt.timedelta(hours=workspace.freshness_hours)
    awaited = frozenset[int]().union(*(plan.awaited for plan in listening))
    by_event: dict[int, list[Plan]] = {}
    for plan in listening:
        if plan.takes_people and plan.trigger_event_id is not None:
            by_event.setdefault(plan.trigger_event_id, []).append(plan)

    told = [
        event for event in events if event.definition_id in awaited and is_news(event, freshness, now=now)
    ]
    numbers = iter(db.next_ids("journeys_signal_seq_seq", len(told)))
    heard = {event.id for event in told}
    latest = signals.latest() if awaited else 0
    rows, candidates = [], []
    starting = _starting(by_event, events, workspace, now=now)
    # In the order in which things happened: an order after the trigger, in one batch with it, ends the run's wait.
    for event in sorted(events, key=lambda event: (event.occurred_at, event.id)):
        if event.id in heard:
            latest = next(numbers)
            rows.append(
                (
                    latest,
                    event.contact_id,
                    event.persona_id,
                    event.definition_id,
                    event.id,
                    event.occurred_at,
                    now,
                )
            )
        candidates += [_by_event(plan, event, latest) for plan in starting.get(event.id, ())]
    candidates += _by_change(listening, changes, latest, now=now)
    if rows:
        db.copy("journeys_signal", SIGNAL_COLUMNS, rows)
    return admit(candidates, now=now)


def is_news(event: StoredEvent, freshness: dt.timedelta, *, now: dt.datetime) -> bool:
    """Whether an event happened just now, as far as journeys are concerned."""
    return event.lane != Lane.BULK and event.occurred_at > now - freshness


def _starting(
    by_event: Mapping[int, Sequence[Plan]],
    events: Sequence[StoredEvent],
    workspace: Workspace,
    *,
    now: dt.datetime,
) -> dict[int, list[Plan]]:
    """The versions that each event starts, re-entry aside."""
    fresh = [
        (plan, event)
        for event in events
        for plan in by_event.get(event.definition_id, ())
        if _is_fresh_for(plan, event, workspace, now=now) and not _is_its_own(plan, event)
    ]
    asked = {
        (plan.version_id, event.id): (plan.graph.trigger.where, event.properties)
        for plan, event in fresh
        if isinstance(plan.graph.trigger, EventTrigger) and plan.graph.trigger.where
    }
    holding = conditions.holding(asked, now=now, zone=workspace.time_zone)
    starting: dict[int, list[Plan]] = {}
    for plan, event in fresh:
        pair = plan.version_id, event.id
        if pair not in asked or pair in holding:
            starting.setdefault(event.id, []).append(plan)
    return starting


def _is_fresh_for(plan: Plan, event: StoredEvent, workspace: Workspace, *, now: dt.datetime) -> bool:
    settings = plan.graph.settings
    freshness = settings.freshness or dt.timedelta(hours=workspace.freshness_hours)
    return settings.accept_late or is_news(event, freshness, now=now)


def _is_its_own(plan: Plan, event: StoredEvent) -> bool:
    """A journey that starts itself never stops."""
    return event.name in timeline.OURS and event.properties.get("journey_id") == plan.journey_id


def _by_event(plan: Plan, event: StoredEvent, latest: int) -> Candidate:
    variables = {
        "event": {
            "name": event.name,
            "properties": event.properties,
            "id": event.id,
            "occurred_at": event.occurred_at.isoformat(),
        }
    }
    key = key_of(plan, event.properties, f"event:{event.id}")
    return Candidate(plan, event.contact_id, event.persona_id, key, Cause.FACT, latest, variables)


def _by_change(
    listening: Sequence[Plan], changes: Sequence[Change], latest: int, *, now: dt.datetime
) -> list[Candidate]:
    by_segment: dict[int, list[Plan]] = {}
    for plan in listening:
        trigger = plan.graph.trigger
        if plan.takes_people and isinstance(trigger, SegmentTrigger) and trigger.members != "current":
            by_segment.setdefault(trigger.segment, []).append(plan)
    return [
        Candidate(
            plan,
            change.contact_id,
            change.contact_id,
            key_of(plan, {}, f"entry:{now.isoformat()}"),
            change.cause,
            latest,
        )
        for change in changes
        if change.entered
        for plan in by_segment.get(change.segment_id, ())
        if _accepts(plan, change.cause)
    ]


def _accepts(plan: Plan, cause: str) -> bool:
    if cause in SET or cause == Cause.MERGE:
        return plan.graph.settings.accept_edit
    return cause != Cause.BACKFILL or plan.graph.settings.accept_late
