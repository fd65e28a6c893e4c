"""Whatever is thrown at the door: an answer below 500, and good messages land beside bad ones."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles import keys
from profiles.models import InboxItem, RejectedItem, Source
from tests.profiles.door import answer, key_for, post, visit

pytestmark = pytest.mark.django_db
CASES = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

KEYS = [
    "type",
    "event",
    "userId",
    "anonymousId",
    "messageId",
    "timestamp",
    "sentAt",
    "properties",
    "traits",
    "context",
]
TEXT = st.text(st.characters(codec=None, exclude_categories=[]), max_size=8)  # lone surrogates and NUL too
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | TEXT
    | st.sampled_from(
        ["track", "identify", "2026-11-18T12:00:00Z", "Unsubscribed", "ada", "9999-12-31T23:59:59-14:00"]
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page"]) | VALUES, "userId": st.just("ada") | VALUES},
    optional={key: VALUES for key in KEYS[1:] if key != "userId"},
)
RAW = st.sampled_from(
    [
        b"NaN",
        b'"\xff"',
        b'"\\ud800"',
        b'"\x00"',
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
        b"9" * 9_000,
        b"1e99999",
        b'{"type":"track","type":"track","event":"A","userId":"ada","userId":null}',
        b'"' + b"x" * 40_000 + b'"',
        b'{"a":"}],\\"[{"}',
    ]
)


def encoded(value: Any) -> bytes:
    """JSON as careless libraries write it: NaN, lone surrogates, numbers of any size."""
    return json.dumps(value).encode()


ITEMS = st.lists((VALUES | NEARLY).map(encoded) | RAW, max_size=6)


class Seen:
    """What chance came up with; printed and looked at, so that a trivial generator shows."""

    reasons: ClassVar[Counter[str]] = Counter()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    keys.forget()
    yield
    keys.forget()


@pytest.fixture
def key(shop: Source) -> str:
    return key_for(shop)


@CASES
@given(before=ITEMS, after=ITEMS)
def _check_neighbours(key: str, before: list[bytes], after: list[bytes]) -> None:
    InboxItem.objects.all().delete()
    RejectedItem.objects.all().delete()
    good = encoded(visit(messageId="good", properties={"quote": '}],"\\'}))
    items = [*before, good, *after]

    response = post("batch", b'{"sentAt":null,"batch":[' + b" , ".join(items) + b"]}", key=key)

    assert response.status_code == 200
    content = answer(response)
    refused = content.get("refused", [])
    stored = list(InboxItem.objects.values_list("payload", flat=True).order_by("id"))
    assert good.decode() in stored
    assert len(stored) + len(refused) == len(items)
    assert len(before) not in [refusal["index"] for refusal in refused]
    assert RejectedItem.objects.count() == len(refused)
    for payload in stored:
        assert isinstance(json.loads(payload), dict)
    Seen.reasons.update(refusal["code"] for refusal in refused)
    Seen.reasons["accepted"] += len(stored) - 1


def test_it_lands_good_messages_beside_rubbish(key: str) -> None:
    Seen.reasons.clear()

    _check_neighbours(key)

    print(Seen.reasons)
    assert {"malformed", "too_deep", "too_large", "unknown_type", "wrong_type", "accepted"} <= set(
        Seen.reasons
    )


@CASES
@given(
    body=st.binary(max_size=60) | VALUES.map(encoded) | RAW,
    call=st.sampled_from(["identify", "track", "batch"]),
)
def test_it_never_fails_on_a_body(key: str, body: bytes, call: str) -> None:
    response = post(call, body, key=key)

    assert response.status_code in {200, 400}
    if response.status_code == 400:
        assert answer(response)["message"]


@CASES
@given(message=NEARLY, call=st.sampled_from(["identify", "track"]))
def test_it_never_fails_on_nearly_a_message(key: str, message: dict[str, Any], call: str) -> None:
    response = post(call, encoded(message), key=key)

    assert response.status_code in {200, 400}


@CASES
@given(
    name=st.sampled_from(["Authorization", "Content-Type", "Content-Encoding", "X-Request-Id", "Origin"]),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
)
def test_it_never_fails_on_a_header(key: str, name: str, value: str) -> None:
    response = post("track", visit(), key=key, headers={name: value})

    assert response.status_code < 500


@pytest.mark.parametrize("fill", [b"[", b'"', b'\\"', b'"\\"', b'{"a":', b",", b"\\"])
def test_it_takes_a_hostile_body_apart_in_a_straight_line(fill: bytes, key: str) -> None:
    body = (b'{"batch":[' + fill * 500_000)[: 499 * 1024]

    assert post("batch", body, key=key).status_code == 400
