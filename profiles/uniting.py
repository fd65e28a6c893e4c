"""What a merge by hand would do: who remains, what each says, what the one profile will say."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles import identity, moving, present
from profiles.models import AttributeDefinition, Contact, Purchase


@dataclass(frozen=True, slots=True)
class Line:
    """One fact before and after: of the profile that remains, of the other one, of both as one."""

    label: str | Promise
    mine: Any
    theirs: Any
    both: Any


@dataclass(frozen=True, slots=True)
class Preview:
    """The outcome of a merge, or the sentence that says why there is none."""

    survivor: Contact
    absorbed: Contact
    lines: list[Line]
    refusal: str


def preview(one: Contact, other: Contact) -> Preview:
    """What these two would be as one profile: the one that has been known for longer remains."""
    first, second = sorted([one, other], key=_rank)
    try:
        identity.check_merge(survivor_id=first.pk, absorbed_id=second.pk)
    except identity.MergeRefused as error:
        return Preview(first, second, [], str(error))
    return Preview(first, second, [*_counts(first, second), *_attributes(first, second)], "")


def _rank(contact: Contact) -> tuple[bool, Any, int]:
    return contact.known_since_at is None, contact.known_since_at or contact.created_at, contact.pk


def _counts(first: Contact, second: Contact) -> list[Line]:
    sizes = moving.sizes([first.pk, second.pk])
    events = [sizes.get(contact.pk, 0) for contact in (first, second)]
    orders = [Purchase.objects.filter(contact=contact).count() for contact in (first, second)]
    return [
        Line(_("Events"), events[0], events[1], sum(events)),
        Line(_("Orders"), orders[0], orders[1], sum(orders)),
    ]


def _attributes(first: Contact, second: Contact) -> list[Line]:
    contacts = present.load([first.pk, second.pk])
    mine, theirs = dict(contacts[first.pk].values), dict(contacts[second.pk].values)
    contacts[first.pk].absorb(contacts[second.pk])
    both = contacts[first.pk].values
    labels = {one.key: str(one) for one in AttributeDefinition.objects.filter(key__in=[*mine, *theirs])}
    return [
        Line(labels.get(key, key), mine.get(key), theirs.get(key), both.get(key))
        for key in sorted(mine.keys() | theirs.keys(), key=lambda key: labels.get(key, key))
        if mine.get(key) != theirs.get(key)
    ]
