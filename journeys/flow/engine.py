"""The engine: takes the people who are due through the steps of their journeys, a thousand at a time.

One batch is one transaction: where people stand, what they visited and which messages are owed are written together
or not at all. Nothing foreign is called. Contact facts are never written here: what journeys say about people goes to
their timelines through the inbox, like everything else.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from cdp.lib import db, failpoints
from journeys.flow import claiming, fates, finishing, plans, signals, steps, timeline, visits
from journeys.flow.people import People
from journeys.flow.plans import Plan
from journeys.flow.shapes import END, WaitFor
from journeys.flow.signals import Awaited
from journeys.flow.steps import Await, Context, Done, Go, Sleep, StepError, Traveller
from journeys.messages import outbox
from journeys.messages.outbox import Owed
from profiles import ingest, partitions
from profiles.ingest import Statement

log = structlog.get_logger(__name__)

LONGEST_CHAIN: Final = 100  # steps in one go; more is a loop that never waits
UPDATE: Final = """
    UPDATE journeys_run run SET state = moved.state, step = moved.step, visit_number = moved.visit_number,
        wake_at = moved.wake_at, awaits = moved.awaits::int[], signal_seq = moved.signal_seq,
        arrived_at = moved.arrived_at, ended_at = moved.ended_at, exit_reason = moved.exit_reason,
        error = moved.error
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::timestamptz[], %s::text[], %s::bigint[],
            %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[])
        AS moved (id, state, step, visit_number, wake_at, awaits, signal_seq, arrived_at, ended_at, exit_reason,
            error)
    WHERE run.id = moved.id
"""


@dataclass(slots=True)
class _Walk:
    """What one batch did, before it is written."""

    now: dt.datetime
    plans: dict[int, Plan]
    latest: int  # signals up to here are the past of whoever wakes up now
    people: People
    visited: list[visits.Row] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    stated: list[Statement] = field(default_factory=list)
    staying: list[Traveller] = field(default_factory=list)  # who begins to wait just now, as they stand


def advance(*, now: dt.datetime, limit: int = 1000) -> int:
    """Move up to `limit` people who are due, in order of their time; how many there were.

    Raises django.db.OperationalError when the database was in the way; nothing has changed then, try again.
    """
    _prepare(now)
    if concerned := fates.carry_out(now=now):
        return concerned
    signals.wake(now=now)
    with transaction.atomic():
        travellers = claiming.claim(now=now, limit=limit)
        if travellers:
            failpoints.hit("engine.claimed")
            _carry(travellers, now=now)
            failpoints.hit("engine.before_commit")
    if travellers:
        failpoints.hit("engine.committed")
    else:
        finishing.settle()
    return len(travellers)


def next_due(*, now: dt.datetime) -> dt.datetime | None:
    """When `advance` next has something to do: `now` where signals are unread, None where nobody is on the way."""
    if signals.unread():
        return now
    return claiming.next_moment()


_prepared: set[tuple[str, dt.date]] = set()


def _prepare(now: dt.datetime) -> None:
    """Have this month's partitions, where no event has come in this month to make them."""
    month = (str(connection.settings_dict["NAME"]), db.month_of(now))
    if month not in _prepared:
        partitions.ensure([], now=now)
        _prepared.add(month)


def _carry(travellers: Sequence[Traveller], *, now: dt.datetime) -> None:
    """Walk and write these people; where that fails, halve them until those it fails for are alone."""
    try:
        with transaction.atomic():
            moved = [replace(one) for one in travellers]
            _write(moved, _walk(moved, now=now))
    except (OperationalError, InterfaceError):
        raise  # the database's trouble is nobody's fault: the whole batch comes again
    except Exception as error:
        if len(travellers) > 1:
            middle = len(travellers) // 2
            _carry(travellers[:middle], now=now)
            _carry(travellers[middle:], now=now)
            return
        log.exception("step_failed", run=travellers[0].id, step=travellers[0].step)
        _stop(travellers[0], error, now=now)


def _stop(traveller: Traveller, error: Exception, *, now: dt.datetime) -> None:
    sentence = (
        str(error)
        if isinstance(error, StepError)
        else f"The step could not be carried out ({type(error).__name__}). The log of the server says more."
    )
    steps.fail(traveller, sentence, now)
    with transaction.atomic():
        _write([traveller], _Walk(now=now, plans={}, latest=0, people=People(now=now)))


