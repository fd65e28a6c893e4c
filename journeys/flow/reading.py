"""Reads the parts of a drawing from JSON, and notes in sentences what is wrong instead of stopping at once."""

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from journeys.flow.shapes import Problem, Where
from segments import ast

UNITS: Final = {
    "minute": dt.timedelta(minutes=1),
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
    "week": dt.timedelta(weeks=1),
}
LONGEST_WAIT: Final = dt.timedelta(days=3 * 366)
CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Reader:
    """Reads one definition; `at` is the step that it reads just now."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.at = ""

    def wrong(self, sentence: str) -> None:
        """Note a fault beside the step that is read just now."""
        self.problems.append(Problem(self.at, sentence))

    def text(self, raw: Mapping[str, Any], name: str, sentence: str) -> str:
        """Words, without the blanks around them."""
        value = raw.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(sentence)
        return ""

    def number(self, raw: Mapping[str, Any], name: str, sentence: str) -> int:
        """A whole number above 0."""
        value = raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.wrong(sentence)
        return 0

    def whole(self, raw: Mapping[str, Any], name: str, *, most: int, sentence: str) -> int:
        """A whole number between -most and most; 0 where nothing is said."""
        value = raw.get(name, 0)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= most:
            return value
        self.wrong(sentence)
        return 0

    def share(self, raw: Mapping[str, Any], name: str) -> float | None:
        """A part of a whole, 0 or more; None, and a fault, where it is not."""
        value = raw.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            part = float(value) if abs(value) < 1e12 else math.inf
            if 0 <= part < math.inf:
                return part
        self.wrong("Say how much of the whole each branch gets: a number, 0 or above.")
        return None

    def choice(self, raw: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        value = raw.get(name, default)
        if isinstance(value, str) and value in choices:
            return value
        self.wrong(f"“{value}” is not one of the choices here: {', '.join(choices)}.")
        return default

    def length(self, raw: Mapping[str, Any]) -> dt.timedelta:
        """How long to wait."""
        amount = self.number(raw, "amount", "Say how long to wait: a whole number above 0.")
        unit = self.choice(raw, "unit", tuple(UNITS), "day")
        if amount > LONGEST_WAIT / UNITS[unit]:
            self.wrong("Nobody waits longer than three years: choose a shorter time.")
            return LONGEST_WAIT
        return amount * UNITS[unit]

    def clock(self, raw: Mapping[str, Any], name: str, default: str) -> dt.time:
        """A time of day, "09:00"; "24:00" is midnight."""
        value = raw.get(name, default)
        found = CLOCK.fullmatch(value) if isinstance(value, str) else None
        if found:
            return dt.time(int(found[1]), int(found[2]))
        if value != "24:00":
            self.wrong("Say the time as hours and minutes, 09:00 say.")
        return dt.time()

    def where(self, raw: Mapping[str, Any]) -> Where:
        """The filters on an event, in the words of the segment language."""
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

    def condition(self, raw: Any, sentence: str) -> ast.Node | None:
        """A question about people, in the segment language; `sentence` is said where there is none."""
        if not isinstance(raw, dict) or not raw or raw.get("children") == []:
            self.wrong(sentence)
            return None
        try:
            return ast.load(raw)
        except ast.InvalidSegment as error:
            self.wrong(error.message)
        except RecursionError:
            self.wrong("These groups are nested too deeply. Take some apart.")
        return None
