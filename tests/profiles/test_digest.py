"""Arrivals become facts: each message once, on the right timeline, with its counters."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles import timeline
from profiles.models import (
    Contact,
    ContactActivity,
    Event,
    EventCount,
    EventDefinition,
    ExchangeRate,
    InboxItem,
    Lane,
    RejectedItem,
    Source,
    Touch,
)
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    """The shop's server, sending."""
    return Sender(shop, now)


def test_it_stores_an_event_on_the_timeline_of_a_new_person(till: Sender, now: dt.datetime) -> None:
    till.track("Signed Up", {"plan": "gold"}, userId="ada")

    arrivals = digested(now=now)

    ada = contact("user_id", "ada")
    assert [(entry.name, entry.properties) for entry in timeline.of(ada)] == [("Signed Up", {"plan": "gold"})]
    assert ada.known_since_at == now
    assert arrivals.stored == 1
    assert arrivals.touched[ada.pk].is_new
    assert InboxItem.objects.count() == 0


def test_it_stores_a_message_once_within_a_batch_and_across_batches(till: Sender, now: dt.datetime) -> None:
    for _ in range(2):
        till.track("Signed Up", userId="ada", message_id="one")
    first = digested(now=now)
    till.track("Signed Up", userId="ada", message_id="one")
    second = digested(now=now + dt.timedelta(days=29))

    assert (first.stored, first.duplicates, second.stored, second.duplicates) == (1, 1, 0, 1)
    assert Event.objects.count() == 1
    assert EventCount.objects.get().count == 1


def test_it_tells_the_same_message_id_of_two_sources_apart(
    till: Sender, website: Source, now: dt.datetime
) -> None:
    till.track("Signed Up", userId="ada", message_id="one")
    Sender(website, now).track("Signed Up", userId="ada", message_id="one")

    assert digested(now=now).stored == 2


def test_it_counts_what_a_persona_did(till: Sender, now: dt.datetime) -> None:
    earlier = now - dt.timedelta(days=3)
    till.track("Order Completed", {"total": 20}, userId="ada", at=now)
    till.track("Order Completed", {"total": 12.5}, userId="ada", at=earlier)
    digested(now=now)
    till.track("Order Completed", {"total": "7.50"}, userId="ada", at=now)
    digested(now=now)

    tally = EventCount.objects.get(definition__name="Order Completed")
    assert (tally.count, tally.first_at, tally.last_at, tally.value_sum) == (3, earlier, now, Decimal(40))
    activity = ContactActivity.objects.get()
    assert (activity.event_count, activity.first_seen_at, activity.last_seen_at) == (3, earlier, now)


def test_it_takes_the_same_number_of_statements_for_one_person_and_for_a_hundred(
    till: Sender, now: dt.datetime
) -> None:
    def statements(people: range) -> int:
        for person in people:
            till.identify({"email": f"p{person}@example.com", "plan": "gold"}, userId=f"u{person}")
            till.track("Order Completed", {"total": 5}, userId=f"u{person}", anonymousId=f"a{person}")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            digested(now=now)
        digested(now=now)  # the changes of stage
        return len(captured)

    statements(range(1))
    few = statements(range(1, 2))
    many = statements(range(2, 102))

    assert many == few


def test_it_lifts_the_value_into_the_workspaces_currency(till: Sender, now: dt.datetime) -> None:
    ExchangeRate.objects.create(currency="USD", on=now.date() - dt.timedelta(days=1), rate=Decimal("0.8"))
    till.track("Cart Viewed", {"value": 10, "currency": "usd"}, userId="ada")
    till.track("Cart Viewed", {"value": 10, "currency": "EUR"}, userId="grace")
    till.track("Cart Viewed", {"value": 10, "currency": "GBP"}, userId="linus")

    digested(now=now)

    values = {event.contact_id: event.value for event in Event.objects.all()}
    assert values[contact("user_id", "ada").pk] == Decimal(8)
    assert values[contact("user_id", "grace").pk] == Decimal(10)
    assert values[contact("user_id", "linus").pk] is None


def test_it_keeps_where_people_came_from_and_never_their_address(till: Sender, now: dt.datetime) -> None:
    till.track(
        "Page Viewed",
        anonymousId="a1",
        context={
            "ip": "203.0.113.7",
            "campaign": {"name": "black-friday", "source": "news"},
            "page": {"url": "https://shop.example/?gclid=xyz", "path": "/"},
            "location": {"country": "nl"},
            "device": {"type": "ios", "token": "secret-token"},
        },
    )

    digested(now=now)

    kept = Event.objects.get().context
    assert kept["utm"]["name"] == "black-friday"
    assert kept["click_ids"] == {"gclid": "xyz"}
    assert kept["country"] == "NL"
    assert kept["device"] == {"type": "ios"}
    assert "203.0.113.7" not in str(kept)


