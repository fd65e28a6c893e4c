"""The journey language: a trigger, settings, and the steps that people take, read from JSON.

A definition is a tree: its steps are a list, and a split will hold branches that are lists again. What is read here
is frozen, so a graph that exists is one that can be walked.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from segments import ast
from segments.ast import Filter

UNITS: Final = {
    "minute": dt.timedelta(minutes=1),
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
    "week": dt.timedelta(weeks=1),
}
LONGEST_WAIT: Final = dt.timedelta(days=3 * 366)
LONGEST_ID: Final = 40  # as wide as the column
END: Final = ""  # the step after the last one

type Members = Literal["future", "current", "both"]
type Reentry = Literal["never", "after_exit", "always", "after_days"]
type Where = tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a drawing, in a sentence, and beside which step ("" beside the trigger or the whole)."""

    step: str
    sentence: str


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


@dataclass(frozen=True, slots=True)
class SegmentTrigger:
    """Starts when somebody enters the segment, or for those who are in it already, or both."""

    segment: int
    members: Members = "future"


@dataclass(frozen=True, slots=True)
class HandTrigger:
    """Starts when a person or a program puts somebody in."""


type Trigger = EventTrigger | SegmentTrigger | HandTrigger


@dataclass(frozen=True, slots=True)
class Settings:
    """Who may come in again and how late news may be. `key` is a property's path: one run for each of its values."""

    reentry: Reentry = "never"
    days: int = 0
    key: str = ""
    freshness: dt.timedelta | None = None  # None: the workspace's
    accept_late: bool = False
    accept_edit: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay here for a while."""

    id: str
    length: dt.timedelta


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Stay here until an event happens, but no longer than a while."""

    id: str
    event: str
    timeout: dt.timedelta


@dataclass(frozen=True, slots=True)
class Email:
    """Send a mail: marketing names a topic, transactional names why."""

    id: str
    revision: int
    purpose: Literal["marketing", "transactional"]
    topic: int | None = None
    why: str = ""
    sender: int | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """Leave the journey here."""

    id: str


