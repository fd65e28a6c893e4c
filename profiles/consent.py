"""What people allow: the ledger of their statements, and the question that is asked before every message."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.db.models import F, Q

from cdp.lib import db
from profiles.models import Basis, Channel, Consent, ConsentState, Suppression

MARKETING: Final = "marketing"
TRANSACTIONAL: Final = "transactional"

type Request = tuple[int, int | None, str]  # contact, topic, purpose

# The latest word counts, whether it was about this topic or about all topics of the channel.
ASK: Final = """
    SELECT request.number, said.state, topic.basis, contact.do_not_track_since_at,
        EXISTS (
            SELECT FROM profiles_suppression suppression
            WHERE suppression.channel = %(channel)s
              AND suppression.address = CASE WHEN %(channel)s = 'email' THEN lower(contact.email)
                                             WHEN %(channel)s IN ('sms', 'whatsapp') THEN contact.phone END
              AND (suppression.until_at IS NULL OR suppression.until_at > %(now)s)
        )
    FROM unnest(%(contacts)s::bigint[], %(topics)s::bigint[]) WITH ORDINALITY AS request(contact, topic, number)
    JOIN profiles_contact asked ON asked.id = request.contact
    JOIN profiles_contact contact ON contact.id = coalesce(asked.merged_into_id, asked.id)
    LEFT JOIN profiles_topic topic ON topic.id = request.topic
    LEFT JOIN LATERAL (
        SELECT state FROM profiles_consent consent
        WHERE consent.contact_id = contact.id AND consent.channel = %(channel)s
          AND (consent.topic_id = request.topic OR consent.topic_id IS NULL)
        ORDER BY at DESC, id DESC LIMIT 1
    ) said ON true
"""


class Refusal(StrEnum):
    """Why a person may not be written to."""

    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    NOT_SUBSCRIBED = "not_subscribed"
    PENDING = "pending"
    DO_NOT_TRACK = "do_not_track"
    UNKNOWN_CONTACT = "unknown_contact"


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said about a topic (None: all topics) on a channel.

    `key` makes a statement idempotent: the same key for the same contact, topic and channel is written once. A door
    that writes the ledger and then records the timeline event gives both the same key.
    """

    contact_id: int
    persona_id: int
    channel: str
    state: str
    at: dt.datetime
    topic_id: int | None = None
    basis: str = Basis.CONSENT
    source_id: int | None = None
    wording_version: str = ""
    proof: dict[str, Any] = field(default_factory=dict)
    key: str | bytes | None = None


def key_hash(key: str | bytes) -> str:
    """How a key stands in the proof: the hash under which the inbox knows the same message."""
    return (key if isinstance(key, bytes) else hashlib.blake2b(key.encode(), digest_size=16).digest()).hex()


def record(statements: Iterable[Statement], *, now: dt.datetime) -> int:
    """Append these to the ledger, in the caller's transaction; how many were new. `now` is when we learnt of them."""
    wanted = [(statement, _proof(statement, now=now)) for statement in statements]
    keyed = {statement.contact_id for statement, proof in wanted if "message" in proof}
    there: set[tuple[int, int | None, str, object]] = set(
        Consent.objects.filter(contact__in=keyed, proof__has_key="message").values_list(
            "contact_id", "topic_id", "channel", "proof__message"
        )
        if keyed
        else ()
    )
    words = _words(statement for statement, _ in wanted)
    rows: list[Consent] = []
    for statement, proof in wanted:
        place = (statement.contact_id, statement.topic_id, statement.channel, proof.get("message"))
        if "message" in proof and place in there:
            continue
        heard = words.setdefault((statement.contact_id, statement.channel), [])
        if statement.state == ConsentState.PENDING and _agreed(statement, heard):
            continue  # they confirmed before: ticking the box again takes nothing away
        there.add(place)
        rows.append(_row(statement, proof))
        heard.append(rows[-1])
    Consent.objects.bulk_create(rows)
    return len(rows)


def _words(statements: Iterable[Statement]) -> dict[tuple[int, str], list[Consent]]:
    """What the ledger holds of whoever is asked to confirm, by contact and channel."""
    words: dict[tuple[int, str], list[Consent]] = {}
    asked = {one.contact_id for one in statements if one.state == ConsentState.PENDING}
    for said in Consent.objects.filter(contact__in=asked).order_by("id") if asked else ():
        words.setdefault((said.contact_id, said.channel), []).append(said)
    return words


