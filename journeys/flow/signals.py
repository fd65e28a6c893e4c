"""Signals: how something that happens ends a wait, without the digest ever touching a run.

The digest appends a signal; who waits is looked up afterwards. Two looks together lose nothing:

* The engine, when somebody comes to a wait or wakes up in one, looks for signals after the run's own `signal_seq`.
  It does so while holding WAIT_LOCK shared until its commit.
* `wake` reads the feed from its bookmark on, and hurries the runs that wait for what it finds. It holds WAIT_LOCK
  alone, so each wait either is committed and seen by `wake`, or begins after `wake` and sees the signal itself.

The bookmark may step over nothing, because signals become visible in the order of their numbers: only the holder of
the digest lock appends them, and holds that lock until its commit.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from cdp.lib import db
from journeys.flow import conditions
from journeys.flow.people import People
from journeys.flow.shapes import Where
from journeys.flow.steps import Traveller
from segments.conditions import Parameters

WAIT_LOCK: Final = 0x4B_02
FEED: Final = "signals"
BATCH: Final = 10_000
# `signalled_at` only narrows the search to few months; the clocks of two machines may differ a little.
CLOCKS_DIFFER: Final = dt.timedelta(days=1)


def latest() -> int:
    """The number of the newest signal that is visible now; 0 where there is none."""
    return int(db.fetch("SELECT coalesce(max(seq), 0) FROM journeys_signal")[0][0])


@dataclass(frozen=True, slots=True)
class Awaited:
    """Somebody in a wait: which event ends it (its definition), and what its properties must be."""

    run: Traveller
    definition: int
    where: Where = ()


LOOK: Final = """
    SELECT waiting.run, signal.seq
    FROM unnest({runs}::bigint[], {contacts}::bigint[], {definitions}::bigint[], {after}::bigint[],
            {since}::timestamptz[]) AS waiting (run, contact, definition, after, since)
    CROSS JOIN LATERAL (
        SELECT told.seq FROM journeys_signal told {events}
        WHERE told.contact_id = waiting.contact AND told.definition_id = waiting.definition
            AND told.seq > waiting.after AND told.signalled_at >= waiting.since {filters}
        ORDER BY told.seq LIMIT 1
    ) AS signal
"""
EVENTS: Final = "JOIN profiles_event e ON e.id = told.event_id AND e.occurred_at = told.occurred_at"


def look(waits: Sequence[Awaited], *, people: People) -> dict[int, int]:
    """The first signal that ends each of these waits, by run. One statement for each set of filters.

    Takes WAIT_LOCK shared until the end of the caller's transaction: see the module's text.
    """
    if not waits:
        return {}
    db.execute("SELECT pg_advisory_xact_lock_shared(%s)", [WAIT_LOCK])
    asked: dict[Where, list[Awaited]] = {}
    for one in waits:
        asked.setdefault(one.where, []).append(one)
    found: dict[int, int] = {}
    for where, some in asked.items():
        found |= _first(where, some, people)
    return found


def _first(where: Where, waits: Sequence[Awaited], people: People) -> dict[int, int]:
    parameters = Parameters()
    statement = LOOK.format(
        runs=parameters.bind([one.run.id for one in waits]),
        contacts=parameters.bind([one.run.contact_id for one in waits]),
        definitions=parameters.bind([one.definition for one in waits]),
        after=parameters.bind([one.run.signal_seq for one in waits]),
        since=parameters.bind([one.run.entered_at - CLOCKS_DIFFER for one in waits]),
        events=EVENTS if where else "",
        filters=f"AND {conditions.hold(where, people.context, parameters)}" if where else "",
    )
    return dict(db.fetch(statement, parameters.values))


def unread() -> bool:
    """Whether the feed holds signals after the bookmark."""
    return latest() > _bookmark()


def wake(*, now: dt.datetime) -> int:
    """Make the runs due that wait for what newer signals tell; how many. In a transaction of its own."""
    if not unread():
        return 0
    with transaction.atomic():
        db.execute("SELECT pg_advisory_xact_lock(%s)", [WAIT_LOCK])
        news = db.fetch(
            "SELECT seq, contact_id, definition_id FROM journeys_signal WHERE seq > %s ORDER BY seq LIMIT %s",
            [_bookmark(), BATCH],
        )
        if not news:  # another engine was here while we waited for the lock
            return 0
        waiting = _waiting_for(news)
        woken = _hurry(list(waiting), now=now)
        # A run that somebody holds at this moment is looked at again next time: that somebody may roll back.
        busy = [seq for run, seq in waiting.items() if run not in woken]
        _move_bookmark(min(busy) - 1 if busy else news[-1][0])
    return len(woken)


def _waiting_for(news: list[tuple[int, int, int]]) -> dict[int, int]:
    rows = db.fetch(
        """
        SELECT run.id, min(signal.seq)
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS signal (seq, contact, definition)
        JOIN journeys_run run ON run.contact_id = signal.contact AND run.state = 'waiting'
            AND run.awaits IS NOT NULL AND signal.definition = ANY(run.awaits) AND signal.seq > run.signal_seq
        GROUP BY run.id
        """,
        [list(column) for column in zip(*news, strict=True)],
    )
    return dict(rows)


def _hurry(runs: list[int], *, now: dt.datetime) -> set[int]:
    rows = db.fetch(
        """
        UPDATE journeys_run run SET wake_at = least(run.wake_at, %s)
        FROM (
            SELECT id FROM journeys_run WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED
        ) AS free
        WHERE run.id = free.id RETURNING run.id
        """,
        [now, runs],
    )
    return {row[0] for row in rows}


def _bookmark() -> int:
    rows = db.fetch("SELECT seq FROM journeys_bookmark WHERE name = %s", [FEED])
    return int(rows[0][0]) if rows else 0


def _move_bookmark(seq: int) -> None:
    db.execute(
        """
        INSERT INTO journeys_bookmark (name, seq) VALUES (%s, %s)
        ON CONFLICT (name) DO UPDATE SET seq = EXCLUDED.seq
        """,
        [FEED, seq],
    )
