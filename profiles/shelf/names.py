"""Names: one a kind among what is not archived; copies get one of their own."""

import datetime as dt
import itertools

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from profiles.models import Named
from profiles.shelf.kinds import Shelf

LONGEST = 120


def is_taken[T: Named](shelf: Shelf[T], name: str, *, besides: int | None = None) -> bool:
    """Whether another thing of this kind has that name, in whatever case."""
    return shelf.things().filter(archived_at=None, name__iexact=name.strip()).exclude(pk=besides).exists()


def free[T: Named](shelf: Shelf[T], name: str) -> str:
    """This name, or where it is taken the same with the first number that is not."""
    for number in itertools.count(2):
        wanted = name if number == 2 else f"{name[: LONGEST - 8]} ({number - 1})"
        if not is_taken(shelf, wanted):
            return wanted
    raise AssertionError("counting has an end")


def duplicate[T: Named](shelf: Shelf[T], thing: T, *, by: User, now: dt.datetime) -> T:
    """A copy with a name of its own, that belongs to whoever made it."""
    copy = shelf.things().get(pk=thing.pk)
    copy.pk = None
    copy._state.adding = True
    copy.name = free(shelf, _("Copy of %(name)s") % {"name": thing.name[: LONGEST - 20]})
    copy.owner = copy.edited_by = by
    copy.created_at, copy.archived_at = now, None
    shelf.renew(copy)
    with transaction.atomic():
        copy.save()
        if shelf.copied:
            shelf.copied(thing, copy)
    return copy
