"""A broadcast and the quiet hours of those it goes to: how many of them are in theirs at its moment."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdp.lib import db, shortly
from journeys.broadcasts import drafting
from journeys.flow import audience
from journeys.flow.audience import Audience
from journeys.messages import quiet
from journeys.models import Journey
from profiles import workspace
from profiles.permitted import Tally

ZONES: Final = f"""
    SELECT contact.timezone, count(*) FROM ({audience.MEMBERS}) asked
    JOIN profiles_contact contact ON contact.id = asked.id GROUP BY contact.timezone
"""


@dataclass(frozen=True, slots=True)
class Asleep:
    """About so many people, and what becomes of their mail: "wait" or "skip"."""

    count: int
    way: str


def matter(draft: Mapping[str, Any]) -> bool:
    """Whether quiet hours are anything to this broadcast."""
    return draft.get("purpose") != "transactional" and quiet.hours(workspace.current()) is not None


def asleep(journey: Journey, tally: Tally | None, *, now: dt.datetime) -> Asleep | None:
    """How many of those who get it are in their quiet hours when it goes out; None where that changes nothing.

    The share is that of all whom it is for, whether they may be written to or not.
    """
    settings, way = workspace.current(), journey.draft.get("quiet") or "wait"
    hours = quiet.hours(settings)
    if hours is None or not matter(journey.draft) or way == "send" or not tally or not tally.total:
        return None
    wanted, at = Audience.read(journey.draft), max(drafting.at(journey) or now, now)
    zones, _as_of = shortly.kept("zones", wanted, lambda: _zones(wanted), now=now)
    home = workspace.home(settings)
    night = [number for name, number in zones if hours.over_at(workspace.zone(name) or home, now=at)]
    count = round(tally.allowed * sum(night) / tally.total)
    return Asleep(count, way) if count else None


def _zones(wanted: Audience) -> list[tuple[str, int]]:
    """How many of these people are in which time zone."""
    return [(name, number) for name, number in db.fetch(ZONES, wanted.parameters())]
