"""What partners say about people, on its way to the inbox: checked at once, digested a moment later.

Each has a number that says when it was accepted, so that what became of it is found without an index of its own.
"""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.db import transaction

from profiles import attributes, identifiers, ingest
from profiles import keys as allowance
from profiles.attributes import Definition, NotAccepted
from profiles.identifiers import Identifier, Rules
from profiles.inbox import Item
from profiles.models import (
    ApiKey,
    AttributeDefinition,
    InboxItem,
    Lane,
    RejectedItem,
    SeenMessage,
    Settings,
    Source,
)
from profiles.rest import identities
from profiles.rest.problems import Error, Problem
from profiles.spec import DEPTH, MESSAGE_BYTES

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)
AHEAD: Final = dt.timedelta(hours=24)
CONSENT: Final = "Consent has an address of its own: POST /api/v1/contacts/{id}/consent/."

type Wrong = list[Error]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is fit for the inbox. `number` is how its fate is asked for."""

    number: str
    body: dict[str, Any]
    occurred_at: dt.datetime
    received_at: dt.datetime

    def item(self, key: ApiKey, *, lane: Lane) -> Item:
        """As the inbox would have it."""
        digest = hashed(self.number)
        text = msgspec.json.encode(self.body).decode()
        return Item(0, lane, key.source_id, digest, self.occurred_at, self.received_at, text)


@dataclass
class Checker:
    """Checks what one request says, with one look at the rules."""

    key: ApiKey
    now: dt.datetime
    rules: Rules = field(default_factory=identifiers.rules)
    settings: Settings = field(default_factory=lambda: Settings.objects.get())
    _definitions: dict[str, Definition] = field(default_factory=dict)

    def know(self, traits: Sequence[Mapping[str, Any]]) -> None:
        """Look up what kinds of value these attributes have."""
        names = {name for one in traits for name, _value in attributes.stated(dict(one))}
        self._definitions = {
            one.key: Definition(one.pk, one.key, one.type, one.is_standard)
            for one in AttributeDefinition.objects.filter(key__in=names)
        }

    def contact(self, given: Mapping[str, Any]) -> Said:
        """Who somebody is. Raises Problem (422)."""
        named, wrong = self._identifiers(given)
        traits = dict(given["attributes"])
        wrong += self._attributes(traits)
        for one in named:
            if one.namespace in ("email", "phone"):
                traits.setdefault(one.namespace, one.value)
        return self._said("identify", named, {"traits": traits}, given, wrong)

    def about(self, who: Identifier, traits: Mapping[str, Any]) -> Said:
        """More about somebody we know. Raises Problem (422)."""
        wrong = self._attributes(traits)
        return self._said("identify", [who], {"traits": dict(traits)}, {}, wrong)

    def event(self, given: Mapping[str, Any]) -> Said:
        """Something that happened. Raises Problem (422)."""
        named, wrong = self._identifiers(given)
        if given["name"] in ("Subscribed", "Unsubscribed"):
            wrong.append({"detail": CONSENT, "pointer": "/name"})
        parts = {"event": given["name"], "properties": given["properties"]}
        return self._said("track", named, parts, given, wrong)

    def _identifiers(self, given: Mapping[str, Any]) -> tuple[list[Identifier], Wrong]:
        named, wrong = identities.check(given["identifiers"], rules=self.rules, country=self.settings.country)
        return named, [
            {"detail": detail, "pointer": f"/identifiers/{_step(name)}"} for name, detail in wrong.items()
        ]

    def _attributes(self, traits: Mapping[str, Any]) -> Wrong:
        wrong: Wrong = []
        for name in traits:
            if name in attributes.NOT_ATTRIBUTES:
                wrong.append({"detail": CONSENT, "pointer": f"/attributes/{_step(name)}"})
        for name, value in attributes.stated(dict(traits)):
            pointer = f"/attributes/{_step(name)}"
            if not name or len(name) > attributes.LONGEST_KEY:
                wrong.append({"detail": "A key has 1 to 100 characters.", "pointer": pointer[:200]})
            elif name in self._definitions:
                try:
                    attributes.coerce(self._definitions[name], value, country=self.settings.country)
                except NotAccepted as error:
                    wrong.append({"detail": str(error), "pointer": pointer})
        return wrong

    def _said(
        self,
        kind: str,
        named: Sequence[Identifier],
        parts: dict[str, Any],
        given: Mapping[str, Any],
        wrong: Wrong,
    ) -> Said:
        occurred_at = given.get("occurred_at") or self.now
        if not self.now - self.settings.horizon <= occurred_at <= self.now + AHEAD:
            detail = f"It lies ahead, or before the {self.settings.retention_months} months that are kept."
            wrong.append({"detail": detail, "pointer": "/occurred_at"})
        number = _number(self.now, given.get("message_id"))
        body = {"type": kind, "messageId": _message_id(number), **_who(named), **parts}
        wrong += _too_large(body)
        if wrong:
            raise Problem(422, "invalid", "The body is not as it must be; see errors.", errors=wrong)
        return Said(number, body, min(occurred_at, self.now), self.now)


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _number(now: dt.datetime, message_id: str | None) -> str:
    """When it was accepted, and which it is; with the partner's own id the same each time."""
    which = blake2b(message_id.encode(), digest_size=12).hexdigest() if message_id else secrets.token_hex(12)
    return f"{(now - EPOCH) // MICROSECOND:x}-{which}"


