"""What a journey is made of: what starts it, its settings and its steps, frozen, so that what exists can be walked."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from segments.ast import Filter, Node

END: Final = ""  # the step after the last one

type Members = Literal["future", "current", "both"]
type Reentry = Literal["never", "after_exit", "always", "after_days"]
type Zone = Literal["contact", "workspace"]  # whose clock a time of day is read from
type Quiet = Literal["wait", "skip", "send"]  # what becomes of marketing messages in somebody's quiet hours
type Where = tuple[Filter, ...]
type Value = str | int | float | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a drawing, in a sentence, and beside which step ("" beside the trigger or the whole).

    A warning does not keep a journey from being published.
    """

    step: str
    sentence: str
    severity: Literal["error", "warning"] = "error"


class InvalidJourney(Exception):
    """The drawing cannot be walked; `problems` names every fault, `step` and `sentence` the first of them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = problems
        self.step = problems[0].step
        self.sentence = problems[0].sentence


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """Starts when an event of this name happens to somebody and its properties match."""

    event: str
    where: Where = ()
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class SegmentTrigger:
    """Starts when somebody enters the segment, or for those who are in it already, or both."""

    segment: int
    members: Members = "future"
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class DateTrigger:
    """Starts so many days after (or before) a date of somebody's, at a time of day.

    The date is an attribute's, or that of each record of a type; `yearly` makes it return every year.
    """

    attribute: str = ""
    record: str = ""
    days: int = 0
    at: dt.time = dt.time(9)
    yearly: bool = False
    zone: Zone = "contact"
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class HandTrigger:
    """Starts when a person puts somebody in."""

    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class ApiTrigger:
    """Starts when a program says so."""

    condition: Node | None = None


type Trigger = EventTrigger | SegmentTrigger | DateTrigger | HandTrigger | ApiTrigger


@dataclass(frozen=True, slots=True)
class Settings:
    """Who may come in again, how late news may be, what becomes of mail in quiet hours.

    `key` is a property's path: one run for each of its values.
    """

    reentry: Reentry = "never"
    days: int = 0
    key: str = ""
    freshness: dt.timedelta | None = None  # None: the workspace's
    accept_late: bool = False
    accept_edit: bool = False
    quiet: Quiet = "wait"


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay here for a while."""

    id: str
    length: dt.timedelta


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Stay here until an event happens whose properties match, but no longer than a while."""

    id: str
    event: str
    timeout: dt.timedelta
    where: Where = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Stay here until it is such a time on such a day (0 is Monday); an end before the start is on the next day."""

    id: str
    days: frozenset[int]
    start: dt.time
    end: dt.time
    zone: Zone = "contact"


@dataclass(frozen=True, slots=True)
class Split:
    """Yes or no: whether a condition holds for somebody at this moment."""

    id: str
    condition: Node


@dataclass(frozen=True, slots=True)
class Branch:
    """One way of a random split, and how much of the whole goes there."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class Random:
    """Chance decides, once for each person in the journey."""

    id: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """Write down something about the person; None takes it away."""

    id: str
    attribute: str
    value: Value


@dataclass(frozen=True, slots=True)
class Email:
    """Send a mail: marketing names a topic, transactional names why.

    A draft names the content; publishing freezes it into a revision.
    """

    id: str
    revision: int
    purpose: Literal["marketing", "transactional"]
    topic: int | None = None
    why: str = ""
    sender: int | None = None
    content: int | None = None


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on at another step."""

    id: str
    step: str


@dataclass(frozen=True, slots=True)
class Exit:
    """Leave the journey here."""

    id: str


type Step = Wait | WaitFor | Window | Split | Random | SetAttribute | Email | Goto | Exit

# The outcomes of a visit by which ways part; those of a random split are numbered from 1.
YES: Final = "yes"
NO: Final = "no"
HAPPENED: Final = "happened"
TIMED_OUT: Final = "timed_out"


def branch(number: int) -> str:
    """The outcome of a random split that leads down its branch of this number, counted from 1."""
    return f"branch_{number}"


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing that can be walked: where people come in, the steps by name, and which step follows which.

    `after` leads from each step to the one where its branches meet again; where ways part, `ways` says for each
    outcome which step comes next.
    """

    trigger: Trigger
    settings: Settings
    steps: Mapping[str, Step]
    after: Mapping[str, str] = field(default_factory=dict)  # END after the last
    first: str = END
    ways: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def following(self, step: str, outcome: str) -> str:
        """The step after this one for whom it came out so."""
        return self.ways.get(step, {}).get(outcome, self.after[step])

    def onward(self, step: str) -> set[str]:
        """Every step that can come directly after this one; END where the journey may end here."""
        if isinstance(self.steps[step], Exit):
            return {END}
        return set(self.ways[step].values()) if step in self.ways else {self.after[step]}

    @property
    def awaited(self) -> set[str]:
        """The names of events that some step waits for."""
        return {step.event for step in self.steps.values() if isinstance(step, WaitFor)}

    @property
    def conditions(self) -> Iterator[Node]:
        """Every condition that is asked of people: at the door, and where ways part."""
        if self.trigger.condition is not None:
            yield self.trigger.condition
        yield from (step.condition for step in self.steps.values() if isinstance(step, Split))
