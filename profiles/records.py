"""Companies: what group messages say of them, and who belongs to them.

A field's present value is folded as an attribute's is: first party before second before third, then the latest
event. Whoever calls holds the digest lock.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cdp.lib import db
from cdp.lib.json import Json
from profiles import attributes
from profiles.attributes import LONGEST_KEY, Definition, NotAccepted
from profiles.models import Record, RecordType
from profiles.present import Provenance
from profiles.understanding import Belonging, Message, Reader

COMPANY: Final = "company"
MOST_FIELDS: Final = 200

type Owned = tuple[Message, tuple[int, int]]  # with its contact and persona
type Told = tuple[Message, tuple[int, int], Belonging]
type Part = tuple[int, int]  # record, persona


@dataclass(slots=True)
class Changed:
    """Whose records are new or say something new; `fresh` are those of them to whom it is news."""

    contacts: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)


def store(owned: Iterable[Owned], *, reader: Reader, now: dt.datetime) -> Changed:
    """Store the companies of these messages, each once, with who belongs to them."""
    told = [(message, owner, message.belonging) for message, owner in owned if message.belonging]
    if not told:
        return Changed()
    kind = RecordType.objects.get_or_create(key=COMPANY, defaults={"label": "Company"})[0]
    held = _load(kind, {belonging.key for _, _, belonging in told}, now=now)
    heard, renewed = _fold(told, held, kind, reader)
    _save([record for record in held.values() if record.pk in heard], kind, now=now)
    joined = _join(told, held)
    return _changed(told, held, renewed, joined)


def _load(kind: RecordType, keys: Iterable[str], *, now: dt.datetime) -> dict[str, Record]:
    """The companies with these keys, made where there are none."""
    wanted = sorted(set(keys))
    db.execute(
        "INSERT INTO profiles_record (type_id, key, fields, updated_at)"
        " SELECT %s, key, '{}', %s FROM unnest(%s::text[]) AS new(key) ON CONFLICT (type_id, key) DO NOTHING",
        [kind.pk, now, wanted],
    )
    return {record.key: record for record in Record.objects.filter(type=kind, key__in=wanted)}


def _fold(
    told: Sequence[Told], held: dict[str, Record], kind: RecordType, reader: Reader
) -> tuple[set[int], set[int]]:
    """Fold in what is said; the records of which something new is known, and those whose present fields changed."""
    known = {one["key"]: one["type"] for one in kind.fields}
    before = len(known)
    heard: set[int] = set()
    renewed: set[int] = set()
    for message, _, belonging in told:
        record = held[belonging.key]
        for key, value in _stated(message, belonging, known, reader):
            changed = _hear(record, key, value, message)
            if changed is not None:
                heard.add(record.pk)
            if changed:
                renewed.add(record.pk)
    if len(known) > before:
        labels = {one["key"]: one.get("label") or one["key"] for one in kind.fields}
        kind.fields = [
            {"key": key, "label": labels.get(key, key), "type": type_} for key, type_ in known.items()
        ]
        kind.save(update_fields=["fields"])
    return heard, renewed


def _stated(
    message: Message, belonging: Belonging, known: dict[str, str], reader: Reader
) -> Iterable[tuple[str, Json]]:
    """The fields that can be kept; a field that is new is defined by its first value."""
    for key, value in belonging.fields.items():
        if not key or len(key) > LONGEST_KEY or (key not in known and len(known) >= MOST_FIELDS):
            detail = f"The field “{key[:40]}” of a company cannot be kept."
            reader.reject(message.item, "field_not_accepted", detail)
            continue
        if key not in known:
            if value is None:  # the removal of what no company ever had
                continue
            known[key] = str(attributes.type_of(value))
        try:
            yield key, attributes.coerce(Definition(0, key, known[key], is_standard=False), value)
        except NotAccepted as error:
            reader.reject(message.item, "field_not_accepted", f"A company's field was left out: {error}")


def _hear(record: Record, key: str, value: Json, message: Message) -> bool | None:
    """Fold one statement in; whether the present value is another one now. None: a better one is known."""
    said = Provenance(
        message.origin.party, message.item.occurred_at.timestamp(), message.origin.id, message.item.id
    )
    earlier = record.provenance.get(key)
    if earlier is not None and Provenance(*earlier).rank <= said.rank:
        return None
    record.provenance[key] = list(said)
    before = record.fields.get(key)
    if value is None:
        record.fields.pop(key, None)
    else:
        record.fields[key] = value
    return before != value or type(before) is not type(value)


def _save(records: Sequence[Record], kind: RecordType, *, now: dt.datetime) -> None:
    for record in records:
        record.updated_at = now
        record.due_on = _day(record.fields.get(kind.date_field)) if kind.date_field else None
    if records:
        Record.objects.bulk_update(records, ["fields", "provenance", "due_on", "updated_at"])


def _day(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _join(told: Sequence[Told], held: dict[str, Record]) -> set[int]:
    """Write down who belongs to which; the contacts of whom that is new.

    Somebody belongs to a company since they first did, in each role that was ever named; without one, in none. So
    the order of arrival means nothing.
    """
    said: dict[Part, tuple[set[str], dt.datetime, int]] = {}
    for message, (contact, persona), belonging in told:
        part, at = (held[belonging.key].pk, persona), message.item.occurred_at
        roles, since, _ = said.get(part, (set(), at, contact))
        said[part] = (roles | {belonging.role}, min(since, at), contact)
    parts = _parts(said)
    rows, joined = [], set()
    for part, (roles, since, contact) in said.items():
        earlier = parts.get(part, {})
        named = {role for role in (*roles, *earlier) if role} or {""}
        since = min((since, *earlier.values()))
        if named != earlier.keys() or any(since < begun for begun in earlier.values()):
            rows += [(*part, contact, role, since) for role in sorted(named)]
            joined.add(contact)
    _write(rows)
    return joined


def _parts(pairs: Iterable[Part]) -> dict[Part, dict[str, dt.datetime]]:
    """The roles that these personas have in these records, each since when."""
    found: dict[Part, dict[str, dt.datetime]] = {}
    records, personas = zip(*pairs, strict=True)
    rows = db.fetch(
        "SELECT link.record_id, link.persona_id, role, since_at FROM unnest(%s::bigint[], %s::bigint[])"
        " AS part(record_id, persona_id) JOIN profiles_recordlink link USING (record_id, persona_id)",
        [list(records), list(personas)],
    )
    for record, persona, role, since in rows:
        found.setdefault((record, persona), {})[role] = since
    return found


def _write(rows: Sequence[tuple[int, int, int, str, dt.datetime]]) -> None:
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    db.execute(
        """
        INSERT INTO profiles_recordlink (record_id, persona_id, contact_id, role, since_at)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
        ON CONFLICT (record_id, persona_id, role) DO UPDATE SET since_at = EXCLUDED.since_at
        """,
        columns,
    )
    named = [row for row in rows if row[3]]
    if named:  # who has a role now had none before
        db.execute(
            "DELETE FROM profiles_recordlink link USING unnest(%s::bigint[], %s::bigint[]) AS part(record, persona)"
            " WHERE link.record_id = part.record AND link.persona_id = part.persona AND link.role = ''",
            [[row[0] for row in named], [row[1] for row in named]],
        )


def _changed(told: Sequence[Told], held: dict[str, Record], renewed: set[int], joined: set[int]) -> Changed:
    news = {held[belonging.key].pk for message, _, belonging in told if message.is_fresh}
    rows = db.fetch(
        "SELECT DISTINCT contact_id, record_id = ANY(%s) FROM profiles_recordlink WHERE record_id = ANY(%s)",
        [list(news), list(renewed)],
    )
    fresh = {contact for contact, is_fresh in rows if is_fresh}
    return Changed(joined | {contact for contact, _ in rows}, fresh)
