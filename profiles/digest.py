"""The digest: a batch of arrivals becomes facts about people, in a number of statements that does not grow with it.

Whoever calls `digest` holds the digest lock, in a transaction; what it returns says what the apps above need to know.
"""

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from cdp.lib import db, failpoints
from profiles import (
    aliases,
    choices,
    consent,
    counters,
    devices,
    events,
    identifiers,
    identity,
    ledger,
    links,
    moving,
    partitions,
    present,
    purchases,
    records,
    refusals,
    samples,
    seen,
    staging,
    understanding,
)
from profiles.arrivals import Arrivals, Merged, StoredEvent
from profiles.inbox import Batch, Item
from profiles.models import Settings, Touch
from profiles.money import Rates
from profiles.present import Change, Present
from profiles.resolution import Known, Refused
from profiles.understanding import AHEAD, Message, Reader, Rejection

log = structlog.get_logger(__name__)

type Owner = tuple[int, int]  # contact, persona

STALE: Final = dt.timedelta(minutes=10)
_ensured: dict[dt.date, dt.datetime] = {}  # months whose partitions this process has seen, and when


def prepare(batch: Batch, *, now: dt.datetime) -> None:
    """Make the partitions that this batch will need. Outside the digest's transaction: an attach takes a lock.

    Raises django.db.OperationalError when that lock could not be had; try again.
    """
    settings = Settings.objects.get()
    moments = {
        db.month_of(item.occurred_at): item.occurred_at
        for item in batch.items
        if now - settings.horizon <= item.occurred_at <= now + AHEAD
    }
    moments.setdefault(db.month_of(now), now)
    if any(now - _ensured.get(month, dt.datetime.min.replace(tzinfo=dt.UTC)) > STALE for month in moments):
        partitions.ensure(moments.values(), now=now)
        _ensured.update(dict.fromkeys(moments, now))


def reject(item: Item, *, reason: str, detail: str, now: dt.datetime) -> None:
    """Keep this arrival on the page Not accepted. `detail` is a sentence that a marketer can act on."""
    refusals.keep([Rejection(item, reason, detail)])


def digest(batch: Batch, *, now: dt.datetime) -> Arrivals:
    """Store what these arrivals say, each message once, and say what is new.

    Raises what PostgreSQL raises when an item cannot be stored: then nothing of the batch is, and the caller
    finds the item by halving.
    """
    if not batch.items:
        return Arrivals()
    digestion = _Digestion.begin(batch, now=now)
    digestion.understand(batch)
    digestion.resolve()
    failpoints.hit("digest.resolved")
    digestion.store_people()
    digestion.store_events()
    digestion.store_records()
    digestion.store_rest()
    digestion.decide_stages()
    failpoints.hit("digest.stored")
    arrivals = digestion.finish()
    log.debug("digested", items=len(batch), stored=arrivals.stored, stages=arrivals.stages)
    return arrivals


