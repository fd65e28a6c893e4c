"""What a message must look like, and the sentence its sender gets when it does not."""

import json
from typing import Any

import pytest

from profiles import spec, understanding
from tests.profiles.door import visit

DEEP = "x"
for _ in range(40):
    DEEP = [DEEP]  # type: ignore[assignment]


def refusal(raw: bytes) -> spec.NotAccepted:
    with pytest.raises(spec.NotAccepted) as caught:
        spec.read(raw)
    return caught.value


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"type": None}, "unknown_type"),
        ({"type": "delete"}, "unknown_type"),
        ({"type": ["track"]}, "unknown_type"),
        ({"event": None}, "no_event_name"),
        ({"event": " "}, "no_event_name"),
        ({"event": 7}, "no_event_name"),
        ({"event": "x" * 201}, "too_long"),
        ({"userId": None}, "no_identifier"),
        ({"userId": ""}, "no_identifier"),
        ({"userId": ["ada"]}, "wrong_type"),
        ({"userId": True}, "wrong_type"),
        ({"userId": 1.5}, "wrong_type"),
        ({"userId": "x" * 201}, "too_long"),
        ({"anonymousId": {}}, "wrong_type"),
        ({"messageId": []}, "wrong_type"),
        ({"messageId": "x" * 201}, "too_long"),
        ({"properties": []}, "wrong_type"),
        ({"properties": "{}"}, "wrong_type"),
        ({"traits": 1}, "wrong_type"),
        ({"context": True}, "wrong_type"),
        ({"properties": {"a": "b\0"}}, "nul_character"),
        ({"properties": {"\0": 1}}, "nul_character"),
        ({"unknown": "\0"}, "nul_character"),
        ({"properties": {"a": DEEP}}, "too_deep"),
        ({"unknown": DEEP}, "too_deep"),
    ],
)
def test_it_says_what_is_wrong(parts: dict[str, Any], reason: str) -> None:
    error = refusal(json.dumps(visit(**parts)).encode())

    assert error.reason == reason
    assert error.detail.endswith(".")


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        (b"NaN", "malformed", "NaN is not a number"),
        (b"-Infinity", "malformed", "-Infinity is not a number"),
        (b"1e999", "malformed", "too large"),
        (b"9" * 5_000, "malformed", "not JSON"),
        (b'"\\ud800"', "malformed", "surrogate"),
        (b'"\\udc00x"', "malformed", "surrogate"),
        (b'"\xff"', "malformed", "UTF-8"),
        (b'"\xed\xa0\x80"', "malformed", "UTF-8"),
        (b'"\x00"', "malformed", "not JSON"),
        (b"[" * 5_000 + b"]" * 5_000, "too_deep", "32 levels"),
        (b"{", "malformed", "not JSON"),
        (b"1,", "malformed", "not JSON"),
    ],
)
def test_it_names_the_mistakes_of_json_libraries(value: bytes, reason: str, words: str) -> None:
    error = refusal(b'{"type":"track","event":"A","userId":"ada","properties":{"a":' + value + b"}}")

    assert error.reason == reason
    assert words in error.detail


@pytest.mark.parametrize("raw", [b"", b" ", b"7", b"null", b'"track"', b"[]", b"{} {}"])
def test_it_refuses_what_is_no_object(raw: bytes) -> None:
    assert refusal(raw).reason in {"malformed", "unknown_type"}


@pytest.mark.parametrize(
    "parts", [{"properties": None}, {"properties": {}}, {"context": None}, {"anonymousId": ""}]
)
def test_it_takes_empty_parts_for_missing_ones(parts: dict[str, Any]) -> None:
    assert spec.read(json.dumps(visit(**parts)).encode()).properties == {}


def test_it_knows_an_escaped_backslash_from_an_escaped_nul() -> None:
    harmless = rb'{"type":"track","event":"A","userId":"ada","properties":{"path":"C:\\u0000"}}'
    harmful = rb'{"type":"track","event":"A","userId":"ada","properties":{"path":"C:\\\u0000"}}'

    assert spec.read(harmless).properties == {"path": r"C:\u0000"}
    assert refusal(harmful).reason == "nul_character"
    assert json.loads(spec.without_nul(harmful))["properties"] == {"path": "C:\\"}


@pytest.mark.parametrize("kind", ["identify", "page", "screen"])
def test_it_accepts_the_other_kinds_of_message(kind: str) -> None:
    assert spec.read(b'{"type":"%s","anonymousId":"a-1"}' % kind.encode()).anonymous_id == "a-1"


def test_it_accepts_what_the_digest_understands_and_nothing_else() -> None:
    assert set(understanding.TYPES) == spec.KINDS
