"""Controls: what a form of the editor's drawer is made of, and how its answers are read back.

A drawing may be unfinished, so every answer that can be read is kept, and what cannot be read is said beside its field.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from segments.builder import Draft

if TYPE_CHECKING:
    from journeys.editor.conditions import Asked, Details

type Kind = Literal["select", "text", "number", "date", "time", "check", "days", "suggest"]
type Label = str | Promise
type Choices = Sequence[tuple[str, Label]]

UNITS: Final[Choices] = [
    ("minute", lazy("minutes")),
    ("hour", lazy("hours")),
    ("day", lazy("days")),
    ("week", lazy("weeks")),
]
LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class Control:
    """One field. `reshapes` says that the form looks different after it changes; `wide` in twelfths of a row."""

    name: str
    label: Label
    kind: Kind = "text"
    value: Any = ""
    choices: Choices = ()
    help: Label = ""
    error: Label = ""
    wide: int = 12
    reshapes: bool = False
    is_bare: bool = False  # its label is only heard
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Some controls that belong together and can be taken away together."""

    controls: Sequence[Control]
    drop: str = ""  # what the button that takes it away says to the server
    drop_label: Label = ""
    lead: Label = ""  # a word in front, "and" say


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a form: rows under a heading, and buttons that add rows."""

    rows: Sequence[Row]
    title: Label = ""
    help: Label = ""
    adds: Choices = ()  # what to say to the server, and the button's words
    name: str = ""
    error: Label = ""
    asked: "Asked | None" = None  # rows of conditions
    details: "Details | None" = None  # rows about the details of an event


def row(*controls: Control, **more: Any) -> Row:
    """A row of these controls."""
    return Row(controls, **more)


def plain(*controls: Control, title: Label = "", help: Label = "") -> Section:
    """A section of one control a row; neighbours narrower than a row share one."""
    return Section([Row(controls)], title=title, help=help)


@dataclass(slots=True)
class Answers:
    """What came back of a form; what could not be read is noted beside its name."""

    said: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    draft: Draft | None = None  # the conditions, with the numbers that the page knows them by
    shown: str = ""  # the condition to look at next

    def text(self, name: str, default: str = "") -> str:
        """A line of text."""
        return str(self.said.get(name, default)).strip()[:LONGEST_TEXT]

    def has(self, name: str) -> bool:
        """Whether a box is ticked, or a field was there at all."""
        return name in self.said

    def many(self, name: str) -> list[str]:
        """Every value that was given under a name."""
        given = getattr(self.said, "getlist", None)
        return list(given(name)) if given else list(self.said.get(name, []))

    def number(self, name: str, *, least: int = 0, most: int = 1_000_000_000) -> int | None:
        """A whole number; None where there is none, or not one that fits."""
        text = self.text(name)
        if not text:
            return None
        try:
            number = int(text)
        except ValueError:
            self.errors[name] = _("Fill in a whole number.")
            return None
        if not least <= number <= most:
            self.errors[name] = _("Fill in a number from %(least)d to %(most)d.") % {
                "least": least,
                "most": most,
            }
            return None
        return number

    def amount(self, name: str) -> int | float | None:
        """A number that may have decimals."""
        text = self.text(name).replace(",", ".")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not abs(number) < 1e12:
            self.errors[name] = _("Fill in a number.")
            return None
        return int(number) if number.is_integer() else number

    def reference(self, name: str) -> int | None:
        """The number of something chosen from a list."""
        text = self.text(name)
        return int(text) if text.isdigit() and len(text) < 18 else None

    def time(self, name: str, default: str) -> str:
        """A time of day, "09:00"."""
        text = self.text(name)
        try:
            return dt.time.fromisoformat(text).strftime("%H:%M")
        except ValueError:
            self.errors[name] = _("Fill in a time, 09:00 say.")
            return default

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of these."""
        text = self.text(name)
        return text if text in choices else default


def with_errors(sections: Sequence[Section], errors: Mapping[str, Label]) -> list[Section]:
    """The same form with sentences beside the fields that need one."""
    return [
        replace(
            section,
            error=errors.get(section.name, section.error) if section.name else section.error,
            rows=[
                replace(
                    one,
                    controls=[
                        replace(control, error=errors.get(control.name, control.error))
                        for control in one.controls
                    ],
                )
                for one in section.rows
            ],
        )
        for section in sections
    ]
