"""Who answers yes to each condition at one moment, as sets that are kept for a minute and met in memory.

While somebody builds, all looks share one moment, so an edit asks about one condition and all numbers follow by
algebra. What somebody bought for is kept as a number for each contact, so that another threshold is no statement.
Kept in an unlogged table, which all web workers see: losing it costs a statement, and membership never reads it.
"""

import array
import datetime as dt
import hashlib
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyroaring import BitMap

from cdp.lib import db
from segments import catalog, spending
from segments.ast import (
    All,
    AnyOf,
    Attribute,
    Bucket,
    Leaf,
    Measure,
    Moment,
    Node,
    NoneOf,
    Off,
    Purchase,
    Reach,
    Stage,
    Window,
    digest,
)
from segments.compiler import Asked, answer, population
from segments.conditions import Parameters
from segments.models import Segment
from segments.scopes import Scope

SECONDS: Final = 60  # that a moment lasts
MOMENT: Final = b"moment"  # the key of the row that says which moment it is

FIND: Final = """
SELECT moment.as_of, kept.key, kept.ids FROM segments_keptset moment
LEFT JOIN segments_keptset kept ON kept.as_of = moment.as_of AND kept.key = ANY(%(keys)s)
WHERE moment.key = %(moment)s AND moment.as_of > %(now)s - %(lasting)s AND moment.as_of <= %(now)s
"""
# Whoever comes second takes the moment of whoever came first; what is of earlier ones goes.
BEGIN: Final = """
WITH gone AS (
    DELETE FROM segments_keptset WHERE key = ANY(ARRAY(
        SELECT key FROM segments_keptset WHERE as_of <= %(now)s - 10 * %(lasting)s AND key <> %(moment)s
        FOR UPDATE SKIP LOCKED
    ))
)
INSERT INTO segments_keptset AS kept (key, as_of, ids) VALUES (%(moment)s, %(now)s, '')
ON CONFLICT (key) DO UPDATE SET as_of = CASE
    WHEN kept.as_of > %(now)s - %(lasting)s AND kept.as_of <= %(now)s THEN kept.as_of ELSE excluded.as_of END
RETURNING as_of
"""
AGAIN: Final = "SELECT key, ids FROM segments_keptset WHERE as_of = %s AND key = ANY(%s)"
KEEP: Final = """
INSERT INTO segments_keptset (key, as_of, ids)
SELECT key, %(as_of)s, ids FROM unnest(%(keys)s::bytea[], %(sets)s::bytea[]) AS found (key, ids) ORDER BY key
ON CONFLICT (key) DO UPDATE SET as_of = excluded.as_of, ids = excluded.ids
"""
# Four bytes a contact, as they go over the wire: a quarter of the time that an array of numbers takes.
IDS: Final = "string_agg(substring(int8send({id}) FROM 5), ''::bytea)"
# Eight bytes of hundredths before the contact's four.
VALUES: Final = "string_agg(int8send(f.hundredths) || substring(int8send(f.contact_id) FROM 5), ''::bytea)"
VALUE: Final = struct.Struct(">qI")


