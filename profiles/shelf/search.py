"""The address of a list, read: what is searched and filtered, in which order, from which place on."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict

from profiles.models import Favourite, Named
from profiles.shelf.kinds import ORDERS, USUAL, Shelf

PAGE: Final = 50
FILTERS: Final = ("q", "owner", "tag", "campaign", "brand", "starred", "archived")


@dataclass(frozen=True, slots=True)
class Search:
    """What a list is narrowed to and how it is sorted; every part of it stands in the page's address."""

    words: str = ""
    owner: str = ""  # "me" or a number
    tag: str = ""
    campaign: str = ""
    brand: str = ""
    is_starred: bool = False
    is_archived: bool = False
    chosen: Mapping[str, str] = field(default_factory=dict)  # the kind's own filters
    sort: str = USUAL

    @classmethod
    def read[T: Named](cls, query: QueryDict, shelf: Shelf[T]) -> Self:
        """From the page's address; nonsense counts as not said."""
        said = {one.key: query.get(one.key, "") for one in shelf.choices}
        owner = query.get("owner", "")
        return cls(
            words=query.get("q", "").strip()[:200],
            owner=owner if owner == "me" else _number(owner),
            tag=query.get("tag", "").strip()[:60],
            campaign=_number(query.get("campaign", "")) if shelf.in_campaigns else "",
            brand=_number(query.get("brand", "")),
            is_starred=query.get("starred") == "1",
            is_archived=query.get("archived") == "1",
            chosen={
                choice.key: said[choice.key]
                for choice in shelf.choices
                if said[choice.key] in {value for value, _ in choice.options()}
            },
            sort=_sort(query.get("sort", ""), shelf),
        )

    @property
    def sort_said(self) -> str:
        """The order as the address says it: nothing where it is the usual one."""
        return "" if self.sort == USUAL else self.sort

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out anything that the plain list shows."""
        said = (self.words, self.owner, self.tag, self.campaign, self.brand, *self.chosen.values())
        return any(said) or self.is_starred or self.is_archived


def _number(text: str) -> str:
    return text if text.isdecimal() and len(text) < 10 else ""


def _sort[T: Named](text: str, shelf: Shelf[T]) -> str:
    return text if text.removeprefix("-") in orders(shelf) else USUAL


def orders[T: Named](shelf: Shelf[T]) -> dict[str, str]:
    """What the list can be sorted by: the word in the address, and the field."""
    return {**ORDERS, **{one.key: one.order for one in shelf.columns if one.order}}


def find[T: Named](shelf: Shelf[T], search: Search, *, by: User) -> QuerySet[T]:
    """The things that a search means, in no order yet."""
    found = shelf.things().filter(archived_at__isnull=not search.is_archived)
    if search.owner:
        found = found.filter(owner=by.pk if search.owner == "me" else int(search.owner))
    if search.tag:
        found = found.filter(tags__contains=[search.tag])
    if search.campaign:
        found = found.filter(campaign=int(search.campaign))
    if search.brand:
        found = found.filter(brand=int(search.brand))
    if search.is_starred:
        found = found.filter(pk__in=starred(shelf, by=by))
    for choice in shelf.choices:
        if value := search.chosen.get(choice.key):
            found = choice.narrow(found, value)
    for word in search.words.split():
        found = found.filter(
            Q(name__icontains=word) | Q(description__icontains=word) | Q(tags__contains=[word])
        )
    return found


def starred[T: Named](shelf: Shelf[T], *, by: User) -> QuerySet[Favourite, int]:
    """The numbers of what somebody gave a star."""
    return Favourite.objects.filter(user=by, kind=shelf.kind).values_list("thing_id", flat=True)


def page_of[T: Named](shelf: Shelf[T], found: QuerySet[T], *, sort: str, after: str) -> list[T]:
    """One page and one row more, in this order, after this place."""
    name, is_down = sort.removeprefix("-"), sort.startswith("-")
    field_name = orders(shelf)[name]
    ordered = found.annotate(place=Lower(field_name) if name == "name" else F(field_name))
    if place := _read(after):
        value, number = place
        way = "lt" if is_down else "gt"
        ordered = ordered.filter(Q(**{f"place__{way}": value}) | Q(**{"place": value, f"pk__{way}": number}))
    sign = "-" if is_down else ""
    return list(ordered.order_by(f"{sign}place", f"{sign}pk")[: PAGE + 1])


def place_of(thing: Any) -> str:
    """Where a thing stands in its list, as a link says it."""
    value = thing.place.isoformat() if isinstance(thing.place, dt.datetime) else thing.place
    kind = "t" if isinstance(thing.place, dt.datetime) else "v"
    return base64.urlsafe_b64encode(json.dumps([kind, value, thing.pk]).encode()).decode().rstrip("=")


def _read(after: str) -> tuple[Any, int] | None:
    try:
        kind, value, number = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if kind == "t":
            value = dt.datetime.fromisoformat(value)
        is_sound = isinstance(value, str | int | dt.datetime) and isinstance(number, int)
        return (value, number) if is_sound else None
    except (ValueError, TypeError, binascii.Error):
        return None
