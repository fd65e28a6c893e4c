"""What saving a definition would do: how many come in, how many leave, against who is in the segment now."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import OperationalError

from segments import catalog, compiler, leafsets
from segments.ast import All, Node, leaves, live
from segments.leafsets import Members
from segments.models import Segment

LEAVING: Final = """
WITH holds AS MATERIALIZED ({members})
SELECT contact_id FROM segments_membership
WHERE segment_id = %(segment)s AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.id = contact_id)
"""


@dataclass(frozen=True, slots=True)
class Impact:
    """How many people a change of definition moves."""

    entering: int
    leaving: int
    as_of: dt.datetime | None = field(default=None, compare=False)


def of(
    segment: Segment,
    node: Node,
    *,
    now: dt.datetime,
    include_visitors: bool | None = None,
    milliseconds: int = 3_000,
) -> Impact | None:
    """How many enter and leave when `node` becomes the segment's definition; None when asking takes too long.

    All enter a segment that is not saved yet.
    """
    visitors = segment.include_visitors if include_visitors is None else include_visitors
    subject, present = live(node) or All(()), Members.of(segment)
    wanted = [*leaves(subject), present]
    try:
        sets = leafsets.sets(wanted, now=now, include_visitors=visitors, milliseconds=milliseconds)
    except OperationalError:
        return None
    holds, belongs = sets.meaning(subject), sets.found[present]
    return Impact(len(holds - belongs), len(belongs - holds), sets.as_of)


def leaving(
    segment: Segment, node: Node, *, now: dt.datetime, include_visitors: bool | None = None
) -> tuple[str, dict[str, Any]]:
    """A statement, and its bound values, with the `contact_id` of everybody who would leave the segment."""
    sql, parameters = _members(segment, node, now=now, include_visitors=include_visitors)
    return LEAVING.format(members=sql), parameters


def _members(
    segment: Segment, node: Node, *, now: dt.datetime, include_visitors: bool | None
) -> tuple[str, dict[str, Any]]:
    visitors = segment.include_visitors if include_visitors is None else include_visitors
    context = catalog.context([node], now=now)
    sql, parameters = compiler.members(node, context=context, include_visitors=visitors)
    return sql, parameters | {"segment": segment.pk or 0}
