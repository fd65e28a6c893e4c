"""Visits as they are written when a step is done: who was where, how it came out, and where it led."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, Protocol

from cdp.lib import db

COLUMNS: Final = (
    "run_id", "number", "version_id", "step", "arrived_at", "left_at", "outcome", "next_step",
)  # fmt: skip
type Row = tuple[object, ...]


class Standing(Protocol):
    """A run that stands on a step."""

    @property
    def id(self) -> int:
        """The run's number."""

    @property
    def visit_number(self) -> int:
        """Which visit of the run this is."""

    @property
    def version_id(self) -> int:
        """The version it goes through."""

    @property
    def step(self) -> str:
        """Where it stands."""

    @property
    def arrived_at(self) -> dt.datetime:
        """Since when."""


def done(run: Standing, outcome: str, following: str, *, now: dt.datetime) -> Row:
    """The visit that ends now."""
    return (
        run.id, run.visit_number, run.version_id, run.step, run.arrived_at, now, outcome, following,
    )  # fmt: skip


def store(rows: Sequence[Row]) -> None:
    """Write these visits down."""
    if rows:
        db.copy("journeys_visit", COLUMNS, rows)
