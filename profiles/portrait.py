"""A contact in a few lines: where this person can be reached, and what we know with whose word for it."""

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.lib import db
from profiles import timeline
from profiles.biography import Order
from profiles.models import (
    Channel,
    Contact,
    IdentityLink,
    Party,
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
        ),
        ARRAY(
            SELECT 'notes' WHERE EXISTS (
                SELECT FROM profiles_contactnote WHERE contact_id = ANY(%(contacts)s) AND deleted_at IS NULL)
            UNION ALL SELECT 'records' WHERE EXISTS (
                SELECT FROM profiles_recordlink WHERE contact_id = ANY(%(contacts)s))
            UNION ALL SELECT 'devices' WHERE EXISTS (
                SELECT FROM profiles_devicetoken WHERE contact_id = ANY(%(contacts)s))
            UNION ALL SELECT 'merges' WHERE EXISTS (
                SELECT FROM profiles_merge WHERE survivor_id = %(contact)s)
        )
"""
ATTRIBUTES: Final = """
    SELECT definition.id, definition.key, definition.label, definition.is_standard, said.value, said.occurred_at,
        said.source_id, source.name, said.party
    FROM profiles_attributedefinition definition
    LEFT JOIN (
        SELECT id, definition_id, value, occurred_at, source_id, party FROM profiles_attributechange
        WHERE contact_id = ANY(%(contacts)s) ORDER BY occurred_at DESC, id DESC LIMIT %(most)s
    ) said ON said.definition_id = definition.id
    LEFT JOIN profiles_source source ON source.id = said.source_id
    ORDER BY definition.is_standard DESC, definition.id, said.occurred_at DESC, said.id DESC
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """One channel of one person: `words` says whether and why (not)."""

    channel: str
    words: str | Promise
    is_open: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One statement about an attribute, and whose."""

    value: Any
    at: dt.datetime | None
    source: str
    party: str | Promise


@dataclass(frozen=True, slots=True)
class Known:
    """One attribute with its present value and whence it comes."""

    label: str
    value: Any
    party: str | Promise
    source: str
    at: dt.datetime | None
    history: list[Said]  # every statement about it, the newest first


@dataclass(frozen=True, slots=True)
class Named:
    """What names somebody, in one word for each kind: `more` are the values that are not shown."""

    kind: str | Promise
    value: str
    more: list[str]


@dataclass(frozen=True, slots=True)
class Head:
    """What names a contact beside e-mail and phone, where they can be reached, and what there is of them at all."""

    identifiers: list[Named]
    channels: list[Reach]
    has: frozenset[
        str
    ]  # of notes, records, devices, merges: what need not be asked for where it is not there


@dataclass(frozen=True, slots=True)
class Value:
    """What somebody's orders came to, in the workspace's currency."""

    orders: int
    revenue: Decimal
    average: Decimal
    last_at: dt.datetime | None


def head_of(contact: Contact, *, now: dt.datetime) -> Head:
    """What the strip on top of a profile says, in one statement."""
    asked = {
        "contact": contact.pk, "contacts": timeline.contacts_of(contact), "email": contact.email.strip().lower(),
        "phone": contact.phone, "now": now,
    }  # fmt: skip
    links, refused, blocked, has = db.fetch(HEAD, asked)[0]
    addresses = {Channel.EMAIL: contact.email, Channel.SMS: contact.phone}
    reaches = [
        _reach(channel, is_blocked=channel in blocked, is_refused=channel in refused)
        for channel, address in addresses.items()
        if address
    ]
    return Head(identifiers((name, value) for name, value in json.loads(links)), reaches, frozenset(has))


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
    return [Named(kind_of(name), found[name][0], found[name][1:]) for name in ranked]


def kind_of(namespace: str) -> str | Promise:
    """What a kind of identifier is called; one that a shop brought along, by its name: "Loyalty card"."""
    return NAMESPACES.get(namespace) or namespace.replace("_", " ").strip().capitalize()


def named(links: QuerySet[IdentityLink]) -> list[dict[str, Any]]:
    """All identifiers, with the word for their kind."""
    rows = links.order_by("namespace", "id").values("namespace", "value", "source__name", "last_seen_at")
    return [
        {
            "kind": kind_of(row["namespace"]),
            "value": row["value"],
            "source": row["source__name"],
            "last_seen_at": row["last_seen_at"],
        }
        for row in rows
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
    return formats.date_format(value, "j M Y") if isinstance(value, dt.date) else value


class Row(NamedTuple):
    """An attribute, with one statement about it or none."""

    id: int
    key: str
    label: str
    is_standard: bool
    value: str | None  # as JSON
    at: dt.datetime | None
    source: int | None
    source_name: str | None
    party: int | None


def attributes_of(contact: Contact, *, contacts: Sequence[int]) -> list[Known]:
    """What is known of a contact, in the order of the catalogue: the standard ones first."""
    rows = [Row(*row) for row in db.fetch(ATTRIBUTES, {"contacts": list(contacts), "most": HISTORY})]
    names = {row.source: row.source_name or "" for row in rows}
    known = []
    for _number, group in itertools.groupby(rows, key=lambda row: row.id):
        told = list(group)
        key = told[0].key
        value = getattr(contact, key) if told[0].is_standard else contact.attributes.get(key)
        history = [_said(row) for row in told if row.at is not None]
        if value in ("", None, []) and not history:
            continue
        party, seconds, source = [*contact.provenance.get(key, []), None, None, None][:3]
        known.append(
            Known(
                label=told[0].label or key,
                value=_in_words(key, value),
                party=Party(party).label if party else "",
                source=names.get(source, ""),
                at=dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds is not None else None,
                history=history,
            )
        )
    return known


def _said(row: Row) -> Said:
    value = None if row.value is None else json.loads(row.value)
    return Said(value, row.at, row.source_name or "", Party(row.party).label if row.party else "")
