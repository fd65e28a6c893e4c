"""The API describes itself: every operation has its words, examples and answers, and each promise is there."""

import json
import re
from functools import cache
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from cdp.rest import description as rest
from profiles.rest import scopes

NAME = re.compile(r"[a-z]+(_[a-z]+)+")


@cache
def description() -> dict[str, Any]:
    """As `/api/schema/` tells it."""
    found: dict[str, Any] = json.loads(rest.written()[0])
    return found


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    return [
        (path, method, operation)
        for path, methods in description()["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi_and_complains_of_nothing() -> None:
    GENERATOR_STATS.reset()
    rest.written.cache_clear()

    told = description.__wrapped__()

    assert not GENERATOR_STATS  # what could not be described, or has two names
    assert told["openapi"].startswith("3.1")
    validate_schema(told)  # type: ignore[no-untyped-call]


def test_it_has_words_and_scopes_for_every_operation() -> None:
    known = set(scopes.every())
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(names) == len(set(names))
    assert [name for name in names if not NAME.fullmatch(name)] == []
    assert [name for _, _, one in operations() if not (name := one.get("summary"))] == []
    assert [one["operationId"] for _, _, one in operations() if len(one["description"]) < 20] == []
    assert [one["operationId"] for _, _, one in operations() if not set(one["x-scopes"]) <= known] == []


def test_it_shows_an_example_of_every_body_and_answer() -> None:
    bare = []
    for _, _, operation in operations():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for holder in [*bodies, *operation["responses"].values()]:
            for content in holder.get("content", {}).values():
                if "example" not in content and "examples" not in content:
                    bare.append(operation["operationId"])

    assert bare == []


def test_it_names_every_answer_that_the_kit_can_give() -> None:
    for path, method, operation in operations():
        answers = set(operation["responses"])
        assert {"400", "401", "403", "429", "500", "503"} <= answers, path
        assert ("{" not in path) or "404" in answers, path
        assert method != "post" or {"409", "422"} <= answers, path
        assert "requestBody" not in operation or {"413", "415", "422"} <= answers, path


def test_it_takes_a_name_for_every_post() -> None:
    for path, method, operation in operations():
        headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post"), path


def test_it_tells_everybody(db: None) -> None:
    schema = Client().get("/api/schema/")
    page = Client().get("/api/docs/")

    assert (schema.status_code, page.status_code) == (200, 200)
    assert schema["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert json.loads(schema.content)["info"]["title"] == "Kindred partner API"
    assert "https:" not in page["Content-Security-Policy"]
    assert "'unsafe-inline'" not in page["Content-Security-Policy"].partition("style-src")[0]
    assert b"cdn" not in page.content
    assert b"<script>" not in page.content


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v2/contacts/", "/api/v1/contacts"])
def test_it_says_in_its_own_shape_that_there_is_no_such_address(db: None, path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
