"""Sending a broadcast: a draft is frozen, waits for its time, and takes its people in by portions.

It runs on the journey engine: one version with one mail, one run a person. So it stops like a journey is paused, asks
consent like every message, and survives what the engine survives: the place that it has reached is written in the
transaction that takes people in.
"""

import datetime as dt
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from cdp.lib import audit, db
from journeys.flow import audience, entry, graph, plans, runs, signals
from journeys.flow.audience import Audience
from journeys.flow.entry import Candidate
from journeys.flow.graph import InvalidJourney, Problem
from journeys.flow.members import ALL
from journeys.messages import outcomes
from journeys.messages.claims import Doubtful
from journeys.models import Broadcast, Journey, Run, Version
from profiles.permitted import Tally
from segments.models import Cause

STEP: Final = "email"  # what the one mail's step is called
PORTION: Final = 5000

UNDER_WAY: Final = """
    SELECT broadcast.journey_id FROM journeys_broadcast broadcast
    JOIN journeys_journey journey ON journey.id = broadcast.journey_id
    WHERE broadcast.taken_in_at IS NULL AND broadcast.version_id IS NOT NULL AND broadcast.starts_at <= %s
      AND journey.status IN ('scheduled', 'live')
    ORDER BY broadcast.starts_at, broadcast.journey_id
"""


CANCELLED: Final = """
    SELECT broadcast.journey_id FROM journeys_broadcast broadcast
    JOIN journeys_journey journey ON journey.id = broadcast.journey_id
    WHERE broadcast.cancelled_at IS NOT NULL AND journey.status = 'paused'
"""


SKIP: Final = """
    UPDATE journeys_message message
    SET state = 'skipped', reason = 'stopped', detail = %(detail)s, lease_until_at = NULL, fence = message.fence + 1
    FROM (
        SELECT owed.id, owed.run_entered_at FROM journeys_message owed
        JOIN journeys_version version ON version.id = owed.version_id
        WHERE version.journey_id = %(journey)s AND owed.state IN ('queued', 'held', 'claimed')
        LIMIT %(limit)s
    ) owed
    WHERE message.id = owed.id AND message.run_entered_at = owed.run_entered_at
      AND message.state IN ('queued', 'held', 'claimed')
    RETURNING message.id, message.run_entered_at, message.persona_id, message.version_id, message.step,
        message.purpose, message.topic_id, message.reason, message.detail
"""


class NotNow(Exception):
    """The broadcast is not in a state for that; the message is a sentence for the marketer."""


def definition(draft: dict[str, Any], *, revision: int) -> dict[str, Any]:
    """The journey that a broadcast's draft means: people put in by hand, one mail, the end."""
    email = {name: draft.get(name) for name in ("purpose", "topic", "why", "sender") if draft.get(name)}
    return {
        "trigger": {"kind": "by_hand"},
        "settings": {"reentry": "never", **({"quiet": draft["quiet"]} if draft.get("quiet") else {})},
        "audience": {name: draft.get(name) for name in ("include", "exclude", "everyone") if draft.get(name)},
        "steps": [
            {"id": STEP, "kind": "email", "revision": revision, **email},
            {"id": "exit", "kind": "exit"},
        ],
    }


@transaction.atomic
def confirm(
    journey: Journey, *, revision: int, expected: Tally, at: dt.datetime, by: User | None, now: dt.datetime
) -> Broadcast:
    """Freeze the draft with this revision of its mail, to be sent from `at` on.

    Raises InvalidJourney with what is missing, NotNow where it is confirmed already.
    """
    journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    if journey.status != Journey.Status.DRAFT or journey.archived_at:
        raise NotNow("This broadcast is not a draft any more.")
    frozen = definition(journey.draft, revision=revision)
    graph.load(frozen)
    if not Audience.read(journey.draft).include and not Audience.read(journey.draft).everyone:
        raise InvalidJourney(Problem("", "Choose who gets it."))
    last = journey.versions.order_by("-number").first()
    version = Version.objects.create(
        journey=journey, number=last.number + 1 if last else 1, definition=frozen, published_at=now,
        published_by=by,
    )  # fmt: skip
    broadcast, _ = Broadcast.objects.update_or_create(
        journey=journey,
        defaults={
            "version": version,
            "starts_at": max(at, now),
            "per_hour": journey.draft.get("per_hour") or None,
            "expected": {"gets": expected.allowed, "total": expected.total, **expected.refused},
        },
    )
    _set_status(journey, Journey.Status.SCHEDULED)
    return broadcast


@transaction.atomic
def unschedule(journey: Journey) -> None:
    """Make a draft of it again, before it has begun. Raises NotNow once it has."""
    journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    if journey.status != Journey.Status.SCHEDULED:
        raise NotNow("This broadcast has begun: it can be stopped, not changed.")
    journey.versions.filter(state="live").update(state=Version.State.OVER)
    audit.update(Broadcast.objects.filter(journey=journey), version=None, starts_at=None)
    _set_status(journey, Journey.Status.DRAFT)


@transaction.atomic
def stop(journey: Journey) -> None:
    """Hold what has not gone out; delivery looks before each handful that it hands over."""
    journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    if journey.status not in (Journey.Status.LIVE, Journey.Status.FINISHING):
        raise NotNow("This broadcast is not being sent at the moment.")
    _set_status(journey, Journey.Status.PAUSED)


