"""Noting what happened for those who want to be told: rows of the transaction in which it happens.

So a webhook is owed exactly when its fact is committed. Where nobody wants to be told, it costs one small query.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cdp.lib import db
from cdp.webhooks import kinds
from cdp.webhooks.models import WebhookEndpoint
from profiles import workspace
from profiles.arrivals import Merged, StoredEvent, Touched
from profiles.attributes import STANDARD
from profiles.models import Contact, Lane
from segments.membership import Change
from segments.models import Segment

SHOWN: Final = ("email", "phone", "first_name", "last_name")

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Wish:
    """What one endpoint wants to be told."""

    endpoint_id: int
    kinds: frozenset[str]
    events: frozenset[str]

    def includes(self, happening: "Happening") -> bool:
        """Whether it is told this."""
        if happening.kind not in self.kinds:
            return False
        return happening.kind != kinds.EVENT or not self.events or happening.event in self.events


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a contact, before it is written down."""

    kind: str
    contact_id: int | None
    at: dt.datetime
    about: Mapping[str, Any]
    event: str = ""


def note(
    *,
    events: Sequence[StoredEvent] = (),
    changes: Sequence[Change] = (),
    touched: Mapping[int, Touched] | None = None,
    merges: Iterable[Merged] = (),
    undone: Iterable[Merged] = (),
    now: dt.datetime,
) -> int:
    """Write down what is owed to whom, in the caller's transaction; how many messages."""
    wishes = wished()
    if not wishes:
        return 0
    wanted = frozenset[str]().union(*(wish.kinds for wish in wishes))
    happenings = [
        *_of_merges("contact.merged", merges, now=now),
        *_of_merges("contact.unmerged", undone, now=now),
        *_of_touched(touched or {}, wanted, now=now),
        *_of_changes(changes, wanted, now=now),
        *_of_events(events, now=now),
    ]
    return write([one for one in happenings if one.kind in wanted], wishes, now=now)


def wished() -> list[Wish]:
    """What the endpoints want, also of those that are paused: what is owed to them waits."""
    rows = db.fetch("SELECT id, wants, event_names FROM cdp_webhookendpoint ORDER BY id")
    return [Wish(id_, frozenset(wants), frozenset(names)) for id_, wants, names in rows]


def write(happenings: Sequence[Happening], wishes: Sequence[Wish], *, now: dt.datetime) -> int:
    """Write these down for everybody who wants them; how many messages."""
    told = [(one, [wish for wish in wishes if wish.includes(one)]) for one in happenings]
    told = [(one, theirs) for one, theirs in told if theirs]
    if not told:
        return 0
    people = _people({one.contact_id for one, _ in told if one.contact_id is not None})
    ids = db.next_ids("cdp_webhookmessage_id_seq", len(told))
    columns = ("id", "key", "kind", "contact_id", "happened_at", "body")
    db.copy("cdp_webhookmessage", columns, map(_row, ids, (one for one, _ in told), [people] * len(told)))
    owed = (
        (wish.endpoint_id, id_, now) for id_, (_, theirs) in zip(ids, told, strict=True) for wish in theirs
    )
    db.copy("cdp_webhookdelivery", ("endpoint_id", "message_id", "next_attempt_at"), owed)
    return len(told)


def ping(endpoint: WebhookEndpoint, *, now: dt.datetime) -> None:
    """Owe this endpoint a test."""
    about = {"message": "Kindred can reach this address.", "endpoint": endpoint.name}
    test = Happening(kinds.TEST, None, now, about)
    write([test], [Wish(endpoint.pk, frozenset({kinds.TEST}), frozenset())], now=now)


def _row(id_: int, one: Happening, people: Mapping[int, dict[str, Any]]) -> tuple[Any, ...]:
    body: dict[str, Any] = {"type": one.kind, "timestamp": one.at, "data": dict(one.about)}
    if one.contact_id is not None:
        body["data"]["contact"] = people.get(one.contact_id, {"id": one.contact_id})
    text = _encode(body).decode()
    return id_, f"msg_{secrets.token_hex(14)}", one.kind, one.contact_id, one.at, text


def _of_merges(kind: str, merges: Iterable[Merged], *, now: dt.datetime) -> list[Happening]:
    return [
        Happening(kind, merge.survivor_id, now, {"merge": merge.merge_id, "other": {"id": merge.absorbed_id}})
        for merge in merges
    ]


def _of_touched(
    touched: Mapping[int, Touched], wanted: frozenset[str], *, now: dt.datetime
) -> list[Happening]:
    """Who became a contact, and whose attributes say something else. Visitors are nobody's business yet."""
    if wanted.isdisjoint(("contact.created", "contact.updated")):
        return []
    concerned = [id_ for id_, what in touched.items() if what.is_new or what.attributes]
    contacts = Contact.objects.filter(pk__in=concerned, known_since_at__isnull=False, merged_into=None)
    told = []
    for contact in contacts:
        what = touched[contact.pk]
        if what.is_new:
            told.append(Happening("contact.created", contact.pk, now, {}))
        else:
            changed = {key: _value(contact, key) for key in sorted(what.attributes)}
            told.append(Happening("contact.updated", contact.pk, now, {"changed": changed}))
    return told


def _value(contact: Contact, key: str) -> Any:
    """The present value of an attribute; None where it has none any more."""
    if key in STANDARD or key == "lifecycle_stage":
        value = getattr(contact, key)
        return value.isoformat() if isinstance(value, dt.date) else value or None
    return contact.attributes.get(key)


def _of_changes(changes: Sequence[Change], wanted: Collection[str], *, now: dt.datetime) -> list[Happening]:
    told = [(change, "segment.entered" if change.entered else "segment.left") for change in changes]
    told = [(change, kind) for change, kind in told if kind in wanted]
    if not told:
        return []
    names = dict(
        Segment.objects.filter(pk__in={change.segment_id for change, _ in told}).values_list("pk", "name")
    )
    return [
        Happening(
            kind,
            change.contact_id,
            now,
            {
                "segment": {"id": change.segment_id, "name": names.get(change.segment_id, "")},
                "cause": str(change.cause.value),
            },
        )
        for change, kind in told
    ]


def _of_events(events: Sequence[StoredEvent], *, now: dt.datetime) -> list[Happening]:
    """Events that are news: neither in bulk nor older than what starts journeys."""
    if not events:
        return []
    since = now - dt.timedelta(hours=workspace.current().freshness_hours)
    told = []
    for event in events:
        if event.lane == Lane.BULK or event.occurred_at < since:
            continue
        about: dict[str, Any] = {"event": event.name, "event_id": event.id, "properties": event.properties}
        if event.value is not None:
            about["value"] = event.value
        for kind in (kinds.of_event(event.name), kinds.EVENT):
            if kind:
                told.append(Happening(kind, event.contact_id, event.occurred_at, about, event.name))
    return told


def _people(contact_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Enough of these contacts for a receiver to know them again."""
    rows = db.fetch(
        f"""
        SELECT contact.id, {", ".join(SHOWN)}, (
            SELECT link.value FROM profiles_persona persona JOIN profiles_identitylink link
                ON link.persona_id = persona.id AND link.namespace = 'user_id'
            WHERE persona.contact_id = contact.id ORDER BY link.id LIMIT 1
        )
        FROM profiles_contact contact WHERE contact.id = ANY(%s)
        """,
        [list(contact_ids)],
    )
    keys = ("id", *SHOWN, "user_id")
    return {row[0]: dict(zip(keys, (value or None for value in row), strict=True)) for row in rows}
