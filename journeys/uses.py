"""Which journeys and broadcasts ask a segment, and how many whom an edit puts out of it are inside a journey."""

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
SELECT count(DISTINCT r.contact_id)
FROM journeys_run r
JOIN segments_membership m ON m.contact_id = r.contact_id AND m.segment_id = %(segment)s
WHERE r.state IN ('active', 'waiting') AND r.journey_id = ANY(%(journeys)s)
AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.id = r.contact_id)
"""


@dataclass(frozen=True, slots=True)
class Use:
    """One journey or broadcast that asks the segment: whether it takes people in, also by an edit."""

    journey: Journey
    url: str
    takes_people: bool
    takes_edited: bool

    @property
    def is_broadcast(self) -> bool:
        """Whether it writes to the people of the segment once."""
        return self.journey.kind == Journey.Kind.BROADCAST


def of_segment(segment: int) -> Sequence[Use]:
    """The journeys that ask it and the broadcasts that are still to ask it, live ones first."""
    drawn = _drawn(segment)
    sent = {"kind": Journey.Kind.BROADCAST, "status": Journey.Status.COMPLETED}
    journeys = Journey.objects.filter(pk__in=drawn).exclude(**sent).order_by("name")
    found = [_use(one, segment, drawn[one.pk]) for one in journeys]
    return sorted(found, key=lambda use: use.journey.status != Journey.Status.LIVE)


def inside(
    segment: int,
    journeys: Sequence[int],
    definition: JsonObject,
    *,
    include_visitors: bool,
    now: dt.datetime,
) -> int:
    """How many different people in these journeys a changed definition puts out of the segment; 0 if it takes long.

    They stay in the journey: none looks back at the segment that somebody came from.
    """
    try:
        node = ast.load(definition)
        context = catalog.context([node], now=now)
        sql, parameters = compiler.members(node, context=context, include_visitors=include_visitors)
        with db.time_limit(3_000):
            rows = db.fetch(
                LEAVING.format(members=sql), parameters | {"segment": segment, "journeys": list(journeys)}
            )
    except (ast.InvalidSegment, OperationalError):
        return 0
    return int(rows[0][0])


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
            if drawing.get("segment") == segment or any(
                isinstance(several, list) and segment in several
                for several in (drawing.get("include"), drawing.get("exclude"))  # of a broadcast
            ):
                return True
            return any(_names(inner, segment) for inner in drawing.values())
        case list():
            return any(_names(inner, segment) for inner in drawing)
        case _:
            return False


def _use(journey: Journey, segment: int, drawings: list[Json]) -> Use:
    triggers = [one.get("trigger") for one in drawings if isinstance(one, dict)]
    settings = [one.get("settings") for one in drawings if isinstance(one, dict)]
    return Use(
        journey=journey,
        url=reverse("broadcast" if journey.kind == Journey.Kind.BROADCAST else "journey", args=[journey.pk]),
        takes_people=any(isinstance(one, dict) and one.get("segment") == segment for one in triggers),
        takes_edited=any(isinstance(one, dict) and bool(one.get("accept_edit")) for one in settings),
    )
