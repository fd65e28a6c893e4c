"""What the journey's page shows around its canvas: numbers of a range, problems, who is inside, what can be added."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from journeys.editor import canvas, drafting, drawing, figures, names
from journeys.editor.canvas import Canvas, Card
from journeys.editor.controls import Answers
from journeys.editor.drafting import Desk
from journeys.editor.drawing import Definition
from journeys.editor.figures import Figures
from journeys.editor.names import Names
from journeys.editor.setting import Setting
from journeys.editor.titles import ICONS
from journeys.flow import publishing
from journeys.flow.shapes import Problem
from journeys.models import Journey, Run

RANGES: Final[Mapping[str, tuple[Promise, int]]] = {
    "7": (lazy("Last 7 days"), 7),
    "30": (lazy("Last 30 days"), 30),
    "90": (lazy("Last 90 days"), 90),
    "all": (lazy("Since it began"), 0),
}
INSIDE: Final = ("active", "waiting")


@dataclass(frozen=True, slots=True)
class Option:
    """A kind of step in the menu; `words` are what else it is found by."""

    kind: str
    label: Promise
    sentence: Promise
    words: Promise

    @property
    def icon(self) -> str:
        """Its picture."""
        return ICONS[self.kind]

    @property
    def ends(self) -> bool:
        """Whether nothing can follow it."""
        return self.kind in drawing.ENDS


MENU: Final = [
    (
        lazy("Messages"),
        [Option("email", lazy("Email"), lazy("Send a mail"), lazy("mail message newsletter send"))],
    ),
    (
        lazy("Timing"),
        [
            Option("wait", lazy("Wait"), lazy("Let hours, days or weeks pass"), lazy("delay pause time")),
            Option(
                "wait_for",
                lazy("Wait until something happens"),
                lazy("An event or an opened mail, with a longest time"),
                lazy("event opened clicked timeout until"),
            ),
            Option(
                "window",
                lazy("Wait for a time of day"),
                lazy("Certain days and hours, where the person lives"),
                lazy("window office hours weekday zone night"),
            ),
        ],
    ),
    (
        lazy("Logic"),
        [
            Option(
                "split",
                lazy("Yes / no split"),
                lazy("Two paths, by any condition"),
                lazy("if condition branch decision segment"),
            ),
            Option(
                "random",
                lazy("Random split"),
                lazy("Some one way, some another"),
                lazy("test ab chance percent branch"),
            ),
            Option(
                "goto",
                lazy("Go to another step"),
                lazy("Go on somewhere else"),
                lazy("jump loop back repeat"),
            ),
        ],
    ),
    (
        lazy("Data"),
        [
            Option(
                "set",
                lazy("Set an attribute"),
                lazy("Write something down on the profile"),
                lazy("update profile field data"),
            )
        ],
    ),
    (
        lazy("Other"),
        [Option("exit", lazy("Exit"), lazy("Leave the journey here"), lazy("end stop leave"))],
    ),
]


@dataclass(frozen=True)
class Bench:
    """A journey on its page: the draft for those who may edit, else what people go through.

    Its parts are made when they are asked for: one step's drawer needs neither the canvas nor all numbers.
    """

    desk: Desk
    can_edit: bool
    now: dt.datetime
    since: dt.datetime | None = None  # where the range of the numbers begins; None for all there are

    @cached_property
    def definition(self) -> Definition:
        """The drawing that is shown."""
        version = self.desk.version
        return self.desk.definition if self.can_edit or version is None else drafting.draft_of(version)

    @cached_property
    def names(self) -> Names:
        """What the numbers in the drawing are called."""
        return names.of([self.definition])

    @cached_property
    def canvas(self) -> Canvas:
        """All of the drawing, with its numbers and what is left to finish."""
        return canvas.paint(
            self.definition, names=self.names, problems=self._problems(), figures=self._figures()
        )

    def card(self, name: str) -> Card | None:
        """The card of a step, wherever it lies: out of the canvas where that is there, else painted alone."""
        step = "" if name == "trigger" else name
        if "canvas" in vars(self):
            return _find(self.canvas.lane.cards, step) if step else self.canvas.start
        problems, counted = self._problems(step), self._figures(step)
        return canvas.card_of(self.definition, step, names=self.names, problems=problems, figures=counted)

    def setting(self, answers: Answers | None = None) -> Setting:
        """What the drawer's forms stand in; `answers` came back of the one that is shown again."""
        return Setting(self.definition, self.names, answers)

    def _problems(self, step: str | None = None) -> list[Problem]:
        return publishing.problems(self.desk.journey, beside=step) if self.can_edit else []

    def _figures(self, step: str | None = None) -> Mapping[str, Figures]:
        if self.desk.version is None:
            return {}
        return figures.of(self.desk, now=self.now, since=self.since, step=step)


def _find(cards: list[Card], name: str) -> Card | None:
    for card in cards:
        found = card if card.id == name else _find([one for path in card.paths for one in path.cards], name)
        if found:
            return found
    return None


def begins(text: str, *, now: dt.datetime) -> dt.datetime | None:
    """Where a range of numbers begins; None for all there are."""
    days = RANGES.get(text, RANGES["all"])[1]
    return now - dt.timedelta(days=days) if days else None


def inside(journey: Journey) -> int:
    """How many people are in it now."""
    return Run.objects.filter(journey=journey, state__in=INSIDE).count()
