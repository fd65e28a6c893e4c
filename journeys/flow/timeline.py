"""What journeys tell people's timelines: that somebody came in, where they wait, and that they left and why.

So segments can ask about it and other journeys can start from it. Only steps at which people stay are told: at one
event a step they would outnumber everything else on a timeline; the visits know them all.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from cdp.lib import db
from profiles import ingest
from profiles.ingest import SystemEvent

ENTERED: Final = "Journey Entered"
EXITED: Final = "Journey Exited"
REACHED: Final = "Step Reached"
OURS: Final = frozenset({ENTERED, EXITED, REACHED})


class OnTheWay(Protocol):
    """A run, as far as a timeline wants to know."""

    @property
    def id(self) -> int:
        """The run's number."""

    @property
    def version_id(self) -> int:
        """The version it goes through."""

    @property
    def persona_id(self) -> int:
        """Whose timeline it is."""

    @property
    def exit_reason(self) -> str:
        """Why it ended."""


class OnAStep(OnTheWay, Protocol):
    """A run that stands somewhere."""

    @property
    def step(self) -> str:
        """Where it stands."""

    @property
    def visit_number(self) -> int:
        """Which visit of the run that is."""


def entered(runs: Sequence[OnTheWay], *, now: dt.datetime) -> None:
    """Tell of these runs that they began, in the caller's transaction; telling twice is telling once."""
    _tell(ENTERED, [(run, f"run:{run.id}:entered", {}) for run in runs], now=now)


def exited(runs: Sequence[OnTheWay], *, now: dt.datetime, **more: object) -> None:
    """Tell of these runs that they ended, and why, in the caller's transaction."""
    told = [(run, f"run:{run.id}:exited", {"reason": run.exit_reason, **more}) for run in runs]
    _tell(EXITED, told, now=now)


def reached(runs: Sequence[OnAStep], *, now: dt.datetime, **more: object) -> None:
    """Tell of these runs where they stay from now on."""
    told = [(run, f"run:{run.id}:{run.visit_number}:reached", {"step": run.step, **more}) for run in runs]
    _tell(REACHED, told, now=now)


def _tell(name: str, told: Sequence[tuple[OnTheWay, str, dict[str, object]]], *, now: dt.datetime) -> None:
    """Tell of each of these runs, under its key, what there is to say beside the journey."""
    if not told:
        return
    about = _about({run.version_id for run, _, _ in told})
    events = [
        SystemEvent(
            name=name,
            persona_id=run.persona_id,
            occurred_at=now,
            key=key,
            properties=about[run.version_id] | more,
        )
        for run, key, more in told
    ]
    ingest.record(events, now=now)


def _about(versions: set[int]) -> dict[int, dict[str, object]]:
    rows = db.fetch(
        """
        SELECT version.id, journey.id, journey.name, version.number
        FROM journeys_version version JOIN journeys_journey journey ON journey.id = version.journey_id
        WHERE version.id = ANY(%s)
        """,
        [list(versions)],
    )
    return {
        version_id: {"journey": name, "journey_id": journey_id, "version": number}
        for version_id, journey_id, name, number in rows
    }
