"""Published versions as the engine and the triggers need them: the graph, and the numbers its names stand for."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdp.lib import db
from journeys.flow import graph
from journeys.flow.shapes import Graph

# A version's definition never changes, so its graph is read once a process.
_graphs: Final[dict[int, Graph]] = {}
MOST_GRAPHS: Final = 2000

COLUMNS: Final = """
    SELECT version.id, version.journey_id, journey.name, version.number, journey.brand_id, version.state,
        version.trigger_event_id, version.trigger_segment_id, version.awaited_events, version.published_at,
        CASE WHEN version.id = ANY(%(known)s) THEN NULL ELSE version.definition::text END
    FROM journeys_version version JOIN journeys_journey journey ON journey.id = version.journey_id
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """One published version, ready to be walked."""

    version_id: int
    journey_id: int
    journey: str
    number: int
    brand_id: int | None
    state: str
    trigger_event_id: int | None
    trigger_segment_id: int | None
    awaited: frozenset[int]
    published_at: dt.datetime
    graph: Graph
    definitions: Mapping[str, int]  # event name -> definition, of the events its steps wait for

    @property
    def takes_people(self) -> bool:
        """Whether people still come in. Paused versions take them and hold them at the door."""
        return self.state in ("live", "paused")


def of(version_ids: Sequence[int]) -> dict[int, Plan]:
    """The plans of these versions. Raises InvalidJourney where a definition can no longer be read."""
    return _load("WHERE version.id = ANY(%(ids)s)", {"ids": list(version_ids)})


def listening() -> list[Plan]:
    """Every version that takes people in or has people waiting in it, oldest first."""
    found = _load("WHERE version.state IN ('live', 'paused', 'finishing')", {})
    return [found[number] for number in sorted(found)]


def _load(where: str, parameters: dict[str, Any]) -> dict[int, Plan]:
    if len(_graphs) > MOST_GRAPHS:
        _graphs.clear()
    rows = db.fetch(f"{COLUMNS} {where}", {**parameters, "known": list(_graphs)})
    names = _names({definition for row in rows for definition in row[8]})
    plans = {}
    for (
        version_id,
        journey_id,
        journey,
        number,
        brand,
        state,
        event,
        segment,
        awaited,
        published_at,
        text,
    ) in rows:
        if text is not None:
            _graphs[version_id] = graph.load(json.loads(text))
        plans[version_id] = Plan(
            version_id=version_id,
            journey_id=journey_id,
            journey=journey,
            number=number,
            brand_id=brand,
            state=state,
            trigger_event_id=event,
            trigger_segment_id=segment,
            awaited=frozenset(awaited),
            published_at=published_at,
            graph=_graphs[version_id],
            definitions={names[one]: one for one in awaited},
        )
    return plans


def _names(definitions: set[int]) -> dict[int, str]:
    if not definitions:
        return {}
    rows = db.fetch("SELECT id, name FROM profiles_eventdefinition WHERE id = ANY(%s)", [list(definitions)])
    return dict(rows)
