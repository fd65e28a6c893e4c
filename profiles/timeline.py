"""The timeline of one contact: what happened, newest first."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q

from profiles.models import Contact, Event, EventCount, EventDefinition, Merge

LIMIT: Final = 50


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

    @property
    def cursor(self) -> tuple[dt.datetime, int]:
        """Where this entry stands in the order of the timeline."""
        return self.occurred_at, self.id


def of(
    contact: Contact,
    *,
    before: tuple[dt.datetime, int] | dt.datetime | None = None,
    after: tuple[dt.datetime, int] | None = None,
    name: str = "",
    limit: int = LIMIT,
) -> list[Entry]:
    """At most `limit` events of this contact, newest first; `before` a moment, or an entry's `cursor`.

    `after` (a cursor) gives only what came on top since; `name` only events of that name.
    """
    events = Event.objects.filter(contact__in=contacts_of(contact.pk)).select_related("definition", "source")
    if name:
        events = events.filter(definition__in=EventDefinition.objects.filter(name=name))
    if after is not None:
        moment, last = after
        events = events.filter(occurred_at__gte=moment).filter(Q(occurred_at__gt=moment) | Q(id__gt=last))
    if isinstance(before, tuple):
        moment, last = before
        # The plain bound lets PostgreSQL skip the months after it.
        events = events.filter(occurred_at__lte=moment).filter(Q(occurred_at__lt=moment) | Q(id__lt=last))
    elif before is not None:
        events = events.filter(occurred_at__lt=before)
    return [_entry(event) for event in events.order_by("-occurred_at", "-id")[:limit]]


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


def _entry(event: Event) -> Entry:
    return Entry(
        id=event.id,
        name=event.definition.name,
        label=str(event.definition),
        is_system=event.definition.is_system,
        source=event.source.name,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        value=event.value,
        properties=event.properties,
        context=event.context,
    )
