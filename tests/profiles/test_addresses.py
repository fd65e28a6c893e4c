"""Where we write to somebody we know is not for a website's key to say: anybody can read that."""

import datetime as dt

import pytest

from profiles.models import IdentifierRule, IdentityLink, RejectedItem, Source
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db

ADA, EVIL, NEW = "ada@example.com", "evil@example.com", "ada@new.example.com"
PHONE, OTHER_PHONE = "+31201234567", "+31207654321"


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    """The shop's server, sending."""
    return Sender(shop, now)


@pytest.fixture
def page(website: Source, now: dt.datetime) -> Sender:
    """The website, sending."""
    return Sender(website, now)


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "later"])
def test_it_lets_no_website_replace_where_we_write_to(
    till: Sender, page: Sender, now: dt.datetime, at_once: bool
) -> None:
    till.identify({"email": ADA, "phone": PHONE}, userId="ada")
    if not at_once:
        digested(now=now)
    page.identify({"email": EVIL, "phone": OTHER_PHONE, "plan": "gold"}, userId="ada")

    digested(now=now)

    ada = contact("user_id", "ada")
    assert (ada.email, ada.phone, ada.attributes) == (ADA, PHONE, {"plan": "gold"})
    assert not IdentityLink.objects.filter(value__in=[EVIL, OTHER_PHONE]).exists()
    refused = RejectedItem.objects.order_by("id")
    assert [row.reason for row in refused] == ["identifier_refused"] * 2
    assert refused[0].detail == (
        f"The email “{EVIL}” was left out. A website's key cannot replace the e-mail address or phone number"
        " of somebody we know: a server's key can."
    )


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "later"])
def test_it_lets_no_website_go_back_to_an_older_address(
    till: Sender, page: Sender, now: dt.datetime, at_once: bool
) -> None:
    till.identify({"email": ADA}, userId="ada", at=now - dt.timedelta(hours=2))
    till.identify({"email": NEW}, userId="ada", at=now - dt.timedelta(hours=1))
    if not at_once:
        digested(now=now)
    page.identify({"email": ADA, "plan": "gold"}, userId="ada")

    digested(now=now)

    ada = contact("user_id", "ada")
    assert (ada.email, ada.attributes) == (NEW, {"plan": "gold"})
    assert RejectedItem.objects.get().reason == "attribute_refused"


def test_it_lets_no_website_remove_an_address_to_put_another_in_its_place(
    till: Sender, page: Sender, now: dt.datetime
) -> None:
    till.identify({"email": ADA}, userId="ada")
    digested(now=now)
    page.identify({"email": None}, userId="ada")
    page.identify({"email": ""}, userId="ada")
    page.identify({"email": EVIL}, userId="ada")

    digested(now=now)

    assert contact("user_id", "ada").email == ADA
    assert "The email was not removed." in RejectedItem.objects.order_by("id")[1].detail


def test_it_takes_another_address_in_a_known_browser_for_another_person(
    till: Sender, page: Sender, now: dt.datetime
) -> None:
    till.identify({"email": ADA}, anonymousId="a1")
    digested(now=now)
    page.identify({"email": EVIL}, anonymousId="a1")

    digested(now=now)

    assert contact("anonymous_id", "a1").email == ADA
    assert contact("email", EVIL) != contact("email", ADA)


def test_it_joins_no_visitor_with_another_number_to_somebody_we_know(
    till: Sender, page: Sender, now: dt.datetime
) -> None:
    IdentifierRule.objects.filter(namespace="phone").update(makes_known=False)
    till.identify({"phone": PHONE}, userId="ada")
    page.identify({"phone": OTHER_PHONE}, anonymousId="a1")
    digested(now=now)
    page.identify(userId="ada", anonymousId="a1")

    digested(now=now)

    assert contact("user_id", "ada").phone == PHONE
    assert contact("anonymous_id", "a1") != contact("user_id", "ada")


def test_it_lets_a_visitor_sign_in_with_the_address_that_we_know(
    till: Sender, page: Sender, now: dt.datetime
) -> None:
    till.identify({"email": ADA}, userId="ada")
    page.track("Page Viewed", anonymousId="a1")
    digested(now=now)
    page.identify({"email": ADA.upper(), "phone": PHONE}, userId="ada", anonymousId="a1")

    digested(now=now)

    ada = contact("user_id", "ada")
    assert (ada.email, ada.phone) == (ADA, PHONE)
    assert contact("anonymous_id", "a1") == ada
    assert not RejectedItem.objects.exists()


def test_it_lets_a_new_person_sign_up_on_the_website_and_the_server_correct_the_address(
    till: Sender, page: Sender, now: dt.datetime
) -> None:
    page.track("Page Viewed", anonymousId="a1")
    page.identify({"email": ADA}, userId="ada", anonymousId="a1")
    digested(now=now)
    till.identify({"email": NEW}, userId="ada")

    digested(now=now)

    ada = contact("user_id", "ada")
    assert ada.email == NEW
    assert contact("anonymous_id", "a1") == ada
    assert not RejectedItem.objects.exists()
