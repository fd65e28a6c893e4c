"""What the door lets in, the digest understands; what the door wrote already, the digest does not write again."""

import datetime as dt
import json
from decimal import Decimal

import pytest

from profiles import digest, inbox, ingest, keys
from profiles.models import Consent, Contact, Event, Lane, RejectedItem, Source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


def digest_all(now: dt.datetime) -> None:
    batch = inbox.take(now=now)
    digest.prepare(batch, now=now)
    digest.digest(batch, now=now)
    inbox.remove(batch)


def accept(source: Source, now: dt.datetime, *messages: dict[str, object]) -> ingest.Accepted:
    return ingest.accept(
        source=source, items=[json.dumps(message).encode() for message in messages], sent_at=now, now=now
    )


def ada(now: dt.datetime, shop: Source) -> Contact:
    accept(shop, now, {"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}})
    digest_all(now)
    return Contact.objects.get(email="ada@example.com")


def test_it_writes_an_opt_out_once(shop: Source, now: dt.datetime) -> None:
    contact = ada(now, shop)

    accept(shop, now, {"type": "track", "event": "Unsubscribed", "userId": "ada"})
    before = list(Consent.objects.values_list("contact", "state"))
    digest_all(now)

    assert before == [(contact.pk, "unsubscribed")]
    assert list(Consent.objects.values_list("contact", "state")) == before
    assert Event.objects.filter(contact=contact, definition__name="Unsubscribed").count() == 1


def test_it_leaves_the_opt_out_of_somebody_unknown_to_the_digest(shop: Source, now: dt.datetime) -> None:
    accept(shop, now, {"type": "track", "event": "Unsubscribed", "userId": "grace"})
    assert not Consent.objects.exists()

    digest_all(now)

    assert Consent.objects.get().state == "unsubscribed"


def test_it_stores_what_kindred_did_on_the_timeline_once(shop: Source, now: dt.datetime) -> None:
    contact = ada(now, shop)
    sent = ingest.SystemEvent(
        name="Email Sent",
        persona_id=contact.personas.get().pk,
        occurred_at=now,
        key="message:1:sent",
        properties={"subject": "Hello"},
        lane=Lane.URGENT,
        value=Decimal("12.34"),
    )

    ingest.record([sent, sent], now=now)
    digest_all(now)

    event = Event.objects.get(contact=contact, definition__name="Email Sent")
    assert (event.occurred_at, event.value, event.properties["subject"]) == (now, Decimal("12.34"), "Hello")


def test_it_understands_whatever_the_door_lets_in(shop: Source, now: dt.datetime) -> None:
    strange: list[dict[str, object]] = [
        {"type": "track", "event": "Ünïcode 🎉", "userId": "ada", "properties": {"": None, "n": 10**400}},
        {"type": "track", "event": "x" * 200, "userId": "u" * 200, "properties": {"value": 1e300}},
        {"type": "page", "anonymousId": "a-1", "properties": None, "context": None},
        {
            "type": "identify",
            "userId": 42,
            "traits": {"email": "grace@example.com", "a": [[1], {"b": [None]}]},
        },
        {"type": "track", "event": "Plain", "userId": "ada", "unknown": {"deep": [1, [2, [3]]]}},
    ]

    done = accept(shop, now, *strange)
    digest_all(now)

    assert (done.accepted, done.refused) == (len(strange), [])
    assert Event.objects.filter(definition__name__in=["Ünïcode 🎉", "Plain"]).count() == 2
    assert not RejectedItem.objects.exists()
