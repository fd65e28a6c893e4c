"""The pipeline: what arrived becomes facts, facts become memberships, memberships become people on their way.

One batch is one transaction under the digest lock: all of it happens or none.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, ProgrammingError, transaction

from cdp.lib import failpoints
from cdp.lib.db import DIGEST_LOCK, transaction_with_lock
from cdp.webhooks import noting
from journeys import attribution
from journeys.flow import runs, triggers
from profiles import digest as facts
from profiles import identity, inbox, staging
from profiles.arrivals import Arrivals, Merged, Touched
from profiles.models import Merge
from segments import flips, membership, telling
from segments.membership import Change

BATCH = 2_000  # items at most
BATCH_SECONDS = 0.2  # whoever else changes facts waits at most about so long for the lock
SMALLEST_BATCH = 50
FLIPS = 1_000  # people whom time may have moved, at once
TOLD = 2_000  # changes made by edits and by hand that are carried on at once
OURS = 10  # when more items than this fail one by one and none lands, the fault is ours, not theirs
TOO_COMPLEX = "54"  # the class of PostgreSQL's errors for what is too large or too deep


class DigestFault(Exception):
    """No item of a batch could be digested: the fault is in Kindred. The items stay in the inbox."""


def _is_poison(error: Exception) -> bool:
    """Whether one item can have done this to a statement or to us.

    A lost connection or a lock's time limit is nobody's item; a missing table, column or partition is ours.
    """
    if isinstance(error, OperationalError):
        return str(getattr(error.__cause__, "sqlstate", "") or "").startswith(TOO_COMPLEX)
    return not (
        isinstance(error, ProgrammingError | InterfaceError) or "no partition of relation" in str(error)
    )


@dataclass
class Digested:
    """What one call of `digest` did."""

    taken: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    runs: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)  # seconds of each

    def add(self, arrivals: Arrivals, *, runs: int) -> None:
        """Count a digested (part of a) batch."""
        self.stored += arrivals.stored
        self.duplicates += arrivals.duplicates
        self.rejected += arrivals.rejected
        self.runs += runs
        for stage, seconds in arrivals.stages.items():
            self.stages[stage] = self.stages.get(stage, 0.0) + seconds


def digest(*, now: dt.datetime, limit: int = BATCH, patient: bool = True) -> Digested:
    """Digest the oldest arrivals, at most `limit`.

    An item that makes the batch fail is found by halving and goes to Not accepted; the rest lands.
    Raises DigestFault when nothing of a batch of more than ten can be digested, so that a fault of ours does
    not turn away what is theirs. Once that has lasted, a caller who is not `patient` any more has them go to
    Not accepted, whence they can be replayed, so that one source's rubbish does not hold everybody up.
    """
    done = Digested()
    # Read before the lock, because missing months are made outside the transaction. Should another digester
    # have been faster with these items, their message ids are known by now and nothing is stored twice.
    batch = inbox.take(limit=limit, now=now)
    done.taken = len(batch.items)
    if not batch.items:
        return done
    started = time.perf_counter()
    facts.prepare(batch, now=now)
    poisoned: list[tuple[inbox.Item, Exception]] = []
    with transaction_with_lock(DIGEST_LOCK):
        _digest_part(batch, done, poisoned, now=now)
        if patient and len(poisoned) == done.taken > OURS:
            raise DigestFault(f"none of {done.taken} arrivals could be digested") from poisoned[0][1]
        for item, error in poisoned:
            facts.reject(
                item, reason="not_understood", detail=f"Kindred could not digest this: {error}", now=now
            )
            done.rejected += 1
        inbox.remove(batch)
        failpoints.hit("digest.before_commit")
    failpoints.hit("digest.committed")
    done.seconds = time.perf_counter() - started
    return done


def digest_at_once(
    batch: inbox.Batch,
    *,
    before: Callable[[], None],
    after: Callable[[Arrivals], None],
    now: dt.datetime,
) -> None:
    """Digest what never stood in the inbox, while somebody waits for the outcome; a few items at most.

    `before` and `after` look at how things stand under the lock; what they raise leaves everything as it was.
    """
    facts.prepare(batch, now=now)
    with transaction_with_lock(DIGEST_LOCK):
        before()
        arrivals = facts.digest(batch, now=now)
        _carry_on(arrivals, now=now)
        after(arrivals)


def _digest_part(
    batch: inbox.Batch, done: Digested, poisoned: list[tuple[inbox.Item, Exception]], *, now: dt.datetime
) -> None:
    """Digest all of `batch`, or find by halving what makes it fail."""
    try:
        with transaction.atomic():
            arrivals = facts.digest(batch, now=now)
            entered = _carry_on(arrivals, now=now)
    except Exception as error:
        if not _is_poison(error):
            raise
        if len(batch.items) == 1:
            poisoned.append((batch.items[0], error))
            return
        for half in batch.halves():
            _digest_part(half, done, poisoned, now=now)
    else:
        done.add(arrivals, runs=entered)


def _carry_on(arrivals: Arrivals, *, now: dt.datetime) -> int:
    """Take a digested batch through the apps above the profiles; how many people entered journeys."""
    clock = time.perf_counter
    started = clock()
    changes: list[Change] = []
    for merge in arrivals.merges:
        changes += membership.merged(merge, now=now)
        runs.merged(merge, now=now)
    changes += membership.refresh(arrivals.touched, now=now)
    arrivals.stages["memberships"] = (refreshed := clock()) - started
    entered = triggers.enrol(arrivals.events, changes, now=now)
    if arrivals.purchases:
        attribution.credit(arrivals.purchases, now=now)
    arrivals.stages["enrolment"] = (enrolled := clock()) - refreshed
    noting.note(
        events=arrivals.events, changes=changes, touched=arrivals.touched, merges=arrivals.merges, now=now
    )
    arrivals.stages["webhooks"] = clock() - enrolled
    return entered


def let_time_pass(*, now: dt.datetime, limit: int = FLIPS) -> bool:
    """Re-evaluate the people whom time alone may have moved into or out of a segment.

    At most `limit` of them, so that others get the lock in between; True when more are due.
    """
    more = _let_stages_pass(now=now, limit=limit)
    due = flips.next_due()
    if due is None or due > now:
        return more
    with transaction_with_lock(DIGEST_LOCK):
        changes = membership.sweep(now=now, limit=limit)
        triggers.enrol([], changes, now=now)
        noting.note(changes=changes, now=now)
    due = flips.next_due()
    return more or (due is not None and due <= now)


def _let_stages_pass(*, now: dt.datetime, limit: int) -> bool:
    """Decide the lifecycle stages that time, or other thresholds, changed; True when there are more."""
    due, waiting = staging.next_due(), staging.is_waiting()
    if (due is None or due > now) and not waiting:
        return False
    with transaction_with_lock(DIGEST_LOCK):
        touched = staging.sweep(now=now, limit=limit) or staging.go_on(now=now, limit=limit)
        changes = membership.refresh(touched, now=now)
        triggers.enrol([], changes, now=now)
        noting.note(changes=changes, touched=touched, now=now)
    due = staging.next_due()
    return staging.is_waiting() or (due is not None and due <= now)


def tell_changes(*, now: dt.datetime, limit: int = TOLD) -> bool:
    """Carry on who entered or left segments because these were edited, or by hand: journeys take them in.

    Each change is carried on once: it is forgotten in the transaction in which runs start. True when there are more.
    """
    if not telling.is_waiting():
        return False
    with transaction_with_lock(DIGEST_LOCK):
        changes = telling.take(limit=limit)
        triggers.enrol([], changes, now=now)
        noting.note(changes=changes, now=now)
    return len(changes) == limit


def merge_contacts(
    *,
    survivor_id: int,
    absorbed_id: int,
    by: User | None,
    evidence: dict[str, Any] | None = None,
    now: dt.datetime,
) -> Merged:
    """Make two contacts one, by hand; where `by` is nobody, `evidence` says who asked.

    Raises identity.MergeRefused when they are known to be different people.
    """
    with transaction_with_lock(DIGEST_LOCK):
        merge = identity.merge(
            survivor_id=survivor_id,
            absorbed_id=absorbed_id,
            cause=Merge.Cause.BY_HAND,
            evidence=evidence or {},
            by=by,
            now=now,
        )
        changes = membership.merged(merge, now=now)
        changes += membership.refresh({merge.survivor_id: Touched(merged=True)}, now=now)
        runs.merged(merge, now=now)
        triggers.enrol([], changes, now=now)
        noting.note(changes=changes, merges=[merge], now=now)
    return merge


def undo_merge(merge_id: int, *, by: User | None, now: dt.datetime) -> Merged:
    """Make one contact two again: facts, memberships and journeys go back to whom they belong."""
    with transaction_with_lock(DIGEST_LOCK):
        merge = identity.unmerge(Merge.objects.get(pk=merge_id), by=by, now=now)
        changes = membership.unmerged(merge, now=now)
        runs.unmerged(merge, now=now)
        triggers.enrol([], changes, now=now)
        noting.note(changes=changes, undone=[merge], now=now)
    return merge


def next_limit(done: Digested, *, limit: int) -> int:
    """How many items the next batch may have, so that it holds the lock for about BATCH_SECONDS."""
    if not done.taken or not done.seconds:
        return limit
    fitting = int(done.taken / done.seconds * BATCH_SECONDS)
    return max(SMALLEST_BATCH, min(BATCH, fitting, limit * 2))
