"""Devices: the apps and browsers that told us how to push to them."""

from collections.abc import Iterable
from typing import Any

from cdp.lib import db
from profiles.understanding import Message

LONGEST: int = 200  # an identifier that is longer is none, and its device cannot be followed


def store(owned: Iterable[tuple[Message, tuple[int, int]]]) -> None:
    """Keep the device tokens of these messages, each beside its (contact, persona): the last one named has it."""
    rows: dict[str, tuple[Any, ...]] = {}
    for message, (contact, persona) in owned:
        given = message.body.get("context")
        device = given.get("device") if isinstance(given, dict) else None
        token = device.get("token") if isinstance(device, dict) else None
        if not isinstance(given, dict) or not isinstance(device, dict) or not isinstance(token, str):
            continue
        token = token.strip()
        if token and len(token) <= LONGEST:
            app = given.get("app") if isinstance(given.get("app"), dict) else {}
            rows[token] = (
                token,
                contact,
                persona,
                str(device.get("type") or "")[:10],
                str((app or {}).get("name") or "")[:200],
                message.item.occurred_at,
            )
    if rows:
        db.execute(
            """
            INSERT INTO profiles_devicetoken AS old
                (token, contact_id, persona_id, platform, app, last_seen_at, subscription)
            SELECT *, '{}'::jsonb FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                %s::timestamptz[])
            ON CONFLICT (token) DO UPDATE SET contact_id = EXCLUDED.contact_id, persona_id = EXCLUDED.persona_id,
                last_seen_at = greatest(old.last_seen_at, EXCLUDED.last_seen_at), revoked_at = NULL
            """,
            [list(column) for column in zip(*rows.values(), strict=True)],
        )
