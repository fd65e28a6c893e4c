"""What journeys mean, said slowly: one run at a time, in plain Python, nothing shared with the engine.

A run of steps is told everything that the digest and the engine do to it, in order, and says which visits and mails
there must be by now.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@dataclass
class Walker:
    """One run: where it stands, what it has heard since its wait began, what it has done."""

    steps: list[dict[str, Any]]
    arrived_at: dt.datetime
    place: int = 0
    heard: list[str] = field(default_factory=list)  # events signalled since the wait began and not yet used
    visits: list[tuple[int, str, str]] = field(default_factory=list)
    mails: list[tuple[int, str]] = field(default_factory=list)
    ended: str = ""
    has_waited: bool = False

    def hear(self, name: str) -> None:
        """Something happened to this person."""
        self.heard.append(name)

    def advance(self, now: dt.datetime) -> None:
        """The engine comes by."""
        while not self.ended and self._step(now):
            pass

    def _step(self, now: dt.datetime) -> bool:
        step = self.steps[self.place]
        match step["kind"]:
            case "wait":
                if now < self._until(step):
                    return False
                self.heard.clear()
                return self._leave("waited", now)
            case "wait_for" if step["event"] in self.heard:
                del self.heard[: self.heard.index(step["event"]) + 1]
                return self._leave("happened", now)
            case "wait_for":
                if now < self._until(step):
                    return False
                self.heard.clear()
                return self._leave("timed_out", now)
            case "email":
                self.mails.append((len(self.visits) + 1, step["id"]))
                return self._leave("queued", now)
            case _:
                self._leave("exit", now)
                self.ended = "exited"
                return False

    def _until(self, step: dict[str, Any]) -> dt.datetime:
        return self.arrived_at + dt.timedelta(seconds=step["amount"] * UNITS[step["unit"]])

    def _leave(self, outcome: str, now: dt.datetime) -> bool:
        self.visits.append((len(self.visits) + 1, self.steps[self.place]["id"], outcome))
        self.place, self.arrived_at = self.place + 1, now
        if self.place == len(self.steps):
            self.ended = "completed"
        return True
