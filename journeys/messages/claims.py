"""Who holds a message: claims with a lease and a fence, and what became of each, a batch a statement.

`fence` counts claims. A worker that was given up for dead may still answer: its fence tells whether its answer is
about the present state of the message.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from cdp.lib import db
from journeys.messages.links import Named

# Seconds until a message is tried again whose worker stopped, after the first time, the second, …; then we give up.
LULLS: Final = (2, 5, 10, 20, 30, 60, 60, 60)
SUSPECT: Final = 3  # after so many attempts, whose worker stopped once more is claimed alone

CLAIM: Final = """
    UPDATE journeys_message message
    SET state = 'claimed', fence = message.fence + 1, lease_until_at = %(lease)s
    FROM (
        SELECT due.id, due.run_entered_at
        FROM journeys_message due
        WHERE due.state = 'queued' AND due.due_at <= %(now)s AND due.channel = %(channel)s
          AND (due.reason = 'interrupted' AND due.attempts >= %(suspect)s) = %(suspects)s
          AND NOT EXISTS (
              SELECT FROM journeys_version version JOIN journeys_journey journey ON journey.id = version.journey_id
              WHERE version.id = due.version_id AND (version.state = 'paused' OR journey.status = 'paused'))
        ORDER BY due.due_at
        LIMIT %(limit)s
        FOR UPDATE OF due SKIP LOCKED
    ) due
    WHERE message.id = due.id AND message.run_entered_at = due.run_entered_at
    RETURNING message.id, message.run_entered_at, message.fence, message.run_id, message.version_id, message.step,
        message.contact_id, message.persona_id, message.purpose, message.topic_id, message.brand_id,
        message.due_at, message.expires_at, message.attempts
"""
WAKE: Final = """
    UPDATE journeys_message message SET state = 'queued', reason = '', detail = ''
    FROM (
        SELECT id, run_entered_at FROM journeys_message
        WHERE state = 'held' AND due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) woken
    WHERE message.id = woken.id AND message.run_entered_at = woken.run_entered_at
"""
HAND_OVER: Final = """
    UPDATE journeys_message message
    SET state = 'handing_over', lease_until_at = %(lease)s, address = mine.address
    FROM unnest(%(ids)s::bigint[], %(entered)s::timestamptz[], %(fences)s::int[], %(addresses)s::text[])
        AS mine (id, entered, fence, address)
    WHERE message.id = mine.id AND message.run_entered_at = mine.entered
      AND message.run_entered_at BETWEEN %(first)s AND %(last)s
      AND message.fence = mine.fence AND message.state = 'claimed'
      AND NOT EXISTS (
          SELECT FROM journeys_version version JOIN journeys_journey journey ON journey.id = version.journey_id
          WHERE version.id = message.version_id AND (version.state = 'paused' OR journey.status = 'paused'))
    RETURNING message.id
"""
PUT_BACK: Final = """
    UPDATE journeys_message message SET state = 'queued', lease_until_at = NULL
    FROM unnest(%(ids)s::bigint[], %(entered)s::timestamptz[], %(fences)s::int[]) AS mine (id, entered, fence)
    WHERE message.id = mine.id AND message.run_entered_at = mine.entered
      AND message.run_entered_at BETWEEN %(first)s AND %(last)s
      AND message.fence = mine.fence AND message.state = 'claimed'
"""
RENEW: Final = """
    UPDATE journeys_message message SET lease_until_at = %(lease)s
    FROM unnest(%(ids)s::bigint[], %(entered)s::timestamptz[], %(fences)s::int[]) AS mine (id, entered, fence)
    WHERE message.id = mine.id AND message.run_entered_at = mine.entered
      AND message.run_entered_at BETWEEN %(first)s AND %(last)s
      AND message.fence = mine.fence AND message.state = 'claimed'
