"""Which journeys ask a segment, and whom of those who leave it they have inside."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import OperationalError
from django.urls import reverse

from cdp.lib import db
from cdp.lib.json import Json, JsonObject
from journeys.models import Journey, Version
from segments import ast, catalog, compiler

LEAVING: Final = """
WITH holds AS MATERIALIZED ({members})
SELECT r.journey_id, count(DISTINCT r.contact_id)
FROM journeys_run r
JOIN segments_membership m ON m.contact_id = r.contact_id AND m.segment_id = %(segment)s
WHERE r.state IN ('active', 'waiting') AND r.journey_id = ANY(%(journeys)s)
AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.id = r.contact_id)
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Use:
    """One journey that asks the segment: whether it takes people in, also by an edit; who inside leaves the segment."""

    journey: Journey
    url: str
    takes_people: bool
    takes_edited: bool
    leaving: int


def of_segment(
    segment: int, definition: JsonObject, *, include_visitors: bool, now: dt.datetime
) -> Sequence[Use]:
    """The journeys, live ones first, with how many of their people a changed definition puts out of the segment."""
    drawn = _drawn(segment)
    leaving = _leaving(segment, definition, list(drawn), include_visitors, now) if drawn else {}
    journeys = Journey.objects.filter(pk__in=drawn).order_by("name")
    found = [_use(one, segment, drawn[one.pk], leaving.get(one.pk, 0)) for one in journeys]
    return sorted(found, key=lambda use: use.journey.status != Journey.Status.LIVE)


def _drawn(segment: int) -> dict[int, list[Json]]:
    """The drawings, drafts and versions not over, that name the segment, by journey."""
    drawings: dict[int, list[Json]] = {}
    listed = Journey.objects.filter(archived_at=None).values_list("pk", "draft")
    versions = Version.objects.exclude(state=Version.State.OVER).filter(journey__archived_at=None)
    for number, drawing in [*listed, *versions.values_list("journey_id", "definition")]:
        if _names(drawing, segment):
            drawings.setdefault(number, []).append(drawing)
    return drawings


def _names(drawing: Json, segment: int) -> bool:
    """Whether a drawing, or a tree of conditions in it, speaks of the segment."""
    match drawing:
        case dict():
            said = drawing.get("segment")
            return said == segment or any(_names(inner, segment) for inner in drawing.values())
        case list():
            return any(_names(inner, segment) for inner in drawing)
        case _:
            return False


def _leaving(
    segment: int, definition: JsonObject, journeys: list[int], include_visitors: bool, now: dt.datetime
) -> dict[int, int]:
    try:
        node = ast.load(definition)
        context = catalog.context([node], now=now)
        sql, parameters = compiler.members(node, context=context, include_visitors=include_visitors)
        with db.time_limit(3_000):
            rows = db.fetch(
                LEAVING.format(members=sql), parameters | {"segment": segment, "journeys": journeys}
            )
    except (ast.InvalidSegment, OperationalError):
        return {}
    return dict(rows)


def _use(journey: Journey, segment: int, drawings: list[Json], leaving: int) -> Use:
    triggers = [one.get("trigger") for one in drawings if isinstance(one, dict)]
    settings = [one.get("settings") for one in drawings if isinstance(one, dict)]
    return Use(
        journey=journey,
        url=reverse("journey", args=[journey.pk]),
        takes_people=any(isinstance(one, dict) and one.get("segment") == segment for one in triggers),
        takes_edited=any(isinstance(one, dict) and bool(one.get("accept_edit")) for one in settings),
        leaving=leaving,
    )
