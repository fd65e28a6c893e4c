"""Celery's way in: each task runs one loop, or one round of upkeep, and hands over."""

import datetime as dt
import time

import structlog
from celery import Task, shared_task
from django.utils import timezone

from cdp import figures, loops, pipeline, upkeep
from cdp.celery import nudge, stopping
from cdp.demo import loading, pulse, removing
from cdp.webhooks import sending
from journeys.flow import broadcasting, dates, engine, intake, members
from journeys.messages import delivery
from profiles import lifecycle_counts, workspace
from profiles.lifecycle_counts import Ground
from profiles.stages import Thresholds
from segments import catalog

log = structlog.get_logger()

DIGEST_LOOP = 0x4B_11
ENGINE_LOOP = 0x4B_12
DEMO_LOOP = 0x4B_13
SHOP_SECONDS = 10.0  # then others of the same worker have their turn
SWEEP_SECONDS = 0.5
RECOVER_SECONDS = 2.0
AFTER_FAULT_SECONDS = 5.0
FAULTS = 60  # about five minutes: time to mend us, before theirs goes to Not accepted


class _State:
    """What a process remembers between rounds; losing it costs nothing."""

    limit = pipeline.BATCH
    swept = 0.0
    recovered = 0.0
    held_until = 0.0
    faults = 0  # in a row


@shared_task
def digest() -> None:
    """Digest what arrived; between batches, let time move people between segments."""
    _stay(digest, loops.Loop("digest", _digest, lock=DIGEST_LOOP))


@shared_task
def advance() -> None:
    """Take the people in journeys whose step is due one step on."""
    _stay(advance, loops.Loop("engine", _advance, due=lambda now: engine.next_due(now=now), lock=ENGINE_LOOP))


@shared_task
def deliver() -> None:
    """Hand over the messages that are owed. May run in several workers at once."""
    _stay(deliver, loops.Loop("delivery", _deliver, due=lambda now: delivery.next_due(now=now)))


@shared_task
def maintain() -> None:
    """Upkeep: partitions for the coming month, old message ids, old mails."""
    upkeep.run(now=timezone.now())


@shared_task
def count_figures() -> None:
    """Count Home's figures again, and now and then what the lifecycle's charts say."""
    now, zone = timezone.now(), catalog.zone()
    figures.count(now=now, zone=zone)
    thresholds = Thresholds.of(workspace.current())
    lifecycle_counts.count(Ground(thresholds, zone, now))


@shared_task
def sample_shop() -> None:
    """Load the sample shop, or remove it, as far as that is asked for; in between, its heart beats."""
    if not loading.is_wanted():
        pulse.beat(now=timezone.now())
        return
    if loops.stay(loops.Loop("sample_shop", _sample_shop, lock=DEMO_LOOP), seconds=SHOP_SECONDS):
        nudge(count_figures if not loading.is_wanted() else sample_shop)


def _sample_shop(now: dt.datetime) -> int:
    return loading.advance(now=now) or removing.advance(now=now)


def _stay(task: "Task[..., None]", loop: loops.Loop) -> None:
    if loops.stay(loop) and not stopping.is_set():
        nudge(task)


def _digest(now: dt.datetime) -> int:
    if time.monotonic() < _State.held_until:
        return 0
    try:
        done = pipeline.digest(now=now, limit=_State.limit, patient=_State.faults < FAULTS)
    except pipeline.DigestFault as error:
        # Nothing is lost: the items wait in the inbox, and readiness shows their age. Do not spin.
        log.error("digest_fault", error=str(error), cause=repr(error.__cause__))
        _State.held_until = time.monotonic() + AFTER_FAULT_SECONDS
        _State.faults += 1
        return 0
    _State.faults = 0
    _State.limit = pipeline.next_limit(done, limit=_State.limit)
    if done.taken:
        microseconds = {stage: round(spent / done.taken * 1e6, 1) for stage, spent in done.stages.items()}
        log.info(
            "digested",
            items=done.taken,
            stored=done.stored,
            duplicates=done.duplicates,
            rejected=done.rejected,
            runs=done.runs,
            seconds=round(done.seconds, 4),
            microseconds=microseconds,
        )
    if done.runs:
        nudge(advance)
    return done.taken + _sweep(now)


def _sweep(now: dt.datetime) -> int:
    """What becomes due by itself, every SWEEP_SECONDS, and at once again while there is more of it."""
    if time.monotonic() - _State.swept < SWEEP_SECONDS:
        return 0
    more = pipeline.let_time_pass(now=now) + pipeline.tell_changes(now=now) + upkeep.move_merged_rows(now=now)
    if not more:
        _State.swept = time.monotonic()
    return more


def _advance(now: dt.datetime) -> int:
    entered = members.backfill(now=now) + intake.take_in(now=now) + dates.sweep(now=now)
    entered += broadcasting.take_in(now=now) + broadcasting.put_away(now=now)
    moved = engine.advance(now=now)
    if moved:
        nudge(deliver)
    return entered + moved


def _deliver(now: dt.datetime) -> int:
    if time.monotonic() - _State.recovered > RECOVER_SECONDS:
        delivery.recover(now=now)
        _State.recovered = time.monotonic()
    # Webhooks go out in threads of their own: nobody's mail waits for an address outside.
    return delivery.deliver(now=timezone.now).claimed + sending.begin(clock=timezone.now)