@dataclass
class _Digestion:
    """One batch on its way; the methods are called in their order."""

    now: dt.datetime
    settings: Settings
    reader: Reader
    arrivals: Arrivals = field(default_factory=Arrivals)
    messages: list[Message] = field(default_factory=list)
    personas: list[int] = field(default_factory=list)  # of each message, provisional until `store_people`
    owners: list[Owner] = field(default_factory=list)  # of each message
    refused: list[tuple[Message, int, Refused]] = field(default_factory=list)
    known: Known = field(default_factory=lambda: Known({}))
    founded: set[int] = field(default_factory=set)  # contacts that are new
    sampled: set[int] = field(default_factory=set)  # of these, whom a sample source told about
    merges: list[Merged] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    touches: set[tuple[int, int]] = field(default_factory=set)
    informed: set[int] = field(default_factory=set)  # contacts whose company has news
    clock: float = field(default_factory=time.perf_counter)

    @classmethod
    def begin(cls, batch: Batch, *, now: dt.datetime) -> "_Digestion":
        settings = Settings.objects.get()
        origins = understanding.origins(item.source_id for item in batch.items)
        return cls(now, settings, Reader(settings, identifiers.rules(), origins, now))

    def lap(self, stage: str) -> None:
        """Note how long the stage that ends here took."""
        before, self.clock = self.clock, time.perf_counter()
        self.arrivals.stages[stage] = self.clock - before

    def understand(self, batch: Batch) -> None:
        """Parse everything; go on with what was not seen before."""
        messages = self.reader.read(batch)
        self.lap("understand")
        new = seen.unseen([message.item for message in messages], now=self.now)
        for message in messages:
            key = (message.item.source_id, message.item.message_hash)
            if key in new:
                new.discard(key)  # its second copy in this batch is a duplicate
                self.messages.append(message)
        self.arrivals.duplicates = len(messages) - len(self.messages)
        self.lap("deduplicate")

    def resolve(self) -> None:
        """Find out whom each message is about."""
        named = [[*message.identifiers, *message.previous] for message in self.messages]
        system = {message.persona for message in self.messages if message.persona is not None}
        self.known = links.load(named, personas=system, rules=self.reader.rules)
        understood = []
        for message in self.messages:
            persona = self._persona(message)
            if persona is not None:
                understood.append(message)
                self.personas.append(persona)
        self.messages = understood
        self.lap("resolve")

    def _persona(self, message: Message) -> int | None:
        if message.persona is not None:
            if message.persona in self.known.contact_of:
                return message.persona
            self.reader.rejections.append(
                Rejection(
                    message.item, "unknown_persona", "The profile that this is about does not exist any more."
                )
            )
            return None
        earlier = aliases.earlier(message, self.known, reader=self.reader)
        resolved = self.known.resolve(
            earlier.identifiers,
            is_browser=message.origin.is_browser,
            source_id=message.origin.id,
            now=self.now,
        )
        if earlier.refused:
            self.refused.append((message, resolved.persona, earlier.refused))
        if resolved.refused:
            refusals.drop_traits(message, resolved, reader=self.reader)
            self.refused += [
                (message, resolved.persona, refused)
                for refused in resolved.refused
                if refused.other is not None
            ]
        return resolved.persona

    def store_people(self) -> None:
        """Write down personas, links, merges, attributes and the contacts' rows."""
        known = self.known
        numbers = links.number(known)
        known.renumber(numbers)
        self.personas = [numbers.get(persona, persona) for persona in self.personas]
        self.refused = [
            (message, numbers.get(persona, persona), refused) for message, persona, refused in self.refused
        ]
        self.owners = [(known.contact_of[persona], persona) for persona in self.personas]
        self._add_refusals(numbers)
        founded = self.founded = set(numbers.values())
        self.lap("number")
        changes = self.changes = ledger.accept(
            zip(self.messages, self.owners, strict=True), reader=self.reader
        )
        contacts = self._contacts(changes, founded)
        self.merges, changed = identity.unite(known.unions, contacts, founded=founded, now=self.now)
        links.write(known, now=self.now)
        self.lap("identity")
        for contact, keys in ledger.fold(changes, contacts).items():
            changed.setdefault(contact, set()).update(keys)
        present.found((contacts[contact] for contact in founded), now=self.now)
        present.store(contact for id_, contact in contacts.items() if id_ not in founded)
        self._note_people(changed, founded)
        self.lap("attributes")

    def _add_refusals(self, numbers: dict[int, int]) -> None:
        """Merges that were refused become events of this batch."""
        told = refusals.events(
            (
                (message, persona, refused, numbers.get(refused.other or 0, refused.other or 0))
                for message, persona, refused in self.refused
            ),
            now=self.now,
        )
        new = seen.unseen([message.item for message, _ in told], now=self.now)
        for message, persona in told:
            key = (message.item.source_id, message.item.message_hash)
            if key in new:
                new.discard(key)
                self.messages.append(message)
                self.owners.append((self.known.contact_of[persona], persona))

    def _contacts(self, changes: Sequence[Change], founded: set[int]) -> dict[int, Present]:
        """The contacts whose rows change, as they stand: from the database, or new."""
        known = self.known
        wanted = {change.contact_id for change in changes} | known.became_known
        wanted |= {contact for union in known.unions for contact in (union.survivor, union.absorbed)}
        wanted -= founded
        contacts = present.load(wanted) if wanted else {}
        for contact in founded:
            contacts[contact] = Present(contact)
        for contact in known.became_known & contacts.keys():
            contacts[contact].known_since_at = contacts[contact].known_since_at or self.now
        sampled = samples.of(zip(self.messages, self.owners, strict=True), rules=self.reader.rules)
        for contact in sampled.began.keys() & contacts.keys():
            sampled.age(contacts[contact], is_new=contact in founded, now=self.now)
        self.sampled = founded & sampled.began.keys()
        return contacts

    def _note_people(self, changed: dict[int, set[str]], founded: set[int]) -> None:
        arrivals = self.arrivals
        for contact, keys in changed.items():
            if keys:
                arrivals.touch(contact).attributes |= keys
                self.touches.add((contact, Touch.What.ATTRIBUTE))
        for contact in {contact for contact, _ in self.owners}:
            if contact in founded or contact in self.known.became_known:
                arrivals.touch(contact).is_new = True
        arrivals.merges = self.merges
        for merge in self.merges:
            survivor = self.known.contact_of[merge.survivor_id]  # a contact has its first persona's number
            arrivals.touch(survivor).merged = True
            self.touches |= {(survivor, Touch.What.MERGE), (merge.absorbed_id, Touch.What.MERGE)}

    def store_events(self) -> None:
        """Store the events, and count them."""
        told = [pair for pair in zip(self.messages, self.owners, strict=True) if pair[0].event is not None]
        definitions = events.catalogue(message for message, _ in told)
        for message, _ in told:
            if message.event and definitions[message.event].is_blocked:
                self.reader.reject(message.item, "event_blocked", f"The event “{message.event}” is blocked.")
        told = [pair for pair in told if not definitions[pair[0].event or ""].is_blocked]
        messages = [message for message, _ in told]
        rates = Rates.load(events.currencies(messages, base=self.settings.currency), settings=self.settings)
        ids = db.next_ids("profiles_event_id_seq", len(told))
        stored = [
            _stored(id_, message, owner, definitions[message.event or ""], rates)
            for id_, (message, owner) in zip(ids, told, strict=True)
        ]
        self.arrivals.events = stored
        self.lap("catalogue")
        events.store(stored, messages)
        self.lap("events")
        counters.count(stored)
        self.lap("counters")
        for event in stored:
            self.arrivals.touch(event.contact_id).definitions.add(event.definition_id)
            self.touches.add((event.contact_id, Touch.What.EVENT))
        self._note_purchases(purchases.store(stored, messages, rates=rates, reader=self.reader))
        self._note_consent(choices.stated_by_events(stored, messages, reader=self.reader))
        self._store_sightings(definitions)
        self.lap("purchases")

    def _note_purchases(self, changed: Iterable[purchases.Changed]) -> None:
        for purchase in changed:
            self.arrivals.purchases.append(purchase.id)
            self.arrivals.touch(purchase.contact_id).purchases = True
            self.touches.add((purchase.contact_id, Touch.What.PURCHASE))

    def _note_consent(self, statements: Sequence[consent.Statement]) -> None:
        if statements:
            consent.record(statements, now=self.now)
        for statement in statements:
            self.arrivals.touch(statement.contact_id).consent = True
            self.touches.add((statement.contact_id, Touch.What.CONSENT))

    def _store_sightings(self, definitions: dict[str, events.Definition]) -> None:
        sightings = counters.Sightings()
        for change in self.changes:
            if not self.reader.origins[change.source_id].is_system:
                sightings.add(change.contact_id, change.occurred_at, events=0)
                self.arrivals.touch(change.contact_id).seen = True
                self.touches.add((change.contact_id, Touch.What.ATTRIBUTE))
        for event in self.arrivals.events:
            if not definitions[event.name].is_system:
                sightings.add(event.contact_id, event.occurred_at, events=1)
        sightings.store()

    def store_records(self) -> None:
        """Store the companies that people belong to; whoever belongs to one that changed is touched."""
        owned = zip(self.messages, self.owners, strict=True)
        changed = records.store(owned, reader=self.reader, now=self.now)
        for contact in changed.contacts:
            self.arrivals.touch(contact).records = True
            self.touches.add((contact, Touch.What.RECORD))
        self.informed = changed.fresh
        self.lap("records")

    def store_rest(self) -> None:
        """Store devices, consent from traits, what was not accepted, and the feed of what changed."""
        owned = list(zip(self.messages, self.owners, strict=True))
        devices.store(owned)
        self._note_consent(choices.stated_by_traits(owned, reader=self.reader))
        if self.reader.rejections:
            refusals.keep(self.reader.rejections)
        if self.touches:
            moving.touch(sorted(self.touches), now=self.now)
        self.lap("rest")

    def decide_stages(self) -> None:
        """Decide the lifecycle stage of whoever bought, became known or was merged."""
        touched, settings, now = self.arrivals.touched, self.settings, self.now
        told = {id_ for id_, what in touched.items() if what.purchases}
        told |= (self.known.became_known - self.founded) & touched.keys()
        told -= self.sampled
        changed = staging.refresh(dict.fromkeys(told, now), why="facts", settings=settings, now=now)
        for contact, what in changed.items():
            touched[contact].attributes |= what.attributes
        merged = {id_ for id_, what in touched.items() if what.merged} - told
        merged |= self.sampled & touched.keys()  # their whole history is news to nobody
        staging.refresh(dict.fromkeys(merged, now), why="correction", settings=settings, now=now)
        self.lap("stages")

    def finish(self) -> Arrivals:
        """What the apps above need to know."""
        arrivals = self.arrivals
        fresh = {
            contact
            for message, (contact, _) in zip(self.messages, self.owners, strict=True)
            if message.is_fresh
        } | self.informed
        for contact, touched in arrivals.touched.items():
            touched.backfill = contact not in fresh
        arrivals.stored = len(arrivals.events)
        arrivals.rejected = len(self.reader.rejections)
        return arrivals


def _stored(
    id_: int, message: Message, owner: Owner, definition: events.Definition, rates: Rates
) -> StoredEvent:
    return StoredEvent(
        id=id_,
        contact_id=owner[0],
        persona_id=owner[1],
        definition_id=definition.id,
        name=definition.name,
        occurred_at=message.item.occurred_at,
        lane=message.item.lane,
        value=events.value(message, rates),
        properties=message.properties,
    )