def _walk(travellers: Sequence[Traveller], *, now: dt.datetime) -> _Walk:
    """Take everybody as far as they come now: until they wait or their way ends."""
    found = plans.of(list({one.version_id for one in travellers}))
    listens = any(plan.awaited for plan in found.values())
    people = People(now=now, conditions=(one for plan in found.values() for one in plan.graph.conditions))
    walk = _Walk(now=now, plans=found, latest=signals.latest() if listens else 0, people=people)
    heard = {one.id: one.signal_seq for one in travellers}
    pending = list(travellers)
    for _ in range(LONGEST_CHAIN):
        if not pending:
            return walk
        pending = _round(pending, walk)
    for one in pending:
        # Whom signals have taken on goes on in the next batch: there are only so many signals.
        if one.signal_seq == heard[one.id]:
            steps.fail(
                one, f"{LONGEST_CHAIN} steps in a row without a wait: the journey goes in circles.", now
            )
    return walk


def _round(pending: Iterable[Traveller], walk: _Walk) -> list[Traveller]:
    """One step for everybody, people on the same step together; who goes on to another step now."""
    groups: dict[tuple[int, str], list[Traveller]] = defaultdict(list)
    for one in pending:
        groups[one.version_id, one.step].append(one)
    ending = signals.look(_waits(groups, walk), people=walk.people)
    going_on = []
    for (version_id, name), present in groups.items():
        plan = walk.plans[version_id]
        context = Context(
            now=walk.now,
            graph=plan.graph,
            version_id=version_id,
            brand_id=plan.brand_id,
            definitions=plan.definitions,
            signals=ending,
            people=walk.people,
            owed=walk.owed,
            stated=walk.stated,
        )
        if name not in plan.graph.steps:
            raise StepError(f"The journey has no step “{name}” any more.")
        outcomes = steps.run(plan.graph.steps[name], present, context)
        for visit, outcome in zip(present, outcomes, strict=True):
            _note(visit, outcome, walk)
            if visit.state == "active" and isinstance(outcome, Sleep | Await):
                walk.staying.append(replace(visit))
            _pass_signals(visit, outcome, walk, ending)
            if steps.settle(visit, outcome, context):
                going_on.append(visit)
    return going_on


def _waits(groups: dict[tuple[int, str], list[Traveller]], walk: _Walk) -> list[Awaited]:
    waits = []
    for (version_id, name), present in groups.items():
        plan = walk.plans[version_id]
        step = plan.graph.steps.get(name)
        if isinstance(step, WaitFor):
            waits += [Awaited(visit, plan.definitions[step.event], step.where) for visit in present]
    return waits


def _note(visit: Traveller, outcome: steps.Outcome, walk: _Walk) -> None:
    if not isinstance(outcome, Go | Done):
        return
    word, following = outcome.reason if isinstance(outcome, Done) else outcome.outcome, END
    if isinstance(outcome, Go):
        following = walk.plans[visit.version_id].graph.following(visit.step, word)
    walk.visited.append(visits.done(visit, word, following, now=walk.now))


def _pass_signals(visit: Traveller, outcome: steps.Outcome, walk: _Walk, ending: dict[int, int]) -> None:
    """After a wait, what was signalled during it is past: a next wait for the same event wants another one.

    Steps that take no time leave it alone, so that "entered, then waits for an order" counts an order which came
    in between.
    """
    if isinstance(outcome, Go) and outcome.has_waited:
        visit.signal_seq = ending.get(visit.id, max(walk.latest, visit.signal_seq))


def _write(travellers: Sequence[Traveller], walk: _Walk) -> None:
    columns = [
        [getattr(one, name) for one in travellers]
        for name in ("id", "state", "step", "visit_number", "wake_at", "awaits", "signal_seq", "arrived_at",
                     "ended_at", "exit_reason", "error")
    ]  # fmt: skip
    # Arrays of arrays must be rectangular; as text they need not be.
    columns[5] = [None if awaits is None else f"{{{','.join(map(str, awaits))}}}" for awaits in columns[5]]
    db.execute(UPDATE, columns)
    visits.store(walk.visited)
    outbox.queue(walk.owed, now=walk.now)
    ingest.state(walk.stated, now=walk.now)
    timeline.reached(walk.staying, now=walk.now)
    timeline.exited([one for one in travellers if one.ended_at], now=walk.now)
