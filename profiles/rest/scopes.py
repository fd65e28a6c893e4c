"""What a key may do: a family of resources, read or written; and whether it may see personal data."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles.permissions import EDIT, MANAGE_DATA, MANAGE_TEAM, PUBLISH, SEE, SEE_PEOPLE

READ: Final = "read"
WRITE: Final = "write"
PERSONAL: Final = "personal_data"

# Family: what it is called, and what somebody must be permitted to give a key its reading and its writing.
# No writing: there is nothing to write.
FAMILIES: Final[dict[str, tuple[Promise, str, str | None]]] = {
    "contacts": (_("Contacts and their attributes"), SEE, MANAGE_DATA),
    "events": (_("Events and timelines"), SEE, MANAGE_DATA),
    "records": (_("Records and record types"), SEE, MANAGE_DATA),
    "consent": (_("Topics, consent and blocked addresses"), SEE, MANAGE_DATA),
    "sources": (_("Sources"), SEE, None),
    "segments": (_("Segments and lists"), SEE, EDIT),
    "journeys": (_("Journeys and the people in them"), SEE, PUBLISH),
    "broadcasts": (_("Broadcasts"), SEE, PUBLISH),
    "messages": (_("Messages and what became of them"), SEE, None),
    "webhooks": (_("Outgoing webhooks"), MANAGE_TEAM, MANAGE_TEAM),
}


def reading(family: str) -> str:
    """The scope that reads a family."""
    return f"{family}:{READ}"


def writing(family: str) -> str:
    """The scope that writes a family, and reads it too."""
    return f"{family}:{WRITE}"


def every() -> list[str]:
    """All scopes there are."""
    found = [PERSONAL]
    for family, (_label, _reads, writes) in FAMILIES.items():
        found += [reading(family), writing(family)] if writes else [reading(family)]
    return found


def permission(scope: str) -> str:
    """What somebody must be permitted to give a key this scope: nobody hands out more than they have."""
    if scope == PERSONAL:
        return SEE_PEOPLE
    family, _colon, deed = scope.partition(":")
    _label, reads, writes = FAMILIES[family]
    return reads if deed == READ else writes or reads


def holds(scopes: Iterable[str], wanted: str) -> bool:
    """Whether a key with these scopes may do it; who may write may read."""
    held = set(scopes)
    family, _colon, deed = wanted.partition(":")
    return wanted in held or (deed == READ and writing(family) in held)