def _agreed(statement: Statement, words: Iterable[Consent]) -> bool:
    """Whether the latest of these words, as far as it is about the statement's topic and before it, was yes."""
    topics = (statement.topic_id, None)
    said = [one for one in words if one.topic_id in topics and one.at <= statement.at]
    # Sorting is stable: of two at one moment, the one that was written later counts.
    return bool(said) and sorted(said, key=lambda one: one.at)[-1].state == ConsentState.SUBSCRIBED


def _proof(statement: Statement, *, now: dt.datetime) -> dict[str, Any]:
    proof = {**statement.proof, "recorded_at": now.isoformat()}
    if statement.key is not None:
        proof["message"] = key_hash(statement.key)
    return proof


def _row(statement: Statement, proof: dict[str, Any]) -> Consent:
    return Consent(
        contact_id=statement.contact_id,
        persona_id=statement.persona_id,
        topic_id=statement.topic_id,
        channel=statement.channel,
        basis=statement.basis,
        state=statement.state,
        at=statement.at,
        source_id=statement.source_id,
        wording_version=statement.wording_version,
        proof=proof,
    )


def allowed(*, channel: str, requests: Sequence[Request], now: dt.datetime) -> dict[Request, Refusal | None]:
    """For each request, why it is refused, or None where it is allowed. One statement however many are asked.

    `now` decides whether a suppression with an end still holds.
    """
    answers: dict[Request, Refusal | None] = dict.fromkeys(requests, Refusal.UNKNOWN_CONTACT)
    rows = db.fetch(
        ASK,
        {
            "channel": channel,
            "contacts": [contact for contact, _, _ in requests],
            "topics": [topic for _, topic, _ in requests],
            "now": now,
        },
    )
    for number, state, basis, do_not_track, suppressed in rows:
        request = requests[number - 1]
        answers[request] = (
            Refusal.SUPPRESSED
            if suppressed
            else _refusal(
                channel, purpose=request[2], state=state, basis=basis, do_not_track=do_not_track is not None
            )
        )
    return answers


def _refusal(
    channel: str, *, purpose: str, state: str | None, basis: str | None, do_not_track: bool
) -> Refusal | None:
    if purpose == TRANSACTIONAL:
        return None
    if do_not_track and channel == Channel.WEB:  # content chosen by what we know of a visitor is tracking
        return Refusal.DO_NOT_TRACK
    if state == ConsentState.UNSUBSCRIBED:
        return Refusal.UNSUBSCRIBED
    if basis is None:  # marketing names a topic, always
        return Refusal.NOT_SUBSCRIBED
    if basis == Basis.CONSENT and state != ConsentState.SUBSCRIBED:
        return Refusal.PENDING if state == ConsentState.PENDING else Refusal.NOT_SUBSCRIBED
    return None


def current(contact_id: int) -> list[Consent]:
    """The latest statement of a contact for each channel and topic (None among the topics: all of them)."""
    return list(
        Consent.objects.filter(contact=contact_id)
        .select_related("topic")
        .order_by("channel", F("topic").asc(nulls_first=True), "-at", "-id")
        .distinct("channel", "topic")
    )


def suppress(
    *,
    channel: str,
    address: str,
    reason: str,
    detail: str = "",
    until_at: dt.datetime | None = None,
    now: dt.datetime,
) -> None:
    """Write no more to this address, whoever it belongs to, in the caller's transaction.

    Doing it again keeps the first moment and takes the later end (none: for good).
    """
    db.execute(
        """
        INSERT INTO profiles_suppression AS old (channel, address, reason, detail, since_at, until_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (channel, address) DO UPDATE SET reason = EXCLUDED.reason, detail = EXCLUDED.detail,
            until_at = CASE WHEN old.until_at IS NULL OR EXCLUDED.until_at IS NULL THEN NULL
                            ELSE greatest(old.until_at, EXCLUDED.until_at) END
        """,
        [channel, address.strip().lower(), reason, detail, now, until_at],
    )


def suppressed(*, channel: str, addresses: Iterable[str], now: dt.datetime) -> set[str]:
    """Which of these addresses must not be written to, in lower case."""
    wanted = [address.strip().lower() for address in addresses]
    holds = Q(until_at__isnull=True) | Q(until_at__gt=now)
    return set(
        Suppression.objects.filter(holds, channel=channel, address__in=wanted).values_list(
            "address", flat=True
        )
    )
