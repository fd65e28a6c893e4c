"""One person's life with us, as the lifecycle chart needs it: stages, orders, messages, activity, turning points."""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from cdp.lib import db
from profiles import moments, rhythm, timeline, workspace
from profiles.models import Contact
from profiles.moments import MESSAGE, kind_of
from profiles.stages import Span, Thresholds, history
from profiles.timeline import Kind

RANGES: Final[dict[str, int | None]] = {"30d": 30, "90d": 90, "12m": 365, "all": None}
USUAL: Final = "12m"
MOST_MESSAGES: Final = 5_000
SENT, OPENED, CLICKED, FAILED = "sent", "opened", "clicked", "failed"
STRONGER: Final = (SENT, OPENED, CLICKED, FAILED)  # the later one of a message's states counts
STATES: Final = {
    "Sent": SENT, "Delivered": SENT, "Opened": OPENED, "Clicked": CLICKED, "Link Clicked": CLICKED,
    "Bounced": FAILED, "Marked as Spam": FAILED, "Refused": FAILED,
}  # fmt: skip
TURNS: Final = {"Journey Entered": "J", "Subscribed": "C", "Unsubscribed": "C"}
# All that is not an event, in one row: the columns of the orders, the moments of the merges, the kinds of event.
KNOWN: Final = """
    SELECT array_agg(occurred_at), array_agg(amount_base), array_agg(refunded_base), array_agg(order_key),
        array_agg(coalesce(event_id, 0)),
        ARRAY(SELECT merged_at FROM profiles_merge WHERE survivor_id = %(contact)s AND undone_at IS NULL),
        (SELECT json_agg(json_build_array(id, name, label, is_system) ORDER BY name) FROM profiles_eventdefinition
            WHERE id IN (SELECT definition_id FROM profiles_eventcount WHERE contact_id = ANY(%(contacts)s)))
    FROM (
        SELECT occurred_at, amount_base, refunded_base, order_key, event_id FROM profiles_purchase
        WHERE contact_id = ANY(%(contacts)s) AND cancelled_at IS NULL ORDER BY occurred_at, id
    ) bought
"""
EVENTS: Final = """
    SELECT definition_id, occurred_at, id, properties::json FROM profiles_event
    WHERE contact_id = ANY(%(contacts)s) AND definition_id = ANY(%(definitions)s) AND occurred_at >= %(since)s
    ORDER BY occurred_at DESC, id DESC LIMIT %(most)s
"""
WEEKS: Final = """
    SELECT date_trunc('week', occurred_at AT TIME ZONE %(zone)s)::date, count(*) FROM profiles_event
    WHERE contact_id = ANY(%(contacts)s) AND definition_id = ANY(%(definitions)s) AND occurred_at >= %(since)s
    GROUP BY 1 ORDER BY 1
"""

type Place = tuple[dt.datetime, int]  # a cursor of the timeline


@dataclass(frozen=True, slots=True)
class Order:
    """An order: what it brought, in the workspace's currency, and what of it went back."""

    at: dt.datetime
    amount: Decimal
    refunded: Decimal
    key: str
    place: Place


@dataclass(frozen=True, slots=True)
class Told:
    """A message and how it was taken."""

    channel: str
    at: dt.datetime
    state: str
    subject: str
    place: Place


@dataclass(frozen=True, slots=True)
class Mark:
    """A turning point, with its letter: first Seen, Known, Merged, Consent, Journey."""

    at: dt.datetime
    letter: str
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Biography:
    """What happened between two moments; the orders are all that there ever were."""

    since: dt.datetime
    until: dt.datetime
    spans: Sequence[Span]
    orders: Sequence[Order]
    messages: Sequence[Told]
    weeks: Sequence[tuple[dt.date, int]]
    marks: Sequence[Mark]
    currency: str
    next_order: rhythm.Expected | None


def tell(contact: Contact, *, months: str, zone: dt.tzinfo, now: dt.datetime) -> Biography:
    """The life of a contact over one of RANGES, or since it was first seen where that is later."""
    settings = workspace.current()
    contacts = timeline.contacts_of(contact)
    orders, merges, kinds = _known(contact, contacts)
    activity = getattr(contact, "activity", None)
    seen = activity.first_seen_at if activity else contact.created_at
    born = min([seen, *(order.at for order in orders[:1])])
    days = RANGES.get(months, RANGES[USUAL])
    since = max(born, now - dt.timedelta(days=days)) if days else born
    since = min(since, now - dt.timedelta(days=1))
    events = _events(contacts, kinds, since=since)
    spans = history(
        [order.at for order in orders],
        Thresholds.of(settings),
        known_at=contact.known_since_at,
        since=since,
        until=now,
    )
    return Biography(
        since=since,
        until=now,
        spans=spans,
        orders=orders,
        messages=_messages(events),
        weeks=_weeks(contacts, kinds, since=since, zone=zone),
        marks=[one for one in _marks(contact, born, merges, events) if one.at >= since],
        currency=settings.currency,
        next_order=rhythm.expected([order.at for order in orders], zone=zone),
    )