@transaction.atomic
def resume(journey: Journey, *, now: dt.datetime) -> None:
    """Go on where it was stopped; a throttle counts from now."""
    journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
    if journey.status != Journey.Status.PAUSED:
        raise NotNow("This broadcast is not stopped.")
    broadcast = Broadcast.objects.select_for_update().get(journey=journey)
    if broadcast.cancelled_at:
        raise NotNow("This broadcast was stopped for good.")
    broadcast.counts_from_at, broadcast.counted = now, broadcast.taken
    broadcast.save(update_fields=["counts_from_at", "counted"])
    _set_status(journey, Journey.Status.FINISHING if broadcast.taken_in_at else Journey.Status.LIVE)


@transaction.atomic
def cancel(journey: Journey, *, now: dt.datetime) -> None:
    """Stop it for good: nobody else comes in, and what has not gone out is put away by portions (`put_away`)."""
    journey.refresh_from_db()
    if journey.status != Journey.Status.PAUSED:
        stop(journey)
    Broadcast.objects.filter(journey=journey, taken_in_at__isnull=True).update(taken_in_at=now)
    audit.update(Broadcast.objects.filter(journey=journey), cancelled_at=now)


def put_away(*, now: dt.datetime, limit: int = 1000) -> int:
    """Skip the next messages of cancelled broadcasts, each with its event on the timeline; how many."""
    rows = db.fetch(CANCELLED)
    return sum(_put_away(journey_id, now=now, limit=limit) for (journey_id,) in rows)


def _put_away(journey_id: int, *, now: dt.datetime, limit: int) -> int:
    with db.transaction_with_lock(db.DIGEST_LOCK):
        inside = Run.objects.filter(journey=journey_id, state__in=["active", "waiting"]).values_list("pk")[
            :limit
        ]
        runs.end([number for (number,) in inside], reason="stopped", now=now)
        skipped = _skip(journey_id, limit=limit, now=now)
        if not inside and not skipped:
            Version.objects.filter(journey=journey_id, state__in=["live", "paused"]).update(state="finishing")
            audit.update(Journey.objects.filter(pk=journey_id), status=Journey.Status.FINISHING)
        return len(inside) + skipped


def _skip(journey_id: int, *, limit: int, now: dt.datetime) -> int:
    rows = db.fetch(SKIP, {"journey": journey_id, "detail": "The broadcast was stopped.", "limit": limit})
    outcomes.record_given_up([Doubtful(*row) for row in rows], now=now)
    return len(rows)


def take_in(*, now: dt.datetime, limit: int = PORTION) -> int:
    """Take the next portion of people into the broadcasts that are under way; how many people were looked at."""
    looked_at = 0
    for (journey_id,) in db.fetch(UNDER_WAY, [now]):
        looked_at += _portion(journey_id, now=now, limit=limit)
    return looked_at


def _portion(journey_id: int, *, now: dt.datetime, limit: int) -> int:
    with db.transaction_with_lock(db.DIGEST_LOCK):
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey_id)
        broadcast = Broadcast.objects.select_for_update().get(pk=journey_id)
        if broadcast.version_id is None or journey.status not in ("scheduled", "live"):
            return 0  # stopped between the look and the lock
        if journey.status == Journey.Status.SCHEDULED:
            _begin(journey, broadcast, now=now)
        room = min(limit, _room(broadcast, now=now))
        if room <= 0:
            return 0
        plan = plans.of([broadcast.version_id])[broadcast.version_id]
        wanted = Audience.read(Version.objects.get(pk=broadcast.version_id).definition.get("audience") or {})
        people = audience.following(wanted, after=broadcast.reached, limit=room)
        latest = signals.latest() if plan.awaited else 0
        entry.admit(
            [Candidate(plan, one, one, cause=Cause.BY_HAND, signal_seq=latest) for one in people], now=now
        )
        _reached(journey, broadcast, people, is_last=len(people) < room, now=now)
        return len(people)


def _begin(journey: Journey, broadcast: Broadcast, *, now: dt.datetime) -> None:
    broadcast.started_at = broadcast.counts_from_at = now
    broadcast.save(update_fields=["started_at", "counts_from_at"])
    _set_status(journey, Journey.Status.LIVE)


def _room(broadcast: Broadcast, *, now: dt.datetime) -> int:
    """How many people the throttle lets in at this moment: the first one at once."""
    if broadcast.per_hour is None or broadcast.counts_from_at is None:
        return PORTION
    hours = (now - broadcast.counts_from_at) / dt.timedelta(hours=1)
    return int(broadcast.per_hour * hours) + 1 - (broadcast.taken - broadcast.counted)


def _reached(
    journey: Journey, broadcast: Broadcast, people: list[int], *, is_last: bool, now: dt.datetime
) -> None:
    broadcast.taken += len(people)
    broadcast.reached = ALL if is_last else people[-1]
    if is_last:
        broadcast.taken_in_at = now
        journey.versions.filter(state__in=["live", "paused"]).update(state=Version.State.FINISHING)
        _set_status(journey, Journey.Status.FINISHING)
    broadcast.save(update_fields=["taken", "reached", "taken_in_at"])


def next_due(*, now: dt.datetime) -> dt.datetime | None:
    """When the next broadcast starts; now, while one takes people in."""
    rows = db.fetch(
        """
        SELECT min(broadcast.starts_at) FROM journeys_broadcast broadcast
        JOIN journeys_journey journey ON journey.id = broadcast.journey_id
        WHERE broadcast.taken_in_at IS NULL AND broadcast.version_id IS NOT NULL
          AND journey.status IN ('scheduled', 'live')
        """
    )
    due: dt.datetime | None = rows[0][0]
    return None if due is None else max(due, now)


def _set_status(journey: Journey, status: Journey.Status) -> None:
    journey.status = status
    journey.save(update_fields=["status", "updated_at"])
