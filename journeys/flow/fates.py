"""What becomes of people in versions that take nobody in any more: they finish, follow the new version, or leave.

Publishing and stopping only write the fate down; here it is carried out, portion by portion, before the engine moves
anybody. So nobody is sent anything more on a way that was closed, and a stop half-way loses nothing.
"""

import datetime as dt
from typing import Final

from django.db import transaction

from cdp.lib import db
from journeys.flow import plans
from journeys.flow.ending import end
from journeys.flow.shapes import Step

PORTION: Final = 1000
OPEN: Final = """
    SELECT version.id, version.fate, newest.id FROM journeys_version version
    LEFT JOIN journeys_version newest
        ON newest.journey_id = version.journey_id AND newest.state IN ('live', 'paused')
    WHERE version.state = 'finishing' AND version.fate <> 'finish' ORDER BY version.id
"""
INSIDE: Final = """
    SELECT id, step FROM journeys_run WHERE version_id = %s AND state IN ('active', 'waiting')
    ORDER BY id LIMIT %s FOR UPDATE
"""
# Who waits is woken, so that the wait is looked at as it is drawn now.
FOLLOW: Final = "UPDATE journeys_run SET version_id = %s, wake_at = %s WHERE id = ANY(%s)"


def carry_out(*, now: dt.datetime, limit: int = PORTION) -> int:
    """Carry the next portion out; how many people it concerned. 0 means that all of it is done."""
    concerned = 0
    for version, fate, newest in db.fetch(OPEN):
        concerned += _carry_out(version, fate, newest, now=now, limit=limit)
    return concerned


@transaction.atomic
def _carry_out(version: int, fate: str, newest: int | None, *, now: dt.datetime, limit: int) -> int:
    inside = db.fetch(INSIDE, [version, limit])
    if not inside or (fate == "follow" and newest is None):
        db.execute("UPDATE journeys_version SET fate = 'finish' WHERE id = %s", [version])
        return 0
    staying: list[int] = []
    if fate == "follow" and newest is not None:
        staying = _staying(version, newest, inside)
        db.execute(FOLLOW, [newest, now, staying])
    leaving = {run for run, _ in inside}.difference(staying)
    end(sorted(leaving), reason="stopped" if newest is None else "version", now=now)
    return len(inside)


def _staying(version: int, newest: int, inside: list[tuple[int, str]]) -> list[int]:
    """Those whose step is still there, and is still a step of its kind."""
    known = plans.of([version, newest])
    before, after = known[version].graph.steps, known[newest].graph.steps
    return [run for run, step in inside if _is_same(before.get(step), after.get(step))]


def _is_same(before: Step | None, after: Step | None) -> bool:
    return after is not None and type(before) is type(after)