@dataclass(frozen=True, slots=True)
class Everybody:
    """All who are asked."""


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a segment now, whoever is asked; `stamp` tells the states of a segment apart."""

    segment: int
    stamp: str

    @classmethod
    def of(cls, segment: Segment) -> "Members":
        """Those of a segment as it is built now."""
        return cls(segment.pk or 0, f"{segment.version} {segment.built_at}")


@dataclass(frozen=True, slots=True)
class Measured:
    """What everybody bought for in a window, with whatever it is compared."""

    measure: Measure
    window: Window

    @classmethod
    def by(cls, leaf: Purchase) -> "Measured":
        """What a condition compares."""
        return cls(leaf.measure, leaf.window)


type Wanted = Leaf | Everybody | Members


@dataclass(frozen=True, slots=True)
class Sets:
    """The sets that were asked for, all of one moment."""

    found: Mapping[Wanted, BitMap]
    as_of: dt.datetime

    @property
    def everybody(self) -> BitMap:
        """All who were asked."""
        return self.found[Everybody()]

    def meaning(self, node: Node) -> BitMap:
        """Those for whom a tree holds: `compiler.combined`, over sets."""
        match node:
            case All(children):
                return BitMap.intersection(self.everybody, *map(self.meaning, children))
            case AnyOf(children):
                return BitMap.union(BitMap(), *map(self.meaning, children))
            case NoneOf(children):
                return self.everybody - self.meaning(AnyOf(children))
            case Off():
                return self.everybody
            case _:
                return self.found[node]

    def both(self, one: BitMap, other: BitMap) -> BitMap:
        """Those who are in both."""
        return one & other

    def without(self, one: BitMap, other: BitMap) -> BitMap:
        """Those who are in the first alone."""
        return one - other


def sets(
    wanted: Iterable[Wanted], *, now: dt.datetime, include_visitors: bool = False, milliseconds: int
) -> Sets:
    """The sets for these conditions, and of everybody, as of a moment at most SECONDS ago.

    Those that are not kept are asked for in one statement, which raises `django.db.OperationalError` when it takes
    longer than this.
    """
    keys = {one: _key(one, include_visitors) for one in (Everybody(), *wanted)}
    as_of, found = _find(list(keys.values()), now=now)
    kept = {one: found[key] for one, key in keys.items() if key in found}
    missing = [one for one in keys if one not in kept]
    if missing:
        values = _values(missing, as_of)
        asked = _ask(_to_ask(missing, values), as_of, include_visitors, milliseconds)
        new = {one: ids for one, (_way, ids) in asked.items() if isinstance(one, Measured)}
        made = _made(missing, asked, values | new, everybody=kept.get(Everybody()))
        kept |= made
        serialised = {keys[one]: ids.serialize() for one, ids in made.items()}
        _keep(serialised | {_key(one, False): ids for one, ids in new.items()}, as_of)
    return Sets(kept, as_of)


def _values(missing: Iterable[Wanted], as_of: dt.datetime) -> dict[Measured, bytes]:
    """What is kept of the numbers that these conditions compare."""
    measures = {_key(one, False): one for one in map(_measured, missing) if one}
    rows = db.fetch(AGAIN, [as_of, list(measures)]) if measures else []
    return {measures[bytes(key)]: bytes(ids) for key, ids in rows}


def _measured(one: Wanted) -> Measured | None:
    return Measured.by(one) if isinstance(one, Purchase) else None


def _to_ask(missing: Iterable[Wanted], values: Mapping[Measured, bytes]) -> "list[Asking]":
    """These, in place of conditions that compare a number the number itself, where it is not kept."""
    wanted = dict.fromkeys(_measured(one) or one for one in missing)
    return [one for one in wanted if one not in values]


def _made(
    missing: Iterable[Wanted],
    asked: "Mapping[Asking, tuple[_Way, bytes]]",
    values: Mapping[Measured, bytes],
    *,
    everybody: BitMap | None,
) -> dict[Wanted, BitMap]:
    """The sets that were missing, of everybody who is asked."""
    everyone = everybody if everybody is not None else _read(asked[Everybody()][1])

    def made(one: Wanted) -> BitMap:
        if isinstance(one, Purchase):
            contacts, is_opposite = spending.answering(one, VALUE.iter_unpack(values[Measured.by(one)]))
            return _Way(is_opposite=is_opposite).among(everyone, BitMap(contacts))
        way, ids = asked[one]
        return way.among(everyone, _read(ids))

    return {one: made(one) for one in missing}


def _key(one: Wanted | Measured, include_visitors: bool) -> bytes:
    match one:
        case Members() | Everybody() | Measured():
            said = repr(one).encode()
        case _:
            said = digest(one)
    return hashlib.blake2b(said + bytes([include_visitors]), digest_size=16).digest()


def _find(keys: Sequence[bytes], *, now: dt.datetime) -> tuple[dt.datetime, dict[bytes, BitMap]]:
    """The moment that it is, and the sets that are kept of it."""
    said = {"keys": list(keys), "moment": MOMENT, "now": now, "lasting": dt.timedelta(seconds=SECONDS)}
    rows = db.fetch(FIND, said)
    if rows:
        return rows[0][0], {bytes(key): BitMap.deserialize(bytes(ids)) for _, key, ids in rows if key}
    return db.fetch(BEGIN, said)[0][0], {}


@dataclass(frozen=True, slots=True)
class _Way:
    """How a set is come by: a condition on the rows of contacts, a statement about facts, or one with numbers."""

    condition: str = ""
    facts: str = ""
    values: str = ""
    is_opposite: bool = False  # the facts are of those for whom it does not hold
    is_of_all: bool = False  # and not of those alone who are asked

    def among(self, everybody: BitMap, ids: BitMap) -> BitMap:
        """Of everybody who is asked, those for whom it holds."""
        if self.condition or self.is_of_all:
            return ids
        return everybody - ids if self.is_opposite else everybody & ids


type Asking = Wanted | Measured


def _way(one: Asking, asked: Asked) -> _Way:
    match one:
        case Everybody():
            return _Way("true")
        case Measured(measure, window):
            return _Way(values=spending.measured(measure, window, asked.scope))
        case Members(segment):
            number = asked.scope.bind(segment)
            facts = f"SELECT contact_id FROM segments_membership WHERE segment_id = {number}"
            return _Way(facts=facts, is_of_all=True)
        case Attribute() | Moment() | Stage() | Bucket() | Reach():
            return _Way(asked.holds(one))
        case _:
            said = answer(one, asked.scope)
            return _Way(facts=said.sql, is_opposite=said.opposite)


def _ask(
    wanted: Sequence[Asking], as_of: dt.datetime, include_visitors: bool, milliseconds: int
) -> dict[Asking, tuple[_Way, bytes]]:
    """One statement for all: contacts are read once for what is said of them, each kind of facts by itself."""
    if not wanted:
        return {}
    leaves = [one for one in wanted if not isinstance(one, Everybody | Members | Measured)]
    scope = Scope(catalog.context(leaves, now=as_of), Parameters())
    asked = Asked(scope)
    ways = {one: _way(one, asked) for one in wanted}
    columns, aggregates = [], []
    for number, way in enumerate(ways.values()):
        if way.condition:
            columns.append(f"contacts.l{number}")
            aggregates.append(f"{IDS.format(id='c.id')} FILTER (WHERE {way.condition}) AS l{number}")
        elif way.values:
            columns.append(f"(SELECT {VALUES} FROM ({way.values}) f)")
        else:
            columns.append(f"(SELECT {IDS.format(id='f.contact_id')} FROM ({way.facts}) f)")
    sql = f"SELECT {', '.join(columns)}"
    if aggregates:
        asks = population(scope, include_visitors=include_visitors)
        sql += f" FROM (SELECT {', '.join(aggregates)} FROM profiles_contact c{asked.joins} WHERE {asks}) contacts"
    with db.whole_sets(milliseconds=milliseconds):
        (found,) = db.fetch(sql, scope.parameters.values)
    return {one: (way, bytes(ids or b"")) for (one, way), ids in zip(ways.items(), found, strict=True)}


def _read(ids: bytes) -> BitMap:
    numbers = array.array("I", ids)
    if sys.byteorder == "little":
        numbers.byteswap()
    found = BitMap(numbers)
    found.run_optimize()
    return found


def _keep(found: Mapping[bytes, bytes], as_of: dt.datetime) -> None:
    db.execute(KEEP, {"keys": list(found), "sets": list(found.values()), "as_of": as_of})
