"""A contact in a few lines: where this person can be reached, and what we know with whose word for it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles import consent
from profiles.biography import Order
from profiles.models import (
    AttributeChange,
    AttributeDefinition,
    Channel,
    ConsentState,
    Contact,
    IdentityLink,
    Party,
    Source,
)
from profiles.stages import Stage

NAMESPACES: Final = {
    "user_id": _("Customer number"),
    "anonymous_id": _("Browser"),
    "device_token": _("App"),
    "email": _("E-mail"),
    "phone": _("Phone"),
}
HISTORY: Final = 500


@dataclass(frozen=True, slots=True)
class Reach:
    """One channel of one person: `words` says whether and why (not)."""

    channel: str
    words: str | Promise
    is_open: bool


@dataclass(frozen=True, slots=True)
class Known:
    """One attribute with its present value and whence it comes."""

    label: str
    value: Any
    party: str | Promise
    source: str
    at: dt.datetime | None
    history: list[AttributeChange]  # every statement about it, the newest first


@dataclass(frozen=True, slots=True)
class Named:
    """What names somebody, in one word for each kind: `more` are the values that are not shown."""

    kind: str | Promise
    value: str
    more: list[str]


@dataclass(frozen=True, slots=True)
class Value:
    """What somebody's orders came to, in the workspace's currency."""

    orders: int
    revenue: Decimal
    average: Decimal
    last_at: dt.datetime | None


def identifiers(links: Iterable[IdentityLink]) -> list[Named]:
    """The identifiers beside e-mail and phone, one of each kind, with how many more there are."""
    found: dict[str, list[str]] = {}
    for link in sorted(links, key=lambda link: link.last_seen_at, reverse=True):
        if link.namespace not in ("email", "phone"):
            found.setdefault(link.namespace, []).append(link.value)
    ranked = sorted(found, key=lambda name: (name != "user_id", name))
    return [Named(NAMESPACES.get(name, name), found[name][0], found[name][1:]) for name in ranked]


def named(links: QuerySet[IdentityLink]) -> list[dict[str, Any]]:
    """All identifiers, with the word for their kind."""
    rows = links.select_related("source").order_by("namespace", "id")
    return [
        {
            "kind": NAMESPACES.get(link.namespace, link.namespace),
            "value": link.value,
            "source": link.source,
            "last_seen_at": link.last_seen_at,
        }
        for link in rows
    ]


def value_of(orders: Sequence[Order]) -> Value:
    """What these orders, the oldest first, came to."""
    revenue = sum((order.amount - order.refunded for order in orders), Decimal(0))
    average = revenue / len(orders) if orders else Decimal(0)
    return Value(len(orders), revenue, average, orders[-1].at if orders else None)


def channels_of(contact: Contact, *, now: dt.datetime) -> list[Reach]:
    """The channels that have an address, and whether it takes messages."""
    addresses = {Channel.EMAIL: contact.email, Channel.SMS: contact.phone}
    refused = {
        one.channel
        for one in consent.current(contact.pk)
        if one.topic_id is None and one.state == ConsentState.UNSUBSCRIBED
    }
    return [
        _reach(channel, address, refused=channel in refused, now=now)
        for channel, address in addresses.items()
        if address
    ]


def _reach(channel: Channel, address: str, *, refused: bool, now: dt.datetime) -> Reach:
    if consent.suppressed(channel=channel, addresses=[address], now=now):
        return Reach(channel, _("Blocked (bounced or complained)"), is_open=False)
    if refused:
        return Reach(channel, _("unsubscribed"), is_open=False)
    return Reach(channel, _("reachable"), is_open=True)


def _in_words(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if key == "lifecycle_stage" and value in Stage:
        return Stage(value).label
    return value


def attributes_of(contact: Contact, *, contacts: Sequence[int]) -> list[Known]:
    """What is known of a contact, in the order of the catalogue: the standard ones first."""
    names = dict(Source.objects.values_list("pk", "name"))
    told: dict[int, list[AttributeChange]] = {}
    changes = AttributeChange.objects.filter(contact__in=list(contacts)).select_related("source")
    for change in changes.order_by("-occurred_at", "-id")[:HISTORY]:
        told.setdefault(change.definition_id, []).append(change)
    known = []
    for definition in AttributeDefinition.objects.order_by("-is_standard", "id"):
        key = definition.key
        value = getattr(contact, key) if definition.is_standard else contact.attributes.get(key)
        history = told.get(definition.pk, [])
        if value in ("", None, []) and not history:
            continue
        party, seconds, source = [*contact.provenance.get(key, []), None, None, None][:3]
        known.append(
            Known(
                label=str(definition),
                value=_in_words(key, value),
                party=Party(party).label if party else "",
                source=names.get(source, ""),
                at=dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds is not None else None,
                history=history,
            )
        )
    return known