def test_it_grows_the_catalogue_of_events_by_itself(till: Sender, now: dt.datetime) -> None:
    till.track("Quiz Taken", {"score": 3}, userId="ada")
    digested(now=now)
    till.track("Quiz Taken", {"score": 4, "passed": True}, userId="ada")
    digested(now=now)

    assert EventDefinition.objects.get(name="Quiz Taken").properties == {
        "score": "number",
        "passed": "boolean",
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"type": "track", "event": "X"}, "no_identifier"),
        ({"type": "track", "event": "X", "userId": "null"}, "no_identifier"),
        ({"type": "track", "userId": "ada"}, "no_event_name"),
        ({"type": "dance", "userId": "ada"}, "unknown_type"),
        ({"type": "track", "event": "X" * 201, "userId": "ada"}, "long_event_name"),
    ],
)
def test_it_says_why_something_is_not_accepted_and_lets_the_rest_land(
    till: Sender, now: dt.datetime, body: dict[str, object], reason: str
) -> None:
    till.send(**body)  # type: ignore[arg-type]
    till.track("Signed Up", userId="grace")

    arrivals = digested(now=now)

    assert arrivals.stored == 1
    assert reason in RejectedItem.objects.values_list("reason", flat=True)


def test_it_refuses_what_lies_too_far_ahead_or_back(till: Sender, now: dt.datetime) -> None:
    till.track("X", userId="ada", at=now + dt.timedelta(hours=25))
    till.track("X", userId="ada", at=now - dt.timedelta(days=30 * 61))

    assert digested(now=now).stored == 0
    assert sorted(RejectedItem.objects.values_list("reason", flat=True)) == ["in_the_future", "too_old"]


def test_it_digests_a_rejected_message_again_when_it_is_replayed_mended(
    till: Sender, now: dt.datetime
) -> None:
    till.track("", userId="ada", message_id="one")
    digested(now=now)
    till.track("Mended", userId="ada", message_id="one")

    assert digested(now=now).stored == 1


def test_it_says_what_was_touched_once_for_each_contact_and_kind(till: Sender, now: dt.datetime) -> None:
    for _ in range(3):
        till.track("X", userId="ada")

    digested(now=now)

    assert list(Touch.objects.values_list("what", flat=True)) == [Touch.What.EVENT]


def test_it_tells_news_from_history(till: Sender, now: dt.datetime) -> None:
    till.track("X", userId="ada", lane=Lane.BULK)
    till.track("X", userId="grace", at=now - dt.timedelta(hours=25))
    till.track("X", userId="linus")
    till.track("X", userId="linus", at=now - dt.timedelta(days=99))

    arrivals = digested(now=now)

    late = {
        name: arrivals.touched[contact("user_id", name).pk].backfill for name in ("ada", "grace", "linus")
    }
    assert late == {"ada": True, "grace": True, "linus": False}


def test_it_stores_an_unusable_character_as_nothing(till: Sender, now: dt.datetime) -> None:
    till.track("X", {"text": "a\x00b"}, userId="ada")

    digested(now=now)

    assert Event.objects.get().properties == {"text": "ab"}


def test_it_finds_a_system_events_person_by_persona(till: Sender, now: dt.datetime) -> None:
    till.identify({"email": "ada@example.com"}, userId="ada")
    digested(now=now)
    ada = contact("user_id", "ada")
    kindred = Sender(Source.objects.get(kind=Source.Kind.SYSTEM), now)
    kindred.track("Email Sent", personaId=ada.pk)
    kindred.track("Email Sent", personaId=ada.pk + 1000)
    Sender(till.source, now).track("Email Sent", personaId=ada.pk)

    arrivals = digested(now=now)

    assert [event.contact_id for event in arrivals.events] == [ada.pk]
    assert sorted(RejectedItem.objects.values_list("reason", flat=True)) == [
        "no_identifier",
        "unknown_persona",
    ]
    assert ContactActivity.objects.get().event_count == 0  # our mail is nothing that Ada did


def test_it_gives_a_contact_a_bucket_that_stays(till: Sender, now: dt.datetime) -> None:
    till.track("X", userId="ada")
    digested(now=now)
    before = contact("user_id", "ada").random_bucket
    till.identify({"plan": "gold"}, userId="ada")
    digested(now=now)

    assert contact("user_id", "ada").random_bucket == before
    assert Contact.objects.count() == 1
