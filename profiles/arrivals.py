"""What a digested batch tells the apps above: the events, whose facts changed, who turned out to be one person."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from profiles.models import Lane


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event as it now stands on a timeline."""

    id: int
    contact_id: int
    persona_id: int
    definition_id: int
    name: str
    occurred_at: dt.datetime
    lane: Lane
    value: Decimal | None
    properties: dict[str, Any]


@dataclass(slots=True)
class Touched:
    """What changed about one contact in this batch; segments look only at what concerns them."""

    definitions: set[int] = field(default_factory=set)  # of events
    attributes: set[str] = field(default_factory=set)  # keys whose present value changed
    purchases: bool = False
    consent: bool = False
    records: bool = False
    seen: bool = False  # heard from again, even if it told nothing new
    merged: bool = False  # everything may have changed
    is_new: bool = False  # a contact of this batch, or a visitor who became known: "not" conditions may hold
    backfill: bool = False  # all of it came late or in bulk: no news about the person
    corrected: bool = False  # what we say of the person was decided anew, by other rules: no news either


@dataclass(frozen=True, slots=True)
class Merged:
    """Two contacts became one (or, undone, two again)."""

    merge_id: int
    survivor_id: int
    absorbed_id: int


@dataclass(slots=True)
class Arrivals:
    """The outcome of one digested batch."""

    events: list[StoredEvent] = field(default_factory=list)
    touched: dict[int, Touched] = field(default_factory=dict)
    merges: list[Merged] = field(default_factory=list)
    purchases: list[int] = field(default_factory=list)  # new or refunded: attribution looks at these
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    stages: dict[str, float] = field(default_factory=dict)  # seconds of each stage, in their order

    def touch(self, contact_id: int) -> Touched:
        """The notes on one contact, begun when there are none."""
        return self.touched.setdefault(contact_id, Touched())
