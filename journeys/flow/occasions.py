"""Occasions: what leads somebody into a journey once, however often we are told of it."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from cdp.lib import db

LONGEST: Final = 240
# Nobody comes in under a number that has meanwhile become part of another.
TAKE: Final = """
    INSERT INTO journeys_occasion (journey_id, contact_id, name, at)
    SELECT %s, told.contact, told.name, %s
    FROM unnest(%s::bigint[], %s::text[]) AS told (contact, name)
    JOIN profiles_contact contact ON contact.id = told.contact AND contact.merged_into_id IS NULL
    ON CONFLICT (contact_id, journey_id, name) DO NOTHING
    RETURNING contact_id, name
"""


def take(journey_id: int, told: Sequence[tuple[int, str]], *, now: dt.datetime) -> set[tuple[int, str]]:
    """Those of the occasions (contact, name) that are new; they are so only once."""
    if not told:
        return set()
    contacts, names = [contact for contact, _ in told], [name for _, name in told]
    return {(contact, name) for contact, name in db.fetch(TAKE, [journey_id, now, contacts, names])}


def led_to(journey_id: int, contact_id: int, name: str, run_id: int | None) -> None:
    """Remember which run an occasion led to."""
    db.execute(
        "UPDATE journeys_occasion SET run_id = %s WHERE journey_id = %s AND contact_id = %s AND name = %s",
        [run_id, journey_id, contact_id, name],
    )


def run_of(journey_id: int, contact_id: int, name: str) -> int | None:
    """The run that an occasion led to; None where the rules let nobody in."""
    rows = db.fetch(
        "SELECT run_id FROM journeys_occasion WHERE journey_id = %s AND contact_id = %s AND name = %s",
        [journey_id, contact_id, name],
    )
    return rows[0][0] if rows else None
