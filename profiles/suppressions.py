"""Addresses that must not be written to: blocked, or free again, and told on the timeline of whoever has them.

The event carries the news to segments: who may be reached depends on it.
"""

import datetime as dt
from typing import Any, Final

from cdp.lib import db
from profiles import consent, ingest
from profiles.ingest import SystemEvent
from profiles.models import Channel

BLOCKED: Final = "Address Blocked"
ALLOWED: Final = "Address Allowed"
NAMES: Final = frozenset({BLOCKED, ALLOWED})

# The trigram indexes of the contact search find these, whatever the case.
OWNERS: Final = {
    Channel.EMAIL: "SELECT id FROM profiles_contact WHERE merged_into_id IS NULL AND upper(email) = upper(%s)",
    Channel.SMS: "SELECT id FROM profiles_contact WHERE merged_into_id IS NULL AND phone = %s",
    Channel.WHATSAPP: "SELECT id FROM profiles_contact WHERE merged_into_id IS NULL AND phone = %s",
}


def block(
    *,
    channel: str,
    address: str,
    reason: str,
    detail: str = "",
    until_at: dt.datetime | None = None,
    now: dt.datetime,
) -> None:
    """Write no more to this address, in the caller's transaction; the timelines of whoever has it say so."""
    consent.suppress(
        channel=channel, address=address, reason=reason, detail=detail, until_at=until_at, now=now
    )
    said: dict[str, Any] = {"reason": reason}
    if until_at is not None:
        said["until_at"] = until_at.isoformat()
    _tell(BLOCKED, channel=channel, address=address, said=said, now=now)


def allow(*, channel: str, address: str, now: dt.datetime) -> bool:
    """Let this address be written to again, in the caller's transaction; whether it was blocked."""
    gone = db.execute(
        "DELETE FROM profiles_suppression WHERE channel = %s AND address = %s",
        [channel, address.strip().lower()],
    )
    if gone:
        _tell(ALLOWED, channel=channel, address=address, said={}, now=now)
    return bool(gone)


def _tell(name: str, *, channel: str, address: str, said: dict[str, Any], now: dt.datetime) -> None:
    address = address.strip().lower()
    key = f"{name}:{channel}:{address}:{now.isoformat()}"
    ingest.record(
        [
            SystemEvent(
                name, contact, now, f"{key}:{contact}", {"channel": channel, "address": address, **said}
            )
            for contact in _owners(channel, address)
        ],
        now=now,
    )


def _owners(channel: str, address: str) -> list[int]:
    sql = OWNERS.get(Channel(channel))
    return [row[0] for row in db.fetch(sql, [address])] if sql else []
