"""The way that somebody would take through a drawing if they came in now: the engine's own steps, time made up.

Nothing is written: what steps want sent or written down is told and let go. What is known now counts all along, as if
nothing else happened until then.
"""

import datetime as dt
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from journeys.flow import steps
from journeys.flow.people import People
from journeys.flow.shapes import END, HAPPENED, Graph, Random, Step
from journeys.flow.steps import Await, Context, Done, Go, Outcome, Sleep, Traveller
from journeys.messages import limits
from journeys.messages.claims import Claimed
from journeys.messages.limits import Allowed, Forbidden, Held
from journeys.messages.outbox import Owed
from journeys.messages.quiet import Quiet
from profiles.models import Contact

MOST: Final = 30  # steps that are told; a way that goes back and back has no end

type Choices = Mapping[str, str]  # step -> the outcome that somebody wants to see
type Ending = Literal["exit", "end", "unfinished", "cut"]


@dataclass(frozen=True, slots=True)
class Passed:
    """One step on the way; `outcome` is the engine's word, "" where the way cannot go on. `owed` is its mail."""

    step: Step
    arrived_at: dt.datetime
    left_at: dt.datetime
    outcome: str
    owed: Owed | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The steps passed, in order, and how it ends: at an exit, at the end, at an unfinished step, or cut off."""

    visits: list[Passed]
    ending: Ending


def walk(
    drawn: Graph,
    contact_id: int,
    *,
    now: dt.datetime,
    choices: Choices | None = None,
    unfinished: Container[str] = (),
) -> Way:
    """Walk this person from the start. At an `unfinished` step the way stops.

    Whoever waits for something waits in vain until `choices` say that it happens, at once then; where chance decides,
    they may choose the branch.
    """
    visit, passed, here = _come_in(drawn, contact_id, now), list[Passed](), now
    while visit.step != END and visit.ended_at is None:
        if len(passed) == MOST:
            return Way(passed, "cut")
        step = drawn.steps[visit.step]
        if step.id in unfinished:
            return Way([*passed, Passed(step, here, here, "")], "unfinished")
        outcome, context = _leave(step, visit, drawn, here, choices or {})
        word = outcome.outcome if isinstance(outcome, Go) else "exit"
        passed.append(Passed(step, here, context.now, word, next(iter(context.owed), None)))
        steps.settle(visit, outcome, context)
        here = context.now
    return Way(passed, "exit" if visit.exit_reason == "exit" else "end")


def _come_in(drawn: Graph, contact_id: int, now: dt.datetime) -> Traveller:
    """A run that is nowhere but here. Its number, which chance is drawn from, is the person's."""
    return Traveller(
        id=contact_id,
        journey_id=0,
        version_id=0,
        contact_id=contact_id,
        persona_id=0,
        state="active",
        step=drawn.first,
        visit_number=1,
        wake_at=now,
        awaits=None,
        signal_seq=0,
        entered_at=now,
        arrived_at=now,
    )


def _leave(
    step: Step, visit: Traveller, drawn: Graph, now: dt.datetime, choices: Choices
) -> tuple[Go | Done, Context]:
    """How they leave the step, and the context of that moment; waits are waited out."""
    chosen = choices.get(step.id, "")
    while True:
        context = _context(drawn, now, ends_for=visit.id if chosen == HAPPENED else None)
        outcome: Outcome
        if isinstance(step, Random) and chosen in drawn.ways.get(step.id, {}):
            outcome = Go(chosen)
        else:
            (outcome,) = steps.run(step, [visit], context)
        match outcome:
            case Sleep(until=until) | Await(until=until):
                steps.settle(visit, outcome, context)
                now = until
            case _:
                return outcome, context


def _context(drawn: Graph, now: dt.datetime, *, ends_for: int | None) -> Context:
    return Context(
        now=now,
        graph=drawn,
        version_id=0,
        brand_id=None,
        definitions=dict.fromkeys(drawn.awaited, 0),
        signals={} if ends_for is None else {ends_for: 0},
        people=People(now=now, conditions=drawn.conditions),
    )


def verdict(owed: Owed, contact: Contact, *, now: dt.datetime, hours: Quiet) -> Allowed | Held | Forbidden:
    """What delivery would say of this mail at that moment. Mails of the walk itself do not count towards the cap."""
    message = Claimed(
        id=0,
        run_entered_at=owed.run_entered_at,
        fence=0,
        run_id=owed.run_id,
        version_id=owed.version_id,
        step=owed.step,
        contact_id=owed.contact_id,
        persona_id=owed.persona_id,
        purpose=owed.purpose,
        topic_id=owed.topic_id,
        brand_id=owed.brand_id,
        due_at=owed.due_at,
        expires_at=None,
        attempts=0,
    )
    return limits.check([message], now=now, contacts={contact.pk: contact}, hours=hours)[0]
