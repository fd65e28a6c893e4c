"""An alias joins what somebody was called before, under the rules of identity."""

import datetime as dt

import pytest

from profiles import identity
from profiles.models import Event, IdentityLink, Merge, RejectedItem, Source
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    return Sender(shop, now)


@pytest.fixture
def page(website: Source, now: dt.datetime) -> Sender:
    return Sender(website, now)


def test_it_joins_a_visitor_to_a_person_and_can_be_undone(till: Sender, now: dt.datetime) -> None:
    till.track("Page Viewed", anonymousId="a1")
    till.identify({"email": ADA}, userId="ada")
    digested(now=now)

    till.alias("ada", "a1")
    digested(now=now)

    assert contact("anonymous_id", "a1") == contact("user_id", "ada")
    identity.unmerge(Merge.objects.get(), by=None, now=now)
    assert contact("anonymous_id", "a1") != contact("user_id", "ada")


def test_it_joins_somebody_who_went_by_their_address(till: Sender, now: dt.datetime) -> None:
    till.identify({"email": ADA})
    digested(now=now)

    till.alias("ada", "Ada@Example.com")
    digested(now=now)

    assert contact("email", ADA) == contact("user_id", "ada")
    assert not IdentityLink.objects.filter(namespace="anonymous_id").exists()


def test_it_takes_an_unknown_name_for_a_visitors(till: Sender, now: dt.datetime) -> None:
    till.alias("ada", "a1")
    till.track("Page Viewed", anonymousId="a1")

    digested(now=now)

    assert Event.objects.get(definition__name="Page Viewed").contact == contact("user_id", "ada")


def test_it_never_gives_somebody_a_second_user_id(till: Sender, now: dt.datetime) -> None:
    till.identify(userId="ada")
    till.identify(userId="grace")
    till.alias("grace", "ada")

    digested(now=now)

    assert contact("user_id", "ada") != contact("user_id", "grace")
    [refused] = RejectedItem.objects.all()
    assert refused.reason == "alias_refused"
    assert refused.detail.startswith("“ada” is the user_id of somebody we know already")
    assert Event.objects.get(definition__name="Merge Refused").contact == contact("user_id", "grace")


def test_a_website_joins_no_two_people_we_know(till: Sender, page: Sender, now: dt.datetime) -> None:
    till.identify({"email": ADA})
    till.identify(userId="mallory")
    digested(now=now)

    page.alias("mallory", ADA)
    digested(now=now)

    assert contact("email", ADA) != contact("user_id", "mallory")
    refused = Event.objects.get(definition__name="Merge Refused")
    assert refused.properties["reason"] == "browser"
