"""Labels: stars, tags, campaign and owner, given to one thing or to many."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from cdp.lib import audit
from profiles.models import Favourite, Named
from profiles.shelf.kinds import Shelf

MOST_TAGS = 20


def star[T: Named](shelf: Shelf[T], thing: T, *, by: User) -> bool:
    """Give a star or take it back; whether it has one now."""
    mine = Favourite.objects.filter(user=by, kind=shelf.kind, thing_id=thing.pk)
    if mine.delete()[0]:
        return False
    Favourite.objects.get_or_create(user=by, kind=shelf.kind, thing_id=thing.pk)
    return True


def read_tags(text: str) -> list[str]:
    """Tags as they are typed, with commas between: trimmed, each once, in the order given."""
    tags = [" ".join(tag.split())[:60] for tag in text.split(",")]
    return list(dict.fromkeys(tag for tag in tags if tag))[:MOST_TAGS]


def tag[T: Named](
    shelf: Shelf[T], things: Iterable[T], tags: list[str], *, by: User, now: dt.datetime
) -> None:
    """Add tags to things; those they have stay."""
    for thing in things:
        thing.tags = list(dict.fromkeys([*thing.tags, *tags]))[:MOST_TAGS]
        thing.edited_by, thing.updated_at = by, now
        thing.save(update_fields=["tags", "edited_by", "updated_at"])


def untag[T: Named](
    shelf: Shelf[T], things: Iterable[T], tags: list[str], *, by: User, now: dt.datetime
) -> None:
    """Take tags from things."""
    for thing in things:
        thing.tags = [one for one in thing.tags if one not in tags]
        thing.edited_by, thing.updated_at = by, now
        thing.save(update_fields=["tags", "edited_by", "updated_at"])


def give[T: Named](found: QuerySet[T], *, by: User, now: dt.datetime, **fields: Any) -> int:
    """The same owner or campaign to all of them; how many there were."""
    return audit.update(found, edited_by=by, updated_at=now, **fields)
