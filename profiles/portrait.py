"""A contact in a few lines: where this person can be reached, and what we know with whose word for it."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.lib import db
from profiles.biography import Order
from profiles.models import (
    AttributeChange,
    AttributeDefinition,
    Channel,
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
HEAD: Final = """
    SELECT
        coalesce((
            SELECT jsonb_agg(jsonb_build_array(link.namespace, link.value)
                ORDER BY link.last_seen_at DESC, link.namespace, link.id)
            FROM profiles_identitylink link JOIN profiles_persona persona ON persona.id = link.persona_id
            WHERE persona.contact_id = %(contact)s AND link.namespace NOT IN ('email', 'phone')
        ), '[]')::text,
        ARRAY(
            SELECT said.channel FROM (
                SELECT DISTINCT ON (channel) channel, state FROM profiles_consent
                WHERE contact_id = %(contact)s AND topic_id IS NULL ORDER BY channel, at DESC, id DESC
            ) said WHERE said.state = 'unsubscribed'
        ),
        ARRAY(
            SELECT channel FROM profiles_suppression
            WHERE (channel = 'email' AND address = %(email)s OR channel = 'sms' AND address = %(phone)s)
              AND (until_at IS NULL OR until_at > %(now)s)
        )
"""


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


def head_of(contact: Contact, *, now: dt.datetime) -> tuple[list[Named], list[Reach]]:
    """What names a contact beside e-mail and phone, and where they can be reached; in one statement."""
    asked = {
        "contact": contact.pk,
        "email": contact.email.strip().lower(),
        "phone": contact.phone,
        "now": now,
    }
    links, refused, blocked = db.fetch(HEAD, asked)[0]
    addresses = {Channel.EMAIL: contact.email, Channel.SMS: contact.phone}
    reaches = [
        _reach(channel, is_blocked=channel in blocked, is_refused=channel in refused)
        for channel, address in addresses.items()
        if address
    ]
    return identifiers((name, value) for name, value in json.loads(links)), reaches


def _reach(channel: Channel, *, is_blocked: bool, is_refused: bool) -> Reach:
    if is_blocked:
        return Reach(channel, _("Blocked (bounced or complained)"), is_open=False)
    if is_refused:
        return Reach(channel, _("unsubscribed"), is_open=False)
    return Reach(channel, _("reachable"), is_open=True)


def identifiers(links: Iterable[tuple[str, str]]) -> list[Named]:
    """One identifier of each kind, with how many more there are; `links` are kinds and values, last seen first."""
    found: dict[str, list[str]] = {}
    for namespace, value in links:
        found.setdefault(namespace, []).append(value)
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
