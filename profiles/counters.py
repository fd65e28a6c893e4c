"""Counters: how often a persona did something, and when a contact was seen. One statement each for a batch."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from cdp.lib import db
from profiles.arrivals import StoredEvent


def count(events: Iterable[StoredEvent]) -> None:
    """Add these events to what their personas did, ever."""
    tallies: dict[tuple[int, int], list[object]] = {}
    for event in events:
        key = (event.persona_id, event.definition_id)
        tally = tallies.get(key)
        if tally is None:
            worth = event.value or Decimal(0)
            tallies[key] = [event.contact_id, 1, event.occurred_at, event.occurred_at, worth]
            continue
        tally[1] += 1  # type: ignore[operator]
        tally[2] = min(tally[2], event.occurred_at)  # type: ignore[call-overload]
        tally[3] = max(tally[3], event.occurred_at)  # type: ignore[call-overload]
        tally[4] += event.value or 0  # type: ignore[operator]
    if not tallies:
        return
    columns = list(zip(*((*key, *tally) for key, tally in tallies.items()), strict=True))
    db.execute(
        """
        INSERT INTO profiles_eventcount AS tally
            (persona_id, definition_id, contact_id, count, first_at, last_at, value_sum)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::timestamptz[],
            %s::timestamptz[], %s::numeric[])
        ON CONFLICT (persona_id, definition_id) DO UPDATE SET
            count = tally.count + EXCLUDED.count,
            first_at = least(tally.first_at, EXCLUDED.first_at),
            last_at = greatest(tally.last_at, EXCLUDED.last_at),
            value_sum = tally.value_sum + EXCLUDED.value_sum
        """,
        [list(column) for column in columns],
    )


class Sightings:
    """When the contacts of a batch were seen. Kindred's own events are none, or our mail would look like them."""

    def __init__(self) -> None:
        self.seen: dict[int, list[object]] = {}

    def add(self, contact_id: int, at: dt.datetime, *, events: int) -> None:
        """The contact was seen at this moment, doing so many things."""
        sighting = self.seen.get(contact_id)
        if sighting is None:
            self.seen[contact_id] = [at, at, events]
            return
        sighting[0] = min(sighting[0], at)  # type: ignore[call-overload]
        sighting[1] = max(sighting[1], at)  # type: ignore[call-overload]
        sighting[2] += events  # type: ignore[operator]

    def store(self) -> None:
        """Write them down."""
        if not self.seen:
            return
        columns = list(zip(*((contact, *sighting) for contact, sighting in self.seen.items()), strict=True))
        db.execute(
            """
            INSERT INTO profiles_contactactivity AS mine (contact_id, first_seen_at, last_seen_at, event_count)
            SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::int[])
            ON CONFLICT (contact_id) DO UPDATE SET
                first_seen_at = least(mine.first_seen_at, EXCLUDED.first_seen_at),
                last_seen_at = greatest(mine.last_seen_at, EXCLUDED.last_seen_at),
                event_count = mine.event_count + EXCLUDED.event_count
            """,
            [list(column) for column in columns],
        )
