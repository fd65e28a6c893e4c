"""Who is in which segment, kept true as facts arrive and as time passes.

Callers hold the digest lock: what is decided here is decided about facts that nobody else changes meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from profiles.arrivals import Merged, Touched
from profiles.models import EventDefinition
from segments import catalog, flips, merging
from segments.ast import Attribute, Leaf, Moment, Record, digest, leaves, load
from segments.conditions import Context
from segments.models import Cause
from segments.models import Leaf as StoredLeaf
from segments.rebuild import rebuild
from segments.settling import Change, remember, settle
from segments.watching import Watched, leaf_ids, needs, watched

__all__ = ["Change", "merged", "rebuild", "refresh", "sweep", "unmerged"]


def refresh(touched: Mapping[int, Touched], *, now: datetime) -> list[Change]:
    """Decide again about the contacts that were touched, in the segments that look at what was touched.

    Of a contact that was merged away, tell `merged` first: here it simply is nobody any more. A constant number
    of statements a segment, whatever the number of contacts.
    """
    segments = watched()
    if not touched or not segments:
        return []
    context = catalog.context([one.node for one in segments], now=now)
    names = _names(touched)
    asked: dict[int, dict[int, Cause]] = {
        one.id: {
            contact: _cause(one, touches, names)
            for contact, touches in touched.items()
            if one.needs.concern(touches, names)
        }
        for one in segments
    }
    changes = decide(segments, asked, context=context)
    _arm(segments, touched, names, context)
    return changes


def decide(
    segments: Iterable[Watched], asked: Mapping[int, Mapping[int, Cause]], *, context: Context
) -> list[Change]:
    """Settle what is asked of each segment, in order; whoever changes is asked of the segments that refer to it."""
    changes: list[Change] = []
    by_segment: dict[int, list[Change]] = {}
    for segment in segments:
        contacts = {
            change.contact_id: change.cause
            for other in segment.needs.segments
            for change in by_segment.get(other, ())
        }
        contacts |= asked.get(segment.id, {})
        by_segment[segment.id] = settle(segment, contacts, context=context)
        changes += by_segment[segment.id]
    remember(changes, now=context.now)
    return changes


def sweep(*, now: datetime, limit: int = 1000) -> list[Change]:
    """Decide again where time alone may have changed the answer, for at most `limit` flips, and arm the next ones.

    Call it until `flips.next_due()` lies ahead.
    """
    due = flips.take_due(now=now, limit=limit)
    if not due:
        return []
    stored = StoredLeaf.objects.filter(pk__in={leaf for leaf, _, _ in due}).values_list(
        "pk", "digest", "definition"
    )
    known = {number: (bytes(key), load(definition)) for number, key, definition in stored}
    segments = watched()
    context = catalog.context([one.node for one in segments], now=now)
    contacts: dict[bytes, set[int]] = defaultdict(set)
    armed: dict[Leaf, int] = {}
    for number, contact, at in due:
        key, leaf = known[number]
        armed[leaf] = number  # type: ignore[index]
        if contact == flips.EVERYBODY and isinstance(leaf, Attribute | Moment | Record):
            contacts[key].update(flips.turned(leaf, since=at, context=context))
        else:
            contacts[key].add(contact)
    asked = {
        one.id: dict.fromkeys(
            set().union(*(contacts.get(digest(leaf), ()) for leaf in leaves(one.node))), Cause.TIME
        )
        for one in segments
    }
    changes = decide(segments, asked, context=context)
    _rearm(segments, armed, {contact for _, contact, _ in due}, context)
    return changes


def merged(merge: Merged, *, now: datetime) -> list[Change]:
    """Two contacts became one: the survivor takes over the other's memberships that still hold, and their dates.

    Call it before `refresh`, which decides the rest (its `Touched.merged` says that everything may have changed).
    """
    changes = merging.merged(merge, watched(), now=now)
    remember(changes, now=now)
    return changes


def unmerged(merge: Merged, *, now: datetime) -> list[Change]:
    """One contact became two again: each is asked anew and has the dates that it had before.

    The dates are exact when merges into one contact are undone in the reverse of their order.
    """
    segments = watched()
    changes = merging.unmerged(merge, segments, now=now)
    remember(changes, now=now)
    both = {merge.survivor_id: Touched(merged=True), merge.absorbed_id: Touched(merged=True)}
    # Also asks the segments that refer to a list or a segment that changed just now.
    return changes + refresh(both, now=now)


def _cause(segment: Watched, touched: Touched, names: dict[int, str]) -> Cause:
    if touched.corrected:
        return Cause.EDIT
    if touched.backfill:
        return Cause.BACKFILL
    if touched.merged and not segment.needs.concern_facts(touched, names):
        return Cause.MERGE
    return Cause.FACT


def _names(touched: Mapping[int, Touched]) -> dict[int, str]:
    numbers = set().union(*(one.definitions for one in touched.values()))
    return dict(EventDefinition.objects.filter(pk__in=numbers).values_list("pk", "name")) if numbers else {}


def _timed(segments: Iterable[Watched]) -> dict[Leaf, int]:
    return leaf_ids({leaf for one in segments for leaf in leaves(one.node) if flips.is_timed(leaf)})


def _arm(
    segments: Sequence[Watched], touched: Mapping[int, Touched], names: dict[int, str], context: Context
) -> None:
    looked_at = {leaf: needs(leaf) for one in segments for leaf in leaves(one.node) if flips.is_timed(leaf)}
    concerned = {
        leaf: {contact for contact, touches in touched.items() if what.concern(touches, names)}
        for leaf, what in looked_at.items()
        if not flips.is_calendar(leaf)  # everybody's, armed since the segment was built
    }
    contacts = set().union(*concerned.values()) if concerned else set()
    if contacts:
        flips.arm(
            leaf_ids(leaf for leaf, some in concerned.items() if some), context=context, only=sorted(contacts)
        )


def _rearm(
    segments: Sequence[Watched], armed: Mapping[Leaf, int], contacts: set[int], context: Context
) -> None:
    """Arm again what was due, as far as a segment still says it."""
    said = set(_timed(segments).values())
    again = {leaf: number for leaf, number in armed.items() if number in said}
    flips.arm(again, context=context, only=sorted(contacts))
