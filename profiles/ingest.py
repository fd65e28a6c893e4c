"""The door: what arrives is checked and appended to the inbox; the digest understands it later.

Nothing here looks a person up, except to note an opt-out at once. Every statement takes a whole batch.
"""

import datetime as dt
import secrets
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.db import transaction
from django.dispatch import Signal

from cdp.lib import db, failpoints
from profiles import keys, optouts, spec
from profiles.models import Lane, Source

# The only signal of the project: something was appended to the inbox and is committed. It carries nothing.
received = Signal()

# What must not wait behind others: statements of consent, and what stops a send.
URGENT: Final = frozenset(
    {
        "Unsubscribed",
        "Subscribed",
        "Email Marked as Spam",
        "Email Bounced",
        "Segment Consent Preference Updated",
    }
)

# One row of a binary COPY: six fields, each after its length. Binary, because it needs no escaping and PostgreSQL
# need not parse times; at a hundred rows that is half of what the door costs.
_ROW: Final = struct.Struct("!hihiqi16siqiqi")
_COPY_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_POSTGRES_EPOCH: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Refusal:
    """One item that was not accepted: its place in the batch, a code for programs, a sentence for people."""

    index: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many items are in the inbox now, and which are not."""

    accepted: int
    refused: list[Refusal]


@dataclass(frozen=True, slots=True)
class SystemEvent:
    """Something Kindred itself did to a person. The same `key` is the same event, however often it is recorded."""

    name: str
    persona_id: int
    occurred_at: dt.datetime
    key: str
    properties: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)
    lane: Lane = Lane.LIVE
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What Kindred itself says about a person, a journey say: attributes. None takes one away."""

    persona_id: int
    occurred_at: dt.datetime
    key: str
    traits: Mapping[str, Any]


@dataclass(slots=True)
class _Checked:
    """A batch sorted: rows ready for COPY, what is refused, and which of the rows say "no more"."""

    rows: list[bytes] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    opted_out: list[optouts.OptOut] = field(default_factory=list)


def accept(
    *,
    source: Source,
    items: Sequence[msgspec.Raw | bytes],
    sent_at: dt.datetime | None,
    lane: Lane | None = None,
    now: dt.datetime,
) -> Accepted:
    """Append these messages to the inbox, and those that cannot be accepted to Not accepted, in one transaction.

    They go into `lane`; where none is named, into their source's, what is urgent ahead of the rest. On return all of
    it is committed (unless the caller has a transaction open). Raises django.db.OperationalError when the database
    is away: then nothing is accepted, and sending it all again is right.
    """
    checked = _check(source, items, sent_at=sent_at, lane=lane, now=now)
    failpoints.hit("door.read")
    # Mostly it is a single COPY, which is a transaction by itself and saves two trips to the database.
    several = checked.refused or checked.opted_out
    with transaction.atomic() if several else nullcontext():
        _append(checked.rows, at_door=True)
        if checked.refused:
            _note_refused(source, items, checked.refused, now=now)
        if checked.opted_out:
            optouts.note(checked.opted_out, source=source, now=now)
    failpoints.hit("door.committed")
    return Accepted(len(checked.rows), checked.refused)


def refuse(*, source: Source, body: bytes, reason: str, detail: str, now: dt.datetime) -> None:
    """Keep a request that could not be taken apart, with the reason."""
    _note_refused(source, [body], [Refusal(0, reason, detail)], now=now)


def record(events: Sequence[SystemEvent], *, now: dt.datetime) -> None:
    """Append what Kindred did to the inbox, as a part of the caller's transaction."""
    if not events:
        return
    source_id = _system_source()
    received_at = _microseconds(now)
    rows = []
    for event in events:
        digest = blake2b(event.key.encode(), digest_size=16).digest()
        payload = _payload(event)
        rows.append(
            _row(event.lane, source_id, digest, _microseconds(event.occurred_at), received_at, payload)
        )
    _append(rows)


def state(statements: Sequence[Statement], *, now: dt.datetime) -> None:
    """Append what Kindred says about people to the inbox, as a part of the caller's transaction."""
    if not statements:
        return
    source_id, received_at = _system_source(), _microseconds(now)
    rows = []
    for said in statements:
        digest = blake2b(said.key.encode(), digest_size=16).digest()
        body = {
            "type": "identify",
            "personaId": said.persona_id,
            "messageId": said.key,
            "traits": said.traits,
        }
        occurred_at = _microseconds(said.occurred_at)
        rows.append(_row(Lane.LIVE, source_id, digest, occurred_at, received_at, _encode(body)))
    _append(rows)


