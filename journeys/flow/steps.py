"""What each kind of step does with the people who stand on it, all of them at once.

A step is asked when people arrive, and asked again whenever they wake up; from where they stand and what time it is
it must come to the same answer, however often it is asked. It changes nothing: messages that it wants sent are left
in the context, and the engine writes them together with the outcomes.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from journeys.flow import clocks, shapes
from journeys.flow.people import People
from journeys.flow.shapes import (
    END,
    HAPPENED,
    NO,
    TIMED_OUT,
    YES,
    Email,
    Exit,
    Goto,
    Graph,
    Random,
    SetAttribute,
    Split,
    Step,
    Wait,
    WaitFor,
    Window,
)
from journeys.messages.outbox import Owed
from profiles.ingest import Statement
from profiles.models import Channel


class StepError(Exception):
    """A step could not be done for somebody; the message is a sentence for the marketer."""


@dataclass(frozen=True, slots=True)
class Go:
    """On to the next step. `outcome` is what the visit is remembered by; `has_waited` says that a wait is over."""

    outcome: str
    has_waited: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Stay until this moment."""

    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Await:
    """Stay until one of these events (their definitions) happens, or until this moment."""

    events: tuple[int, ...]
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Leave the journey; "exit" where the drawing says so."""

    reason: str


type Outcome = Go | Sleep | Await | Done


@dataclass(slots=True)
class Traveller:
    """One run while the engine holds it: a row of `Run` in memory."""

    id: int
    journey_id: int
    version_id: int
    contact_id: int
    persona_id: int
    state: str
    step: str
    visit_number: int
    wake_at: dt.datetime | None
    awaits: list[int] | None
    signal_seq: int
    entered_at: dt.datetime
    arrived_at: dt.datetime
    ended_at: dt.datetime | None = None
    exit_reason: str = ""
    error: str = ""


@dataclass(slots=True)
class Context:
    """What steps may know, and where they leave what is owed."""

    now: dt.datetime
    graph: Graph
    version_id: int
    brand_id: int | None
    definitions: Mapping[str, int]  # event name -> definition, of the events that steps wait for
    signals: Mapping[int, int]  # run -> the signal that ends its wait
    people: People
    owed: list[Owed] = field(default_factory=list)
    stated: list[Statement] = field(default_factory=list)  # what is to be written down about people


def wait(step: Wait, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """Time passes."""
    outcomes: list[Outcome] = []
    for visit in visits:
        until = visit.arrived_at + step.length
        outcomes.append(Go("waited", has_waited=True) if context.now >= until else Sleep(until))
    return outcomes


def wait_for(step: WaitFor, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """Something happens, or time runs out; what happened wins where both are true."""
    events = (context.definitions[step.event],)
    outcomes: list[Outcome] = []
    for visit in visits:
        until = visit.arrived_at + step.timeout
        if visit.id in context.signals:
            outcomes.append(Go(HAPPENED, has_waited=True))
        elif context.now >= until:
            outcomes.append(Go(TIMED_OUT, has_waited=True))
        else:
            outcomes.append(Await(events, until))
    return outcomes


def window(step: Window, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """On at such a time of day, where the person is or where we are."""
    home = context.people.home
    zones = context.people.zones([visit.contact_id for visit in visits]) if step.zone == "contact" else {}
    outcomes: list[Outcome] = []
    for visit in visits:
        opens_at = clocks.opening(step, zones.get(visit.contact_id, home), now=context.now)
        is_open = opens_at <= context.now
        # Who came while it was open has not waited: what happened meanwhile is not past.
        outcomes.append(Go("open", has_waited=visit.state == "waiting") if is_open else Sleep(opens_at))
    return outcomes


def split(step: Split, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """One question about all of them, as they are at this moment."""
    holding = context.people.who(step.condition, [visit.contact_id for visit in visits])
    return [Go(YES if visit.contact_id in holding else NO) for visit in visits]


def shuffle(step: Random, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """Chance, drawn from the run and the step, so that asking again gives the same answer."""
    return [Go(shapes.branch(draw(step, visit.id))) for visit in visits]


def draw(step: Random, run: int) -> int:
    """The number of the branch that this run takes, counted from 1."""
    drawn = hashlib.blake2b(f"{run}:{step.id}".encode(), digest_size=8).digest()
    left = int.from_bytes(drawn) / 2**64 * sum(one.weight for one in step.branches)
    chosen = 0
    for number, one in enumerate(step.branches, 1):
        if one.weight > 0:
            chosen = number
            if left < one.weight:
                break
        left -= one.weight
    return chosen


def write_down(step: SetAttribute, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """An attribute is stated like any other fact, through the inbox: the digest folds it in."""
    value = list(step.value) if isinstance(step.value, tuple) else step.value
    context.stated += [
        Statement(
            persona_id=visit.persona_id,
            occurred_at=context.now,
            key=f"run:{visit.id}:{visit.visit_number}:set",
            traits={step.attribute: value},
        )
        for visit in visits
    ]
    return [Go("set") for _ in visits]


def go(step: Goto, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """On at another step; the visit is numbered like every other."""
    return [Go("went") for _ in visits]


def email(step: Email, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """A mail is owed from now on. Whether it may be sent is asked when it is delivered."""
    context.owed += [
        Owed(
            run_id=visit.id,
            run_entered_at=visit.entered_at,
            visit_number=visit.visit_number,
            version_id=visit.version_id,
            step=step.id,
            contact_id=visit.contact_id,
            persona_id=visit.persona_id,
            channel=Channel.EMAIL,
            purpose=step.purpose,
            topic_id=step.topic,
            why=step.why,
            brand_id=context.brand_id,
            due_at=context.now,
        )
        for visit in visits
    ]
    return [Go("queued") for _ in visits]


def leave(step: Exit, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """The way ends here."""
    return [Done("exit") for _ in visits]


# What each kind of step does. A kind without a row here is a failing test.
STEPS: Final[Mapping[type[Any], Callable[[Any, Sequence[Traveller], Context], list[Outcome]]]] = {
    Wait: wait,
    WaitFor: wait_for,
    Window: window,
    Split: split,
    Random: shuffle,
    SetAttribute: write_down,
    Email: email,
    Goto: go,
    Exit: leave,
}


def run(step: Step, visits: Sequence[Traveller], context: Context) -> list[Outcome]:
    """The outcome for each of the people who stand on `step`, in their order."""
    return STEPS[type(step)](step, visits, context)


def settle(visit: Traveller, outcome: Outcome, context: Context) -> bool:
    """Write an outcome down on the run; whether it goes on to another step now."""
    match outcome:
        case Go(word):
            following = context.graph.following(visit.step, word)
            if following != END:
                visit.step, visit.arrived_at = following, context.now
                visit.visit_number += 1
                visit.state, visit.wake_at, visit.awaits = "active", context.now, None
                return True
            _end(visit, "completed", "completed", context.now)
        case Sleep(until):
            visit.state, visit.wake_at, visit.awaits = "waiting", until, None
        case Await(events, until):
            visit.state, visit.wake_at, visit.awaits = "waiting", until, list(events)
        case Done(reason):
            _end(visit, "exited", reason, context.now)
        case _:
            assert_never(outcome)
    return False


def fail(visit: Traveller, sentence: str, now: dt.datetime) -> None:
    """The run stops here, and says why."""
    visit.error = sentence
    _end(visit, "failed", "error", now)


def _end(visit: Traveller, state: str, reason: str, now: dt.datetime) -> None:
    visit.state, visit.exit_reason, visit.ended_at = state, reason, now
    visit.wake_at, visit.awaits = None, None
