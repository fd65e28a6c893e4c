"""Records over the partner API: kinds of them, what they say, whose they are."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from profiles.models import Contact, RecordType
from segments import rebuild
from segments.models import Membership, Segment
from tests.api.conftest import Issue, Partner

POLICY = {
    "label": "Policy",
    "fields": [{"key": "renews_on", "type": "date"}, {"key": "premium", "type": "number"}],
    "date_field": "renews_on",
}

type Digest = Callable[[], None]


@pytest.fixture
def ada(partner: Partner, digest: Digest) -> Contact:
    """Somebody."""
    partner.post("contacts/", {"identifiers": {"email": "ada@example.com"}})
    digest()
    return Contact.objects.get()


@pytest.fixture
def policy(partner: Partner) -> str:
    """A kind of records."""
    assert partner.put("record-types/policy/", POLICY).status_code == 201
    return "policy"


def test_it_makes_a_record_and_says_whose(partner: Partner, policy: str, ada: Contact) -> None:
    said = {
        "fields": {"renews_on": "2027-01-01", "premium": 12},
        "links": [{"contact": ada.pk, "role": "owner"}],
    }

    made = partner.put("records/policy/P-1/", said)
    again = partner.put("records/policy/P-1/", {"fields": {"premium": None}})

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["due_on"] == "2027-01-01"
    assert again.json()["fields"] == {"renews_on": "2027-01-01"}
    assert [one["contact"] for one in again.json()["links"]] == [ada.pk]
    assert [one["key"] for one in partner.get(f"records/?contact={ada.pk}").json()["results"]] == ["P-1"]
    assert partner.get("records/policy/P-1/people/").json()["results"][0]["role"] == "owner"


def test_it_takes_a_part_away(partner: Partner, policy: str, ada: Contact) -> None:
    partner.put("records/policy/P-1/", {"links": [{"contact": ada.pk}]})

    partner.put("records/policy/P-1/", {"links": []})

    assert partner.get(f"records/?contact={ada.pk}").json()["results"] == []


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"fields": {"renews_on": "soon"}}, "/fields/renews_on"),
        ({"links": [{"contact": 999999}]}, "/links/0/contact"),
        ({"field": {}}, "/field"),
    ],
)
def test_it_says_what_is_wrong(partner: Partner, policy: str, said: dict[str, object], pointer: str) -> None:
    answer = partner.put("records/policy/P-1/", said)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert partner.get("records/policy/P-1/").status_code == 404


def test_it_changes_the_version_that_was_read(partner: Partner, policy: str) -> None:
    etag = partner.put("records/policy/P-1/", {"fields": {"premium": 1}})["ETag"]
    partner.put("records/policy/P-1/", {"fields": {"premium": 2}})

    assert partner.put("records/policy/P-1/", {"fields": {"premium": 3}}, If_Match=etag).status_code == 412
    assert partner.put("records/policy/P-2/", {}, If_Match="*").status_code == 412


def test_it_keeps_the_fields_that_segments_may_ask_for(partner: Partner, policy: str) -> None:
    etag = partner.get("record-types/policy/")["ETag"]

    assert partner.put("record-types/policy/", POLICY).status_code == 428
    assert partner.put("record-types/policy/", {"label": "x"}, If_Match=etag).status_code == 422
    assert partner.put("record-types/policy/", {**POLICY, "label": "x"}, If_Match=etag).status_code == 200
    assert RecordType.objects.get(key="policy").label == "x"


def test_it_moves_people_between_segments_at_once(partner: Partner, policy: str, ada: Contact) -> None:
    condition = {"type": "record", "record": "policy", "frequency": "at_least", "count": 1}
    tree = {"type": "all", "children": [condition]}
    made = partner.post("segments/", {"name": "Insured", "definition": tree}).json()
    rebuild.rebuild(Segment.objects.get(pk=made["id"]), now=timezone.now())

    before = Membership.objects.filter(segment=made["id"]).count()
    partner.put("records/policy/P-1/", {"links": [{"contact": ada.pk}]})

    assert (before, Membership.objects.filter(segment=made["id"]).count()) == (0, 1)


def test_it_shows_no_fields_without_personal_data(issue: Issue, partner: Partner, policy: str) -> None:
    partner.put("records/policy/P-1/", {"fields": {"premium": 1}})

    assert issue("records:read", name="Blind").get("records/policy/P-1/").json()["fields"] is None
