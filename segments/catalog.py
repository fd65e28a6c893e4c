"""What exists to ask about: names as numbers for the compiler, labels and operators for the builder."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdp.lib import db
from profiles import workspace
from profiles.models import AttributeDefinition
from segments.ast import CALENDAR_OPERATORS, Event, Node, Operator, leaves
from segments.conditions import Context
from segments.operators import ROWS, Kind

Type = AttributeDefinition.Type

KINDS: Final[Mapping[str, Kind]] = {
    Type.TEXT: Kind.TEXT,
    Type.NUMBER: Kind.NUMBER,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.DATE: Kind.DATE,
    Type.DATETIME: Kind.DATE,
    Type.LIST: Kind.LIST,
    Type.OBJECT: Kind.ANY,
}

# Merges under way, each absorbed contact with the contact it is part of in the end.
MOVING: Final = """
WITH RECURSIVE path (absorbed, survivor) AS (
    SELECT absorbed_id, survivor_id FROM profiles_merge WHERE rows_moved_at IS NULL AND undone_at IS NULL
    UNION
    SELECT p.absorbed, c.merged_into_id FROM path p JOIN profiles_contact c ON c.id = p.survivor
    WHERE c.merged_into_id IS NOT NULL
)
SELECT p.absorbed, p.survivor FROM path p JOIN profiles_contact c ON c.id = p.survivor
WHERE c.merged_into_id IS NULL
"""

# One statement, because every count in the builder needs it.
NAMED: Final = f"""
SELECT
    (SELECT json_object_agg(name, id) FROM profiles_eventdefinition WHERE name = ANY(%s)),
    (SELECT json_agg(json_build_array(absorbed, survivor)) FROM ({MOVING}) AS moving)
"""

# One statement, because every drawing, builder and sentence needs it.
OFFERED: Final = """
SELECT
    (SELECT json_agg(json_build_array(name, label)) FROM profiles_eventdefinition WHERE NOT is_blocked),
    (SELECT json_agg(json_build_array(key, label, type)) FROM profiles_attributedefinition),
    (SELECT json_agg(json_build_array(id, name)) FROM segments_segment WHERE archived_at IS NULL),
    (SELECT json_agg(json_build_array(id, name)) FROM profiles_topic WHERE archived_at IS NULL),
    (SELECT json_agg(json_build_array(key, label, fields) ORDER BY label) FROM profiles_recordtype)
"""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Labels by name, key and number, for sentences and pickers."""

    events: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)
    topics: Mapping[int, str] = field(default_factory=dict)
    records: Mapping[str, "RecordFields"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordFields:
    """A kind of record: what it is called, and its fields with label and type."""

    label: str
    fields: Mapping[str, tuple[str, str]]


def context(nodes: Iterable[Node], *, now: datetime) -> Context:
    """All that compiling these trees needs to know of the database, in two statements."""
    names = {leaf.name for node in nodes for leaf in leaves(node) if isinstance(leaf, Event)}
    ((definitions, moving),) = db.fetch(NAMED, [list(names)])
    return Context(now=now, zone=zone(), definitions=definitions or {}, moving=dict(moving or ()))


def zone() -> ZoneInfo:
    """The workspace's time zone, in which dates are days."""
    return _zone(workspace.current().time_zone or "UTC")


@functools.cache
def _zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def catalogue() -> Catalogue:
    """Everything the builder may offer: what is not blocked or archived, with labels and types."""
    return told(db.fetch(OFFERED)[0])


def told(answer: Sequence[Any]) -> Catalogue:
    """The answer to OFFERED as a catalogue: others ask it together with questions of their own."""
    events, attributes, segments, topics, records = answer
    return Catalogue(
        events={name: label or name for name, label in events or ()},
        attributes={key: label or key.replace("_", " ") for key, label, _ in attributes or ()},
        types={key: type_ for key, _, type_ in attributes or ()},
        segments=dict(segments or ()),
        topics=dict(topics or ()),
        records={key: _fields(label, fields) for key, label, fields in records or ()},
    )


def _fields(label: str, fields: list[Any]) -> RecordFields:
    return RecordFields(
        label,
        {
            one["key"]: (one.get("label") or one["key"], one.get("type") or Type.TEXT)
            for one in fields
            if isinstance(one, dict) and one.get("key")
        },
    )


def operators(type_: str, *, for_filter: bool = False) -> Sequence[Operator]:
    """The operators that fit values of a type, in the order of the builder.

    A detail of an event is compared with fixed dates only: pass `for_filter`. A field of a record is not.
    """
    kind = KINDS.get(type_, Kind.TEXT)
    fitting = [operator for operator, row in ROWS.items() if row.kind in (kind, Kind.ANY)]
    return [one for one in fitting if not (for_filter and one in CALENDAR_OPERATORS)]