type Step = Wait | WaitFor | Email | Exit


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing that can be walked: where people come in, the steps by name, and which step follows which."""

    trigger: Trigger
    settings: Settings
    steps: Mapping[str, Step]
    after: Mapping[str, str] = field(default_factory=dict)  # END after the last
    first: str = END

    @property
    def awaited(self) -> set[str]:
        """The names of events that some step waits for."""
        return {step.event for step in self.steps.values() if isinstance(step, WaitFor)}


class _Reader:
    """Reads one definition, and notes what is wrong instead of stopping at the first fault."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.at = ""

    def wrong(self, sentence: str) -> None:
        self.problems.append(Problem(self.at, sentence))

    def text(self, raw: Mapping[str, Any], name: str, sentence: str) -> str:
        value = raw.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(sentence)
        return ""

    def number(self, raw: Mapping[str, Any], name: str, sentence: str) -> int:
        value = raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.wrong(sentence)
        return 0

    def choice(self, raw: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
        value = raw.get(name, default)
        if value in choices:
            return str(value)
        self.wrong(f"“{value}” is not one of the choices here: {', '.join(choices)}.")
        return default

    def length(self, raw: Mapping[str, Any]) -> dt.timedelta:
        amount = self.number(raw, "amount", "Say how long to wait: a whole number above 0.")
        unit = self.choice(raw, "unit", tuple(UNITS), "day")
        if amount * UNITS[unit] > LONGEST_WAIT:
            self.wrong("Nobody waits longer than three years: choose a shorter time.")
            return LONGEST_WAIT
        return amount * UNITS[unit]

    def where(self, raw: Mapping[str, Any]) -> Where:
        """The filters on a trigger's event, in the words of the segment language."""
        said: Any = {
            "type": "event",
            "name": raw.get("event"),
            "frequency": "at_least",
            "count": 1,
            "window": {"type": "ever"},
            "where": raw.get("where") or [],
        }
        try:
            read = ast.load(said)
        except ast.InvalidSegment as error:
            self.wrong(error.message)
            return ()
        return read.where if isinstance(read, ast.Event) else ()


def load(definition: Mapping[str, Any]) -> Graph:
    """The graph that a definition draws. Raises InvalidJourney with everything that is wrong with it."""
    read = _Reader()
    trigger = _trigger(read, definition.get("trigger"))
    settings = _settings(read, definition.get("settings") or {})
    steps: dict[str, Step] = {}
    after: dict[str, str] = {}
    first = _sequence(read, definition.get("steps"), steps=steps, after=after, then=END)
    if read.problems:
        raise InvalidJourney(*read.problems)
    return Graph(trigger=trigger, settings=settings, steps=steps, after=after, first=first)


def _trigger(read: _Reader, raw: Any) -> Trigger:
    read.at = ""
    if not isinstance(raw, dict):
        read.wrong("Say what starts the journey.")
        return HandTrigger()
    kind = read.choice(raw, "kind", ("event", "segment", "by_hand"), "by_hand")
    if kind == "event":
        event = read.text(raw, "event", "Choose the event that starts the journey.")
        return EventTrigger(event, read.where(raw) if event else ())
    if kind == "segment":
        members: Any = read.choice(raw, "members", get_args(Members.__value__), "future")
        return SegmentTrigger(
            read.number(raw, "segment", "Choose the segment that starts the journey."), members
        )
    return HandTrigger()


def _settings(read: _Reader, raw: Mapping[str, Any]) -> Settings:
    read.at = ""
    reentry: Any = read.choice(raw, "reentry", get_args(Reentry.__value__), "never")
    days = (
        read.number(raw, "days", "Say after how many days people may come in again.")
        if (reentry == "after_days")
        else 0
    )
    hours = raw.get("freshness_hours")
    if hours is not None:
        hours = read.number(raw, "freshness_hours", "Say for how many hours an event counts as news.")
    return Settings(
        reentry=reentry,
        days=days,
        key=str(raw.get("key") or ""),
        freshness=None if hours is None else dt.timedelta(hours=hours),
        accept_late=raw.get("accept_late") is True,
        accept_edit=raw.get("accept_edit") is True,
    )


def _sequence(read: _Reader, raw: Any, *, steps: dict[str, Step], after: dict[str, str], then: str) -> str:
    """Read a list of steps whose last one leads to `then`; the id of its first step.

    A split will read each of its branches with this, `then` being the step at which they meet again.
    """
    read.at = ""
    if not isinstance(raw, list):
        read.wrong("Add at least one step.")
        return then
    if not raw:
        read.wrong("Add at least one step.")
    first = then
    for one in reversed(raw):
        step = _step(read, one)
        if step is None:
            continue
        if step.id in steps:
            read.wrong(f"Two steps are called “{step.id}”.")
        steps[step.id] = step
        after[step.id] = first
        first = step.id
    return first


def _step(read: _Reader, raw: Any) -> Step | None:
    read.at = ""
    if (
        not isinstance(raw, dict)
        or not isinstance(raw.get("id"), str)
        or not 0 < len(raw["id"]) <= LONGEST_ID
    ):
        read.wrong(f"Every step has a name of at most {LONGEST_ID} characters.")
        return None
    read.at = raw["id"]
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        read.wrong(f"“{kind}” is not a kind of step.")
        return None
    return KINDS[kind](read, raw)


def _wait(read: _Reader, raw: Mapping[str, Any]) -> Step:
    return Wait(raw["id"], read.length(raw))


def _wait_for(read: _Reader, raw: Mapping[str, Any]) -> Step:
    return WaitFor(raw["id"], read.text(raw, "event", "Choose the event to wait for."), read.length(raw))


def _email(read: _Reader, raw: Mapping[str, Any]) -> Step:
    revision = read.number(raw, "revision", "Choose what the mail says.")
    sender = raw.get("sender") and read.number(raw, "sender", "Choose who the mail is from.")
    if read.choice(raw, "purpose", ("marketing", "transactional"), "marketing") == "marketing":
        topic = read.number(
            raw, "topic", "Marketing mail needs a topic, so that people can unsubscribe from it."
        )
        return Email(raw["id"], revision, "marketing", topic=topic, sender=sender or None)
    why = read.text(
        raw, "why", "Say why people get this mail without having subscribed, “Order confirmation” say."
    )
    return Email(raw["id"], revision, "transactional", why=why[:120], sender=sender or None)


def _exit(read: _Reader, raw: Mapping[str, Any]) -> Step:
    return Exit(raw["id"])


KINDS: Final[Mapping[str, Callable[[_Reader, Mapping[str, Any]], Step]]] = {
    "wait": _wait,
    "wait_for": _wait_for,
    "email": _email,
    "exit": _exit,
}
