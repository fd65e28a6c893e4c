"""Message ids of the last 30 days: nothing is stored twice."""

import datetime as dt
from collections.abc import Sequence

from cdp.lib import db
from profiles.inbox import Item
from profiles.partitions import SEEN_DAYS


def unseen(items: Sequence[Item], *, now: dt.datetime) -> set[tuple[int, bytes]]:
    """Which of these (source, message hash) were not digested in the last 30 days; they are noted as seen now."""
    if not items:
        return set()
    rows = db.fetch(
        """
        INSERT INTO profiles_seenmessage (source_id, message_hash, seen_on)
        SELECT DISTINCT new.source, new.hash, %(today)s::date
        FROM unnest(%(sources)s::bigint[], %(hashes)s::bytea[]) AS new(source, hash)
        WHERE NOT EXISTS (
            SELECT FROM profiles_seenmessage seen
            WHERE seen.source_id = new.source AND seen.message_hash = new.hash AND seen.seen_on > %(horizon)s::date
        )
        RETURNING source_id, message_hash
        """,
        {
            "today": now.date(),
            "horizon": now.date() - dt.timedelta(days=SEEN_DAYS),
            "sources": [item.source_id for item in items],
            "hashes": [item.message_hash for item in items],
        },
    )
    return {(source, bytes(hash_)) for source, hash_ in rows}
