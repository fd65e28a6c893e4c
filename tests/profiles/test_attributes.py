"""Attributes: a catalogue that grows by itself, values of its types, and the fold that says what holds now."""

import datetime as dt

import pytest

from profiles.models import AttributeChange, AttributeDefinition, Party, RejectedItem, Source
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    """The shop's server, sending."""
    return Sender(shop, now)


def test_it_reads_standard_attributes_however_they_are_spelled(till: Sender, now: dt.datetime) -> None:
    till.identify(
        {
            "firstName": "Ada",
            "last_name": "Lovelace",
            "birthday": "1815-12-10T00:00:00Z",
            "address": {
                "city": "London",
                "postalCode": "W1",
                "state": "Middlesex",
                "country": "gb",
                "street": "x",
            },
        },
        userId="ada",
    )

    digested(now=now)

    ada = contact("user_id", "ada")
    assert (ada.first_name, ada.last_name, ada.birth_date) == ("Ada", "Lovelace", dt.date(1815, 12, 10))
    assert (ada.city, ada.postal_code, ada.region, ada.country) == ("London", "W1", "Middlesex", "GB")
    assert ada.attributes == {"address": {"street": "x"}}


def test_it_gives_a_new_attribute_the_type_first_seen_and_coerces_what_follows(
    till: Sender, now: dt.datetime
) -> None:
    till.identify({"points": 3, "vip": True, "since": "2024-02-29", "tags": ["a"]}, userId="ada")
    till.identify({"points": "4", "vip": "no", "since": "2024-03-01T10:00:00Z", "tags": "b"}, userId="grace")

    digested(now=now)

    types = dict(AttributeDefinition.objects.filter(is_standard=False).values_list("key", "type"))
    assert types == {"points": "number", "vip": "boolean", "since": "date", "tags": "list"}
    assert contact("user_id", "grace").attributes == {
        "points": 4,
        "vip": False,
        "since": "2024-03-01",
        "tags": ["b"],
    }


def test_it_says_what_is_no_value_of_its_attribute_and_lets_the_rest_land(
    till: Sender, now: dt.datetime
) -> None:
    till.identify({"points": 3}, userId="ada")
    till.identify(
        {"points": "many", "plan": "gold", "email": "not an address", "country": "Holland"}, userId="ada"
    )

    digested(now=now)

    ada = contact("user_id", "ada")
    assert (ada.attributes, ada.email, ada.country) == ({"points": 3, "plan": "gold"}, "", "")
    assert sorted(RejectedItem.objects.values_list("reason", flat=True)) == [
        "attribute_not_accepted",
        "attribute_not_accepted",
        "identifier_invalid",
    ]


def test_it_believes_the_latest_event_not_the_latest_arrival(till: Sender, now: dt.datetime) -> None:
    till.identify({"plan": "gold"}, userId="ada", at=now - dt.timedelta(hours=1))
    digested(now=now)
    till.identify({"plan": "tin"}, userId="ada", at=now - dt.timedelta(days=400))

    arrivals = digested(now=now)

    ada = contact("user_id", "ada")
    assert ada.attributes == {"plan": "gold"}
    assert AttributeChange.objects.count() == 2
    assert arrivals.touched[ada.pk].attributes == set()  # heard from, and nothing about her changed


def test_it_believes_a_website_about_all_but_addresses_when_it_names_one(
    website: Source, now: dt.datetime
) -> None:
    browser = Sender(website, now)
    browser.identify({"plan": "silver"}, userId="ada")
    digested(now=now)

    browser.identify({"plan": "gold", "email": "ada@example.com"}, userId="ada")
    digested(now=now)

    assert contact("user_id", "ada").attributes == {"plan": "gold"}
    assert contact("user_id", "ada").email == "ada@example.com"


def test_it_believes_people_before_what_others_say_of_them(till: Sender, now: dt.datetime) -> None:
    broker = Source.objects.create(name="Broker", kind=Source.Kind.PARTNER, party=Party.THIRD)
    till.identify({"plan": "gold"}, userId="ada", at=now - dt.timedelta(days=9))
    Sender(broker, now).identify({"plan": "tin", "income": 3}, userId="ada")

    digested(now=now)

    ada = contact("user_id", "ada")
    assert ada.attributes == {"plan": "gold", "income": 3}
    assert ada.provenance["income"][:3] == [3, now.timestamp(), broker.pk]


def test_it_removes_what_is_null_and_a_late_value_does_not_bring_it_back(
    till: Sender, now: dt.datetime
) -> None:
    till.identify({"plan": "gold", "firstName": "Ada"}, userId="ada", at=now - dt.timedelta(hours=2))
    till.identify({"plan": None, "firstName": None}, userId="ada")
    till.identify({"plan": "tin"}, userId="ada", at=now - dt.timedelta(hours=1))

    digested(now=now)

    ada = contact("user_id", "ada")
    assert (ada.attributes, ada.first_name) == ({}, "")


def test_it_touches_only_what_changed(till: Sender, now: dt.datetime) -> None:
    till.identify({"plan": "gold", "city": "Delft"}, userId="ada", at=now - dt.timedelta(hours=2))
    digested(now=now)
    till.identify({"plan": "gold", "city": "Leiden"}, userId="ada")

    arrivals = digested(now=now)

    assert arrivals.touched[contact("user_id", "ada").pk].attributes == {"city"}
