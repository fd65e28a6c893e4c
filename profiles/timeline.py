"""The timeline of one contact: what happened, newest first."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_date

from cdp.lib import db
from profiles import moments
from profiles.models import Contact, Event, EventDefinition, Merge
from profiles.moments import Moment

LIMIT: Final = 50
KIND: Final = "*"  # before the name of a kind, where the name of an event may stand as well
HELD: Final = """
    SELECT id, name, label, is_system FROM profiles_eventdefinition
    WHERE id IN (SELECT definition_id FROM profiles_eventcount WHERE contact_id = ANY(%s)) ORDER BY name
"""
# What events name by number: their kinds, their sources, and topics by their key and number.
NAMED: Final = """
    SELECT
        (SELECT json_agg(json_build_array(id, name, label, is_system)) FROM profiles_eventdefinition
            WHERE id = ANY(%(kinds)s)),
        (SELECT json_agg(json_build_array(id, name)) FROM profiles_source WHERE id = ANY(%(sources)s)),
        (SELECT json_agg(json_build_array(key, id, name)) FROM profiles_topic)
"""
FOUND: Final = """
    SELECT id, ARRAY(
        SELECT merge.absorbed_id FROM profiles_merge merge JOIN profiles_contact gone ON gone.id = merge.absorbed_id
        WHERE gone.merged_into_id = contact.id AND merge.rows_moved_at IS NULL AND merge.undone_at IS NULL
    )
    FROM profiles_contact contact WHERE id = %s
"""


class Kind(NamedTuple):
    """A kind of event, as it is called."""

    id: int
    name: str
    label: str
    is_system: bool

    def __str__(self) -> str:
        return self.label or self.name


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
    kinds: Iterable[Kind] = (),
) -> list[Entry]:
    """At most `limit` events of this contact, newest first; `before` a moment, or an entry's `cursor`.

    `after` (a cursor) gives only what came on top since; the days of `narrow` are those of `zone`. Kinds of event
    that the caller knows need not be looked up.
    """
    events = Event.objects.filter(contact__in=contacts_of(contact))
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
    # Without the tables that name things: each table in a statement is planned for each month anew.
    rows = events.order_by("-occurred_at", "-id").values_list(*ROW)[:limit]
    return _told([Row(*row) for row in rows], contact, kinds)


class Row(NamedTuple):
    """An event as it is stored."""

    id: int
    definition: int
    source: int
    occurred_at: dt.datetime
    received_at: dt.datetime
    value: Decimal | None
    properties: dict[str, Any]
    context: dict[str, Any]


ROW: Final = ("id", "definition_id", "source_id", *Row._fields[3:])


def _told(rows: Sequence[Row], contact: Contact, known: Iterable[Kind]) -> list[Entry]:
    """These events in words."""
    if not rows:
        return []
    kinds = {kind.id: kind for kind in known}
    missing = {row.definition for row in rows} - kinds.keys()
    asked = {"kinds": list(missing), "sources": list({row.source for row in rows})}
    ((mentioned, came_from, topics),) = db.fetch(NAMED, asked)
    kinds |= {one[0]: Kind(*one) for one in mentioned or ()}
    sources = dict(came_from or ())
    named = moments.by_either(topics or ())
    _add_subjects([row for row in rows if moments.kind_of(kinds[row.definition].name) == "messages"], contact)
    return [_entry(row, kinds[row.definition], sources.get(row.source, ""), named) for row in rows]


def _add_subjects(rows: Sequence[Row], contact: Contact) -> None:
    """What was opened or clicked is called as it was when it was sent."""
    bare = [row for row in rows if "subject" not in row.properties]
    asked = {row.properties["message"] for row in bare if "message" in row.properties}
    if not asked:
        return
    sent = Event.objects.filter(
        contact__in=contacts_of(contact),
        definition__in=EventDefinition.objects.filter(name__endswith=" Sent"),
        properties__message__in=list(asked),
    ).values_list("properties", flat=True)
    known = {one["message"]: one for one in sent}
    for row in bare:
        told = known.get(row.properties.get("message"), {})
        row.properties.update({name: told[name] for name in ("subject", "journey") if name in told})


def _narrowed(events: QuerySet[Event], contact: Contact, narrow: Filter, zone: dt.tzinfo) -> QuerySet[Event]:
    if narrow.event.startswith(KIND):
        kind = narrow.event.removeprefix(KIND)
        held = [one.id for one in names(contact) if moments.kind_of(one.name) == kind]
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


def find(contact_id: int) -> Contact:
    """A contact with its activity, and with the numbers that `contacts_of` wants; 404 where there is none."""
    moving = ArraySubquery(_moving(OuterRef("pk")).values("absorbed_id"))
    return get_object_or_404(
        Contact.objects.select_related("activity").annotate(moving=moving), pk=contact_id
    )


def find_bare(contact_id: int) -> Contact:
    """The same with its numbers alone, for who wants no more; 404 where there is none."""
    for number, moving in db.fetch(FOUND, [contact_id]):
        contact = Contact.from_db("default", ("id",), (number,))
        contact.moving = moving  # type: ignore[attr-defined]  # as `find` annotates it
        return contact
    raise Http404


def _moving(contact: Any) -> QuerySet[Merge]:
    """The merges into this contact whose rows are still under the old number."""
    return Merge.objects.filter(
        absorbed__merged_into=contact, rows_moved_at__isnull=True, undone_at__isnull=True
    )


def contacts_of(contact: Contact) -> list[int]:
    """The numbers under which this contact's facts may stand: its own, and those whose rows still move to it."""
    moving = getattr(contact, "moving", None)
    if moving is None:
        moving = _moving(contact.pk).values_list("absorbed_id", flat=True)
    return [contact.pk, *moving]


def names(contact: Contact) -> list[Kind]:
    """The kinds of event that this contact's timeline holds, by name."""
    return [Kind(*row) for row in db.fetch(HELD, [contacts_of(contact)])]


def _entry(row: Row, kind: Kind, source: str, named: Mapping[str, str]) -> Entry:
    return Entry(
        id=row.id,
        name=kind.name,
        label=str(kind),
        is_system=kind.is_system,
        source=source,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        value=row.value,
        properties=row.properties,
        context=row.context,
        moment=moments.tell(kind.name, str(kind), row.properties, named=named),
    )
