"""Undo and redo of what people draw and write: every save is a state, and a draft stands at one of them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.contrib.auth.models import User
from django.db import transaction

from cdp.lib import db
from journeys.models import DraftPlace, DraftState

KEPT: Final = 200  # states of one draft; older ones are forgotten

# The state that a draft stands at, and whether there is one before and after it.
STANDS: Final = """
    SELECT place.number, state.state::json, state.saved_at,
        EXISTS (SELECT FROM journeys_draftstate beside WHERE beside.kind = place.kind
            AND beside.thing_id = place.thing_id AND beside.number = place.number - 1),
        EXISTS (SELECT FROM journeys_draftstate beside WHERE beside.kind = place.kind
            AND beside.thing_id = place.thing_id AND beside.number = place.number + 1)
    FROM journeys_draftplace place
    JOIN journeys_draftstate state ON state.kind = place.kind AND state.thing_id = place.thing_id
        AND state.number = place.number
    WHERE place.kind = %s AND place.thing_id = %s
"""

type Kind = Literal["journey", "content"]


class Conflict(Exception):
    """Somebody else saved in between; `state` is theirs and nothing was overwritten."""

    def __init__(self, state: DraftState) -> None:
        super().__init__("somebody else saved this draft in between")
        self.state = state


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft stands: its number goes into the page, and comes back with the next save."""

    number: int
    state: Any
    can_undo: bool
    can_redo: bool
    saved_at: dt.datetime | None = None


def place(kind: Kind, thing_id: int) -> Place | None:
    """Where the draft stands; None while nothing was kept of it. One statement."""
    rows = db.fetch(STANDS, [kind, thing_id])
    if not rows:
        return None
    ((number, state, saved_at, can_undo, can_redo),) = rows
    return Place(number, state, can_undo, can_redo, saved_at)


@transaction.atomic
def keep(
    kind: Kind, thing_id: int, state: Any, *, by: User | None, now: dt.datetime, since: int | None = None
) -> Place:
    """Save a new state after the present one; what had been undone is forgotten. The same state again is no save.

    `since` is the number that the editor began from. Raises Conflict when the draft has moved on meanwhile.
    """
    here = _locked(kind, thing_id)
    if here is None:
        _append(kind, thing_id, 1, state, by=by, now=now)
        return _seen(DraftPlace.objects.create(kind=kind, thing_id=thing_id, number=1))
    present = _states(kind, thing_id).get(number=here.number)
    if since is not None and since != here.number:
        raise Conflict(present)
    if present.state == state:
        return _seen(here)
    _states(kind, thing_id).filter(number__gt=here.number).delete()
    _states(kind, thing_id).filter(number__lte=here.number - KEPT).delete()
    _append(kind, thing_id, here.number + 1, state, by=by, now=now)
    return _moved(here, here.number + 1)


def undo(kind: Kind, thing_id: int) -> Place | None:
    """One state back; None where there is none."""
    return _step(kind, thing_id, -1)


def redo(kind: Kind, thing_id: int) -> Place | None:
    """One state forward; None where there is none."""
    return _step(kind, thing_id, 1)


@transaction.atomic
def _step(kind: Kind, thing_id: int, by: int) -> Place | None:
    here = _locked(kind, thing_id)
    if here is None or not _states(kind, thing_id).filter(number=here.number + by).exists():
        return None
    return _moved(here, here.number + by)


def _states(kind: Kind, thing_id: int) -> Any:
    return DraftState.objects.filter(kind=kind, thing_id=thing_id)


def _locked(kind: Kind, thing_id: int) -> DraftPlace | None:
    return DraftPlace.objects.select_for_update().filter(kind=kind, thing_id=thing_id).first()


def _append(kind: Kind, thing_id: int, number: int, state: Any, *, by: User | None, now: dt.datetime) -> None:
    DraftState.objects.create(
        kind=kind, thing_id=thing_id, number=number, state=state, saved_at=now, saved_by=by
    )


def _moved(here: DraftPlace, number: int) -> Place:
    DraftPlace.objects.filter(kind=here.kind, thing_id=here.thing_id).update(number=number)
    here.number = number
    return _seen(here)


def _seen(here: DraftPlace) -> Place:
    found = place(here.kind, here.thing_id)  # type: ignore[arg-type]  # a row's kind is one of the two
    assert found is not None
    return found