def _check(
    source: Source,
    items: Sequence[msgspec.Raw | bytes],
    *,
    sent_at: dt.datetime | None,
    lane: Lane | None,
    now: dt.datetime,
) -> _Checked:
    checked = _Checked()
    horizon, source_id, received_at = keys.horizon(now=now), source.pk, _microseconds(now)
    for index, item in enumerate(items):
        raw = bytes(item)
        try:
            message = spec.read(raw)
            occurred_at = spec.occurrence(message, sent_at=sent_at, received_at=now, horizon=horizon)
        except spec.NotAccepted as error:
            checked.refused.append(Refusal(index, error.reason, error.detail))
            continue
        message_id = message.message_id
        if message_id is None or message.numeric_user_id:
            message_id = message_id or secrets.token_hex(16)
            raw = _completed(raw, message, message_id)
        digest = blake2b(message_id.encode(), digest_size=16).digest()
        into = lane if lane is not None else Lane.URGENT if message.event in URGENT else source.lane
        if message.event == optouts.NAME:
            checked.opted_out.append(optouts.OptOut(message, occurred_at, digest))
        checked.rows.append(_row(into, source_id, digest, _microseconds(occurred_at), received_at, raw))
    return checked


def _append(rows: list[bytes], *, at_door: bool = False) -> None:
    if not rows:
        return
    columns = "lane, source_id, message_hash, occurred_at, received_at, payload"
    with db.copying(f"COPY profiles_inboxitem ({columns}) FROM STDIN (FORMAT binary)") as out:
        out.write(b"".join((_COPY_BEGIN, *rows, _COPY_END)))
        if at_door:
            failpoints.hit("door.copied")
    transaction.on_commit(_tell)


def _tell() -> None:
    # Robust: it is committed, so whatever a listener trips over must not turn the answer into an error.
    received.send_robust(sender=None)


def _row(lane: int, source_id: int, digest: bytes, occurred: int, received: int, payload: bytes) -> bytes:
    return _ROW.pack(6, 2, lane, 8, source_id, 16, digest, 8, occurred, 8, received, len(payload)) + payload


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _POSTGRES_EPOCH) // _MICROSECOND


def _completed(raw: bytes, message: spec.Message, message_id: str) -> bytes:
    """The message with what its sender left out, or gave as a number, in the form the digest expects."""
    parts: dict[str, object] = {"messageId": message_id}
    if message.numeric_user_id:
        parts["userId"] = message.user_id
    return spec.with_parts(raw, parts)


def _payload(event: SystemEvent) -> bytes:
    properties = dict(event.properties)
    if event.value is not None:
        properties.setdefault("value", event.value)
    payload = _encode(
        {
            "type": "track",
            "event": event.name,
            "personaId": event.persona_id,
            "messageId": event.key,
            "timestamp": event.occurred_at,
            "properties": properties,
            "context": event.context,
        }
    )
    # A provider's words (why a mail bounced) may hold anything.
    return spec.without_nul(payload) if b"\\u0000" in payload else payload


def _system_source() -> int:
    # Asked each time: one small statement a batch, and right in every database.
    found = db.fetch("SELECT id FROM profiles_source WHERE kind = 'system' ORDER BY id LIMIT 1")
    if found:
        return int(found[0][0])
    return Source.objects.get_or_create(name="Kindred", defaults={"kind": Source.Kind.SYSTEM})[0].pk


def _note_refused(
    source: Source, items: Sequence[msgspec.Raw | bytes], refused: Iterable[Refusal], *, now: dt.datetime
) -> None:
    columns = ("source_id", "received_at", "reason", "detail", "payload")
    rows = [
        (source.pk, now, refusal.reason, refusal.detail, _readable(bytes(items[refusal.index])))
        for refusal in refused
    ]
    db.copy("profiles_rejecteditem", columns, rows)


def _readable(raw: bytes) -> str:
    """As much of it as is worth keeping, as text that PostgreSQL can store."""
    return raw[: spec.MESSAGE_BYTES].decode(errors="replace").replace("\0", "�")