def _message_id(number: str) -> str:
    """What makes it single: sent again with the partner's own id, it is the same message, whenever that is."""
    return f"api-{number.partition('-')[2]}"


def _who(named: Sequence[Identifier]) -> dict[str, Any]:
    found = dict(named)
    body: dict[str, Any] = {
        name: found[namespace]
        for namespace, name in (("user_id", "userId"), ("anonymous_id", "anonymousId"))
        if namespace in found
    }
    others = [
        {"type": one.namespace, "id": one.value}
        for one in named
        if one.namespace not in ("user_id", "anonymous_id")
    ]
    return {**body, "context": {"externalIds": others}} if others else body


def _too_large(body: dict[str, Any]) -> Wrong:
    if len(msgspec.json.encode(body)) > MESSAGE_BYTES:
        return [{"detail": f"One may have {MESSAGE_BYTES:,} bytes.", "pointer": ""}]
    depth, level = 0, list[Any]([body])
    while level:
        depth += 1
        inside: list[Any] = []
        for one in level:
            inside += one.values() if isinstance(one, dict) else one
        level = [one for one in inside if isinstance(one, dict | list)]
    return [{"detail": f"It nests deeper than {DEPTH} levels.", "pointer": ""}] if depth > DEPTH else []


def accept(said: Sequence[Said], *, key: ApiKey, lane: Lane | None = None, now: dt.datetime) -> None:
    """Append these to the inbox, as a part of the caller's transaction. Raises Problem: 403, 429."""
    source: Source = key.source
    if source.disabled_at is not None:
        raise Problem(
            403, "source_disabled", f"The source “{source}”, as which this key writes, is disabled."
        )
    try:
        allowance.spend(source, len(said), now=now)
    except allowance.TooMuch as error:
        headers = {"Retry-After": str(error.retry_after)}
        raise Problem(429, "too_much", error.detail, headers=headers) from None
    lane = Lane(source.lane) if lane is None else lane
    with transaction.atomic():
        InboxItem.objects.bulk_create(_row(one.item(key, lane=lane)) for one in said)
        # Robust: it is committed, so whatever a listener trips over must not turn the answer into an error.
        transaction.on_commit(lambda: ingest.received.send_robust(sender=None))


def _row(item: Item) -> InboxItem:
    return InboxItem(
        lane=item.lane,
        source_id=item.source_id,
        message_hash=item.message_hash,
        occurred_at=item.occurred_at,
        received_at=item.received_at,
        payload=item.payload,
    )


def hashed(number: str) -> bytes:
    """How the inbox knows it."""
    return blake2b(_message_id(number).encode(), digest_size=16).digest()


def accepted_at(number: str) -> dt.datetime | None:
    """When the bearer of this number was accepted; None where it is no number of ours."""
    micros, dash, which = number.partition("-")
    try:
        if not dash or len(which) != 24 or not 8 <= len(micros) <= 14:
            return None
        return EPOCH + int(micros, 16) * MICROSECOND
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of something accepted: waiting, done, or refused; `refusals` say what of it was not accepted."""

    id: str
    state: str
    accepted_at: dt.datetime
    refusals: list[dict[str, str]]


def fate(number: str, *, key: ApiKey) -> Fate | None:
    """What became of it; None where this key said no such thing, or longer ago than a month."""
    at = accepted_at(number)
    if at is None:
        return None
    digest = hashed(number)
    rejected = RejectedItem.objects.filter(received_at=at, source=key.source_id, message_hash=digest)
    refusals = [{"code": one.reason, "detail": one.detail} for one in rejected.order_by("id")]
    if SeenMessage.objects.filter(source=key.source_id, message_hash=digest).exists():
        return Fate(number, "done", at, refusals)
    if refusals:
        return Fate(number, "refused", at, refusals)
    waiting = InboxItem.objects.filter(
        source=key.source_id, lane__in=Lane.values, message_hash=digest, received_at=at
    )
    return Fate(number, "waiting", at, []) if waiting.exists() else None
