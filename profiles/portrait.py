"""A contact in a few lines: where this person can be reached, and what we know with whose word for it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles import consent
from profiles.models import AttributeDefinition, Channel, ConsentState, Contact, Party, Source


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


def attributes_of(contact: Contact) -> list[Known]:
    """What is known of a contact, in the order of the catalogue: the standard ones first."""
    names = dict(Source.objects.values_list("pk", "name"))
    known = []
    for definition in AttributeDefinition.objects.order_by("-is_standard", "id"):
        key = definition.key
        value = getattr(contact, key) if definition.is_standard else contact.attributes.get(key)
        if value in ("", None):
            continue
        party, seconds, source = [*contact.provenance.get(key, []), None, None, None][:3]
        known.append(
            Known(
                label=str(definition),
                value=value,
                party=Party(party).label if party else "",
                source=names.get(source, ""),
                at=dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds is not None else None,
            )
        )
    return known
