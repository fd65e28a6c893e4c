"""Conditions on the properties of events that arrive, asked of the one evaluator that segments have."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdp.lib import db
from journeys.flow.shapes import Where
from segments.conditions import Context, JsonKey, Parameters, predicate

# (version, event) -> the version's filters, the event's properties
type Asked = Mapping[tuple[int, int], tuple[Where, Mapping[str, Any]]]

TABLE: Final = """
    unnest({versions}::bigint[], {events}::bigint[], {properties}::jsonb[]) AS e (version, event, properties)
"""


def holding(asked: Asked, *, now: dt.datetime, zone: str) -> set[tuple[int, int]]:
    """Those of the (version, event) pairs whose filters all hold, with one statement; days are days in `zone`."""
    if not asked:
        return set()
    context, parameters = Context(now=now, zone=ZoneInfo(zone)), Parameters()
    by_version = {version: where for (version, _), (where, _) in asked.items()}
    cases = [
        f"WHEN {parameters.bind(version)} THEN {hold(where, context, parameters)}"
        for version, where in by_version.items()
    ]
    table = TABLE.format(
        versions=parameters.bind([version for version, _ in asked]),
        events=parameters.bind([event for _, event in asked]),
        properties=parameters.bind([dump(properties) for _, properties in asked.values()]),
    )
    # Each row is asked only what its own version asks: CASE goes no further than the branch that fits.
    rows = db.fetch(
        f"SELECT e.version, e.event FROM {table} WHERE CASE e.version {' '.join(cases)} END",
        parameters.values,
    )
    return {(version, event) for version, event in rows}


def hold(where: Where, context: Context, parameters: Parameters) -> str:
    """SQL that says whether all of the filters hold for the properties of an event `e`."""
    held = [
        predicate(
            one.comparison, JsonKey("e.properties", one.property), context=context, parameters=parameters
        )
        for one in where
    ]
    return f"({' AND '.join(held) or 'true'})"


def value_at(properties: Mapping[str, Any], path: str) -> Any:
    """The value under a name, or under a path of names with dots between; None where there is none."""
    if path in properties:
        return properties[path]
    found: Any = properties
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def dump(values: Mapping[str, Any]) -> str:
    """Values as JSON text."""
    return json.dumps(values, ensure_ascii=False)


def parsed(text: str | None) -> dict[str, Any]:
    """What JSON text says, if it is an object; {} for nothing."""
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}
