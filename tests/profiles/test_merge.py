"""Who turns out to be one person, who does not, and what a website's key may not do."""

import datetime as dt

import pytest

from profiles import identity, timeline
from profiles.models import (
    Brand,
    Consent,
    Contact,
    Event,
    IdentityLinkMove,
    Merge,
    Purchase,
    RejectedItem,
    Source,
    Topic,
)
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db

ADA, GRACE = "ada@example.com", "grace@example.com"


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    """The shop's server, sending."""
    return Sender(shop, now)


@pytest.fixture
def page(website: Source, now: dt.datetime) -> Sender:
    """The website, sending."""
    return Sender(website, now)


def test_it_joins_a_visitor_with_all_earlier_history_to_the_person_they_turn_out_to_be(
    page: Sender, till: Sender, now: dt.datetime
) -> None:
    page.track("Page Viewed", anonymousId="a1", at=now - dt.timedelta(days=40))
    till.identify({"email": ADA}, userId="ada")
    digested(now=now)
    page.identify(userId="ada", anonymousId="a1")

    arrivals = digested(now=now)

    ada = contact("user_id", "ada")
    assert [entry.name for entry in timeline.of(ada)] == ["Page Viewed"]
    assert contact("anonymous_id", "a1") == ada
    assert [merge.survivor_id for merge in arrivals.merges] == [ada.pk]
    assert arrivals.touched[ada.pk].merged


def test_it_makes_a_visitor_known_without_a_merge(page: Sender, now: dt.datetime) -> None:
    page.track("Page Viewed", anonymousId="a1")
    digested(now=now)
    visitor = contact("anonymous_id", "a1")
    page.identify({"email": ADA}, anonymousId="a1")

    arrivals = digested(now=now)

    assert contact("email", ADA) == visitor
    assert visitor.known_since_at is None
    assert contact("email", ADA).known_since_at == now
    assert arrivals.touched[visitor.pk].is_new
    assert Merge.objects.count() == 0


def test_it_never_merges_two_people_whose_hard_identifiers_differ(till: Sender, now: dt.datetime) -> None:
    till.identify({"email": ADA}, userId="ada")
    till.identify({"email": ADA}, userId="grace")

    digested(now=now)

    assert contact("user_id", "ada") != contact("user_id", "grace")
    assert contact("email", ADA) == contact("user_id", "grace")
    assert IdentityLinkMove.objects.get().reason == "identified_as_another"


def test_it_moves_a_shared_device_to_whoever_identifies_next_and_leaves_history(
    page: Sender, now: dt.datetime
) -> None:
    page.track("Page Viewed", userId="ada", anonymousId="tablet")
    page.identify(userId="grace", anonymousId="tablet")
    page.track("Cart Viewed", anonymousId="tablet")

    digested(now=now)

    assert [entry.name for entry in timeline.of(contact("user_id", "ada"))] == ["Page Viewed"]
    assert [entry.name for entry in timeline.of(contact("user_id", "grace"))] == ["Cart Viewed"]


def test_it_lets_no_website_merge_two_people_we_know_and_says_so(
    till: Sender, page: Sender, now: dt.datetime
) -> None:
    till.identify({"email": ADA}, userId="ada")
    till.identify({"email": GRACE})
    digested(now=now)
    page.identify({"email": GRACE, "plan": "gold"}, userId="ada")
    digested(now=now)

    ada = contact("user_id", "ada")
    assert contact("email", GRACE) != ada
    assert (ada.email, ada.attributes) == (ADA, {"plan": "gold"})
    assert [entry.name for entry in timeline.of(ada)] == ["Merge Refused"]
    assert RejectedItem.objects.get().reason == "identifier_refused"


def test_it_lets_no_website_take_over_an_address(till: Sender, page: Sender, now: dt.datetime) -> None:
    till.identify({"email": ADA}, userId="ada")
    page.identify({"email": ADA}, userId="mallory")

    digested(now=now)

    assert contact("email", ADA) == contact("user_id", "ada")
    assert contact("user_id", "mallory").email == ""


def test_it_says_a_refusal_once_a_day(till: Sender, page: Sender, now: dt.datetime) -> None:
    till.identify({"email": ADA}, userId="ada")
    for _ in range(3):
        page.identify({"email": ADA}, userId="mallory")
    digested(now=now)
    page.identify({"email": ADA}, userId="mallory")
    digested(now=now)

    assert Event.objects.filter(definition__name="Merge Refused").count() == 1


def test_it_keeps_the_oldest_known_contact(till: Sender, now: dt.datetime) -> None:
    till.track("Page Viewed", anonymousId="a1")
    till.identify({"email": GRACE})
    digested(now=now)
    till.identify(userId="ada")
    digested(now=now + dt.timedelta(minutes=1))
    grace = contact("email", GRACE)
    till.identify({"email": GRACE}, userId="ada", anonymousId="a1")

    digested(now=now + dt.timedelta(minutes=2))

    assert contact("user_id", "ada") == contact("anonymous_id", "a1") == grace


