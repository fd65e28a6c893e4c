"""What journeys tell people's timelines: that somebody came in, and that somebody left and why.

So segments can ask about it and other journeys can start from it. Single steps are not told: at one event a step they
would outnumber everything else on a timeline; the visits know them.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from cdp.lib import db
from profiles import ingest
from profiles.ingest import SystemEvent

ENTERED: Final = "Journey Entered"
EXITED: Final = "Journey Exited"


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


def entered(runs: Sequence[OnTheWay], *, now: dt.datetime) -> None:
    """Tell of these runs that they began, in the caller's transaction; telling twice is telling once."""
    _tell(ENTERED, runs, now=now)


def exited(runs: Sequence[OnTheWay], *, now: dt.datetime) -> None:
    """Tell of these runs that they ended, and why, in the caller's transaction."""
    _tell(EXITED, runs, now=now)


def _tell(name: str, runs: Sequence[OnTheWay], *, now: dt.datetime) -> None:
    if not runs:
        return
    about = _about({run.version_id for run in runs})
    word = "entered" if name == ENTERED else "exited"
    ingest.record(
        [
            SystemEvent(
                name=name,
                persona_id=run.persona_id,
                occurred_at=now,
                key=f"run:{run.id}:{word}",
                properties=about[run.version_id] | ({"reason": run.exit_reason} if name == EXITED else {}),
            )
            for run in runs
        ],
        now=now,
    )


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
