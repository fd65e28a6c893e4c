"""Consent over the partner API: read, written at once, and addresses blocked and freed."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from profiles import consent
from profiles.consent import Refusal
from profiles.models import Brand, Contact, InboxItem, Suppression, Topic
from tests.api.conftest import Issue, Partner

type Digest = Callable[[], None]


@pytest.fixture
def news(db: None) -> Topic:
    """The newsletter."""
    return Topic.objects.create(key="letters", name="Letters", brand=Brand.objects.get())


@pytest.fixture
def ada(partner: Partner, digest: Digest) -> Contact:
    """Somebody with an email."""
    partner.post("contacts/", {"identifiers": {"email": "ada@example.com"}})
    digest()
    return Contact.objects.get()


def test_it_holds_when_the_answer_is_given(
    partner: Partner, ada: Contact, news: Topic, digest: Digest
) -> None:
    yes = {"topic": "letters", "channel": "email", "state": "subscribed", "reason": "At the till"}
    no = {"topic": None, "channel": "email", "state": "unsubscribed", "reason": "On the phone"}
    asked = (ada.pk, news.pk, consent.MARKETING)

    first = partner.post(f"contacts/{ada.pk}/consent/", yes)
    after_yes = consent.allowed(channel="email", requests=[asked], now=timezone.now())[asked]
    partner.post(f"contacts/{ada.pk}/consent/", no)
    after_no = consent.allowed(channel="email", requests=[asked], now=timezone.now())[asked]
    digest()

    assert first.status_code == 201
    assert (first.json()["state"], first.json()["source"]) == ("subscribed", partner.key.source_id)
    assert (after_yes, after_no) == (None, Refusal.UNSUBSCRIBED)
    standing = partner.get(f"contacts/{ada.pk}/consent/").json()["results"]
    assert {(one["topic"], one["state"]) for one in standing} == {
        ("letters", "subscribed"),
        (None, "unsubscribed"),
    }
    names = {one["name"] for one in partner.get(f"contacts/{ada.pk}/timeline/").json()["results"]}
    assert {"Subscribed", "Unsubscribed"} <= names


def test_it_writes_nothing_about_what_is_not_there(partner: Partner, ada: Contact) -> None:
    said = {"topic": "knitting", "channel": "email", "state": "subscribed", "reason": "x"}

    assert partner.post(f"contacts/{ada.pk}/consent/", said).status_code == 422
    assert (
        partner.post(f"contacts/{ada.pk}/consent/", {**said, "topic": None, "state": "x"}).status_code == 422
    )
    assert partner.post("contacts/999999/consent/", {**said, "topic": None}).status_code == 404
    assert not InboxItem.objects.exists()


def test_it_shows_proof_to_who_may_see_people(issue: Issue, partner: Partner, ada: Contact) -> None:
    said = {"topic": None, "channel": "email", "state": "unsubscribed", "reason": "Wrote from 3 Elm Street"}
    partner.post(f"contacts/{ada.pk}/consent/", said)

    [told] = issue("consent:read", name="Blind").get(f"contacts/{ada.pk}/consent/").json()["results"]

    assert told["proof"] is None


def test_it_blocks_an_address_and_frees_it(partner: Partner, ada: Contact, digest: Digest) -> None:
    made = partner.post("suppressions/", {"channel": "email", "address": "Ada@example.com "})
    again = partner.post(
        "suppressions/", {"channel": "email", "address": "ada@example.com", "reason": "bounced"}
    )
    listed = partner.get("suppressions/?channel=email&address=ADA@example.com").json()["results"]
    digest()
    names = {one["name"] for one in partner.get(f"contacts/{ada.pk}/timeline/").json()["results"]}
    gone = partner.delete(f"suppressions/{made.json()['id']}/")

    assert (made.status_code, again.status_code, gone.status_code) == (201, 201, 204)
    assert [one["id"] for one in listed] == [made.json()["id"]] == [again.json()["id"]]
    assert "Address Blocked" in names
    assert not Suppression.objects.exists()


def test_it_frees_the_version_that_was_read(partner: Partner) -> None:
    made = partner.post("suppressions/", {"channel": "email", "address": "ada@example.com"}).json()
    etag = partner.get(f"suppressions/{made['id']}/")["ETag"]
    partner.post("suppressions/", {"channel": "email", "address": "ada@example.com", "reason": "complained"})

    assert partner.delete(f"suppressions/{made['id']}/", If_Match=etag).status_code == 412


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "email", "address": "nobody"},
        {"channel": "sms", "address": "12"},
        {"channel": "pigeon", "address": "x"},
        {"channel": "email", "address": "a@example.com", "until_at": "2001-01-01T00:00:00Z"},
    ],
)
def test_it_blocks_only_addresses(partner: Partner, body: dict[str, str]) -> None:
    assert partner.post("suppressions/", body).status_code == 422


def test_it_keeps_addresses_from_who_may_not_see_people(issue: Issue) -> None:
    assert issue("consent:write").get("suppressions/").status_code == 403


def test_it_lists_topics(partner: Partner, news: Topic) -> None:
    assert partner.get(f"topics/{news.key}/").json()["name"] == "Letters"
    assert news.pk in [one["id"] for one in partner.get("topics/").json()["results"]]
    assert partner.get("topics/knitting/").status_code == 404
