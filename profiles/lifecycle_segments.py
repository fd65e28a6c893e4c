"""The segments that the lifecycle's charts lead to: "Make a segment of these", ready to be looked at and saved."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from profiles.staging import CHANGED

EVER: Final = {"type": "ever"}
LONG_AGO: Final = dt.date(2000, 1, 1)  # before any order


def of_stage(stage: str) -> str:
    """Whoever is in this stage."""
    return _new({"type": "stage", "operator": "is_any_of", "value": [stage]})


def of_move(was: str, became: str, *, days: int) -> str:
    """Whoever went from one stage to another in the last days."""
    where = [
        {"property": "from", "operator": "is", "value": was},
        {"property": "to", "operator": "is", "value": became},
    ]
    window = {"type": "last", "amount": days, "unit": "day"}
    return _new(
        {
            "type": "event",
            "name": CHANGED,
            "frequency": "at_least",
            "count": 1,
            "window": window,
            "where": where,
        }
    )


def of_cohort(month: dt.date) -> str:
    """Whoever ordered for the first time in the month that begins on this day."""
    last = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    before = month - dt.timedelta(days=1)
    return _new(_orders("gte", 1, _between(month, last)), _orders("eq", 0, _between(LONG_AGO, before)))


def of_late(days: int) -> str:
    """Whoever ordered once, longer ago than this."""
    late = {"type": "purchase", "measure": "days_since_last", "operator": "gt", "value": days, "window": EVER}
    return _new(_orders("eq", 1, EVER), late)


def _orders(operator: str, value: int, window: dict[str, Any]) -> dict[str, Any]:
    return {"type": "purchase", "measure": "orders", "operator": operator, "value": value, "window": window}


def _between(first: dt.date, last: dt.date) -> dict[str, Any]:
    return {"type": "between", "from": first.isoformat(), "to": last.isoformat()}


def _new(*conditions: dict[str, Any]) -> str:
    # The route of the app above: as a link on a page, not as an import.
    definition: dict[str, Sequence[dict[str, Any]] | str] = {"type": "all", "children": conditions}
    return f"{reverse('segment_create')}?{urlencode({'definition': json.dumps(definition)})}"