"""
# A late answer may still tell that an uncertain message was sent, and nothing else.
SETTLE: Final = """
    UPDATE journeys_message message
    SET state = mine.state, due_at = coalesce(mine.due_at, message.due_at), sent_at = mine.sent_at,
        attempts = mine.attempts, reason = mine.reason, detail = mine.detail, provider = mine.provider,
        lease_until_at = NULL
    FROM unnest(%(ids)s::bigint[], %(entered)s::timestamptz[], %(fences)s::int[], %(states)s::text[],
                %(dues)s::timestamptz[], %(sents)s::timestamptz[], %(attempts)s::int[], %(reasons)s::text[],
                %(details)s::text[], %(providers)s::text[])
        AS mine (id, entered, fence, state, due_at, sent_at, attempts, reason, detail, provider)
    WHERE message.id = mine.id AND message.run_entered_at = mine.entered
      AND message.run_entered_at BETWEEN %(first)s AND %(last)s
      AND message.fence = mine.fence
      AND (message.state IN ('claimed', 'handing_over') OR (message.state = 'uncertain' AND mine.state = 'sent'))
    RETURNING message.id
"""
REQUEUE: Final = """
    UPDATE journeys_message message
    SET state = 'queued', lease_until_at = NULL, attempts = message.attempts + 1, reason = 'interrupted',
        detail = 'The worker stopped while preparing it.',
        due_at = %(now)s + (%(lulls)s::int[])[message.attempts + 1] * interval '1 second'
    FROM (
        SELECT id, run_entered_at FROM journeys_message
        WHERE state = 'claimed' AND lease_until_at < %(now)s AND attempts < cardinality(%(lulls)s::int[])
        FOR UPDATE SKIP LOCKED
    ) late
    WHERE message.id = late.id AND message.run_entered_at = late.run_entered_at AND message.state = 'claimed'
"""
GIVE_UP: Final = """
    UPDATE journeys_message message
    SET state = 'failed', lease_until_at = NULL, attempts = message.attempts + 1, reason = 'interrupted',
        detail = format('Given up after %%s attempts. The worker stopped while preparing it.', message.attempts + 1)
    FROM (
        SELECT id, run_entered_at FROM journeys_message
        WHERE state = 'claimed' AND lease_until_at < %(now)s AND attempts >= cardinality(%(lulls)s::int[])
        FOR UPDATE SKIP LOCKED
    ) late
    WHERE message.id = late.id AND message.run_entered_at = late.run_entered_at AND message.state = 'claimed'
    RETURNING message.id, message.run_entered_at, message.persona_id, message.version_id, message.step,
        message.purpose, message.topic_id, message.reason, message.detail
