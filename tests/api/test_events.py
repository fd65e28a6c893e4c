"""Events over the partner API: sent, listed, and on somebody's timeline."""

from collections.abc import Callable

from profiles.models import Contact
from tests.api.conftest import Issue, Partner

ORDER = {
    "name": "Order Completed",
    "identifiers": {"user_id": "42"},
    "properties": {"order_id": "1", "total": 20},
    "message_id": "order-1",
}
LOOK = {"name": "Product Viewed", "identifiers": {"user_id": "42"}, "properties": {"product_id": "p"}}

type Digest = Callable[[], None]


def test_it_takes_events_and_shows_them(partner: Partner, digest: Digest) -> None:
    answer = partner.post("events/", {"events": [ORDER, LOOK, {"name": "No one"}]})
    digest()
    ada = Contact.objects.get()

    timeline = partner.get(f"contacts/{ada.pk}/timeline/").json()["results"]

    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["refused"]) == (2, 1)
    assert {"Order Completed", "Product Viewed"} <= {one["name"] for one in timeline}
    assert len(partner.get("events/?name=Order%20Completed").json()["results"]) == 1
    assert len(partner.get(f"events/?contact={ada.pk}&name=Product%20Viewed").json()["results"]) == 1
    assert partner.get("events/?until=2001-01-01T00:00:00Z").json()["results"] == []


def test_it_counts_an_event_once_that_is_sent_twice(partner: Partner, digest: Digest) -> None:
    for _ in range(2):
        answer = partner.post("events/", {"events": [ORDER]})
        digest()

    state = partner.get(answer.json()["results"][0]["url"]).json()["state"]

    assert len(partner.get("events/?name=Order%20Completed").json()["results"]) == 1
    assert state == "done"


def test_it_pages_through_a_timeline(partner: Partner, digest: Digest) -> None:
    partner.post("events/", {"events": [{**LOOK, "properties": {"n": n}} for n in range(5)]})
    digest()
    ada = Contact.objects.get()

    for start in (f"contacts/{ada.pk}/timeline/?limit=2&name=Product%20Viewed", "events/?limit=2"):
        address = start
        seen: list[int] = []
        while address:
            page = partner.get(address).json()
            seen += [one["id"] for one in page["results"]]
            address = page["next"]
        assert len(seen) == len(set(seen)) >= 5


def test_it_leaves_consent_to_its_own_address(partner: Partner) -> None:
    answer = partner.post("events/", {"events": [{**LOOK, "name": "Unsubscribed"}]})

    assert answer.status_code == 422
    assert "consent" in answer.json()["errors"][0]["detail"]


def test_it_keeps_what_was_typed_from_who_may_not_see(issue: Issue, partner: Partner, digest: Digest) -> None:
    partner.post("events/", {"events": [ORDER]})
    digest()
    blind = issue("events:read", name="Blind")

    [told] = blind.get("events/?name=Order%20Completed").json()["results"]

    assert (told["properties"], told["context"]) == (None, None)
    assert blind.post("events/", {"events": [ORDER]}).status_code == 403


def test_it_tells_nobody_else_what_became_of_a_change(issue: Issue, partner: Partner) -> None:
    address = partner.post("events/", {"events": [ORDER]}).json()["results"][0]["url"]
    other = issue("events:write", name="Other")

    assert partner.get(address).status_code == 200
    assert other.get(address).status_code == 404
    assert partner.get("changes/nonsense/").status_code == 404
