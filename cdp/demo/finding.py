"""Where the named people and things of the sample shop are, for pages that lead to them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise

from cdp.demo import cast, registry
from journeys.models import Message
from profiles.models import Contact, IdentityLink


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody to meet."""

    key: str
    name: str
    story: Promise
    contact: Contact


def person(key: str) -> Contact | None:
    """The named person under this key, merges followed; None where the shop is not there."""
    return _people([key]).get(key)


def people() -> list[Named]:
    """Everybody to meet, in their order; nobody where the shop is not there."""
    found = _people(cast.STORIES)
    return [
        Named(key, found[key].name, story, found[key]) for key, story in cast.STORIES.items() if key in found
    ]


def thing(key: str) -> models.Model | None:
    """The sample thing under this key; None where it was removed or is not made yet."""
    return registry.find(key)


def capped() -> Message | None:
    """Friday's mail that Piotr did not get."""
    piotr, sent = person("piotr"), registry.number("sent")
    if piotr is None or sent is None:
        return None
    return Message.objects.filter(contact=piotr, version__journey=sent).order_by("-created_at").first()


def _people(keys: Iterable[str]) -> dict[str, Contact]:
    users = {cast.user_id(key): key for key in keys}
    links = IdentityLink.objects.filter(namespace="user_id", value__in=users)
    rows = links.select_related("persona__contact")
    return {users[row.value]: row.persona.contact for row in rows}
