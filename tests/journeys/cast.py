"""Ada, Grace and Linus on their way through a journey that sends one mail."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from journeys.messages import outbox
from journeys.messages.outbox import Owed
from journeys.models import Content, ContentRevision, Journey, Message, Run, Version
from profiles import consent
from profiles.consent import Statement
from profiles.models import Contact, InboxItem, Persona, Topic

WORDS = {
    "subject": "Hello {{ contact.first_name }}",
    "preheader": "",
    "html": "<html><body><p>Hi {{ contact.first_name }}</p>"
    '<a href="https://shop.example/?a=1&amp;b=2">Look</a></body></html>',
    "text": "",
}
_numbers = count(1)


def person(name: str, *, now: dt.datetime, subscribed: bool = True, **fields: Any) -> Contact:
    """Somebody with an address, subscribed to the news."""
    fields.setdefault("email", f"{name.lower()}@example.com")
    contact = Contact.objects.create(
        first_name=name, created_at=now, known_since_at=now, random_bucket=0, **fields
    )
    Persona.objects.create(id=contact.pk, contact=contact, created_at=now)
    if subscribed:
        subscribe([contact], now=now)
    return contact


def subscribe(contacts: Iterable[Contact], *, now: dt.datetime, state: str = "subscribed") -> None:
    """Each of these said yes to the news (or something else)."""
    topic = Topic.objects.get(key="news")
    consent.record(
        [Statement(contact.pk, contact.pk, "email", state, now, topic_id=topic.pk) for contact in contacts],
        now=now,
    )


def drawn(words: Mapping[str, Any] | None = None, *, now: dt.datetime, **step: Any) -> Version:
    """A live version whose step "a" is a mail with these words, or these languages."""
    words = words or WORDS
    languages = words if "subject" not in words else {"en": words}
    content = Content.objects.create(name="Welcome")
    revision = ContentRevision.objects.create(content=content, number=1, languages=languages)
    journey = Journey.objects.create(name=f"Welcome {next(_numbers)}", status="live")
    definition = {
        "trigger": {"kind": "by_hand"},
        "steps": [{"id": "a", "kind": "email", "revision": revision.pk, "purpose": "marketing", **step}],
    }
    return Version.objects.create(journey=journey, number=1, definition=definition, published_at=now)


def owe(version: Version, contacts: Iterable[Contact], *, now: dt.datetime, **changes: Any) -> list[Message]:
    """Each of these is owed the version's mail now."""
    topic_id = Topic.objects.get(key="news").pk
    variables = changes.pop("variables", {})
    owed = []
    for contact in contacts:
        run = Run.objects.create(
            journey_id=version.journey_id,
            version=version,
            contact=contact,
            persona_id=contact.pk,
            step="a",
            entered_at=now,
            variables=variables,
        )
        fields = {"topic_id": topic_id, "due_at": now, **changes}
        owed.append(Owed(run.pk, now, 1, version.pk, "a", contact.pk, contact.pk, **fields))
    outbox.queue(owed, now=now)
    return list(Message.objects.filter(version=version).order_by("pk"))


def happened() -> list[tuple[str, dict[str, Any]]]:
    """Names and properties of the events that wait for the digest, in order."""
    payloads = [json.loads(item.payload) for item in InboxItem.objects.order_by("pk")]
    return [(payload["event"], payload["properties"]) for payload in payloads]
