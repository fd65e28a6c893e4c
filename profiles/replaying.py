"""Sending in again what was not accepted, after whatever stood in its way was put right."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from cdp.lib import db
from profiles import ingest, spec
from profiles.models import RejectedItem, SeenMessage, Source

# Of these nothing at all was stored, though their message was noted as seen. Of all others that were seen a part
# was left out and the rest is there: sent in again, it would be stored twice.
WHOLLY_REFUSED: Final = frozenset({"event_blocked", "unknown_persona"})


@dataclass(slots=True)
class Replayed:
    """What went back to the inbox, and why each of the others stays."""

    sent: list[RejectedItem] = field(default_factory=list)
    staying: list[tuple[RejectedItem, str]] = field(default_factory=list)


class _StillRefused(Exception):
    """The door does not take it this time either."""


def replay(items: Sequence[RejectedItem], *, now: dt.datetime) -> Replayed:
    """Put these back into the inbox, each once; the digest judges them anew."""
    done = Replayed()
    for item in items:
        try:
            with transaction.atomic():
                if why := _send(item.pk, now=now):
                    raise _StillRefused(why)
            done.sent.append(item)
        except _StillRefused as error:
            done.staying.append((item, str(error)))
    return done


def _send(number: int, *, now: dt.datetime) -> str:
    """Send one in; why not, where it cannot be."""
    item = RejectedItem.objects.select_for_update(of=("self",)).select_related("source").get(pk=number)
    if item.replayed_at is not None:
        return _("It was sent in again before.")
    source = item.source
    if source is None or source.kind == Source.Kind.SYSTEM:
        return _("It came from Kindred itself, which sends its own again.")
    if source.disabled_at is not None:
        return _("Its source is switched off.")
    if item.message_hash is not None and (why := _forget(source.pk, bytes(item.message_hash), item.reason)):
        return why
    accepted = ingest.accept(source=source, items=[_dated(item)], sent_at=None, now=now)
    if accepted.refused:
        return accepted.refused[0].detail
    item.replayed_at = now
    item.save(update_fields=["replayed_at"])
    return ""


def _forget(source: int, message: bytes, reason: str) -> str:
    """Let the digest take this message once more, where nothing of it was stored."""
    seen = SeenMessage.objects.filter(source=source, message_hash=message)
    if not seen.exists():
        return ""
    if reason not in WHOLLY_REFUSED:
        return _("Only a part of it was left out. The rest is stored, and would be stored twice.")
    db.execute(
        "DELETE FROM profiles_seenmessage WHERE source_id = %s AND message_hash = %s", [source, message]
    )
    return ""


def _dated(item: RejectedItem) -> bytes:
    """The message as it was sent; where it did not say when, it happened when it first arrived."""
    raw = item.payload.encode()
    try:
        dated: dict[str, Any] = {} if spec.read(raw).timestamp else {"timestamp": item.received_at}
    except spec.NotAccepted:
        return raw  # the door will say what is wrong with it
    return spec.with_parts(raw, dated) if dated else raw
