"""The timeline of one contact: what happened, newest first."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Self

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date

from profiles import moments
from profiles.models import Contact, Event, EventCount, EventDefinition, Merge
from profiles.moments import Moment

LIMIT: Final = 50
KIND: Final = "*"  # before the name of a kind, where the name of an event may stand as well


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as a person reads it. `cursor` is what `before` takes to go on below it."""

    id: int
    name: str
    label: str
    is_system: bool
    source: str
    occurred_at: dt.datetime
    received_at: dt.datetime
    value: Decimal | None
    properties: dict[str, Any]
    context: dict[str, Any]
    moment: Moment

    @property
    def cursor(self) -> tuple[dt.datetime, int]:
        """Where this entry stands in the order of the timeline."""
        return self.occurred_at, self.id


@dataclass(frozen=True, slots=True)
class Filter:
    """What a timeline is narrowed to; every part of it stands in the page's address."""

    event: str = ""  # an event's name, or KIND and a kind
    source: str = ""  # its number
    since: dt.date | None = None  # days of the workspace's zone, both included
    until: dt.date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """From the page's address; nonsense narrows nothing."""
        source = query.get("source", "")
        return cls(
            event=query.get("event", "")[:200],
            source=source if source.isdecimal() and len(source) < 18 else "",
            since=_day(query.get("from", "")),
            until=_day(query.get("until", "")),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.event or self.source or self.since or self.until)

    @property
    def query(self) -> dict[str, str]:
        """As it stands in an address."""
        given = {"event": self.event, "source": self.source, "from": self.since, "until": self.until}
        return {name: str(value) for name, value in given.items() if value}


def _day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def of(
    contact: Contact,
    *,
    before: tuple[dt.datetime, int] | dt.datetime | None = None,
    after: tuple[dt.datetime, int] | None = None,
    narrow: Filter | None = None,
    zone: dt.tzinfo = dt.UTC,
    limit: int = LIMIT,
) -> list[Entry]:
    """At most `limit` events of this contact, newest first; `before` a moment, or an entry's `cursor`.

    `after` (a cursor) gives only what came on top since; the days of `narrow` are those of `zone`.
    """
    events = Event.objects.filter(contact__in=contacts_of(contact.pk)).select_related("definition", "source")
    if narrow is not None:
        events = _narrowed(events, contact, narrow, zone)
    if after is not None:
        moment, last = after
        events = events.filter(occurred_at__gte=moment).filter(Q(occurred_at__gt=moment) | Q(id__gt=last))
    if isinstance(before, tuple):
        moment, last = before
        # The plain bound lets PostgreSQL skip the months after it.
        events = events.filter(occurred_at__lte=moment).filter(Q(occurred_at__lt=moment) | Q(id__lt=last))
    elif before is not None:
        events = events.filter(occurred_at__lt=before)
    found = list(events.order_by("-occurred_at", "-id")[:limit])
    _add_subjects(found, contact)
    named = moments.topics()
    return [_entry(event, named) for event in found]


def _add_subjects(events: Sequence[Event], contact: Contact) -> None:
    """What was opened or clicked is called as it was when it was sent."""
    bare = [
        event
        for event in events
        if moments.kind_of(event.definition.name) == "messages" and "subject" not in event.properties
    ]
    asked = {event.properties["message"] for event in bare if "message" in event.properties}
    if not asked:
        return
    sent = Event.objects.filter(
        contact__in=contacts_of(contact.pk),
        definition__in=EventDefinition.objects.filter(name__endswith=" Sent"),
        properties__message__in=list(asked),
    ).values_list("properties", flat=True)
    known = {one["message"]: one for one in sent}
    for event in bare:
        told = known.get(event.properties.get("message"), {})
        event.properties |= {name: told[name] for name in ("subject", "journey") if name in told}


def _narrowed(events: QuerySet[Event], contact: Contact, narrow: Filter, zone: dt.tzinfo) -> QuerySet[Event]:
    if narrow.event.startswith(KIND):
        kind = narrow.event.removeprefix(KIND)
        held = [one.pk for one in names(contact) if moments.kind_of(one.name) == kind]
        events = events.filter(definition__in=held)
    elif narrow.event:
        events = events.filter(definition__in=EventDefinition.objects.filter(name=narrow.event))
    if narrow.source:
        events = events.filter(source=int(narrow.source))
    if narrow.since:
        events = events.filter(occurred_at__gte=dt.datetime.combine(narrow.since, dt.time.min, zone))
    if narrow.until:
        end = narrow.until + dt.timedelta(days=1) if narrow.until < dt.date.max else narrow.until
        events = events.filter(occurred_at__lt=dt.datetime.combine(end, dt.time.min, zone))
    return events


def contacts_of(contact_id: int) -> list[int]:
    """The numbers under which this contact's facts may stand: its own, and those whose rows still move to it."""
    moving = Merge.objects.filter(
        absorbed__merged_into=contact_id, rows_moved_at__isnull=True, undone_at__isnull=True
    )
    return [contact_id, *moving.values_list("absorbed_id", flat=True)]


def names(contact: Contact) -> list[EventDefinition]:
    """The kinds of event that this contact's timeline holds, by name."""
    held = EventCount.objects.filter(contact__in=contacts_of(contact.pk)).values("definition")
    return list(EventDefinition.objects.filter(pk__in=held).order_by("name"))


def _entry(event: Event, named: Mapping[str, str]) -> Entry:
    definition = event.definition
    return Entry(
        id=event.id,
        name=definition.name,
        label=str(definition),
        is_system=definition.is_system,
        source=event.source.name,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        value=event.value,
        properties=event.properties,
        context=event.context,
        moment=moments.tell(definition.name, str(definition), event.properties, named=named),
    )
