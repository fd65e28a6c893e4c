"""Segments and lists over the partner API: checked, counted, kept, edited by version; people put on lists."""

from typing import Any

import pytest

from profiles.models import Contact
from segments import rebuild
from segments.models import Membership, Segment, SegmentVersion
from tests.api.conftest import Issue, Partner
from tests.api.test_contacts import ADA, GRACE, Digest, upsert

NAMED_ADA: dict[str, Any] = {
    "type": "all",
    "children": [{"type": "attribute", "key": "first_name", "operator": "is", "value": "Ada"}],
}
NOBODY: dict[str, Any] = {
    "type": "all",
    "children": [{"type": "attribute", "key": "first_name", "operator": "is", "value": "Nobody"}],
}


@pytest.fixture
def people(partner: Partner, digest: Digest) -> dict[str, int]:
    """Ada and Grace, known."""
    ada, grace = upsert(partner, ADA, GRACE, digest=digest)
    return {"ada": ada, "grace": grace}


def create(partner: Partner, name: str = "Adas", definition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A segment, built; as the API shows it."""
    answer = partner.post("segments/", {"name": name, "definition": definition or NAMED_ADA})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    segment = Segment.objects.get(pk=found["id"])
    rebuild.rebuild(segment, now=segment.created_at)
    return found


def test_it_keeps_a_question_and_who_answers_yes(partner: Partner, people: dict[str, int]) -> None:
    made = create(partner)

    members = partner.get(f"segments/{made['id']}/members/").json()
    ada = partner.get(f"segments/{made['id']}/members/{people['ada']}/").json()
    grace = partner.get(f"segments/{made['id']}/members/{people['grace']}/").json()
    size = partner.get(f"segments/{made['id']}/size/").json()

    assert made["words"] == partner.post("segments/validate/", {"definition": NAMED_ADA}).json()["words"]
    assert [(one["contact"], one["email"]) for one in members["results"]] == [
        (people["ada"], "ada@example.com")
    ]
    assert (ada["is_member"], grace["is_member"], size["count"]) == (True, False, 1)
    assert SegmentVersion.objects.get(segment=made["id"]).definition == made["definition"]


def test_it_hides_addresses_from_keys_that_may_not_see_them(
    partner: Partner, issue: Issue, people: dict[str, int]
) -> None:
    made = create(partner)

    told = issue("segments:read").get(f"segments/{made['id']}/members/").json()["results"]

    assert [(one["contact"], one["email"]) for one in told] == [(people["ada"], None)]


def test_it_counts_without_keeping(partner: Partner, people: dict[str, int]) -> None:
    answer = partner.post("segments/count/", {"definition": NAMED_ADA}).json()

    assert (answer["count"], answer["known"], answer["is_exact"]) == (1, 2, True)
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("definition", "pointer"),
    [
        ({}, "/definition"),
        ({"type": "all", "children": [{"type": "magic"}]}, "/definition/children/0/type"),
        ({"type": "segment", "segment": 4711, "operator": "in"}, "/definition"),
    ],
)
def test_it_says_where_a_tree_is_wrong(partner: Partner, definition: dict[str, Any], pointer: str) -> None:
    checked = partner.post("segments/validate/", {"definition": definition}).json()
    refused = partner.post("segments/", {"name": "Wrong", "definition": definition})

    assert not checked["valid"]
    assert [error["pointer"] for error in checked["faults"]] == [pointer]
    assert refused.status_code == 422
    assert refused.json()["errors"] == checked["faults"]


def test_it_edits_the_version_that_was_read_and_no_other(partner: Partner, people: dict[str, int]) -> None:
    address = f"segments/{create(partner)['id']}/"
    read = partner.get(address)

    unnamed = partner.patch(address, {"name": "Countess"})
    edited = partner.patch(address, {"definition": NOBODY}, If_Match=read["ETag"])
    late = partner.patch(address, {"name": "Countess"}, If_Match=read["ETag"])

    assert (unnamed.status_code, edited.status_code, late.status_code) == (428, 200, 412)
    assert (edited.json()["version"], edited.json()["built_at"]) == (2, None)
    assert partner.get(address, If_None_Match=edited["ETag"]).status_code == 304


def test_it_refuses_a_question_that_asks_itself(partner: Partner) -> None:
    first = create(partner, "First")
    second = create(
        partner,
        "Second",
        {"type": "all", "children": [{"type": "segment", "segment": first["id"], "operator": "in"}]},
    )
    circle = {"type": "all", "children": [{"type": "segment", "segment": second["id"], "operator": "in"}]}
    etag = partner.get(f"segments/{first['id']}/")["ETag"]

    answer = partner.patch(f"segments/{first['id']}/", {"definition": circle}, If_Match=etag)

    assert answer.status_code == 422
    assert "Second" in answer.json()["errors"][0]["detail"]


def test_it_archives_and_restores(partner: Partner) -> None:
    made = create(partner)

    away = partner.post(f"segments/{made['id']}/archive/")
    listed = partner.get("segments/").json()["results"]
    archived = partner.get("segments/?archived=true&name=ADAS").json()["results"]
    back = partner.post(f"segments/{made['id']}/restore/")

    assert (away.status_code, back.status_code) == (200, 200)
    assert (listed, [one["id"] for one in archived]) == ([], [made["id"]])
    assert back.json()["archived_at"] is None


def test_it_takes_a_name_once(partner: Partner) -> None:
    create(partner)

    answer = partner.post("segments/", {"name": "adas", "definition": NAMED_ADA})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/name"


def test_it_puts_people_on_a_list_and_takes_them_off(partner: Partner, people: dict[str, int]) -> None:
    testers = partner.post("lists/", {"name": "Testers"}).json()
    who = {
        "contacts": [people["ada"], 4_000_000_000],
        "identifiers": ["email:grace@example.com", "user_id:nobody"],
    }

    put = partner.post(f"lists/{testers['id']}/members/add/", who).json()
    again = partner.post(f"lists/{testers['id']}/members/add/", who).json()
    gone = partner.post(f"lists/{testers['id']}/members/remove/", {"contacts": [people["ada"]]}).json()
    left = partner.get(f"lists/{testers['id']}/members/").json()["results"]

    assert put["changed"] == 2
    assert {one["who"]: one["result"] for one in put["results"]} == {
        str(people["ada"]): "changed",
        "4000000000": "unknown",
        "email:grace@example.com": "changed",
        "user_id:nobody": "unknown",
    }
    assert (again["changed"], gone["changed"]) == (0, 1)
    assert [one["contact"] for one in left] == [people["grace"]]
    assert Membership.objects.count() == 1


def test_it_keeps_lists_and_segments_apart(partner: Partner) -> None:
    segment, testers = create(partner), partner.post("lists/", {"name": "Testers"}).json()

    assert partner.get(f"lists/{segment['id']}/").status_code == 404
    assert partner.get(f"segments/{testers['id']}/").status_code == 404
    assert [one["name"] for one in partner.get("lists/").json()["results"]] == ["Testers"]


def test_it_needs_personal_data_to_put_people_on_by_address(issue: Issue, people: dict[str, int]) -> None:
    program = issue("segments:write")
    testers = program.post("lists/", {"name": "Testers"}).json()

    answer = program.post(f"lists/{testers['id']}/members/add/", {"identifiers": ["email:grace@example.com"]})

    assert answer.status_code == 403
    assert Contact.objects.filter(pk=people["grace"]).exists()
    assert not Membership.objects.exists()
