"""A workspace in which things happen: each step changes the world and the database alike, and tells what it touched."""

import datetime as dt
from typing import Any

from cdp.lib import db, partitions
from profiles.arrivals import Merged, Touched
from profiles.models import (
    Consent,
    Contact,
    Event,
    EventCount,
    EventDefinition,
    Merge,
    Persona,
    Purchase,
    RecordLink,
    Suppression,
)
from segments import flips, membership
from segments.ast import Node, dump
from segments.membership import Change
from segments.models import Membership, Segment
from tests.segments import oracle
from tests.segments.world import (
    BLOCKED,
    World,
    base,
    store,
    store_consents,
    store_contact,
    store_events,
    store_purchases,
    store_records,
)


class History:
    """A world, its database, its clock, and the segments that are kept."""

    def __init__(self, world: World, *, now: dt.datetime) -> None:
        self.world, self.now = world, now
        self.source = base()
        store(world, source=self.source, now=now)
        self.kept: list[tuple[Segment, Node, bool]] = []
        self.merges: list[tuple[Merge, dict[int, dict[str, Any]]]] = []

    def keep(self, number: int, node: Node, *, include_visitors: bool = False) -> list[Change]:
        """Make a segment and build it."""
        segment = Segment.objects.create(
            pk=number, name=f"S{number}", definition=dump(node), include_visitors=include_visitors
        )
        self.kept.append((segment, node, include_visitors))
        return membership.rebuild(segment, now=self.now)

    def check(self) -> None:
        """Everybody is where the oracle says, in segments that others refer to first."""
        for segment, node, include_visitors in self.kept:
            wanted = oracle.members(node, self.world, self.now, include_visitors=include_visitors)
            self.world.members[segment.pk] = wanted
        # Again: a segment may refer to one that comes later.
        for segment, node, include_visitors in self.kept:
            wanted = oracle.members(node, self.world, self.now, include_visitors=include_visitors)
            there = set(Membership.objects.filter(segment=segment).values_list("contact_id", flat=True))
            assert there == wanted, (segment.pk, node)

    def sweep(self, *, limit: int = 1000) -> list[Change]:
        """As the timetable does: until nothing is due."""
        changes: list[Change] = []
        while (due := flips.next_due()) is not None and due <= self.now:
            changes += membership.sweep(now=self.now, limit=limit)
        return changes

    def pass_time(self, span: dt.timedelta) -> None:
        """The clock moves; time alone may change segments."""
        self.now += span
        partitions.ensure_months(["segments_membershipchange"], [db.month_of(self.now)])

    def do(self, event: dict[str, Any], *, backfill: bool = False) -> list[Change]:
        """Somebody does something."""
        self.world.events.append(event)
        store_events(self.world, [event], source=self.source)
        self._see(self.world.owner[event["persona"]], event["at"])
        number = EventDefinition.objects.get(name=event["name"]).pk
        return self.refresh(
            {self.world.owner[event["persona"]]: Touched(definitions={number}, backfill=backfill)}
        )

    def buy(self, purchase: dict[str, Any]) -> list[Change]:
        """Somebody buys something."""
        self.world.purchases.append(purchase)
        store_purchases(self.world, [purchase], source=self.source)
        return self.refresh({self.world.owner[purchase["persona"]]: Touched(purchases=True)})

    def cancel(self, purchase: dict[str, Any]) -> list[Change]:
        """An order is cancelled after all."""
        purchase["cancelled"] = True
        Purchase.objects.filter(pk=purchase["row"]).update(cancelled_at=self.now)
        return self.refresh({self.world.owner[purchase["persona"]]: Touched(purchases=True)})

    def learn(self, number: int, key: str, value: Any) -> list[Change]:
        """We are told something about a contact."""
        self.world.contacts[number]["attributes"][key] = value
        store_contact(self.world, number, now=self.now)
        return self.refresh({number: Touched(attributes={key})})

    def see(self, number: int, at: dt.datetime) -> list[Change]:
        """Somebody is heard from, and tells nothing new."""
        self._see(number, at)
        return self.refresh({number: Touched(seen=True)})

    def _see(self, number: int, at: dt.datetime) -> None:
        contact = self.world.contacts[number]
        first, last = contact.get("seen") or (at, at)
        contact["seen"] = (min(first, at), max(last, at))
        store_contact(self.world, number, now=self.now)

    def age(self, number: int, stage: str) -> list[Change]:
        """Somebody's lifecycle stage becomes another."""
        contact = self.world.contacts[number]
        contact["columns"] = {**contact["columns"], "lifecycle_stage": stage}
        store_contact(self.world, number, now=self.now)
        return self.refresh({number: Touched(attributes={"lifecycle_stage"})})

    def move_house(self, number: int, key: str, address: str) -> list[Change]:
        """Somebody's e-mail address or phone becomes another."""
        contact = self.world.contacts[number]
        contact["columns"] = {**contact["columns"], key: address}
        store_contact(self.world, number, now=self.now)
        return self.refresh({number: Touched(attributes={key})})

    def say(self, consent: dict[str, Any]) -> list[Change]:
        """Somebody subscribes, unsubscribes, or is asked to confirm."""
        self.world.consents.append(consent)
        store_consents(self.world, [consent])
        return self.refresh({self.world.owner[consent["persona"]]: Touched(consent=True)})

    def block(self, channel: str, address: str, until: dt.datetime | None) -> list[Change]:
        """An address must not be written to; the timelines of all who have it say so."""
        self.world.blocked[channel, address] = until
        Suppression.objects.update_or_create(
            channel=channel, address=address, defaults={"reason": "bounced", "until_at": until}
        )
        number = EventDefinition.objects.get(name=BLOCKED).pk
        column = "email" if channel == "email" else "phone"
        return self.refresh(
            {
                one: Touched(definitions={number})
                for one in self.living()
                if self.world.contacts[one]["columns"].get(column, "").lower() == address
            }
        )

    def book(self, record: dict[str, Any]) -> list[Change]:
        """Some people have a record."""
        self.world.records.append(record)
        store_records(self.world, [record], now=self.now)
        return self.refresh({self.world.owner[one]: Touched(records=True) for one in record["personas"]})

    def meet(self, number: int, contact: dict[str, Any]) -> list[Change]:
        """Somebody new comes, or a visitor becomes known."""
        self.world.contacts[number] = contact
        self.world.owner.setdefault(number, number)
        store_contact(self.world, number, now=self.now)
        return self.refresh({number: Touched(is_new=True)})

    def merge(self, survivor: int, absorbed: int, *, moved: bool) -> list[Change]:
        """Two contacts turn out to be one; the rows move at once or lag behind."""
        world = self.world
        personas = [persona for persona, owner in world.owner.items() if owner == absorbed]
        before = {number: {**world.contacts[number]} for number in (survivor, absorbed)}
        for persona in personas:
            if not moved:
                world.stale.setdefault(persona, absorbed)
            world.owner[persona] = survivor
        one, other = world.contacts[survivor], world.contacts[absorbed]
        one["attributes"] = {**other["attributes"], **one["attributes"]}
        one["known"] = one["known"] or other["known"]
        seen = [moment for side in (one, other) if side.get("seen") for moment in side["seen"]]
        one["seen"] = (min(seen), max(seen)) if seen else None
        other["merged_into"] = survivor
        merge = Merge.objects.create(
            survivor_id=survivor,
            absorbed_id=absorbed,
            personas=personas,
            cause=Merge.Cause.BY_HAND,
            merged_at=self.now,
            rows_moved_at=self.now if moved else None,
        )
        self.merges.append((merge, before))
        self._point(personas)
        for number in (survivor, absorbed):
            store_contact(world, number, now=self.now)
        changes = membership.merged(Merged(merge.pk, survivor, absorbed), now=self.now)
        return changes + self.refresh({survivor: Touched(merged=True)})

    def finish_moving(self) -> None:
        """The background job has moved the rows of every merge."""
        personas = list(self.world.stale)
        self.world.stale.clear()
        self._point(personas)
        Merge.objects.filter(rows_moved_at=None).update(rows_moved_at=self.now)

    def undo(self) -> list[Change]:
        """The last merge is undone: facts return to the persona's contact, what was learnt since stays."""
        merge, before = self.merges.pop()
        world = self.world
        for persona in merge.personas:
            world.owner[persona] = merge.absorbed_id
            world.stale.pop(persona, None)
        for number in (merge.survivor_id, merge.absorbed_id):
            world.contacts[number] = before[number]
            store_contact(world, number, now=self.now)
        Merge.objects.filter(pk=merge.pk).update(undone_at=self.now)
        self._point(merge.personas)
        return membership.unmerged(Merged(merge.pk, merge.survivor_id, merge.absorbed_id), now=self.now)

    def refresh(self, touched: dict[int, Touched]) -> list[Change]:
        """As the digest does after each batch."""
        return membership.refresh(touched, now=self.now)

    def _point(self, personas: list[int]) -> None:
        for persona in personas:
            row = self.world.on_row(persona)
            for model in (Event, EventCount, Purchase, Consent, RecordLink):
                model.objects.filter(persona_id=persona).update(contact_id=row)
            Persona.objects.filter(pk=persona).update(contact_id=self.world.owner[persona])

    def living(self) -> list[int]:
        """The contacts that were not merged into others."""
        return sorted(Contact.objects.filter(merged_into=None).values_list("pk", flat=True))
