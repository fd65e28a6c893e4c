"""The journey language: a trigger, settings, and the steps that people take, read from JSON.

A definition is a tree: its steps are a list, a split holds branches that are lists again, and what follows the split
in its own list is where they meet again. What is read here is frozen, so a graph that exists is one that can be
walked.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from journeys.flow import kinds, walkable
from journeys.flow.reading import LONGEST_WAIT, UNITS, Reader
from journeys.flow.shapes import (
    END,
    HAPPENED,
    NO,
    TIMED_OUT,
    YES,
    ApiTrigger,
    DateTrigger,
    Email,
    EventTrigger,
    Exit,
    Goto,
    Graph,
    HandTrigger,
    InvalidJourney,
    Problem,
    Random,
    SegmentTrigger,
    SetAttribute,
    Settings,
    Split,
    Step,
    Trigger,
    Wait,
    WaitFor,
    Where,
    Window,
    branch,
)

__all__ = [
    "END", "KINDS", "LONGEST_WAIT", "UNITS", "ApiTrigger", "DateTrigger", "Email", "EventTrigger", "Exit", "Goto",
    "Graph", "HandTrigger", "InvalidJourney", "Problem", "Random", "SegmentTrigger", "SetAttribute", "Settings",
    "Split", "Step", "Trigger", "Wait", "WaitFor", "Where", "Window", "check", "each", "load", "read",
]  # fmt: skip

KINDS: Final = kinds.STEPS
LONGEST_ID: Final = 40  # as wide as the column
MOST_STEPS: Final = 500
DEEPEST: Final = 20  # branches inside branches


def load(definition: Mapping[str, Any]) -> Graph:
    """The graph that a definition draws. Raises InvalidJourney with everything that is wrong with it."""
    drawn, problems = read(definition)
    errors = [one for one in problems if one.severity == "error"]
    if errors:
        raise InvalidJourney(*errors)
    return drawn


def check(definition: Any) -> list[Problem]:
    """Everything there is to say about a drawing, in the order of its steps: errors, and warnings."""
    if not isinstance(definition, dict):
        return [Problem("", "Say what starts the journey.")]
    return read(definition)[1]


def each(steps: Any) -> Iterator[dict[str, Any]]:
    """Every step of a definition's list, in the order of drawing, each before those inside its branches."""
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield step
            for _, inside in _branches(step):
                yield from each(inside)


def _branches(raw: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The lists inside a step, each with the outcome that leads there. A wait may do without any."""
    match raw.get("kind"):
        case "split":
            return [(YES, raw.get("yes") or []), (NO, raw.get("no") or [])]
        case "wait_for" if raw.get("happened") or raw.get("timed_out"):
            return [(HAPPENED, raw.get("happened") or []), (TIMED_OUT, raw.get("timed_out") or [])]
        case "random" if isinstance(raw.get("branches"), list):
            listed = [one for one in raw["branches"] if isinstance(one, dict)]
            return [(branch(number), one.get("steps") or []) for number, one in enumerate(listed, 1)]
        case _:
            return []


def read(definition: Mapping[str, Any]) -> tuple[Graph, list[Problem]]:
    """What a definition draws, as far as it can be read, and all there is to say about it in the order of its steps."""
    sheet = _Sheet()
    trigger = kinds.trigger(sheet.read, definition.get("trigger"))
    said = definition.get("settings")
    settings = kinds.settings(sheet.read, said if isinstance(said, dict) else {})
    sheet.read.at = ""
    if not definition.get("steps"):
        sheet.read.wrong("Add at least one step.")
    first = sheet.sequence(definition.get("steps") or [], then=END, depth=0)
    sheet.lead_on()
    if len(sheet.steps) > MOST_STEPS:
        sheet.read.at = ""
        sheet.read.wrong(f"A journey has at most {MOST_STEPS} steps: take it apart into several.")
    drawn = Graph(trigger, settings, sheet.steps, sheet.after, first, sheet.ways)
    problems = [*sheet.read.problems]
    if not problems:
        problems = walkable.problems(drawn)
    names = ["", *(str(step.get("id")) for step in each(definition.get("steps")))]
    order = {name: place for place, name in reversed(list(enumerate(names)))}
    return drawn, sorted(problems, key=lambda one: order[one.step])


class _Sheet:
    """The drawing as far as it is read."""

    def __init__(self) -> None:
        self.read = Reader()
        self.steps: dict[str, Step] = {}
        self.after: dict[str, str] = {}
        self.ways: dict[str, dict[str, str]] = {}

    def sequence(self, raw: Any, *, then: str, depth: int) -> str:
        """Read a list of steps whose last one leads to `then`; the id of its first step."""
        if not isinstance(raw, list) or depth > DEEPEST:
            self.read.wrong(
                "These branches are nested too deeply. Take some apart."
                if depth > DEEPEST
                else "The steps of a branch are a list."
            )
            return then
        read = [(step, one) for one in raw if (step := self._step(one)) is not None]
        first = then
        for step, one in reversed(read):
            self.after[step.id] = first
            inside = _branches(one)
            if inside:
                self.read.at = step.id
                self.ways[step.id] = {
                    outcome: self.sequence(steps, then=first, depth=depth + 1) for outcome, steps in inside
                }
            first = step.id
        return first

    def lead_on(self) -> None:
        """Lead from each go-to to the step that it names."""
        for step in self.steps.values():
            if isinstance(step, Goto) and step.step:
                self.read.at = step.id
                if step.step not in self.steps:
                    self.read.wrong("The step to go to does not exist any more. Choose another one.")
                elif step.step == step.id:
                    self.read.wrong("This goes to itself: choose another step.")
                else:
                    self.after[step.id] = step.step

    def _step(self, raw: Any) -> Step | None:
        self.read.at = ""
        name = raw.get("id") if isinstance(raw, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
            self.read.wrong(f"Every step has a name of at most {LONGEST_ID} characters.")
            return None
        self.read.at = name
        kind = raw.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            self.read.wrong(f"“{kind}” is not a kind of step.")
            return None
        if name in self.steps:
            self.read.wrong(f"Two steps are called “{name}”.")
            return None
        step = KINDS[kind](self.read, raw)
        self.steps[name] = step
        return step
