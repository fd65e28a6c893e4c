"""Who may come in again: the re-entry rules of journeys, decided for many people with one statement."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from cdp.lib import db
from journeys.flow.shapes import Settings


@dataclass(frozen=True, slots=True)
class Earlier:
    """What somebody has already done in a journey, under one key."""

    is_inside: bool
    last_entered_at: dt.datetime


type Place = tuple[int, int, str]  # journey, contact, key


def earlier(places: Sequence[Place]) -> dict[Place, Earlier]:
    """The earlier runs at these places; places without one are left out."""
    if not places:
        return {}
    rows = db.fetch(
        """
        SELECT place.journey, place.contact, place.key,
            bool_or(run.state IN ('active', 'waiting')), max(run.entered_at)
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS place (journey, contact, key)
        JOIN journeys_run run
            ON run.contact_id = place.contact AND run.journey_id = place.journey AND run.key = place.key
        GROUP BY place.journey, place.contact, place.key
        """,
        [list(column) for column in zip(*places, strict=True)],
    )
    return {(journey, contact, key): Earlier(inside, at) for journey, contact, key, inside, at in rows}


def may_enter(settings: Settings, before: Earlier | None, *, now: dt.datetime) -> bool:
    """Whether somebody with this past may come in now. Nobody is inside twice under one key."""
    if before is None:
        return True
    if before.is_inside:
        return False
    match settings.reentry:
        case "never":
            return False
        case "after_exit" | "always":
            return True
        case "after_days":
            return before.last_entered_at <= now - dt.timedelta(days=settings.days)
        case _:
            assert_never(settings.reentry)
