"""Whether a drawing that could be read can also be walked: no circles without a wait; and what is odd about it."""

from collections.abc import Callable, Iterator
from typing import Final

from journeys.flow.shapes import (
    END,
    DateTrigger,
    Email,
    Goto,
    Graph,
    Problem,
    SetAttribute,
    Split,
    Wait,
    WaitFor,
)
from segments import ast

# What people do with a mail, and need time for.
REACTIONS: Final = frozenset({"Email Opened", "Email Link Clicked"})


def problems(drawn: Graph) -> list[Problem]:
    """What keeps a drawing from being walked, and warnings."""
    return [*_circles(drawn), *_odd_start(drawn), *_unreached(drawn), *_too_early(drawn)]


def reach(drawn: Graph, start: str, *, through: Callable[[str], bool] = lambda step: True) -> set[str]:
    """Every step that can come after `start`, END among them, as far as people go on from those `through` admits."""
    found: set[str] = set()
    pending = [start]
    while pending:
        for step in drawn.onward(pending.pop()):
            if step not in found:
                found.add(step)
                if step != END and through(step):
                    pending.append(step)
    return found


def at_once(drawn: Graph, start: str) -> set[str]:
    """The steps that somebody may come to after `start` without any time in between."""
    return reach(drawn, start, through=lambda step: not isinstance(drawn.steps[step], Wait | WaitFor))


def _circles(drawn: Graph) -> Iterator[Problem]:
    """Only a go-to leads back, so every circle holds one."""
    for step in drawn.steps.values():
        if not isinstance(step, Goto):
            continue
        if step.id in at_once(drawn, step.id):
            yield Problem(step.id, "This goes in circles for ever without a pause: put a wait into the loop.")
        elif END not in reach(drawn, step.id):
            yield Problem(step.id, "Nobody who gets here ever leaves the journey.", "warning")


def _odd_start(drawn: Graph) -> Iterator[Problem]:
    trigger = drawn.trigger
    if isinstance(trigger, DateTrigger) and trigger.yearly and drawn.settings.reentry == "never":
        yield Problem(
            "",
            "The date returns every year, but each person comes in only once. Choose “every time” instead.",
            "warning",
        )


def _unreached(drawn: Graph) -> Iterator[Problem]:
    found = reach(drawn, drawn.first) | {drawn.first} if drawn.first != END else set()
    for step in drawn.steps:
        if step not in found:
            yield Problem(step, "Nobody gets here: the way ends or leads elsewhere before.", "warning")


def _too_early(drawn: Graph) -> Iterator[Problem]:
    """Splits that ask about something that was only just begun."""
    splits = {step.id: step for step in drawn.steps.values() if isinstance(step, Split)}
    told = set()
    for step in drawn.steps.values():
        if not splits or not isinstance(step, Email | SetAttribute):
            continue
        for name in at_once(drawn, step.id) & splits.keys():
            sentence = _why_early(step, splits[name])
            if sentence and (name, sentence) not in told:
                told.add((name, sentence))
                yield Problem(name, sentence, "warning")


def _why_early(step: Email | SetAttribute, split: Split) -> str:
    for leaf in ast.leaves(split.condition):
        if isinstance(step, Email):
            if isinstance(leaf, ast.Event) and leaf.name in REACTIONS:
                return "Nobody has had time to open it yet."
        elif isinstance(leaf, ast.Attribute) and leaf.key == step.attribute:
            return f"“{step.attribute}” is only just being written down: put a short wait before this."
    return ""