"""
DOUBT: Final = """
    UPDATE journeys_message message
    SET state = 'uncertain', lease_until_at = NULL, reason = 'interrupted',
        detail = 'The worker stopped while handing it over, so it may have been sent.'
    FROM (
        SELECT id, run_entered_at FROM journeys_message
        WHERE state = 'handing_over' AND lease_until_at < %(now)s
        FOR UPDATE SKIP LOCKED
    ) late
    WHERE message.id = late.id AND message.run_entered_at = late.run_entered_at AND message.state = 'handing_over'
    RETURNING message.id, message.run_entered_at, message.persona_id, message.version_id, message.step,
        message.purpose, message.topic_id, message.reason, message.detail
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker holds, under this fence, until its lease runs out."""

    id: int
    run_entered_at: dt.datetime
    fence: int
    run_id: int
    version_id: int
    step: str
    contact_id: int
    persona_id: int
    purpose: str
    topic_id: int | None
    brand_id: int | None
    due_at: dt.datetime
    expires_at: dt.datetime | None
    attempts: int

    @property
    def named(self) -> Named:
        """As links name it."""
        return Named(self.id, self.run_entered_at)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claimed message."""

    message: Claimed
    state: str
    reason: str = ""
    detail: str = ""
    due_at: dt.datetime | None = None  # when to try again
    sent_at: dt.datetime | None = None
    attempts: int = 0
    provider: str = ""
    suppress: str = ""  # this address is bad
    subject: str = ""  # of the mail that was handed over


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A message that may have been sent, or was not, without a worker to say so."""

    id: int
    run_entered_at: dt.datetime
    persona_id: int
    version_id: int
    step: str
    purpose: str
    topic_id: int | None
    reason: str = ""
    detail: str = ""


def lease(now: dt.datetime) -> dt.datetime:
    """Until when a worker may hold what it takes now."""
    return now + dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)


def wake(*, now: dt.datetime, limit: int) -> int:
    """Queue again what was held until now, the longest due first, to take their turn; how many."""
    return db.execute(WAKE, {"now": now, "limit": limit})


def claim(*, channel: str, limit: int, now: dt.datetime) -> list[Claimed]:
    """Take up to `limit` messages that are due and whose journey is not paused, the longest due first.

    A message that may be what kills its workers comes when nothing else is due, and alone: else it would take
    its neighbours along until they all are given up.
    """
    parameters = {"now": now, "lease": lease(now), "channel": channel, "suspect": SUSPECT}
    rows = db.fetch(CLAIM, {**parameters, "suspects": False, "limit": limit})
    rows = rows or db.fetch(CLAIM, {**parameters, "suspects": True, "limit": min(limit, 1)})
    return sorted((Claimed(*row) for row in rows), key=lambda message: (message.due_at, message.id))


def _names(messages: Sequence[Claimed]) -> dict[str, Any]:
    entered = [message.run_entered_at for message in messages]
    return {
        "ids": [message.id for message in messages],
        "entered": entered,
        "fences": [message.fence for message in messages],
        # Said in words so that the planner leaves out the other months.
        "first": min(entered),
        "last": max(entered),
    }


def begin(messages: Sequence[Claimed], addresses: Sequence[str], *, now: dt.datetime) -> set[int]:
    """Note that these are being handed over now; those that are still ours. Commit before handing over.

    Looks once more whether their journey is paused: what is stopped is stopped for all but one window of messages.
    """
    if not messages:
        return set()
    rows = db.fetch(HAND_OVER, {**_names(messages), "addresses": list(addresses), "lease": lease(now)})
    held = {row[0] for row in rows}
    put_back([message for message in messages if message.id not in held])
    return held


def put_back(messages: Sequence[Claimed]) -> None:
    """Queue these again, as if they had not been claimed."""
    if messages:
        db.execute(PUT_BACK, _names(messages))


def renew(messages: Sequence[Claimed], *, now: dt.datetime) -> None:
    """Hold these longer."""
    if messages:
        db.execute(RENEW, {**_names(messages), "lease": lease(now)})


def settle(outcomes: Sequence[Settled]) -> set[int]:
    """Write down what became of these; the numbers of those whose claim still held."""
    if not outcomes:
        return set()
    rows = db.fetch(
        SETTLE,
        {
            **_names([outcome.message for outcome in outcomes]),
            "states": [outcome.state for outcome in outcomes],
            "dues": [outcome.due_at for outcome in outcomes],
            "sents": [outcome.sent_at for outcome in outcomes],
            "attempts": [outcome.attempts for outcome in outcomes],
            "reasons": [outcome.reason for outcome in outcomes],
            "details": [outcome.detail.replace("\0", "") for outcome in outcomes],
            "providers": [outcome.provider for outcome in outcomes],
        },
    )
    return {row[0] for row in rows}


def requeue_expired(*, now: dt.datetime) -> int:
    """Give back what was claimed and never handed over, for a little later; how many."""
    return db.execute(REQUEUE, {"now": now, "lulls": list(LULLS)})


def give_up_expired(*, now: dt.datetime) -> list[Doubtful]:
    """Fail what was claimed and never handed over once too often."""
    return [Doubtful(*row) for row in db.fetch(GIVE_UP, {"now": now, "lulls": list(LULLS)})]


def doubt_expired(*, now: dt.datetime) -> list[Doubtful]:
    """Mark as uncertain what was being handed over when its worker went silent."""
    return [Doubtful(*row) for row in db.fetch(DOUBT, {"now": now})]


def next_moment() -> dt.datetime | None:
    """When the next message is due or the next lease runs out."""
    rows = db.fetch("""
        SELECT least(
            (SELECT min(due_at) FROM journeys_message message WHERE state = 'queued' AND NOT EXISTS (
                SELECT FROM journeys_version version JOIN journeys_journey journey ON journey.id = version.journey_id
                WHERE version.id = message.version_id AND (version.state = 'paused' OR journey.status = 'paused'))),
            (SELECT min(due_at) FROM journeys_message WHERE state = 'held'),
            (SELECT min(lease_until_at) FROM journeys_message WHERE state IN ('claimed', 'handing_over'))
        )
    """)
    return rows[0][0] if rows else None
