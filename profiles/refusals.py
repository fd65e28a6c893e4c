"""Refusals in the open: what was not accepted, on its page, and merges that were not made, on the timeline."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from profiles.inbox import Item
from profiles.models import Lane, RejectedItem, Source
from profiles.resolution import Refused, Resolved
from profiles.understanding import Message, Origin, Reader, Rejection

MERGE_REFUSED: Final = "Merge Refused"
WHY: Final = {
    "browser": "A website's key cannot join two people we know, or take over an identifier of one.",
    "address": "A website's key cannot replace the e-mail address or phone number of somebody we know:"
    " a server's key can.",
    "clash": "Both have an identifier that is unique to one person, and not the same one.",
    "limit": "The person would have more values of an identifier than one person may.",
    "kept_apart": "Somebody separated these two by hand.",
}


def keep(rejections: Sequence[Rejection]) -> None:
    """Write what was not accepted to its page."""
    RejectedItem.objects.bulk_create(
        RejectedItem(
            source_id=rejection.item.source_id,
            received_at=rejection.item.received_at,
            reason=rejection.reason[:40],
            detail=rejection.detail,
            payload=rejection.item.payload,
            message_hash=rejection.item.message_hash,
        )
        for rejection in rejections
    )


def drop_traits(message: Message, resolved: Resolved, *, reader: Reader) -> None:
    """An address that was refused as an identifier is no attribute either: it is somebody else's."""
    for refused in resolved.refused:
        namespace = refused.identifier.namespace
        if namespace in message.traits:
            message.traits = {key: value for key, value in message.traits.items() if key != namespace}
        if refused.other is None or namespace in ("email", "phone", "user_id"):
            detail = f"The {namespace} “{refused.identifier.value}” was left out. {WHY[refused.reason]}"
            reader.reject(message.item, "identifier_refused", detail)


def events(
    refusals: Iterable[tuple[Message, int, Refused, int]], *, now: dt.datetime
) -> list[tuple[Message, int]]:
    """Refused merges as events of Kindred itself: each message with the persona it happened to.

    Takes (message, persona, what was refused, the other persona's real number). One a pair, reason and day: a
    visitor who comes back with every page view is no news.
    """
    source: Origin | None = None
    made = []
    for message, persona, refused, other in refusals:
        if source is None:
            source = _system()
        key = f"merge-refused:{persona}:{other}:{refused.reason}:{now:%Y-%m-%d}"
        properties = {
            "reason": refused.reason,
            "why": WHY[refused.reason],
            "identifier": refused.identifier.namespace,
            "other": other,
        }
        item = Item(
            id=message.item.id,
            lane=Lane.LIVE,
            source_id=source.id,
            message_hash=hashlib.blake2b(key.encode(), digest_size=16).digest(),
            occurred_at=now,
            received_at=now,
            payload=msgspec.json.encode(properties).decode(),
        )
        told = Message(item, source, properties, [], persona, "", event=MERGE_REFUSED, properties=properties)
        told.is_fresh = message.is_fresh
        made.append((told, persona))
    return made


def _system() -> Origin:
    row = (
        Source.objects.filter(kind=Source.Kind.SYSTEM)
        .order_by("id")
        .values_list("id", "kind", "party", "is_sample")
        .first()
    )
    assert row is not None  # the first migration makes it
    return Origin(*row)