def test_it_takes_purchases_consent_and_attributes_along_and_gives_them_back(
    till: Sender, now: dt.datetime
) -> None:
    Topic.objects.get_or_create(
        key="news", defaults={"name": "News", "brand": Brand.objects.get(is_default=True)}
    )
    till.identify({"email": ADA, "plan": "tin"}, at=now - dt.timedelta(hours=2))
    till.identify({"plan": "gold"}, userId="u1", at=now - dt.timedelta(hours=1))
    till.track("Order Completed", {"order_id": "1", "total": 10}, userId="u1")
    till.track("Subscribed", {"topic": "news"}, userId="u1")
    digested(now=now)
    other = contact("user_id", "u1")
    till.identify({"email": ADA}, userId="u1")
    digested(now=now)
    ada = contact("email", ADA)

    merged = {Purchase.objects.get().contact_id, Consent.objects.get().contact_id}
    plan = ada.attributes["plan"]
    identity.unmerge(Merge.objects.get(), by=None, now=now)

    assert (merged, plan, ada.merged_into_id) == ({ada.pk}, "gold", None)
    assert {Purchase.objects.get().contact_id, Consent.objects.get().contact_id} == {other.pk}
    assert Contact.objects.get(pk=ada.pk).attributes["plan"] == "tin"
    assert Contact.objects.get(pk=other.pk).attributes["plan"] == "gold"


def test_it_keeps_apart_whom_somebody_separated(till: Sender, now: dt.datetime) -> None:
    till.track("Page Viewed", anonymousId="a1")
    till.identify(userId="ada")
    till.identify(userId="ada", anonymousId="a1")
    digested(now=now)
    identity.unmerge(Merge.objects.get(), by=None, now=now)
    till.track("Cart Viewed", userId="ada", anonymousId="a1")

    digested(now=now)

    names = [entry.name for entry in timeline.of(contact("user_id", "ada"))]
    assert sorted(names) == ["Cart Viewed", "Merge Refused"]
    assert [entry.name for entry in timeline.of(contact("anonymous_id", "a1"))] == ["Page Viewed"]


def test_it_undoes_a_merge_once(till: Sender, now: dt.datetime) -> None:
    till.track("Page Viewed", anonymousId="a1")
    till.identify(userId="ada")
    till.identify(userId="ada", anonymousId="a1")
    digested(now=now)
    merge = Merge.objects.get()
    identity.unmerge(merge, by=None, now=now)

    with pytest.raises(identity.AlreadyUndone):
        identity.unmerge(merge, by=None, now=now)


def test_it_shows_the_whole_timeline_while_a_big_merge_moves(
    till: Sender, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.moving.AT_ONCE", 2)
    for _ in range(5):
        till.track("Page Viewed", anonymousId="a1")
    till.identify(userId="ada")
    digested(now=now)
    till.identify(userId="ada", anonymousId="a1")
    digested(now=now)
    till.track("Cart Viewed", userId="ada")
    digested(now=now)
    ada = contact("user_id", "ada")
    before = len(timeline.of(ada))

    moved = identity.move_rows(limit=2, now=now)

    assert (before, moved) == (6, 2)
    assert len(timeline.of(ada)) == 6
    while identity.move_rows(limit=2, now=now):
        pass
    assert Event.objects.filter(contact=ada).count() == 6
    assert Merge.objects.get().rows_moved_at == now


def test_it_never_takes_a_value_that_stands_for_nobody(till: Sender, now: dt.datetime) -> None:
    till.track("X", userId="null", anonymousId="a1")
    till.track("X", userId="NULL", anonymousId="a2")

    digested(now=now)

    assert contact("anonymous_id", "a1") != contact("anonymous_id", "a2")


def test_it_spells_addresses_and_numbers_one_way(till: Sender, now: dt.datetime) -> None:
    till.identify({"email": " Ada@Example.COM ", "phone": "020 794 0000", "address": {"country": "NL"}})

    digested(now=now)

    ada = contact("email", ADA)
    assert (ada.email, ada.phone, ada.country) == (ADA, "+31207940000", "NL")
    assert contact("phone", "+31207940000") == ada


def test_it_drops_the_lowest_ranked_identifier_over_a_limit_and_goes_on(
    till: Sender, now: dt.datetime
) -> None:
    for number in range(11):
        till.identify({"email": f"p{number}@example.com"}, userId="ada")

    digested(now=now)

    ada = contact("user_id", "ada")
    assert ada.email == "p9@example.com"
    assert "identifier_refused" in RejectedItem.objects.values_list("reason", flat=True)
