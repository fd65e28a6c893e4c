"""People over the partner API: found, written, edited, merged and parted again."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from profiles.models import Contact, InboxItem, Merge
from profiles.rest import repeats
from tests.api.conftest import Issue, Partner

ADA = {"identifiers": {"user_id": "42", "email": "Ada@Example.com"}, "attributes": {"first_name": "Ada"}}
GRACE = {"identifiers": {"email": "grace@example.com"}, "attributes": {"first_name": "Grace", "plan": "gold"}}

type Digest = Callable[[], None]


def upsert(partner: Partner, *people: dict[str, Any], digest: Digest) -> list[int]:
    """Say who they are; their numbers."""
    numbers = []
    for one in people:
        answer = partner.post("contacts/", one)
        assert answer.status_code == 202, answer.content
        digest()
        namespace, value = next(iter(one["identifiers"].items()))
        numbers.append(partner.get(f"contacts/lookup/?identifier={namespace}:{value}").json()["id"])
    return numbers


def test_it_accepts_somebody_and_says_when_it_is_done(partner: Partner, digest: Digest) -> None:
    answer = partner.post("contacts/", ADA)
    address = answer.json()["url"]
    before = partner.get(address).json()

    digest()
    after = partner.get(address).json()
    found = partner.get("contacts/?identifier=email:ada@example.com").json()["results"]

    assert answer.status_code == 202
    assert answer["Location"] == address
    assert (before["state"], after["state"], after["refusals"]) == ("waiting", "done", [])
    assert [(one["first_name"], one["email"]) for one in found] == [("Ada", "ada@example.com")]
    assert {"namespace": "user_id", "value": "42"} in found[0]["identifiers"]


def test_it_takes_an_email_alone_for_a_name(partner: Partner, digest: Digest) -> None:
    [grace] = upsert(partner, GRACE, digest=digest)

    told = partner.get(f"contacts/{grace}/").json()

    assert (told["first_name"], told["attributes"]) == ("Grace", {"plan": "gold"})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/identifiers"),
        ({"identifiers": {}}, "/identifiers"),
        ({"identifiers": {"email": "ada@"}}, "/identifiers/email"),
        ({"identifiers": {"email": "unknown@example.com"}}, "/identifiers/email"),
        ({"identifiers": {"shoe": "38"}}, "/identifiers/shoe"),
        ({"identifiers": {"user_id": "42"}, "attributes": {"birth_date": "soon"}}, "/attributes/birth_date"),
        (
            {"identifiers": {"user_id": "42"}, "attributes": {"subscriptions": {}}},
            "/attributes/subscriptions",
        ),
        ({"identifiers": {"user_id": "42"}, "occurred_at": "1999-01-01T00:00:00Z"}, "/occurred_at"),
        ({"identifiers": {"user_id": "42"}, "atributes": {}}, "/atributes"),
        ({"identifiers": {"user_id": "42"}, "attributes": {"note": "x" * 40_000}}, ""),
    ],
)
def test_it_says_what_is_wrong_and_where(partner: Partner, body: dict[str, Any], pointer: str) -> None:
    answer = partner.post("contacts/", body)

    assert answer.status_code == 422, answer.content
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not InboxItem.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[1]", 422), (b'{"a": NaN}', 400), (b'{"a": "\\u0000"}', 400), (b"[" * 5000, 400)],
)
def test_it_refuses_bodies_that_are_no_json(partner: Partner, body: bytes, status: int) -> None:
    assert partner.post("contacts/", body).status_code == status


def test_it_refuses_bodies_that_are_too_large(partner: Partner) -> None:
    assert partner.post("contacts/", {"attributes": {"x": "y" * 300_000}}).status_code == 413


def test_it_takes_json_alone(partner: Partner) -> None:
    answer = partner.client.post(
        "/api/v1/contacts/", {"a": 1}, headers={"Authorization": f"Bearer {partner.secret}"}
    )

    assert answer.status_code == 415


def test_it_accepts_each_of_many_for_itself(partner: Partner, digest: Digest) -> None:
    broken = {"identifiers": {"email": "nobody"}}

    answer = partner.post("contacts/bulk/", {"contacts": [ADA, broken, GRACE]})
    digest()

    told = answer.json()
    assert answer.status_code == 202
    assert (told["accepted"], told["refused"]) == (2, 1)
    assert [one["status"] for one in told["results"]] == [202, 422, 202]
    assert Contact.objects.filter(known_since_at__isnull=False).count() == 2


def test_it_refuses_many_when_none_is_good(partner: Partner) -> None:
    answer = partner.post("contacts/bulk/", {"contacts": [{"identifiers": {"email": "nobody"}}]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/contacts/0/identifiers/email"


def test_it_takes_a_thousand_and_no_more(partner: Partner) -> None:
    people = [{"identifiers": {"user_id": f"u-{number}"}} for number in range(1001)]

    assert partner.post("contacts/bulk/", {"contacts": people}).status_code == 422
    assert partner.post("contacts/bulk/", {"contacts": people[:1000]}).json()["accepted"] == 1000


def test_it_lists_known_people_by_filter(partner: Partner, digest: Digest) -> None:
    dutch = {"identifiers": {"user_id": "1"}, "attributes": {"country": "NL"}}
    visitor = {"identifiers": {"anonymous_id": "browser-1"}}
    ada, _grace, _visitor = upsert(partner, dutch, GRACE, visitor, digest=digest)

    assert [one["id"] for one in partner.get("contacts/?country=nl").json()["results"]] == [ada]
    assert len(partner.get("contacts/").json()["results"]) == 2
    assert len(partner.get("contacts/?visitors=true").json()["results"]) == 3
    assert len(partner.get("contacts/?q=grace").json()["results"]) == 1


def test_it_shows_nothing_personal_without_the_scope(issue: Issue, partner: Partner, digest: Digest) -> None:
    [ada] = upsert(partner, ADA, digest=digest)
    blind = issue("contacts:read", "events:read", name="Blind")

    told = blind.get(f"contacts/{ada}/").json()

    assert (told["email"], told["first_name"], told["attributes"]) == (None, None, None)
    assert told["identifiers"] == [{"namespace": "user_id", "value": "42"}]
    assert blind.get("contacts/lookup/?identifier=user_id:42").status_code == 200
    for path in ("contacts/lookup/?identifier=email:ada@example.com", "contacts/?q=ada",
                 "contacts/?identifier=email:nobody@example.com", f"contacts/{ada}/attributes/"):  # fmt: skip
        assert blind.get(path).status_code == 403, path


def test_it_lets_a_reader_write_nothing(issue: Issue, partner: Partner, digest: Digest) -> None:
    [ada] = upsert(partner, ADA, digest=digest)
    reader = issue("contacts:read", "personal_data", name="Reader")

    assert reader.post("contacts/", ADA).status_code == 403
    assert reader.patch(f"contacts/{ada}/", {"attributes": {"plan": "gold"}}).status_code == 403
    assert reader.post(f"contacts/{ada}/merges/", {"other": 1}).status_code == 403


def test_it_edits_the_version_that_was_read(partner: Partner, digest: Digest) -> None:
    [grace] = upsert(partner, GRACE, digest=digest)
    etag = partner.get(f"contacts/{grace}/")["ETag"]
    edit = {"attributes": {"plan": None, "city": "Utrecht"}}

    blind = partner.patch(f"contacts/{grace}/", edit)
    done = partner.patch(f"contacts/{grace}/", edit, If_Match=etag)
    late = partner.patch(f"contacts/{grace}/", {"attributes": {"city": "Delft"}}, If_Match=etag)

    assert (blind.status_code, done.status_code, late.status_code) == (428, 200, 412)
    assert (done.json()["city"], done.json()["attributes"]) == ("Utrecht", {})
    assert done["ETag"] == partner.get(f"contacts/{grace}/")["ETag"] != etag
    assert Contact.objects.get(pk=grace).city == "Utrecht"


def test_it_changes_nothing_when_an_edit_is_wrong(partner: Partner, digest: Digest) -> None:
    [grace] = upsert(partner, GRACE, digest=digest)

    answer = partner.patch(
        f"contacts/{grace}/", {"attributes": {"city": "Delft", "country": "Holland"}}, If_Match="*"
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/attributes/country"
    assert Contact.objects.get(pk=grace).city == ""


def test_it_says_whence_a_value_comes(partner: Partner, digest: Digest) -> None:
    [grace] = upsert(partner, GRACE, digest=digest)

    rows = {one["key"]: one for one in partner.get(f"contacts/{grace}/attributes/").json()["results"]}

    assert rows["plan"]["value"] == "gold"
    assert (rows["plan"]["party"], rows["plan"]["source"]) == ("first", partner.key.source_id)


def test_it_merges_two_and_parts_them_again(partner: Partner, digest: Digest) -> None:
    ada, grace = upsert(partner, ADA, GRACE, digest=digest)

    made = partner.post(f"contacts/{grace}/merges/", {"other": ada})
    gone = partner.get(f"contacts/{grace}/")
    undone = partner.post(f"merges/{made.json()['id']}/undo/")
    again = partner.post(f"merges/{made.json()['id']}/undo/")

    assert made.status_code == 201
    assert (made.json()["survivor"], made.json()["absorbed"]) == (ada, grace)  # known for longer
    assert (gone.status_code, f"/contacts/{ada}/" in gone["Link"]) == (404, True)
    assert (undone.status_code, again.status_code) == (200, 409)
    assert partner.get(f"contacts/{grace}/").json()["first_name"] == "Grace"
    assert Merge.objects.get().evidence == {"by_key": "Partner"}


def test_it_never_merges_two_that_are_known_to_differ(partner: Partner, digest: Digest) -> None:
    linus = {"identifiers": {"user_id": "7"}, "attributes": {"first_name": "Linus"}}
    ada, other = upsert(partner, ADA, linus, digest=digest)

    assert partner.post(f"contacts/{ada}/merges/", {"other": other}).status_code == 409
    assert partner.post(f"contacts/{ada}/merges/", {"other": ada}).status_code == 422


def test_it_does_a_named_request_once(partner: Partner) -> None:
    first = partner.post("contacts/", ADA, Idempotency_Key="a-1")
    again = partner.post("contacts/", ADA, Idempotency_Key="a-1")
    other = partner.post("contacts/", GRACE, Idempotency_Key="a-1")

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert other.json()["type"].endswith("key_reused")
    assert InboxItem.objects.count() == 1


def test_it_does_nothing_while_the_same_request_is_being_done(partner: Partner) -> None:
    elsewhere = connection.copy()
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [repeats.lock(partner.key, "d")])

    during = partner.post("contacts/", ADA, Idempotency_Key="d")
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [repeats.lock(partner.key, "d")])
    elsewhere.close()
    after = partner.post("contacts/", ADA, Idempotency_Key="d")

    assert (during.status_code, after.status_code) == (409, 202)
    assert during["Retry-After"] == "1"


def test_it_does_a_refused_request_when_it_is_mended(partner: Partner) -> None:
    assert partner.post("contacts/", {}, Idempotency_Key="b").status_code == 422
    assert partner.post("contacts/", ADA, Idempotency_Key="b").status_code == 202


def test_it_forgets_a_named_request_after_a_day(partner: Partner) -> None:
    partner.post("contacts/", ADA, Idempotency_Key="c")

    assert repeats.forget(before=timezone.now() - repeats.KEPT) == 0
    assert repeats.forget(before=timezone.now() + dt.timedelta(seconds=1)) == 1
    assert partner.post("contacts/", GRACE, Idempotency_Key="c").status_code == 202


@pytest.mark.parametrize("name", ["", "x" * 256, "a\tb"])
def test_it_refuses_a_name_that_is_none(partner: Partner, name: str) -> None:
    assert partner.post("contacts/", ADA, Idempotency_Key=name).status_code == 400
