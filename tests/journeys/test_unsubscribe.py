"""Unsubscribing: one click for people and for mail programs, at once, and never by looking."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from journeys.messages import links
from journeys.messages.links import Named, Subscription
from profiles import consent
from profiles.models import Brand, Consent, Contact, InboxItem, Lane, Topic
from tests.journeys import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    return cast.person("Ada", now=now)


def page(contact: Contact, *, topic: str = "news") -> str:
    """Where the link in a mail leads."""
    subscription = Subscription(Named(7, contact.created_at), contact.pk, Topic.objects.get(key=topic).pk)
    return links.unsubscribe(subscription).removeprefix("http://localhost:8000")


def refusal(contact: Contact, *, topic: str = "news", purpose: str = "marketing") -> Any:
    request = (contact.pk, Topic.objects.get(key=topic).pk, purpose)
    return consent.allowed(channel="email", requests=[request], now=contact.created_at)[request]


@pytest.mark.parametrize("method", ["get", "head"])
def test_it_changes_nothing_when_somebody_looks(client: Client, ada: Contact, method: str) -> None:
    response = getattr(client, method)(page(ada))

    assert response.status_code == 200
    assert Consent.objects.count() == 1
    assert refusal(ada) is None
    assert not InboxItem.objects.exists()


def test_it_asks_before_it_unsubscribes(client: Client, ada: Contact) -> None:
    text = client.get(page(ada)).content.decode()

    assert "Do you want to unsubscribe?" in text
    assert "ada@example.com" in text
    assert "<script" not in text


def test_it_unsubscribes_mail_programs_without_cookies(ada: Contact) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(
        page(ada), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code == 200
    assert refusal(ada) == "unsubscribed"
    assert Consent.objects.latest("id").proof["via"] == "one-click"
    assert cast.happened() == [("Unsubscribed", {"topic": "news", "channel": "email", "message": 7})]
    assert InboxItem.objects.get().lane == Lane.URGENT


def test_it_does_it_once(client: Client, ada: Contact) -> None:
    for _ in range(3):
        client.post(page(ada), {"choice": "topic"})

    assert Consent.objects.count() == 2
    assert len(cast.happened()) == 1


def test_it_leaves_other_topics_and_needed_messages_alone(
    client: Client, ada: Contact, now: dt.datetime
) -> None:
    tips = Topic.objects.create(brand=Brand.objects.get(), key="tips", name="Tips")
    consent.record([consent.Statement(ada.pk, ada.pk, "email", "subscribed", now, topic_id=tips.pk)], now=now)

    client.post(page(ada), {"choice": "topic"})

    assert refusal(ada) == "unsubscribed"
    assert refusal(ada, topic="tips") is None
    assert refusal(ada, purpose="transactional") is None


def test_it_unsubscribes_from_everything_and_back_to_what_was(
    client: Client, ada: Contact, now: dt.datetime
) -> None:
    brand = Brand.objects.get()
    tips = Topic.objects.create(brand=brand, key="tips", name="Tips")
    Topic.objects.create(brand=brand, key="never", name="Never asked")
    consent.record([consent.Statement(ada.pk, ada.pk, "email", "subscribed", now, topic_id=tips.pk)], now=now)

    client.post(page(ada), {"choice": "everything"})
    out = {topic: refusal(ada, topic=topic) for topic in ("news", "tips", "never")}
    client.post(page(ada), {"choice": "back"})
    back = {topic: refusal(ada, topic=topic) for topic in ("news", "tips", "never")}

    assert out == dict.fromkeys(("news", "tips", "never"), "unsubscribed")
    assert (back["news"], back["tips"]) == (None, None)
    assert back["never"] is not None


def test_it_offers_the_way_back(client: Client, ada: Contact) -> None:
    left = client.post(page(ada), {"choice": "topic"}).content.decode()
    again = client.get(page(ada)).content.decode()
    back = client.post(page(ada), {"choice": "back"}).content.decode()

    assert "You are unsubscribed" in left
    assert "subscribe me again" in again
    assert "You are subscribed again" in back
    assert refusal(ada) is None
    assert [name for name, _ in cast.happened()] == ["Unsubscribed", "Subscribed"]


def test_it_counts_now_even_after_a_word_from_a_fast_clock(
    client: Client, ada: Contact, now: dt.datetime
) -> None:
    cast.subscribe([ada], now=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))

    client.post(page(ada), {"choice": "topic"})

    assert refusal(ada) == "unsubscribed"


def test_it_unsubscribes_whom_the_contact_has_become(client: Client, ada: Contact, now: dt.datetime) -> None:
    grace = cast.person("Grace", now=now)
    where = page(ada)
    ada.merged_into = grace
    ada.save()

    client.post(where, {"choice": "topic"})

    assert refusal(grace) == "unsubscribed"


def test_it_shows_a_friendly_page_for_a_broken_link(client: Client, ada: Contact) -> None:
    response = client.post(page(ada)[:-3] + "abc", {"choice": "topic"})

    assert response.status_code == 404
    assert "This link does not work" in response.content.decode()
    assert refusal(ada) is None


def test_it_does_not_know_people_who_were_erased(client: Client, now: dt.datetime) -> None:
    topic = Topic.objects.get(key="news")
    link = links.unsubscribe(Subscription(Named(7, now), 999_999, topic.pk))

    assert client.get(link.removeprefix("http://localhost:8000")).status_code == 404
