"""Consent: the latest word counts, the ledger keeps all of them, and the question is asked for many at once."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles import consent
from profiles.consent import Refusal, Statement
from profiles.models import Brand, Consent, Contact, Source, Topic
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    """The shop's server, sending."""
    return Sender(shop, now)


@pytest.fixture
def tips(db: None) -> Topic:
    """A topic that needs consent."""
    return Topic.objects.create(brand=Brand.objects.get(is_default=True), key="tips", name="Tips")


@pytest.fixture
def ada(till: Sender, now: dt.datetime) -> Contact:
    """Ada, whom we know."""
    till.identify({"email": "ada@example.com"}, userId="ada")
    digested(now=now)
    return contact("user_id", "ada")


def ask(
    contact: Contact, topic: Topic | None, *, now: dt.datetime, purpose: str = "marketing"
) -> Refusal | None:
    """May we?"""
    request = (contact.pk, topic.pk if topic else None, purpose)
    return consent.allowed(channel="email", requests=[request], now=now)[request]


def said(
    contact: Contact, state: str, topic: Topic | None, at: dt.datetime, key: str | None = None
) -> Statement:
    """What somebody said."""
    return Statement(contact.pk, contact.pk, "email", state, at, topic.pk if topic else None, key=key)


def test_it_refuses_who_was_never_asked_and_allows_who_agreed(
    ada: Contact, tips: Topic, now: dt.datetime
) -> None:
    before = ask(ada, tips, now=now)
    consent.record([said(ada, "pending", tips, now)], now=now)
    pending = ask(ada, tips, now=now)
    consent.record([said(ada, "subscribed", tips, now)], now=now)

    assert (before, pending, ask(ada, tips, now=now)) == (Refusal.NOT_SUBSCRIBED, Refusal.PENDING, None)


def test_it_hears_the_latest_word_whether_about_a_topic_or_all(
    ada: Contact, tips: Topic, now: dt.datetime
) -> None:
    hour = dt.timedelta(hours=1)
    consent.record(
        [said(ada, "unsubscribed", None, now - hour), said(ada, "subscribed", tips, now - 2 * hour)], now=now
    )
    after_all = ask(ada, tips, now=now)
    consent.record([said(ada, "subscribed", tips, now)], now=now)

    assert (after_all, ask(ada, tips, now=now)) == (Refusal.UNSUBSCRIBED, None)


def test_it_writes_where_the_topic_rests_on_another_basis_until_somebody_objects(
    ada: Contact, tips: Topic, now: dt.datetime
) -> None:
    Topic.objects.update(basis="customer")
    before = ask(ada, tips, now=now)
    consent.record([said(ada, "unsubscribed", tips, now)], now=now)

    assert (before, ask(ada, tips, now=now)) == (None, Refusal.UNSUBSCRIBED)


def test_it_stops_everything_to_a_suppressed_address_and_nothing_else_of_a_transaction(
    ada: Contact, tips: Topic, now: dt.datetime
) -> None:
    before = ask(ada, None, now=now, purpose="transactional")
    until = now + dt.timedelta(days=1)
    consent.suppress(channel="email", address="ADA@example.com", reason="bounced", until_at=until, now=now)

    assert before is None
    assert ask(ada, None, now=now, purpose="transactional") == Refusal.SUPPRESSED
    assert ask(ada, None, now=until, purpose="transactional") is None


def test_it_asks_for_fifty_in_one_statement(ada: Contact, tips: Topic, now: dt.datetime) -> None:
    requests = [(ada.pk + number, tips.pk, "marketing") for number in range(50)]

    with CaptureQueriesContext(connection) as captured:
        answers = consent.allowed(channel="email", requests=requests, now=now)

    assert len(captured) == 1
    assert answers[requests[0]] == Refusal.NOT_SUBSCRIBED
    assert answers[requests[1]] == Refusal.UNKNOWN_CONTACT


def test_it_writes_what_events_and_traits_say_and_once_what_the_door_wrote_already(
    till: Sender, ada: Contact, tips: Topic, now: dt.datetime
) -> None:
    consent.record([said(ada, "unsubscribed", tips, now, key="click-1")], now=now)
    till.track("Unsubscribed", {"topic": "tips"}, userId="ada", message_id="click-1")
    till.identify({"subscriptions": {"tips": True}}, userId="grace")

    arrivals = digested(now=now)

    assert Consent.objects.filter(contact=ada).count() == 1
    assert ask(contact("user_id", "grace"), tips, now=now) is None
    assert arrivals.touched[ada.pk].consent
    assert contact("user_id", "grace").attributes == {}


def test_it_waits_for_confirmation_where_a_website_says_that_somebody_agreed(
    website: Source, tips: Topic, now: dt.datetime
) -> None:
    Topic.objects.update(needs_confirmation=True)
    Sender(website, now).track("Subscribed", {"topic": "tips"}, anonymousId="a1")

    digested(now=now)

    assert ask(contact("anonymous_id", "a1"), tips, now=now) == Refusal.PENDING


def test_it_waits_for_confirmation_where_a_website_says_yes_to_everything(
    website: Source, tips: Topic, now: dt.datetime
) -> None:
    open_topic = Topic.objects.create(brand=tips.brand, key="shop", name="Shop")
    Topic.objects.filter(pk=tips.pk).update(needs_confirmation=True)
    Sender(website, now).track("Subscribed", {"topic": "all"}, anonymousId="a1")

    digested(now=now)

    visitor = contact("anonymous_id", "a1")
    assert ask(visitor, tips, now=now) == Refusal.PENDING
    assert ask(visitor, open_topic, now=now) is None


def test_it_asks_nobody_to_confirm_again_who_ticks_the_box_again(
    ada: Contact, website: Source, tips: Topic, now: dt.datetime
) -> None:
    Topic.objects.update(needs_confirmation=True)
    consent.record([said(ada, "subscribed", tips, now - dt.timedelta(hours=1))], now=now)
    Sender(website, now).identify({"subscriptions": {"tips": True}}, userId="ada")

    digested(now=now)

    assert ask(ada, tips, now=now) is None


def test_it_lets_no_clock_that_runs_ahead_outvote_what_is_said_next(
    ada: Contact, till: Sender, tips: Topic, now: dt.datetime
) -> None:
    till.track("Subscribed", {"topic": "tips"}, userId="ada", at=now + dt.timedelta(hours=20))
    digested(now=now)
    later = now + dt.timedelta(minutes=1)
    till.track("Unsubscribed", {"topic": "tips"}, userId="ada", at=later)

    digested(now=later)

    assert ask(ada, tips, now=later) == Refusal.UNSUBSCRIBED


def test_it_tells_the_present_word_of_each_channel_and_topic(
    ada: Contact, tips: Topic, now: dt.datetime
) -> None:
    hour = dt.timedelta(hours=1)
    consent.record([said(ada, "subscribed", tips, now - hour), said(ada, "unsubscribed", tips, now)], now=now)

    assert [(row.topic, row.state) for row in consent.current(ada.pk)] == [(tips, "unsubscribed")]
