"""The controls that a condition's sentence is made of: what each shows, and how what was filled in is read back."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from cdp.lib.json import Json, JsonObject
from segments import phrases
from segments.shapes import SHAPES, Shape
from segments.values import Unit

type Path = tuple[str | int, ...]
type Text = str | Promise
type Options = Sequence[tuple[Json, Text]]

UNITS: Final[Options] = (
    ("day", lazy("days")),
    ("week", lazy("weeks")),
    ("month", lazy("months")),
    ("year", lazy("years")),
)
SHORT_UNITS: Final[Options] = (("minute", lazy("minutes")), ("hour", lazy("hours")), *UNITS)
WEEKDAYS: Final[Options] = tuple(
    enumerate([lazy("Mon"), lazy("Tue"), lazy("Wed"), lazy("Thu"), lazy("Fri"), lazy("Sat"), lazy("Sun")])
)
ANNIVERSARIES: Final[Options] = (
    ("today", lazy("today")),
    ("in_days", lazy("in")),
    ("this_month", lazy("this month")),
)


class Kind(StrEnum):
    """What a control looks like."""

    SELECT = "select"
    NUMBER = "number"
    TEXT = "text"
    WORDS = "words"  # any number of texts
    DAY = "day"
    CHECKS = "checks"  # any number of a few options


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words between two controls."""

    text: Text


@dataclass(frozen=True, slots=True)
class Control:
    """One control. `path` leads to its value inside the condition; `suggest` asks for known values."""

    path: Path
    kind: Kind
    label: Text
    options: Options = ()
    suggest: str = ""

    @property
    def name(self) -> str:
        """How its input is called, behind the condition's number."""
        return ".".join(str(step) for step in self.path)

    def read(self, posted: Sequence[str]) -> Json:
        """What was filled in, as the language writes it."""
        return READERS[self.kind](self, posted)


type Part = Words | Control


def _choice(control: Control, posted: Sequence[str]) -> Json:
    said = posted[-1]
    return next((value for value, _ in control.options if spelled(value) == said), said)


def _number(control: Control, posted: Sequence[str]) -> Json:
    try:
        number = float(posted[-1].replace(",", "."))
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _text(control: Control, posted: Sequence[str]) -> Json:
    return posted[-1]


def _words(control: Control, posted: Sequence[str]) -> Json:
    """Each chip is one text; what is typed or pasted last may be several, apart by commas."""
    *chips, typed = posted
    try:
        fresh = next(csv.reader([typed.replace(";", ",")], skipinitialspace=True), [])
    except csv.Error:
        fresh = [typed]
    kept: list[Json] = [chip for chip in chips if chip]
    return [*kept, *(word for word in dict.fromkeys(map(str.strip, fresh)) if word and word not in kept)]


def _checks(control: Control, posted: Sequence[str]) -> Json:
    return [value for value, _ in control.options if spelled(value) in posted]


READERS: Final[Mapping[Kind, Callable[[Control, Sequence[str]], Json]]] = {
    Kind.SELECT: _choice,
    Kind.NUMBER: _number,
    Kind.TEXT: _text,
    Kind.WORDS: _words,
    Kind.DAY: _text,
    Kind.CHECKS: _checks,
}


def spelled(value: Json) -> str:
    """An option's value as it stands in HTML."""
    return "" if value is None else str(value)


def behind(
    operator: str, path: Path, value: Json = None, *, suggest: str = "", options: Options = ()
) -> list[Part]:
    """The controls for the value behind an operator. With `options`, texts are ticked instead of typed."""
    match SHAPES.get(operator, Shape.TEXT):
        case Shape.NOTHING:
            return []
        case Shape.TEXT:
            return [Control(path, Kind.TEXT, lazy("Value"), suggest=suggest)]
        case Shape.TEXTS if options:
            return [Control(path, Kind.CHECKS, lazy("Values"), options)]
        case Shape.TEXTS:
            return [Control(path, Kind.WORDS, lazy("Values"), suggest=suggest)]
        case Shape.NUMBER:
            return [Control(path, Kind.NUMBER, lazy("Number"))]
        case Shape.NUMBERS:
            return _two(path, Kind.NUMBER, lazy("From number"), lazy("To number"))
        case Shape.DAY:
            return [Control(path, Kind.DAY, lazy("Date"))]
        case Shape.DAYS:
            return _two(path, Kind.DAY, lazy("From date"), lazy("To date"))
        case Shape.SPAN:
            return span(path, value)
        case Shape.WEEKDAYS:
            return [Control(path, Kind.CHECKS, lazy("Weekdays"), WEEKDAYS)]
        case Shape.ANNIVERSARY:
            when = Control((*path, "kind"), Kind.SELECT, lazy("When"), ANNIVERSARIES)
            is_ahead = isinstance(value, dict) and value.get("kind") == "in_days"
            days = Control((*path, "days"), Kind.NUMBER, lazy("How many days"))
            return [when, days, Words(lazy("days"))] if is_ahead else [when]


def span(path: Path, value: Json, units: Options = UNITS) -> list[Part]:
    """So many units of time; one of them is one day, not one days."""
    if isinstance(value, dict) and value.get("amount") == 1:
        units = [(unit, phrases.UNITS[Unit(str(unit))][0]) for unit, _ in units]
    return [
        Control((*path, "amount"), Kind.NUMBER, lazy("How many")),
        Control((*path, "unit"), Kind.SELECT, lazy("Unit of time"), units),
    ]


def _two(path: Path, kind: Kind, first: Text, second: Text) -> list[Part]:
    return [
        Control((*path, 0), kind, first),
        Words(lazy("and")),
        Control((*path, 1), kind, second),
    ]


def found(node: JsonObject, path: Path) -> Json:
    """The value to which a path leads; None where there is none."""
    value: Json = node
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def put(node: JsonObject, path: Path, value: Json) -> None:
    """Fill in a value; what leads to it is there, or is made."""
    *before, last = path
    place: Json = node
    for step in before:
        inner = found({"": place}, ("", step))
        if not isinstance(inner, dict | list):
            inner = {}
            _set(place, step, inner)
        place = inner
    _set(place, last, value)


def _set(place: Json, step: str | int, value: Json) -> None:
    match place, step:
        case dict(), str():
            place[step] = value
        case list(), int() if step < len(place):
            place[step] = value
        case _:
            pass  # a path into something that is not there: nothing to fill in
