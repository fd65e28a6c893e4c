"""What every address of the partner API promises: keys, scopes, one shape of errors, pages, allowances, versions."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from profiles.models import ApiKey, Source
from profiles.rest import keys
from tests.api.conftest import Issue, Partner


def is_problem(answer: object, status: int) -> bool:
    """Whether this is an error in the one shape."""
    body = answer.json()  # type: ignore[attr-defined]
    return bool(
        answer.status_code == status  # type: ignore[attr-defined]
        and answer["Content-Type"] == "application/problem+json"  # type: ignore[index]
        and {"type", "title", "status", "detail", "instance"} <= body.keys()
        and body["status"] == status
    )


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer kc_nonsense", "Basic YTpi", "Bearer " + "x" * 500])
def test_it_answers_strangers_with_401(db: None, header: str) -> None:
    answer = Client().get("/api/v1/sources/", headers={"Authorization": header} if header else {})

    assert is_problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_it_keeps_only_the_hash_of_a_key(issue: Issue) -> None:
    partner = issue("sources:read")

    key = ApiKey.objects.get()

    assert partner.secret.startswith(key.prefix)
    assert partner.secret.encode() not in bytes(key.digest)
    assert partner.get("sources/").status_code == 200


def test_it_refuses_a_key_that_only_begins_like_one(issue: Issue) -> None:
    partner = issue("sources:read")
    partner.secret = partner.secret[:-1] + ("a" if partner.secret[-1] != "a" else "b")

    assert is_problem(partner.get("sources/"), 401)


def test_it_refuses_a_key_that_is_revoked_or_over(issue: Issue) -> None:
    now = timezone.now()
    over = issue("sources:read", expires_at=now - dt.timedelta(minutes=1))
    revoked = issue("sources:read", name="Other")
    keys.revoke(revoked.key, now=now)

    assert is_problem(over.get("sources/"), 401)
    assert is_problem(revoked.get("sources/"), 401)


def test_it_notes_when_a_key_was_used_once_a_minute(partner: Partner) -> None:
    partner.get("sources/")
    first = ApiKey.objects.get().last_used_at
    partner.get("sources/")

    assert first is not None
    assert ApiKey.objects.get().last_used_at == first


def test_it_names_the_scope_that_is_missing(issue: Issue) -> None:
    answer = issue("contacts:read").get("sources/")

    assert is_problem(answer, 403)
    assert "sources:read" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("sources/999999999/", 404),
        ("sources/99999999999999999999999/", 404),
        ("nothing/", 404),
        ("sources", 404),
    ],
)
def test_it_says_in_the_same_shape_that_there_is_nothing(partner: Partner, path: str, status: int) -> None:
    assert is_problem(partner.get(path), status)


def test_it_takes_no_other_method(partner: Partner) -> None:
    answer = partner.delete("sources/")

    assert is_problem(answer, 405)
    assert "GET" in answer["Allow"]


def test_it_refuses_parameters_that_it_does_not_know(partner: Partner) -> None:
    answer = partner.get("sources/?nmae=x&limit=1000")

    assert is_problem(answer, 400)
    assert {error["parameter"] for error in answer.json()["errors"]} == {"nmae", "limit"}


def test_it_gives_pages_that_neither_miss_nor_repeat(partner: Partner) -> None:
    for number in range(5):
        Source.objects.create(name=f"Shop {number}", kind=Source.Kind.SERVER)
    seen, address = [], "sources/?limit=2"

    while address:
        page = partner.get(address).json()
        seen += [one["id"] for one in page["results"]]
        address = page["next"]

    assert seen == sorted(Source.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIl0", "WzEsMl0", "%00", "é", "WzFlOTldDQ"])
def test_it_refuses_a_cursor_that_is_not_ours(partner: Partner, cursor: str) -> None:
    assert is_problem(partner.get(f"sources/?cursor={cursor}"), 400)


def test_it_sends_nothing_again_that_did_not_change(partner: Partner) -> None:
    source = Source.objects.create(name="Shop", kind=Source.Kind.SERVER)
    first = partner.get(f"sources/{source.pk}/")

    again = partner.get(f"sources/{source.pk}/", If_None_Match=first["ETag"])
    Source.objects.filter(pk=source.pk).update(name="Store")
    changed = partner.get(f"sources/{source.pk}/", If_None_Match=first["ETag"])

    assert (first.status_code, again.status_code, changed.status_code) == (200, 304, 200)
    assert again.content == b""


def test_it_says_what_is_left_and_when_to_come_back(partner: Partner, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3

    answers = [partner.get("sources/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0]["RateLimit"].startswith('"requests";r=2')
    assert 0 < int(answers[3]["Retry-After"]) <= 20
    assert is_problem(answers[3], 429)


def test_it_counts_each_key_for_itself(issue: Issue, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    one, other = issue("sources:read"), issue("sources:read", name="Other")

    assert [one.get("sources/").status_code, one.get("sources/").status_code] == [200, 429]
    assert other.get("sources/").status_code == 200


def test_it_tells_a_fault_of_its_own_in_the_same_shape(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.rest.sources.Sources.page", lambda *_: 1 / 0)

    assert is_problem(partner.get("sources/"), 500)
