"""Which segments are kept up to date, in which order, and what each of them depends on."""

import functools
import json
import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final, assert_never

import structlog

from cdp.lib import db
from profiles.arrivals import Touched
from profiles.suppressions import NAMES as BLOCKING
from segments.ast import (
    Attribute,
    Bought,
    Bucket,
    Consent,
    Event,
    InSegment,
    InvalidSegment,
    Leaf,
    Moment,
    Node,
    Purchase,
    Reach,
    Record,
    Stage,
    digest,
    leaves,
    live,
    load,
)
from segments.compiler import SIGHTINGS
from segments.models import Segment
from segments.permission import KEYS

log = structlog.get_logger(__name__)


STAGE: Final = "lifecycle_stage"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a tree looks at: when none of it changed, neither did the answer."""

    events: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    segments: frozenset[int] = frozenset()
    purchases: bool = False
    consent: bool = False
    records: bool = False
    sightings: bool = False

    def concern(self, touched: Touched, names: dict[int, str]) -> bool:
        """Whether what was touched, merges and new contacts included, can change the answer."""
        return touched.merged or touched.is_new or self.concern_facts(touched, names)

    def concern_facts(self, touched: Touched, names: dict[int, str]) -> bool:
        """Whether the facts that were touched can change the answer."""
        return (
            (self.purchases and touched.purchases)
            or (self.consent and touched.consent)
            or (self.records and touched.records)
            or (self.sightings and (touched.seen or bool(touched.definitions or touched.attributes)))
            or not self.attributes.isdisjoint(touched.attributes)
            or any(names.get(number) in self.events for number in touched.definitions)
        )

    def __or__(self, other: "Needs") -> "Needs":
        """What both look at together."""
        return Needs(
            **{field.name: getattr(self, field.name) | getattr(other, field.name) for field in fields(self)}
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """A segment as the keeper of memberships sees it."""

    id: int
    node: Node
    include_visitors: bool
    needs: Needs


def needs(node: Node) -> Needs:
    """What a tree (or a leaf alone) looks at."""
    return functools.reduce(operator.or_, map(_needs, leaves(node)), Needs())


def _needs(leaf: Leaf) -> Needs:
    match leaf:
        case Event(name=name):
            return Needs(events=frozenset({name}))
        case Attribute(key=key):
            return Needs(attributes=frozenset({key}))
        case InSegment(segment=segment):
            return Needs(segments=frozenset({segment}))
        case Purchase() | Bought():
            return Needs(purchases=True)
        case Consent():
            return Needs(consent=True)
        case Reach(channel=channel):
            return Needs(consent=True, attributes=frozenset({KEYS[channel]}), events=BLOCKING)
        case Stage():
            return Needs(attributes=frozenset({STAGE}))
        case Record():
            return Needs(records=True)
        case Moment(when=when):
            return Needs(sightings=when in SIGHTINGS)
        case Bucket():
            return Needs()
        case _:
            assert_never(leaf)


def watched() -> list[Watched]:
    """The segments that are built and not archived, each behind those it refers to."""
    rows = Segment.objects.filter(kind=Segment.Kind.DYNAMIC, archived_at=None, built_at__isnull=False)
    found: dict[int, Watched] = {}
    for row in rows.only("id", "definition", "include_visitors").order_by("id"):
        try:
            found[row.pk] = watch(row)
        except InvalidSegment as problem:
            # It was built, so it was valid once. One bad definition must not hold up everybody's facts.
            log.error("segment_unreadable", segment=row.pk, path=problem.path, reason=problem.message)
    return list(_ordered(found))


def watch(segment: Segment) -> Watched:
    """One segment. Raises InvalidSegment when its definition says nothing."""
    node, found = _parsed(json.dumps(segment.definition, sort_keys=True))
    return Watched(segment.pk, node, segment.include_visitors, found)


@functools.lru_cache(maxsize=2048)
def _parsed(definition: str) -> tuple[Node, Needs]:
    node = live(load(json.loads(definition)))
    assert node is not None  # `load` refuses a tree in which everything is switched off
    return node, needs(node)


def _ordered(segments: dict[int, Watched]) -> Iterator[Watched]:
    done: set[int] = set()

    def visit(one: Watched) -> Iterator[Watched]:
        if one.id in done:
            return
        done.add(one.id)
        for other in sorted(one.needs.segments & segments.keys()):
            yield from visit(segments[other])
        yield one

    for one in segments.values():
        yield from visit(one)


def leaf_ids(wanted: Iterable[Leaf]) -> dict[Leaf, int]:
    """The numbers of leaves that some segment was built with."""
    digests = {digest(leaf): leaf for leaf in wanted}
    rows = db.fetch("SELECT digest, id FROM segments_leaf WHERE digest = ANY(%s)", [list(digests)])
    return {digests[bytes(key)]: number for key, number in rows}


def check_no_cycle(segment_id: int, node: Node) -> None:
    """Raise InvalidSegment if the segment, so defined, would depend on itself."""
    rows = Segment.objects.filter(kind=Segment.Kind.DYNAMIC, archived_at=None).exclude(definition={})
    refers = {row.pk: watch(row).needs.segments for row in rows}
    refers[segment_id] = needs(node).segments
    reached, ahead = set(), list(refers[segment_id])
    while ahead:
        number = ahead.pop()
        if number == segment_id:
            raise InvalidSegment(
                "", "This segment would depend on itself. Take out the segment that leads back here."
            )
        if number not in reached:
            reached.add(number)
            ahead += refers.get(number, frozenset())
