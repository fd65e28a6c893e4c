"""The inbox: what was accepted and not yet digested, taken in fair portions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from cdp.lib import db
from profiles.models import Lane

LIMIT: Final = 2_000

# Every active source gets its turn: the first items of all sources, then the second ones, and so on. Only ids
# are dealt (an index-only scan); payloads are read for the portion alone.
DEAL: Final = """
    SELECT item.id, item.lane, item.source_id, item.message_hash, item.occurred_at, item.received_at, item.payload
    FROM (
        SELECT waiting.id
        FROM profiles_source source
        CROSS JOIN LATERAL (
            SELECT id, row_number() OVER (ORDER BY id) AS turn
            FROM (
                SELECT id FROM profiles_inboxitem
                WHERE lane = %(lane)s AND source_id = source.id ORDER BY id LIMIT %(limit)s
            ) oldest
        ) waiting
        ORDER BY waiting.turn, waiting.id
        LIMIT %(limit)s
    ) dealt
    JOIN profiles_inboxitem item USING (id)
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One accepted arrival, its payload still as it was sent."""

    id: int
    lane: Lane
    source_id: int
    message_hash: bytes
    occurred_at: dt.datetime
    received_at: dt.datetime
    payload: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Arrivals that are digested together, in order of arrival."""

    items: Sequence[Item] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.items)

    def halves(self) -> tuple[Self, Self]:
        """Two batches of half the size: how a poison item is found."""
        middle = len(self.items) // 2
        return type(self)(self.items[:middle]), type(self)(self.items[middle:])


def take(*, limit: int = LIMIT, now: dt.datetime) -> Batch:
    """The next portion: urgent before live before bulk, and within a lane each source its fair share.

    Nothing is deleted or marked: whoever calls holds the digest lock and is alone. `now` is not asked yet; it is
    what a lane with delays would need.
    """
    rows: list[tuple[object, ...]] = []
    for lane in Lane:
        if len(rows) < limit:
            rows += db.fetch(DEAL, {"lane": lane.value, "limit": limit - len(rows)})
    items = [Item(row[0], Lane(row[1]), row[2], bytes(row[3]), *row[4:]) for row in rows]  # type: ignore[arg-type,call-overload]
    return Batch(sorted(items, key=lambda item: item.id))


def remove(batch: Batch) -> None:
    """Delete what was digested, in the transaction that digested it."""
    if batch.items:
        db.execute("DELETE FROM profiles_inboxitem WHERE id = ANY(%s)", [[item.id for item in batch.items]])
