"""Facts change hands: which tables hold facts of contacts, and how their rows follow a merge or its undo.

A fact keeps its persona forever; only the contact that it counts for now is re-pointed.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from cdp.lib import db

AT_ONCE: Final = 5_000  # a merge of more rows moves them in the background
SMALL: Final = (
    "profiles_eventcount",
    "profiles_purchase",
    "profiles_consent",
    "profiles_channeladdress",
    "profiles_devicetoken",
    "profiles_recordlink",
    "profiles_contactnote",
)
LARGE: Final = ("profiles_event", "profiles_attributechange")


@dataclass(frozen=True, slots=True)
class Way:
    """The facts of contact `origin` count for contact `target` now."""

    origin: int
    target: int


def sizes(contact_ids: Collection[int]) -> dict[int, int]:
    """How many events each of these contacts has (none: not among the keys)."""
    return dict(
        db.fetch(
            "SELECT contact_id, sum(count)::bigint FROM profiles_eventcount WHERE contact_id = ANY(%s) GROUP BY 1",
            [list(contact_ids)],
        )
    )


def move_small(ways: Collection[Way]) -> None:
    """Re-point what a contact has few of: a statement a table, however many contacts move."""
    if not ways:
        return
    origins, targets = [way.origin for way in ways], [way.target for way in ways]
    for table in SMALL:
        db.execute(
            f"UPDATE {table} fact SET contact_id = way.target"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS way(origin, target) WHERE fact.contact_id = way.origin",
            [origins, targets],
        )


def move_large(ways: Collection[Way], *, tables: Iterable[str] = LARGE) -> None:
    """Re-point events and attribute changes."""
    if not ways:
        return
    origins, targets = [way.origin for way in ways], [way.target for way in ways]
    for table in tables:
        db.execute(
            f"UPDATE {table} fact SET contact_id = way.target"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS way(origin, target) WHERE fact.contact_id = way.origin",
            [origins, targets],
        )


def move_some(way: Way, *, limit: int) -> int:
    """Re-point at most `limit` rows of the large tables; how many there were. Fewer than `limit`: all is done."""
    moved = 0
    for table in LARGE:
        if moved < limit:
            moved += db.execute(
                f"""
                UPDATE {table} fact SET contact_id = %(target)s
                FROM (
                    SELECT id, occurred_at FROM {table} WHERE contact_id = %(origin)s LIMIT %(limit)s
                ) portion
                WHERE fact.id = portion.id AND fact.occurred_at = portion.occurred_at
                """,
                {"origin": way.origin, "target": way.target, "limit": limit - moved},
            )
    return moved


def give_back(personas: Collection[int], *, among: Collection[int], to: int) -> None:
    """Re-point all facts of these personas, which stand at the contacts `among`, to the contact `to`."""
    for table in (*SMALL, *LARGE):
        db.execute(
            f"UPDATE {table} SET contact_id = %(to)s"
            " WHERE contact_id = ANY(%(among)s) AND persona_id = ANY(%(personas)s) AND contact_id <> %(to)s",
            {"to": to, "among": list(among), "personas": list(personas)},
        )


def recount(contact_ids: Collection[int]) -> None:
    """Compute the activity of these contacts anew, from their counters and their ledger of attributes."""
    ids = list(contact_ids)
    db.execute("DELETE FROM profiles_contactactivity WHERE contact_id = ANY(%s)", [ids])
    db.execute(
        """
        INSERT INTO profiles_contactactivity (contact_id, first_seen_at, last_seen_at, event_count)
        SELECT contact_id, min(first_at), max(last_at), sum(count)
        FROM (
            SELECT tally.contact_id, first_at, last_at, count
            FROM profiles_eventcount tally
            JOIN profiles_eventdefinition definition ON definition.id = tally.definition_id
            WHERE tally.contact_id = ANY(%(ids)s) AND NOT definition.is_system
            UNION ALL
            SELECT change.contact_id, min(occurred_at), max(occurred_at), 0
            FROM profiles_attributechange change
            JOIN profiles_source source ON source.id = change.source_id
            WHERE change.contact_id = ANY(%(ids)s) AND source.kind <> 'system'
            GROUP BY change.contact_id
        ) seen
        GROUP BY contact_id
        """,
        {"ids": ids},
    )


def join_activity(ways: Collection[Way]) -> None:
    """The survivors of merges were seen when the absorbed were."""
    if not ways:
        return
    db.execute(
        """
        WITH gone AS (
            DELETE FROM profiles_contactactivity activity
            USING unnest(%s::bigint[], %s::bigint[]) AS way(origin, target)
            WHERE activity.contact_id = way.origin
            RETURNING way.target, first_seen_at, last_seen_at, event_count
        )
        INSERT INTO profiles_contactactivity AS mine (contact_id, first_seen_at, last_seen_at, event_count)
        SELECT target, min(first_seen_at), max(last_seen_at), sum(event_count) FROM gone GROUP BY target
        ON CONFLICT (contact_id) DO UPDATE SET
            first_seen_at = least(mine.first_seen_at, EXCLUDED.first_seen_at),
            last_seen_at = greatest(mine.last_seen_at, EXCLUDED.last_seen_at),
            event_count = mine.event_count + EXCLUDED.event_count
        """,
        [[way.origin for way in ways], [way.target for way in ways]],
    )


def touch(contact_whats: Iterable[tuple[int, int]], *, now: dt.datetime) -> None:
    """Append to the feed of what changed: (contact, kind of fact)."""
    db.copy(
        "profiles_touch",
        ("contact_id", "what", "touched_at"),
        ((contact, what, now) for contact, what in contact_whats),
    )
