"""What journeys mean, said slowly: one run at a time, in plain Python, nothing shared with the engine.

A run of steps is told everything that the digest and the engine do to it, in order, and says which visits and mails
there must be by now. It walks the tree as it is drawn: where it stands is a path of lists and places in them.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}

type Steps = list[dict[str, Any]]
type Place = tuple[tuple[int, ...], int]  # the lists that lead there, and the place in the last one


@dataclass
class Somebody:
    """A person as far as conditions and clocks ask."""

    plan: str = ""
    zone: str = "UTC"


@dataclass
class Walker:
    """One run: where it stands, what it has heard since its wait began, what it has done."""

    steps: Steps
    arrived_at: dt.datetime
    who: Somebody = field(default_factory=Somebody)
    run: int = 0  # its number, which chance is drawn from
    stack: list[tuple[Steps, int]] = field(default_factory=list)  # the lists it is in, outermost first
    heard: list[tuple[str, int]] = field(default_factory=list)  # events and their totals, not yet used
    visits: list[tuple[int, str, str]] = field(default_factory=list)
    mails: list[tuple[int, str]] = field(default_factory=list)
    set: list[tuple[int, str]] = field(default_factory=list)
    ended: str = ""
    is_waiting: bool = False

    def __post_init__(self) -> None:
        self.stack = [(self.steps, 0)]
        self._settle()

    def hear(self, name: str, total: int) -> None:
        """Something happened to this person."""
        self.heard.append((name, total))

    def advance(self, now: dt.datetime) -> None:
        """The engine comes by."""
        while not self.ended and self._step(now):
            pass

    @property
    def step(self) -> dict[str, Any]:
        """Where it stands."""
        steps, place = self.stack[-1]
        return steps[place]

    def _settle(self) -> None:
        """At the end of a list, on behind the step that holds it; at the end of the last one it is over."""
        while self.stack and self.stack[-1][1] >= len(self.stack[-1][0]):
            self.stack.pop()
            if self.stack:
                steps, place = self.stack[-1]
                self.stack[-1] = steps, place + 1
        if not self.stack:
            self.ended = "completed"

    def _step(self, now: dt.datetime) -> bool:
        step = self.step
        match step["kind"]:
            case "wait":
                if now < self._until(step):
                    return self._stay()
                self.heard.clear()
                return self._leave("waited", now)
            case "wait_for":
                return self._await(step, now)
            case "window":
                return self._window(step, now)
            case "split":
                word = "yes" if self.who.plan == "gold" else "no"
                return self._leave(word, now, into=step.get(word, []))
            case "random":
                number = self._draw(step)
                return self._leave(f"branch_{number + 1}", now, into=step["branches"][number]["steps"])
            case "set":
                self.set.append((len(self.visits) + 1, step["value"]))
                return self._leave("set", now)
            case "goto":
                self._note("went", now)
                self.stack = next(_ways_to(self.steps, step["step"]))
                return True
            case "email":
                self.mails.append((len(self.visits) + 1, step["id"]))
                return self._leave("queued", now)
            case _:
                self._note("exit", now)
                self.ended = "exited"
                return False

    def _await(self, step: dict[str, Any], now: dt.datetime) -> bool:
        least = step["where"][0]["value"] if step.get("where") else -1
        for place, (name, total) in enumerate(self.heard):
            if name == step["event"] and total >= least:
                del self.heard[: place + 1]
                return self._leave("happened", now, into=step.get("happened", []))
        if now < self._until(step):
            return self._stay()
        self.heard.clear()
        return self._leave("timed_out", now, into=step.get("timed_out", []))

    def _window(self, step: dict[str, Any], now: dt.datetime) -> bool:
        local = now.astimezone(ZoneInfo(self.who.zone))
        if not (local.weekday() in step["days"] and step["from"] <= f"{local:%H:%M}" < step["until"]):
            return self._stay()
        if self.is_waiting:
            self.heard.clear()
        return self._leave("open", now)

    def _draw(self, step: dict[str, Any]) -> int:
        """The weights laid end to end, and a point on that line which only the run and the step decide."""
        number = int.from_bytes(hashlib.blake2b(f"{self.run}:{step['id']}".encode(), digest_size=8).digest())
        weights = [branch["weight"] for branch in step["branches"]]
        point = number / 2**64 * sum(weights)
        return next(n for n in range(len(weights)) if point < sum(weights[: n + 1]))

    def _until(self, step: dict[str, Any]) -> dt.datetime:
        return self.arrived_at + dt.timedelta(seconds=step["amount"] * UNITS[step["unit"]])

    def _stay(self) -> bool:
        self.is_waiting = True
        return False

    def _note(self, outcome: str, now: dt.datetime) -> None:
        self.visits.append((len(self.visits) + 1, self.step["id"], outcome))
        self.arrived_at, self.is_waiting = now, False

    def _leave(self, outcome: str, now: dt.datetime, *, into: Steps | None = None) -> bool:
        self._note(outcome, now)
        if into:
            self.stack.append((into, 0))
        else:
            steps, place = self.stack[-1]
            self.stack[-1] = steps, place + 1
        self._settle()
        return True


def _ways_to(
    steps: Steps, name: str, above: tuple[tuple[Steps, int], ...] = ()
) -> Iterator[list[tuple[Steps, int]]]:
    """The lists and places that lead to the step of this name."""
    for place, step in enumerate(steps):
        here = (*above, (steps, place))
        if step["id"] == name:
            yield list(here)
        for inside in paths(step):
            yield from _ways_to(inside, name, here)


def paths(step: dict[str, Any]) -> list[Steps]:
    """The lists inside a step."""
    inside = [step[name] for name in ("yes", "no", "happened", "timed_out") if name in step]
    return inside + [branch["steps"] for branch in step.get("branches", [])]
