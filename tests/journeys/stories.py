"""Who and what the stories about journeys need: people, events, journeys, and a line from one to the other."""

import datetime as dt
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from cdp.lib import db
from journeys.flow import engine, publishing, triggers
from journeys.models import Content, ContentRevision, Journey, Message, Run, Version, Visit
from profiles.arrivals import StoredEvent
from profiles.models import Contact, EventDefinition, Lane, Persona, Source, Topic
from segments.models import Cause

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Change:
    """As `segments.membership.Change`."""

    segment_id: int
    contact_id: int
    entered: bool
    cause: Cause


def person(name: str, *, now: dt.datetime, **attributes: Any) -> Contact:
    """A known contact with one persona of the same number."""
    number = db.next_ids("profiles_persona_id_seq", 1)[0]
    contact = Contact.objects.create(
        id=number,
        first_name=name,
        email=f"{name.lower()}@shop.example",
        created_at=now,
        known_since_at=now,
        random_bucket=1,
        attributes=attributes,
    )
    Persona.objects.create(id=number, contact=contact, created_at=now)
    return contact


def happening(
    contact: Contact | int,
    name: str,
    at: dt.datetime,
    *,
    lane: Lane = Lane.LIVE,
    persona: int | None = None,
    **properties: Any,
) -> StoredEvent:
    """An event as the digest reports it."""
    number = contact if isinstance(contact, int) else contact.pk
    return StoredEvent(
        id=next(_numbers),
        contact_id=number,
        persona_id=persona or number,
        definition_id=EventDefinition.objects.get_or_create(name=name)[0].pk,
        name=name,
        occurred_at=at,
        lane=lane,
        value=None,
        properties=properties,
    )


def stored(event: StoredEvent) -> StoredEvent:
    """The same event, on the timeline."""
    store([event])
    return event


def store(events: Sequence[StoredEvent]) -> None:
    """Put events on the timelines, as the digest does before journeys hear of them."""
    source = Source.objects.get_or_create(name="Shop", defaults={"kind": Source.Kind.SERVER})[0].pk
    columns = (
        "id", "contact_id", "persona_id", "definition_id", "source_id", "occurred_at", "received_at",
        "properties", "context",
    )  # fmt: skip
    rows = [
        (one.id, one.contact_id, one.persona_id, one.definition_id, source, one.occurred_at, one.occurred_at,
         json.dumps(one.properties), "{}")
        for one in events
    ]  # fmt: skip
    db.copy("profiles_event", columns, rows)


def happened_before(contact: Contact, name: str, at: dt.datetime, **properties: Any) -> StoredEvent:
    """Something on somebody's timeline that no journey hears of any more."""
    return stored(happening(contact, name, at, **properties))


def mail(step: str = "mail", **more: Any) -> dict[str, Any]:
    """A marketing mail step with a content of its own."""
    content = Content.objects.create(name="Hello")
    revision = ContentRevision.objects.create(
        content=content, number=1, languages={"en": {"subject": "Hello", "html": "<p>Hello</p>"}}
    )
    topic = Topic.objects.get(key="news")
    return {
        "id": step,
        "kind": "email",
        "revision": revision.pk,
        "purpose": "marketing",
        "topic": topic.pk,
        **more,
    }


def wait(step: str = "wait", amount: int = 1, unit: str = "day") -> dict[str, Any]:
    """A step that lets time pass."""
    return {"id": step, "kind": "wait", "amount": amount, "unit": unit}


def wait_for(step: str = "order", event: str = "Order Completed", amount: int = 3) -> dict[str, Any]:
    """A step that waits for an event, for so many days."""
    return {"id": step, "kind": "wait_for", "event": event, "amount": amount, "unit": "day"}


def split(condition: dict[str, Any], step: str = "split", **paths: list[dict[str, Any]]) -> dict[str, Any]:
    """A step that asks: `yes` and `no` hold the paths."""
    return {"id": step, "kind": "split", "condition": condition, **paths}


def shuffle(*branches: tuple[str, float, list[dict[str, Any]]], step: str = "chance") -> dict[str, Any]:
    """A step where chance decides: name, weight and path of each branch."""
    listed = [{"name": name, "weight": weight, "steps": path} for name, weight, path in branches]
    return {"id": step, "kind": "random", "branches": listed}


def goto(target: str, step: str = "back") -> dict[str, Any]:
    """A step that leads to another."""
    return {"id": step, "kind": "goto", "step": target}


def leave(step: str = "exit") -> dict[str, Any]:
    """A step where the way ends."""
    return {"id": step, "kind": "exit"}


def on(event: str, *where: dict[str, Any]) -> dict[str, Any]:
    """A trigger by event."""
    return {"kind": "event", "event": event, "where": list(where)}


def draft(trigger: dict[str, Any], *steps: dict[str, Any], name: str = "Welcome", **settings: Any) -> Journey:
    """A journey that is drawn and not yet published."""
    definition = {"trigger": trigger, "settings": settings, "steps": list(steps)}
    return Journey.objects.create(name=name, draft=definition)


def live(
    trigger: dict[str, Any],
    *steps: dict[str, Any],
    now: dt.datetime,
    by: User | None = None,
    name: str = "Welcome",
    **settings: Any,
) -> Version:
    """A journey that takes people in."""
    return publishing.publish(draft(trigger, *steps, name=name, **settings), by=by, now=now)


def digest(events: Sequence[StoredEvent], *, now: dt.datetime, changes: Sequence[Any] = ()) -> int:
    """What the pipeline does with a digested batch, as far as journeys are concerned."""
    with db.transaction_with_lock(db.DIGEST_LOCK):
        return triggers.enrol(events, changes, now=now)


def advance_all(now: dt.datetime) -> int:
    """Run the engine until nothing is due at this moment; how many runs it moved."""
    moved, batch = 0, 1
    while batch:
        batch = engine.advance(now=now)
        moved += batch
    return moved


def way(run: Run) -> list[tuple[str, str]]:
    """The steps a run has been through, with their outcomes."""
    return list(Visit.objects.filter(run=run).order_by("number").values_list("step", "outcome"))


def mails(contact: Contact | None = None) -> list[Message]:
    """The messages owed, oldest first; of the same moment, in the order in which their runs began."""
    found = Message.objects.order_by("created_at", "run_id", "id")
    return list(found.filter(contact=contact) if contact else found)


def told(name: str) -> list[dict[str, Any]]:
    """The properties of the events of this name that wait in the inbox for the digest."""
    rows = db.fetch(
        "SELECT payload::jsonb -> 'properties' FROM profiles_inboxitem WHERE payload::jsonb ->> 'event' = %s "
        "ORDER BY id",
        [name],
    )
    return [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in rows]
