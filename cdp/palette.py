"""What Ctrl+K finds: people, things with a name, pages and actions, each only for those who may see it."""

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cdp.frame import NAVIGATION
from cdp.shelves import SHELVES
from profiles import people
from profiles.permissions import SEE_PEOPLE
from profiles.shelf import finding

MOST: Final = 6  # of one kind


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing to go to."""

    label: str | Promise
    url: str
    icon: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind under their heading."""

    label: str | Promise
    hits: list[Hit]


def find(user: User, words: str) -> list[Group]:
    """What these words may mean; with none, where one may want to go."""
    groups = [
        Group(_("Pages"), _pages(user, words)),
        Group(_("Actions"), _actions(user, words)),
    ]
    if words:
        found = [Group(_("People"), _people(user, words)), *_things(user, words)]
        groups = [*found, *groups]
    return [group for group in groups if group.hits]


def _people(user: User, words: str) -> list[Hit]:
    if not user.has_perm(SEE_PEOPLE) or len(words) < 2:
        return []
    found = people.find(people.Search(words=words)).order_by("-known_since_at", "-id")
    return [
        Hit(one.name, reverse("profile", args=[one.pk]), "user", one.email if one.email != one.name else "")
        for one in found.only("first_name", "last_name", "email", "phone", "known_since_at")[:MOST]
    ]


def _things(user: User, words: str) -> list[Group]:
    shelves = [shelf for shelf in SHELVES.values() if user.has_perm(shelf.see)]
    among = [shelf.things().filter(archived_at=None) for shelf in shelves]
    return [
        Group(shelf.many, [Hit(one.name, shelf.url(one), shelf.icon) for one in things])
        for shelf, things in zip(shelves, finding.named(among, words, most=MOST), strict=True)
    ]


def _pages(user: User, words: str) -> list[Hit]:
    entries = [
        (group, entry)
        for group, entries in NAVIGATION
        for entry in entries
        if not entry.permission or user.has_perm(entry.permission)
    ]
    return [
        Hit(entry.label, reverse(entry.route), entry.icon, str(group))
        for group, entry in entries
        if words.casefold() in f"{group} {entry.label}".casefold()
    ]


def _actions(user: User, words: str) -> list[Hit]:
    hits = [
        Hit(shelf.new, reverse(shelf.create), "plus")
        for shelf in SHELVES.values()
        if shelf.create and user.has_perm(shelf.edit)
    ]
    return [hit for hit in hits if words.casefold() in str(hit.label).casefold()]
