"""The canvas: a drawing as the page shows it, cards in lanes, lanes beside each other where a step splits the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from journeys.editor import drawing, titles
from journeys.editor.drawing import ENDS, Slot
from journeys.editor.figures import Figures
from journeys.editor.names import Names
from journeys.flow.shapes import Problem

FOLDED_STEPS: Final = 12  # more steps in one path than this collapse
FOLDED_PATHS: Final = 4  # and more paths than this


@dataclass(slots=True)
class Card:
    """One step as drawn, with its paths. `slot` is the place behind it; `is_open` says that people come out."""

    id: str
    kind: str
    icon: str
    title: str
    second: str
    slot: str
    is_open: bool
    paths: list["Path"] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    target: str = ""  # of a go-to
    is_folded: bool = False


@dataclass(slots=True)
class Path:
    """One branch of a split. The four joins say which halves of the lines above and below it are drawn."""

    key: str
    name: str
    slot: str
    cards: list[Card]
    is_open: bool
    is_folded: bool = False
    hidden: int = 0  # steps that are folded away
    from_left: bool = False
    from_right: bool = False
    to_left: bool = False
    to_right: bool = False

    @property
    def size(self) -> int:
        """How many steps are in it, all paths counted."""
        return sum(1 + sum(path.size for path in card.paths) for card in self.cards)


@dataclass(frozen=True, slots=True)
class Canvas:
    """All of a drawing: the card of the trigger, and the lane below it."""

    start: Card
    lane: Path
    problems: list[Problem]

    @property
    def to_finish(self) -> list[Problem]:
        """What keeps it from being published."""
        return [one for one in self.problems if _is_error(one)]


@dataclass(frozen=True, slots=True)
class _Painter:
    names: Names
    steps: Mapping[str, drawing.Step]
    problems: Mapping[str, Sequence[Problem]]
    figures: Mapping[str, Figures]

    def lane(self, head: Slot, steps: drawing.Steps, *, key: str = "", name: str = "") -> Path:
        cards = [self.whole(step) for step in steps]
        for card in cards[FOLDED_STEPS:]:
            card.is_folded = True
        return Path(
            key=key,
            name=name,
            slot=str(head),
            cards=cards,
            is_open=not drawing.ends(steps),
            hidden=max(0, len(cards) - FOLDED_STEPS),
        )

    def whole(self, step: drawing.Step) -> Card:
        """The card of a step with its paths."""
        card = self.card(step)
        card.paths = [
            self.lane(Slot(owner=card.id, path=key), steps, key=key, name=titles.path_name(step, key))
            for key, steps in drawing.branches(step)
        ]
        join(card.paths)
        return card

    def card(self, step: drawing.Step) -> Card:
        """The card alone."""
        name = str(step.get("id"))
        found = self.problems.get(name, ())
        return Card(
            id=name,
            kind=str(step.get("kind")),
            icon=titles.ICONS.get(str(step.get("kind")), "bolt"),
            title=titles.title(step, self.names, steps=self.steps),
            second=titles.second(step, self.names),
            slot=str(Slot(after=name)),
            is_open=step.get("kind") not in ENDS,
            problems=[one.sentence for one in found if _is_error(one)],
            warnings=[one.sentence for one in found if not _is_error(one)],
            figures=self.figures.get(name, Figures()),
            target=str(step.get("step") or "") if step.get("kind") == "goto" else "",
        )

    def start(self, definition: Mapping[str, Any]) -> Card:
        title, second = titles.trigger(definition, self.names)
        start = Card("", "trigger", titles.ICONS["trigger"], title, second, str(Slot()), is_open=True)
        start.problems = [one.sentence for one in self.problems.get("", ()) if _is_error(one)]
        start.figures = self.figures.get("", Figures())
        return start


def paint(
    definition: Mapping[str, Any],
    *,
    names: Names,
    problems: Sequence[Problem] = (),
    figures: Mapping[str, Figures] | None = None,
) -> Canvas:
    """The drawing with its problems and numbers beside each step."""
    painter = _painter(definition, names, problems, figures or {})
    lane = painter.lane(Slot(), definition.get("steps") or [])
    return Canvas(start=painter.start(definition), lane=lane, problems=list(problems))


def card_of(
    definition: Mapping[str, Any],
    name: str,
    *,
    names: Names,
    problems: Sequence[Problem],
    figures: Mapping[str, Figures],
) -> Card | None:
    """The card of one step without its paths, "" for the start; None where there is no such step."""
    painter = _painter(definition, names, problems, figures)
    if not name:
        return painter.start(definition)
    return painter.card(painter.steps[name]) if name in painter.steps else None


def _painter(
    definition: Mapping[str, Any],
    names: Names,
    problems: Sequence[Problem],
    figures: Mapping[str, Figures],
) -> _Painter:
    beside: dict[str, list[Problem]] = {}
    for one in problems:
        beside.setdefault(one.step, []).append(one)
    by_name = {str(step.get("id")): step for step in drawing.walk(definition.get("steps") or [])}
    return _Painter(names, by_name, beside, figures)


def _is_error(problem: Problem) -> bool:
    return problem.severity == "error"


def join(paths: Sequence[Path]) -> None:
    """Decide which halves of the lines above and below these paths are drawn.

    Paths are columns of one width, so the step above stands over the middle of them; the line below reaches from the
    middle to every path that people come out of.
    """
    last = len(paths) - 1
    middle = last / 2
    ways = [number for number, path in enumerate(paths) if path.is_open]
    low, high = min([*ways, middle]), max([*ways, middle])
    for number, path in enumerate(paths):
        path.from_left, path.from_right = number > 0, number < last
        path.to_left = bool(ways) and low <= number - 0.5 and number <= high
        path.to_right = bool(ways) and low <= number and number + 0.5 <= high
        path.is_folded = number >= FOLDED_PATHS
