"""The outbox: what is owed to whom, written once whatever happens."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cdp.lib import db
from journeys.models import Message
from profiles.models import Channel


@dataclass(frozen=True, slots=True)
class Owed:
    """One message that a visit owes a contact; (run, visit, channel) is its name."""

    run_id: int
    run_entered_at: dt.datetime
    visit_number: int
    version_id: int
    step: str
    contact_id: int
    persona_id: int
    due_at: dt.datetime
    channel: str = Channel.EMAIL
    purpose: str = Message.Purpose.MARKETING
    topic_id: int | None = None
    why: str = ""
    brand_id: int | None = None
    expires_at: dt.datetime | None = None


COLUMNS: Final = {
    "run_id": "bigint",
    "run_entered_at": "timestamptz",
    "visit_number": "int",
    "version_id": "bigint",
    "step": "text",
    "contact_id": "bigint",
    "persona_id": "bigint",
    "due_at": "timestamptz",
    "channel": "text",
    "purpose": "text",
    "topic_id": "bigint",
    "why": "text",
    "brand_id": "bigint",
    "expires_at": "timestamptz",
}
# The columns that Django fills with a default of its own have none in the database.
DEFAULTS: Final = {
    "state": "'queued'",
    "fence": "0",
    "attempts": "0",
    "address": "''",
    "reason": "''",
    "detail": "''",
    "provider": "''",
    "provider_id": "''",
}
QUEUE: Final = f"""
    INSERT INTO journeys_message ({", ".join(COLUMNS)}, created_at, {", ".join(DEFAULTS)})
    SELECT owed.*, %s, {", ".join(DEFAULTS.values())}
    FROM unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())}) AS owed
    ON CONFLICT (run_id, visit_number, channel, run_entered_at) DO NOTHING
"""


def queue(owed: Sequence[Owed], *, now: dt.datetime) -> int:
    """Write the messages that are not there yet, in the caller's transaction, with one statement; how many.

    Asking twice for the same visit owes one message. A marketing message without a topic raises
    `django.db.IntegrityError`.
    """
    if not owed:
        return 0
    arrays = [[getattr(row, name) for row in owed] for name in COLUMNS]
    return db.execute(QUEUE, [now, *arrays])
