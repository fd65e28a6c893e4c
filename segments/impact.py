"""What saving a definition would do: how many come in, how many leave, against who is in the segment now."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db import OperationalError

from cdp.lib import db
from segments import catalog, compiler
from segments.ast import Node
from segments.models import Segment

COUNT: Final = """
WITH holds AS MATERIALIZED ({members}),
belongs AS (SELECT contact_id FROM segments_membership WHERE segment_id = %(segment)s)
SELECT count(*) FILTER (WHERE belongs.contact_id IS NULL), count(*) FILTER (WHERE holds.id IS NULL)
FROM holds FULL JOIN belongs ON belongs.contact_id = holds.id
"""
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
    sql, parameters = _members(segment, node, now=now, include_visitors=include_visitors)
    try:
        with db.whole_sets(milliseconds=milliseconds):
            ((entering, leaving),) = db.fetch(COUNT.format(members=sql), parameters)
    except OperationalError:
        return None
    return Impact(entering, leaving)


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