def _known(contact: Contact, contacts: Sequence[int]) -> tuple[list[Order], list[dt.datetime], list[Kind]]:
    """The orders, the moments of merges, and the kinds of event that there are of somebody."""
    ((*columns, merges, kinds),) = db.fetch(KNOWN, {"contact": contact.pk, "contacts": list(contacts)})
    orders = [
        Order(at, amount, refunded, key, (at, event))
        for at, amount, refunded, key, event in zip(*(column or () for column in columns), strict=True)
    ]
    return orders, merges, [Kind(*one) for one in kinds or ()]


def _events(
    contacts: Sequence[int], kinds: Iterable[Kind], *, since: dt.datetime
) -> list[tuple[str, dt.datetime, int, dict[str, Any]]]:
    """Messages and turning points, oldest first: name, moment, number, properties."""
    wanted = {kind.id: kind.name for kind in kinds if MESSAGE.match(kind.name) or kind.name in TURNS}
    if not wanted:
        return []
    asked = {"contacts": list(contacts), "definitions": list(wanted), "since": since, "most": MOST_MESSAGES}
    return [
        (wanted[definition], at, number, properties)
        for definition, at, number, properties in reversed(db.fetch(EVENTS, asked))
    ]


def _messages(events: Iterable[tuple[str, dt.datetime, int, dict[str, Any]]]) -> list[Told]:
    """Each message once, where it was sent, in the strongest of its states."""
    found: dict[object, Told] = {}
    for name, at, number, properties in events:
        channel, _space, what = name.partition(" ")
        state = FAILED if name == "Unsubscribed" else STATES.get(what, "")
        if what == "Not Sent" and properties.get("reason") in ("bounced", "refused", "gave_up"):
            state = FAILED
        key = properties.get("message") or f"event-{number}"
        before = found.get(key)
        if not state or properties.get("machine") or (name == "Unsubscribed" and before is None):
            continue
        if before is None:
            found[key] = Told(channel, at, state, str(properties.get("subject") or ""), (at, number))
        elif STRONGER.index(state) > STRONGER.index(before.state):
            found[key] = Told(before.channel, before.at, state, before.subject, before.place)
    return list(found.values())


def _weeks(
    contacts: Sequence[int], kinds: Iterable[Kind], *, since: dt.datetime, zone: dt.tzinfo
) -> list[tuple[dt.date, int]]:
    own = [kind.id for kind in kinds if not kind.is_system]
    if not own:
        return []
    asked = {"contacts": list(contacts), "definitions": own, "since": since, "zone": str(zone)}
    return [(monday, count) for monday, count in db.fetch(WEEKS, asked)]


def _marks(
    contact: Contact,
    born: dt.datetime,
    merges: Iterable[dt.datetime],
    events: Iterable[tuple[str, dt.datetime, int, dict[str, Any]]],
) -> list[Mark]:
    marks = [Mark(born, "S", _("First seen"), (born, 0))]
    if contact.known_since_at:
        marks.append(Mark(contact.known_since_at, "K", _("Became known"), (contact.known_since_at, 0)))
    marks += [Mark(at, "M", _("Merged with another profile"), (at, 0)) for at in merges]
    events = [one for one in events if one[0] in TURNS and kind_of(one[0]) != "messages"]
    named = moments.topics() if any(one[0] in moments.CHOICES for one in events) else {}
    for name, at, number, properties in events:
        words = moments.tell(name, name, properties, named=named).title
        marks.append(Mark(at, TURNS[name], words, (at, number)))
    return sorted(marks, key=lambda mark: mark.at)


def by_week[T](things: Sequence[T], *, at: Any) -> list[list[T]]:
    """Things in the order of time, in one list a week (Monday's)."""

    def week(thing: T) -> tuple[int, int]:
        year, number, _day = at(thing).isocalendar()
        return year, number

    return [list(some) for _key, some in itertools.groupby(things, key=week)]
