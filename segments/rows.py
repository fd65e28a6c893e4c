"""A draft as the page draws it: boxes of rows, each row a sentence of fields with what can be done to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cdp.lib.json import Json, JsonObject
from segments import arranging, ast, describe, hints
from segments.builder import LEVELS, Draft, Problem, bare, inside, is_group, problems
from segments.controls import Control, Kind, Part, found, spelled
from segments.offers import Offers
from segments.sentences import FAMILIES, details, sentence


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One control as it stands in the form, or the words between two."""

    kind: str
    id: str = ""
    name: str = ""
    path: str = ""
    label: str = ""
    value: str = ""
    options: Sequence[Option] = ()
    words: Sequence[str] = ()
    suggest: str = ""
    hint: str = ""
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One detail of a condition."""

    number: int
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Row:
    """One condition on the screen. `words` stands in place of fields where it lies too deep to be edited."""

    id: str
    icon: str
    subject: str
    family: str
    fields: Sequence[Field]
    lines: Sequence[Line]
    takes_details: bool
    problem: str
    is_off: bool
    moves: Sequence[arranging.Move]
    notes: Sequence[str] = ()
    words: str = ""
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """One group on the screen."""

    id: str
    join: str
    level: int
    children: Sequence["Row | Box"]
    is_off: bool
    moves: Sequence[arranging.Move]
    may_nest: bool
    is_group: bool = True
    words: str = ""

    @property
    def is_joined(self) -> bool:
        """Whether there is anything to join."""
        return len(self.children) > 1


@dataclass(frozen=True, slots=True)
class Board:
    """The whole of it."""

    people: Box
    leave_out: Box
    unfinished: int


def board(draft: Draft, offers: Offers) -> Board:
    """Everything to draw."""
    wrong = problems(draft)
    artist = _Artist(draft, offers, wrong)
    return Board(artist.box(draft.people, 1), artist.box(draft.leave_out, 1), len(wrong))


@dataclass(frozen=True, slots=True)
class _Artist:
    draft: Draft
    offers: Offers
    wrong: Mapping[str, Problem]

    def box(self, group: JsonObject, level: int) -> Box:
        children = [self._child(one, level) for one in inside(group)]
        number = str(group["id"])
        return Box(
            id=number,
            join=str(group["type"]),
            level=level,
            children=children,
            is_off=bool(group.get("off")),
            moves=arranging.moves(self.draft, number),
            may_nest=level < LEVELS,
        )

    def _child(self, node: JsonObject, level: int) -> Row | Box:
        if not is_group(node):
            return self._row(node)
        return self.box(node, level + 1) if level < LEVELS else self._deep(node)

    def _row(self, leaf: JsonObject) -> Row:
        number, family = str(leaf["id"]), FAMILIES[str(leaf["type"])]
        why = self.wrong.get(number)
        at_fault = why.name if why else ""
        lines = details(leaf, self.offers)
        return Row(
            id=number,
            icon=family.icon,
            subject=family.subject(leaf, self.offers),
            family=str(leaf["type"]),
            fields=_fields(leaf, sentence(leaf, self.offers), at_fault, self.offers),
            lines=[
                Line(place, _fields(leaf, parts, at_fault, self.offers)) for place, parts in enumerate(lines)
            ],
            takes_details=bool(family.types(leaf, self.offers)),
            problem=why.sentence if why else "",
            notes=hints.notes(leaf, self.offers),
            is_off=bool(leaf.get("off")),
            moves=arranging.moves(self.draft, number),
        )

    def _deep(self, group: JsonObject) -> Row:
        """A group that lies too deep for the screen: it is shown in words and can only be moved or taken out."""
        number = str(group["id"])
        try:
            words = describe.in_words(ast.load(bare(group)), self.offers.catalogue)
        except ast.InvalidSegment as error:
            words = error.message
        return Row(
            id=number,
            icon="filter",
            subject=_("group"),
            family="group",
            fields=(),
            lines=(),
            takes_details=False,
            problem="",
            is_off=bool(group.get("off")),
            moves=arranging.moves(self.draft, number),
            words=words,
        )


def _fields(leaf: JsonObject, parts: Sequence[Part], at_fault: str, offers: Offers) -> list[Field]:
    return [_field(leaf, part, at_fault, offers) for part in parts]


def _field(leaf: JsonObject, part: Part, at_fault: str, offers: Offers) -> Field:
    if not isinstance(part, Control):
        return Field("said", label=str(part.text))
    value = found(leaf, part.path)
    name = f"{leaf['id']}.{part.name}"
    return Field(
        kind=part.kind.value,
        id=name.replace(".", "-"),
        name=name,
        path=part.name,
        label=str(part.label),
        value="" if isinstance(value, list | dict) else _shown(value),
        options=_options(part, value),
        words=[str(one) for one in value] if part.kind is Kind.WORDS and isinstance(value, list) else (),
        suggest=part.suggest,
        hint=hints.of(leaf, part, offers),
        is_wrong=bool(at_fault) and (part.name == at_fault or part.name.startswith(f"{at_fault}.")),
    )


def _shown(value: Json) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else spelled(value)


def _options(control: Control, value: Json) -> list[Option]:
    """What can be chosen; something chosen earlier that is not offered any more still shows."""
    chosen = value if isinstance(value, list) else [value]
    options = [Option(spelled(one), str(label), one in chosen) for one, label in control.options]
    if control.kind is Kind.SELECT and value and not any(one.is_chosen for one in options):
        options.append(Option(spelled(value), spelled(value), True))
    return options
