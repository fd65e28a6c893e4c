"""The archive: things are put away and taken out again, one or many at a time; nothing is ever lost."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cdp.lib import audit
from profiles.models import Named
from profiles.shelf import names
from profiles.shelf.kinds import Shelf


@dataclass(frozen=True, slots=True)
class Put[T: Named]:
    """What was put away, and a sentence for each thing that stays, because …"""

    away: list[T]
    staying: list[str]


def archive[T: Named](shelf: Shelf[T], things: Iterable[T], *, by: User | None, now: dt.datetime) -> Put[T]:
    """Put things away, except what is in use or says itself why it must stay."""
    present = [thing for thing in things if thing.archived_at is None]
    uses = shelf.uses([thing.pk for thing in present])
    away: list[T] = []
    staying: list[str] = []
    for thing in present:
        places = [use.label for use in uses.get(thing.pk, ()) if use.is_live]
        if why := shelf.keeps(thing) or _in_use(places):
            staying.append(_("“%(name)s” stays: %(why)s") % {"name": thing.name, "why": why})
        else:
            away.append(thing)
    put = shelf.model._default_manager.filter(pk__in=[thing.pk for thing in away])
    audit.update(put, archived_at=now, updated_at=now, edited_by=by)
    return Put(away, staying)


def _in_use(places: list[str]) -> str:
    return _("it is used in %(places)s.") % {"places": ", ".join(places[:3])} if places else ""


def restore[T: Named](shelf: Shelf[T], things: Iterable[T], *, by: User | None, now: dt.datetime) -> list[T]:
    """Take things out of the archive; one whose name was given to another meanwhile gets a number."""
    back = [thing for thing in things if thing.archived_at is not None]
    for thing in back:
        with transaction.atomic():
            thing.name = names.free(shelf, thing.name)
            thing.archived_at, thing.edited_by, thing.updated_at = None, by, now
            thing.save(update_fields=["name", "archived_at", "edited_by", "updated_at"])
            shelf.restored(thing)
    return back
