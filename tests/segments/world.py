"""A small world in plain dicts, and how it is written into the database.

A fact belongs to a persona; the persona belongs to a contact. That is all the oracle knows. The database also has
the contact on each row, which lags behind while a merge still moves rows.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from profiles.models import (
    Contact,
    Event,
    EventCount,
    EventDefinition,
    Merge,
    Persona,
    Purchase,
    Settings,
    Source,
)

ZONE = ZoneInfo("Europe/Amsterdam")
EVENTS = ("Order Completed", "Page Viewed", "a__gt", 'it\'s "said" 100%')
NOBODY_DID = "Never Sent By Anybody"


@dataclass
class World:
    """Contacts by number, whose personas are whose, what they did and bought, and who is on a list."""

    contacts: dict[int, dict[str, Any]] = field(
        default_factory=dict
    )  # known, columns, attributes, merged_into
    owner: dict[int, int] = field(default_factory=dict)  # persona -> contact
    events: list[dict[str, Any]] = field(default_factory=list)  # persona, name, at, properties
    purchases: list[dict[str, Any]] = field(default_factory=list)  # persona, at, amount, refunded, cancelled
    members: dict[int, set[int]] = field(default_factory=dict)  # list or segment -> contacts
    stale: dict[int, int] = field(default_factory=dict)  # persona -> contact its rows still name

    def on_row(self, persona: int) -> int:
        """The contact that the rows of a persona name in the database."""
        return self.stale.get(persona, self.owner[persona])


def contact(*, known: bool = True, **attributes: Any) -> dict[str, Any]:
    """A contact without any facts; standard attributes go to their columns."""
    columns = {key: attributes.pop(key) for key in ("country", "email", "birth_date") if key in attributes}
    return {"known": known, "columns": columns, "attributes": attributes, "merged_into": None}


def base() -> Source:
    """What every world has: a source, the names of events, a time zone."""
    Settings.objects.update_or_create(pk=1, defaults={"time_zone": ZONE.key})
    EventDefinition.objects.bulk_create(
        [EventDefinition(name=name) for name in EVENTS], ignore_conflicts=True
    )
    return Source.objects.get_or_create(name="Shop", defaults={"kind": Source.Kind.SERVER})[0]


def store(world: World, *, source: Source, now: dt.datetime) -> None:
    """Write the whole world."""
    # A contact goes behind the one it was merged into.
    for number in sorted(world.contacts, key=lambda one: _depth(world, one)):
        store_contact(world, number, now=now)
    store_events(world, world.events, source=source)
    store_purchases(world, world.purchases, source=source)
    for absorbed in {world.stale[persona] for persona in world.stale}:
        Merge.objects.create(
            absorbed_id=absorbed,
            survivor_id=world.contacts[absorbed]["merged_into"],
            personas=[persona for persona, one in world.stale.items() if one == absorbed],
            cause=Merge.Cause.BY_HAND,
            merged_at=now,
        )


def store_contact(world: World, number: int, *, now: dt.datetime) -> None:
    """Write one contact, new or changed, and its personas."""
    one = world.contacts[number]
    Contact.objects.update_or_create(
        pk=number,
        defaults={
            "country": "",
            "email": "",
            "birth_date": None,
            **one["columns"],
            "attributes": one["attributes"],
            "known_since_at": now if one["known"] else None,
            "merged_into_id": one["merged_into"],
            "created_at": now,
            "random_bucket": number % 10_000,
        },
    )
    for persona, owner in world.owner.items():
        if owner == number:
            Persona.objects.update_or_create(pk=persona, defaults={"contact_id": owner, "created_at": now})


def store_events(world: World, events: list[dict[str, Any]], *, source: Source) -> None:
    """Write events, and the counters of their personas anew."""
    numbers = dict(EventDefinition.objects.values_list("name", "pk"))
    Event.objects.bulk_create(
        [
            Event(
                contact_id=world.on_row(one["persona"]),
                persona_id=one["persona"],
                definition_id=numbers[one["name"]],
                source=source,
                occurred_at=one["at"],
                received_at=one["at"],
                properties=one["properties"],
            )
            for one in events
        ]
    )
    counted: dict[tuple[int, str], list[dt.datetime]] = {}
    for one in world.events:
        counted.setdefault((one["persona"], one["name"]), []).append(one["at"])
    EventCount.objects.filter(persona_id__in=world.owner).delete()
    EventCount.objects.bulk_create(
        [
            EventCount(
                persona_id=persona,
                definition_id=numbers[name],
                contact_id=world.on_row(persona),
                count=len(moments),
                first_at=min(moments),
                last_at=max(moments),
            )
            for (persona, name), moments in counted.items()
        ]
    )


def store_purchases(world: World, purchases: list[dict[str, Any]], *, source: Source) -> None:
    """Write purchases; each remembers its row."""
    for one in purchases:
        one["row"] = Purchase.objects.create(
            contact_id=world.on_row(one["persona"]),
            persona_id=one["persona"],
            source=source,
            order_key=f"order-{Purchase.objects.count()}",
            occurred_at=one["at"],
            amount=one["amount"],
            currency="EUR",
            amount_base=one["amount"],
            refunded_base=one["refunded"],
            cancelled_at=one["at"] if one["cancelled"] else None,
        ).pk


def money(cents: int) -> Decimal:
    """An amount."""
    return Decimal(cents) / 100


def _depth(world: World, number: int) -> int:
    into = world.contacts[number]["merged_into"]
    return 0 if into is None else 1 + _depth(world, into)
