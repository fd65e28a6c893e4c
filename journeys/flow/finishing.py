"""How versions end: nobody new comes in, and the last person has left."""

from typing import Final

from django.db.models import Exists, OuterRef

from cdp.lib import audit, db
from journeys.models import Journey, Version

EMPTY: Final = """
    version.state = 'finishing' AND NOT EXISTS (
        SELECT FROM journeys_run run WHERE run.version_id = version.id AND run.state IN ('active', 'waiting')
    )
"""
CANDIDATES: Final = f"SELECT version.id FROM journeys_version version WHERE {EMPTY}"
CLOSE: Final = (
    f"UPDATE journeys_version version SET state = 'over' WHERE {EMPTY} RETURNING version.journey_id"
)


def settle() -> int:
    """Close finishing versions that nobody is in any more, and journeys that have no other; how many versions.

    The engine asks when it has nothing else to do. Two engines that end the last two runs at once each see the
    other's still open, so this cannot be left to whoever ends a run. The digest lock keeps out a digest that still
    believes the version takes people in.
    """
    if not db.fetch(CANDIDATES):
        return 0
    with db.transaction_with_lock(db.DIGEST_LOCK):
        rows = db.fetch(CLOSE)
        if rows:
            _complete({row[0] for row in rows})
    return len(rows)


def _complete(journeys: set[int]) -> None:
    unfinished = Version.objects.filter(journey=OuterRef("pk")).exclude(state=Version.State.OVER)
    done = Journey.objects.filter(~Exists(unfinished), pk__in=journeys, status=Journey.Status.FINISHING)
    audit.update(done, status=Journey.Status.COMPLETED)
