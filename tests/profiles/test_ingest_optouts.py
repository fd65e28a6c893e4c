"""Somebody who says "no more" is in the ledger before the sender hears "yes"."""

import datetime as dt
import json
from typing import Any

import pytest

from profiles import ingest, keys, optouts
from profiles.models import (
    Brand,
    Channel,
    Consent,
    ConsentState,
    Contact,
    IdentityLink,
    InboxItem,
    Persona,
    Source,
    Topic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    contact = Contact.objects.create(email="ada@example.com", created_at=now, random_bucket=1)
    persona = Persona.objects.create(id=contact.pk + 1_000_000, contact=contact, created_at=now)
    for namespace, value in (("user_id", "ada"), ("anonymous_id", "a-1")):
        IdentityLink.objects.create(
            namespace=namespace, value=value, persona=persona, created_at=now, last_seen_at=now
        )
    return contact


@pytest.fixture
def news() -> Topic:
    return Topic.objects.create(
        brand=Brand.objects.get(is_default=True), key="weekly-offers", name="Weekly offers"
    )


def accept(source: Source, now: dt.datetime, *messages: dict[str, Any]) -> None:
    items = [
        json.dumps({"type": "track", "event": "Unsubscribed", **message}).encode() for message in messages
    ]
    ingest.accept(source=source, items=items, sent_at=None, now=now)


def test_it_notes_an_opt_out_at_once(shop: Source, ada: Contact, news: Topic, now: dt.datetime) -> None:
    accept(shop, now, {"userId": "ada", "properties": {"topic": "weekly-offers"}})

    said = Consent.objects.get()
    assert (said.contact, said.topic, said.channel) == (ada, news, Channel.EMAIL)
    assert (said.state, said.at, said.source) == (ConsentState.UNSUBSCRIBED, now, shop)


def test_it_knows_a_topic_by_its_number_too(
    shop: Source, ada: Contact, news: Topic, now: dt.datetime
) -> None:
    accept(shop, now, {"userId": "ada", "properties": {"topic": news.pk}})

    assert Consent.objects.get().topic == news


def test_it_leaves_the_timeline_to_the_digest(shop: Source, ada: Contact, now: dt.datetime) -> None:
    accept(shop, now, {"userId": "ada", "messageId": "m-1"})

    assert Consent.objects.get().proof["message"] == bytes(InboxItem.objects.get().message_hash).hex()


def test_it_writes_the_same_message_once(shop: Source, ada: Contact, now: dt.datetime) -> None:
    accept(shop, now, {"userId": "ada", "messageId": "m-1"})
    accept(shop, now, {"userId": "ada", "messageId": "m-1"})

    assert Consent.objects.count() == 1


def test_it_stops_all_topics_of_a_channel_when_none_is_named(
    shop: Source, ada: Contact, now: dt.datetime
) -> None:
    accept(shop, now, {"anonymousId": "a-1", "properties": {"channel": "sms"}})

    said = Consent.objects.get()
    assert (said.contact, said.topic, said.channel) == (ada, None, Channel.SMS)


def test_it_dates_nothing_in_the_future(shop: Source, ada: Contact, now: dt.datetime) -> None:
    accept(shop, now, {"userId": "ada", "timestamp": (now + dt.timedelta(hours=20)).isoformat()})

    assert Consent.objects.get().at == now


@pytest.mark.parametrize(
    "message",
    [
        {"userId": "linus"},
        {"userId": "ada", "properties": {"topic": "no such topic"}},
        {"userId": "ada", "properties": {"topic": ["weekly-offers"]}},
        {"userId": "ada", "properties": {"channel": "telegraph"}},
        {"userId": "ada", "properties": {"channel": ["email"]}},
        {"userId": "ada", "event": "Subscribed"},
        {"userId": "ada", "type": "page"},
    ],
)
def test_it_leaves_the_rest_to_the_digest(
    message: dict[str, Any], shop: Source, ada: Contact, now: dt.datetime
) -> None:
    accept(shop, now, message)

    assert not Consent.objects.exists()
    assert InboxItem.objects.count() == 1


def test_it_asks_the_database_no_more_for_many_opt_outs_than_for_one(
    shop: Source, ada: Contact, news: Topic, now: dt.datetime, django_assert_max_num_queries: Any
) -> None:
    messages: list[dict[str, Any]] = [
        {"userId": "ada", "properties": {"topic": "weekly-offers"}},
        {"userId": "linus"},
    ] * 40
    accept(shop, now, {"userId": "ada"})

    with django_assert_max_num_queries(8):
        accept(shop, now, *messages)

    assert Consent.objects.count() == 41


def test_it_names_the_surest_identifier_first(shop: Source, ada: Contact, now: dt.datetime) -> None:
    grace = Contact.objects.create(created_at=now, random_bucket=2)
    persona = Persona.objects.create(id=grace.pk + 1_000_000, contact=grace, created_at=now)
    IdentityLink.objects.create(
        namespace="user_id", value="grace", persona=persona, created_at=now, last_seen_at=now
    )

    accept(shop, now, {"userId": "grace", "anonymousId": "a-1"})

    assert Consent.objects.get().contact == grace
    assert optouts.NAME in ingest.URGENT
