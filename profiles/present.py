"""What holds now: the rows of contacts, their attributes folded from every statement ever made about them.

The fold: first party before second before third, then the latest event; two of one moment: what was recorded last.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cdp.lib import db
from cdp.lib.json import Json
from profiles.attributes import STANDARD

BUCKETS: Final = 10_000
TYPES: Final = dict.fromkeys(STANDARD, "text") | {
    "birth_date": "date",
    "attributes": "jsonb",
    "provenance": "jsonb",
    "known_since_at": "timestamptz",
    "merged_into_id": "bigint",
    "do_not_track_since_at": "timestamptz",
}
NEW: Final = TYPES | {
    "created_at": "timestamptz",
    "random_bucket": "smallint",
    "is_sample": "boolean",
    "lifecycle_stage": "text",
}


class Provenance(NamedTuple):
    """Whence a present value comes; the better of two statements sorts first by `rank`."""

    party: int
    at: float  # epoch seconds of the event
    source_id: int
    change_id: int

    @property
    def rank(self) -> tuple[int, float, int]:
        """Smaller is better."""
        return self.party, -self.at, -self.change_id


@dataclass(slots=True)
class Change:
    """One statement about one attribute, as the ledger has it."""

    id: int
    contact_id: int
    persona_id: int
    definition_id: int
    key: str
    value: Json
    occurred_at: dt.datetime
    source_id: int
    party: int

    @property
    def provenance(self) -> Provenance:
        """Whence it comes."""
        return Provenance(self.party, self.occurred_at.timestamp(), self.source_id, self.id)


@dataclass(slots=True)
class Present:
    """A contact as it stands now."""

    id: int
    values: dict[str, Json] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    known_since_at: dt.datetime | None = None
    do_not_track_since_at: dt.datetime | None = None
    merged_into_id: int | None = None
    created_at: dt.datetime | None = None  # of a new one, where not now
    is_sample: bool = False

    def hear(self, key: str, value: Json, provenance: Provenance) -> bool:
        """Fold one statement in; whether the present value is another one now."""
        held = self.provenance.get(key)
        if held is not None and held.rank <= provenance.rank:
            return False
        self.provenance[key] = provenance
        before = self.values.get(key)
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value
        # Compared as JSON: True is not 1 there.
        return before != value or type(before) is not type(value)

    def absorb(self, other: "Present") -> set[str]:
        """Fold in all that another contact is known by; the keys whose present value changed."""
        if other.do_not_track_since_at and not self.do_not_track_since_at:
            self.do_not_track_since_at = other.do_not_track_since_at
        return {
            key for key, whence in other.provenance.items() if self.hear(key, other.values.get(key), whence)
        }

    def row(self) -> dict[str, object]:
        """The contact's columns."""
        columns: dict[str, object] = {key: self.values.get(key) or "" for key in STANDARD}
        columns["birth_date"] = self.values.get("birth_date")
        custom = {key: value for key, value in self.values.items() if key not in STANDARD}
        return {
            "id": self.id,
            **columns,
            "attributes": custom,
            "provenance": self.provenance,
            "known_since_at": _iso(self.known_since_at),
            "merged_into_id": self.merged_into_id,
            "do_not_track_since_at": _iso(self.do_not_track_since_at),
        }


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def load(contact_ids: Iterable[int]) -> dict[int, Present]:
    """These contacts as they stand now."""
    columns = ", ".join(STANDARD)
    rows = db.fetch(
        f"SELECT id, attributes::text, provenance::text, known_since_at, do_not_track_since_at, merged_into_id,"
        f" {columns} FROM profiles_contact WHERE id = ANY(%s)",
        [list(contact_ids)],
    )
    return {row[0]: _present(row) for row in rows}


def _present(row: Sequence[object]) -> Present:
    id_, attributes, provenance, known, untracked, merged, *columns = row
    values: dict[str, Json] = json.loads(str(attributes))
    for key, value in zip(STANDARD, columns, strict=True):
        if value:
            values[key] = value.isoformat() if isinstance(value, dt.date) else str(value)
    whence = {key: Provenance(*[*parts, 0][:4]) for key, parts in json.loads(str(provenance)).items()}
    return Present(id_, values, whence, known, untracked, merged)  # type: ignore[arg-type]


def found(contacts: Iterable[Present], *, now: dt.datetime) -> None:
    """Insert contacts that are new."""
    rows = [
        {
            **contact.row(),
            "created_at": (contact.created_at or now).isoformat(),
            "random_bucket": bucket(contact.id),
            "is_sample": contact.is_sample,
            # A sample's stage is found out from its history at the end of the batch.
            "lifecycle_stage": "never_bought" if contact.known_since_at and not contact.is_sample else "",
        }
        for contact in contacts
    ]
    if rows:
        names = ", ".join(NEW)
        db.execute(
            f"INSERT INTO profiles_contact (id, {names}) SELECT id, {names}"
            f" FROM jsonb_to_recordset(%s::jsonb) AS new(id bigint, {_typed(NEW)})",
            [json.dumps(rows)],
        )


def store(contacts: Iterable[Present]) -> None:
    """Write contacts that are there already as they stand now."""
    rows = [contact.row() for contact in contacts]
    if rows:
        changes = ", ".join(f"{name} = new.{name}" for name in TYPES)
        db.execute(
            f"UPDATE profiles_contact contact SET {changes}"
            f" FROM jsonb_to_recordset(%s::jsonb) AS new(id bigint, {_typed(TYPES)}) WHERE contact.id = new.id",
            [json.dumps(rows)],
        )


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def bucket(contact_id: int) -> int:
    """The contact's place in 0-9999: random between contacts, the same forever."""
    return int.from_bytes(hashlib.blake2b(str(contact_id).encode(), digest_size=8).digest()) % BUCKETS


def refold(contacts: Mapping[int, Present]) -> dict[int, set[str]]:
    """Fold these contacts anew from the ledger; by contact the keys whose present value changed."""
    rows = db.fetch(
        """
        SELECT DISTINCT ON (change.contact_id, change.definition_id) change.contact_id, definition.key, change.value,
            change.party, extract(epoch FROM change.occurred_at)::float8, change.source_id, change.id
        FROM profiles_attributechange change
        JOIN profiles_attributedefinition definition ON definition.id = change.definition_id
        WHERE change.contact_id = ANY(%s)
        ORDER BY change.contact_id, change.definition_id, change.party, change.occurred_at DESC, change.id DESC
        """,
        [list(contacts)],
    )
    before = {id_: contact.values for id_, contact in contacts.items()}
    for contact in contacts.values():
        contact.values, contact.provenance = {}, {}
    for id_, key, value, *whence in rows:
        loaded = json.loads(value) if isinstance(value, str) else value
        contacts[id_].hear(key, loaded, Provenance(*whence))
    return {
        id_: {
            key
            for key in before[id_].keys() | contact.values.keys()
            if _differ(key, before[id_], contact.values)
        }
        for id_, contact in contacts.items()
    }


def _differ(key: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> bool:
    return before.get(key) != after.get(key)
