"""A simulated way in words: each step with its moment by the person's clock, what happens there, what can be chosen."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from journeys import words
from journeys.editor import drawing, simulation, titles
from journeys.editor.names import Names
from journeys.editor.simulation import Choices, Passed, Way
from journeys.flow.shapes import (
    HAPPENED,
    TIMED_OUT,
    Email,
    Exit,
    Goto,
    Random,
    SetAttribute,
    Split,
    Wait,
    WaitFor,
    Window,
    branch,
)
from journeys.messages.limits import Forbidden, Held
from journeys.messages.quiet import Quiet
from profiles.models import Contact
from segments import ast


@dataclass(frozen=True, slots=True)
class Choice:
    """A path that can be looked at in place of the one shown."""

    outcome: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the way as the drawer shows it. `doubts` are what keeps it from going as drawn."""

    step: str
    icon: str
    clock: str
    title: str
    said: str = ""
    doubts: Sequence[str] = ()
    choices: Sequence[Choice] = field(default=())


@dataclass(frozen=True)
class Teller:
    """What the sentences stand on: whose way it is, the drawing, its problems by step, their clock, quiet hours."""

    contact: Contact
    definition: Mapping[str, Any]
    names: Names
    problems: Mapping[str, Sequence[str]]
    zone: ZoneInfo
    hours: Quiet
    now: dt.datetime

    def clock(self, moment: dt.datetime) -> str:
        """The moment as their clock and calendar show it; the year where it is another one."""
        local = moment.astimezone(self.zone)
        is_this_year = local.year == self.now.astimezone(self.zone).year
        return formats.date_format(local, "D j M, H:i" if is_this_year else "D j M Y, H:i")

    def lines(self, way: Way) -> list[Line]:
        """Every step of the way."""
        steps = {str(one["id"]): one for one in drawing.walk(self.definition.get("steps") or [])}
        return [self._line(one, steps, way.visits[:number]) for number, one in enumerate(way.visits)]

    def _line(self, one: Passed, steps: Mapping[str, drawing.Step], before: Sequence[Passed]) -> Line:
        raw = steps[one.step.id]
        said, doubts = self._said(one, raw, before) if one.outcome else ("", [])
        unfinished = [
            _("Not finished yet: %(problem)s") % {"problem": problem}
            for problem in self.problems.get(one.step.id, ())[:1]
        ]
        return Line(
            step=one.step.id,
            icon=titles.ICONS[str(raw["kind"])],
            clock=self.clock(one.arrived_at),
            title=titles.title(raw, self.names, steps=steps),
            said=said,
            doubts=[*unfinished, *doubts],
            choices=_choices(one, raw) if one.outcome else (),
        )

    def _said(self, one: Passed, raw: drawing.Step, before: Sequence[Passed]) -> tuple[str, list[str]]:
        """What happens on a step, and what stands against it."""
        match one.step:
            case Wait() | Window():
                return self._until(one), []
            case WaitFor():
                return (_("It happens, here at once.") if one.outcome == HAPPENED else self._in_vain(one)), []
            case Split() as step:
                path = {"path": titles.path_name(raw, one.outcome)}
                return _("%(path)s, by what is known now.") % path, self._not_yet(step, before)
            case Random():
                path = {"path": _branch_name(raw, one.outcome)}
                return _("Chance decides. Here: %(path)s.") % path, []
            case Email(purpose="marketing", topic=topic) if not topic:
                return "", []  # nobody can say who is subscribed to it
            case Email():
                return self._mailed(one)
            case SetAttribute():
                return _("Written down on the profile."), []
            case Goto():
                return _("Goes on there."), []
            case Exit():
                return _("Leaves the journey here."), []
            case _:
                assert_never(one.step)

    def _until(self, one: Passed) -> str:
        if one.left_at == one.arrived_at:
            return _("It is that time: goes on at once.")
        return _("Until %(moment)s.") % {"moment": self.clock(one.left_at)}

    def _in_vain(self, one: Passed) -> str:
        return _("It does not happen: waits until %(moment)s.") % {"moment": self.clock(one.left_at)}

    def _not_yet(self, split: Split, before: Sequence[Passed]) -> list[str]:
        """Attributes that the way itself would have set by then: the split reads them as they are now."""
        asked = {leaf.key for leaf in ast.leaves(split.condition) if isinstance(leaf, ast.Attribute)}
        set_by_then = {one.step.attribute for one in before if isinstance(one.step, SetAttribute)}
        return [
            _("“%(attribute)s” would be set by then; here it is read as it is now.")
            % {"attribute": self.names.catalogue.attributes.get(key, key)}
            for key in sorted(asked & set_by_then)
        ]

    def _mailed(self, one: Passed) -> tuple[str, list[str]]:
        assert one.owed is not None
        match simulation.verdict(one.owed, self.contact, now=one.arrived_at, hours=self.hours):
            case Forbidden(reason=reason):
                return "", [_("Would not be sent, because %(why)s.") % {"why": words.not_sent(reason)}]
            case Held(until=until):
                return _("Gets it on %(moment)s: it is a quiet hour.") % {"moment": self.clock(until)}, []
            case _:
                return _("Gets it."), []


def _choices(one: Passed, raw: drawing.Step) -> list[Choice]:
    match one.step:
        case WaitFor():
            labels = {TIMED_OUT: _("If not in time"), HAPPENED: _("If it happens")}
        case Random(branches=branches):
            outcomes = [branch(number) for number in range(1, len(branches) + 1)]
            labels = {outcome: _branch_name(raw, outcome) for outcome in outcomes}
        case _:
            return []
    return [Choice(outcome, label, outcome == one.outcome) for outcome, label in labels.items()]


def _branch_name(raw: drawing.Step, outcome: str) -> str:
    return titles.path_name(raw, str(int(outcome.removeprefix("branch_")) - 1))


def chosen(texts: Sequence[str]) -> Choices:
    """What an address chooses: "step:outcome" each."""
    pairs = (text.rpartition(":") for text in texts)
    return {step: outcome for step, _colon, outcome in pairs if step}
