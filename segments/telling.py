"""Changes of membership made outside the digest: left as rows, for whoever knows the journeys to carry them on."""

from collections.abc import Sequence
from typing import Final

from cdp.lib import db
from segments.models import Cause, UntoldChange
from segments.settling import Change

# Somebody may have been merged since: the news is about whom they are part of now.
TAKE: Final = """
WITH taken AS (
    DELETE FROM segments_untoldchange WHERE id IN (SELECT id FROM segments_untoldchange ORDER BY id LIMIT %s)
    RETURNING id, segment_id, contact_id, entered, cause
)
SELECT taken.segment_id, COALESCE(contact.merged_into_id, taken.contact_id), taken.entered, taken.cause
FROM taken LEFT JOIN profiles_contact contact ON contact.id = taken.contact_id ORDER BY taken.id
"""


def leave(changes: Sequence[Change]) -> None:
    """Leave these to be told, in the caller's transaction."""
    if changes:
        columns = ("segment_id", "contact_id", "entered", "cause")
        rows = [(one.segment_id, one.contact_id, one.entered, one.cause.value) for one in changes]
        db.copy("segments_untoldchange", columns, rows)


def is_waiting() -> bool:
    """Whether something is left to be told."""
    return UntoldChange.objects.exists()


def take(*, limit: int) -> list[Change]:
    """Remove at most `limit` changes, the oldest first, in the transaction in which they are carried on."""
    rows = db.fetch(TAKE, [limit])
    return [Change(segment, contact, entered, Cause(cause)) for segment, contact, entered, cause in rows]
