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
    Brand,
    Consent,
    Contact,
    ContactActivity,
    Event,
    EventCount,
    EventDefinition,
    Merge,
    Persona,
    Purchase,
    PurchaseItem,
    Record,
    RecordLink,
    RecordType,
    Settings,
    Source,
    Suppression,
    Topic,
)

ZONE = ZoneInfo("Europe/Amsterdam")
COLUMNS = ("country", "email", "phone", "birth_date", "lifecycle_stage")
EVENTS = ("Order Completed", "Page Viewed", "a__gt", 'it\'s "said" 100%')
NOBODY_DID = "Never Sent By Anybody"
BLOCKED = "Address Blocked"
NEWS, SERVICE = 701, 702  # topics: one that wants a yes, one that goes out until somebody says no
BASES = {NEWS: "consent", SERVICE: "interest"}
BOOKING = "booking"


@dataclass
class World:
    """Contacts by number, whose personas are whose, what they did and bought, and who is on a list."""

    # known, columns, attributes, merged_into; and sometimes created, known_at, seen (first, last), bucket
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    owner: dict[int, int] = field(default_factory=dict)  # persona -> contact
    events: list[dict[str, Any]] = field(default_factory=list)  # persona, name, at, properties
    purchases: list[dict[str, Any]] = field(
        default_factory=list
    )  # persona, at, amount, refunded, cancelled, items
    consents: list[dict[str, Any]] = field(default_factory=list)  # persona, topic, channel, state, at
    blocked: dict[tuple[str, str], dt.datetime | None] = field(default_factory=dict)  # until when
    records: list[dict[str, Any]] = field(default_factory=list)  # personas, type, fields
    members: dict[int, set[int]] = field(default_factory=dict)  # list or segment -> contacts
    stale: dict[int, int] = field(default_factory=dict)  # persona -> contact its rows still name

    def on_row(self, persona: int) -> int:
        """The contact that the rows of a persona name in the database."""
        return self.stale.get(persona, self.owner[persona])


def contact(*, known: bool = True, **attributes: Any) -> dict[str, Any]:
    """A contact without any facts; standard attributes go to their columns."""
    columns = {key: attributes.pop(key) for key in COLUMNS if key in attributes}
    return {"known": known, "columns": columns, "attributes": attributes, "merged_into": None}


def base() -> Source:
    """What every world has: a source, the names of events, topics, a type of record, a time zone."""
    Settings.objects.update_or_create(pk=1, defaults={"time_zone": ZONE.key})
    EventDefinition.objects.bulk_create(
        [EventDefinition(name=name) for name in (*EVENTS, BLOCKED)], ignore_conflicts=True
    )
    brand, _ = Brand.objects.get_or_create(is_default=True, defaults={"name": "Shop"})
    Topic.objects.bulk_create(
        [
            Topic(pk=one, key=f"t{one}", name=f"T{one}", basis=basis, brand=brand)
            for one, basis in BASES.items()
        ],
        ignore_conflicts=True,
    )
    RecordType.objects.bulk_create([RecordType(key=BOOKING, label="Booking")], ignore_conflicts=True)
    return Source.objects.get_or_create(name="Shop", defaults={"kind": Source.Kind.SERVER})[0]


def store(world: World, *, source: Source, now: dt.datetime) -> None:
    """Write the whole world."""
    # A contact goes behind the one it was merged into.
    numbers = sorted(world.contacts, key=lambda one: _depth(world, one))
    Contact.objects.bulk_create(
        [
            Contact(pk=one, random_bucket=bucket(world, one), **_columns(world, one, now=now))
            for one in numbers
        ]
    )
    ContactActivity.objects.bulk_create([seen for one in numbers for seen in _activity(world, one)])
    Persona.objects.bulk_create(
        [Persona(pk=persona, contact_id=owner, created_at=now) for persona, owner in world.owner.items()]
    )
    store_events(world, world.events, source=source)
    store_purchases(world, world.purchases, source=source)
    store_consents(world, world.consents)
    store_records(world, world.records, now=now)
    for (channel, address), until in world.blocked.items():
        Suppression.objects.create(channel=channel, address=address, reason="bounced", until_at=until)
    for absorbed in {world.stale[persona] for persona in world.stale}:
        Merge.objects.create(
            absorbed_id=absorbed,
            survivor_id=world.contacts[absorbed]["merged_into"],
            personas=[persona for persona, one in world.stale.items() if one == absorbed],
            cause=Merge.Cause.BY_HAND,
            merged_at=now,
        )


def bucket(world: World, number: int) -> int:
    """The random bucket of a contact."""
    return int(world.contacts[number].get("bucket", number % 10_000))


def _columns(world: World, number: int, *, now: dt.datetime) -> dict[str, Any]:
    one = world.contacts[number]
    return {
        **dict.fromkeys(COLUMNS, ""),
        "birth_date": None,
        **one["columns"],
        "attributes": one["attributes"],
        "known_since_at": one.get("known_at", now) if one["known"] else None,
        "merged_into_id": one["merged_into"],
        "created_at": one.get("created", now),
    }


def _activity(world: World, number: int) -> list[ContactActivity]:
    seen = world.contacts[number].get("seen")
    if seen is None or world.contacts[number]["merged_into"]:
        return []
    return [ContactActivity(contact_id=number, first_seen_at=seen[0], last_seen_at=seen[1])]


def store_contact(world: World, number: int, *, now: dt.datetime) -> None:
    """Write one contact, new or changed, and its personas."""
    defaults = {**_columns(world, number, now=now), "random_bucket": bucket(world, number)}
    Contact.objects.update_or_create(pk=number, defaults=defaults)
    for persona, owner in world.owner.items():
        if owner == number:
            Persona.objects.update_or_create(pk=persona, defaults={"contact_id": owner, "created_at": now})
    ContactActivity.objects.filter(contact_id=number).delete()
    ContactActivity.objects.bulk_create(_activity(world, number))


def store_consents(world: World, consents: list[dict[str, Any]]) -> None:
    """Write what was said, in this order."""
    Consent.objects.bulk_create(
        [
            Consent(
                contact_id=world.on_row(one["persona"]),
                persona_id=one["persona"],
                topic_id=one["topic"],
                channel=one["channel"],
                state=one["state"],
                basis="consent",
                at=one["at"],
            )
            for one in consents
        ]
    )


def store_records(world: World, records: list[dict[str, Any]], *, now: dt.datetime) -> None:
    """Write records; somebody may have two parts in one."""
    for one in records:
        kind = RecordType.objects.get_or_create(key=one["type"], defaults={"label": one["type"]})[0]
        row = Record.objects.create(
            type=kind, key=f"r{Record.objects.count()}", fields=one["fields"], updated_at=now
        )
        RecordLink.objects.bulk_create(
            RecordLink(
                record=row,
                persona_id=persona,
                contact_id=world.on_row(persona),
                role=f"role {n}",
                since_at=now,
            )
            for n, persona in enumerate(one["personas"])
        )


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
        PurchaseItem.objects.bulk_create(
            PurchaseItem(purchase_id=one["row"], **item) for item in one.get("items", ())
        )


def money(cents: int) -> Decimal:
    """An amount."""
    return Decimal(cents) / 100


def _depth(world: World, number: int) -> int:
    into = world.contacts[number]["merged_into"]
    return 0 if into is None else 1 + _depth(world, into)
