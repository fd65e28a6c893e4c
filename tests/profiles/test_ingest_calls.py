"""The calls of Segment's HTTP spec: who may send, how, and what is answered."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from profiles import keys
from profiles.models import InboxItem, Lane, RejectedItem, Source
from tests.profiles.door import answer, arrived, basic, key_for, post, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


@pytest.fixture
def key(shop: Source) -> str:
    return key_for(shop)


def test_it_accepts_a_track_call(key: str, shop: Source) -> None:
    response = post("track", {"userId": "ada", "event": "Signed Up", "properties": {"plan": "gold"}}, key=key)

    assert (response.status_code, answer(response)) == (200, {"success": True})
    item = InboxItem.objects.get()
    assert (item.source, item.lane, len(item.message_hash)) == (shop, Lane.LIVE, 16)
    [message] = arrived()
    assert message.pop("messageId")
    assert message == {"type": "track", "userId": "ada", "event": "Signed Up", "properties": {"plan": "gold"}}


def test_it_accepts_an_identify_call(key: str) -> None:
    response = post("identify", {"userId": "ada", "traits": {"email": "ada@example.com"}}, key=key)

    assert response.status_code == 200
    assert arrived()[0]["type"] == "identify"


def test_it_accepts_a_batch_in_order(key: str) -> None:
    names = [f"Step {number}" for number in range(100)]

    response = post("batch", {"batch": [visit(event=name) for name in names]}, key=key)

    assert answer(response) == {"success": True}
    assert [message["event"] for message in arrived()] == names


def test_it_keeps_a_payload_byte_for_byte(key: str) -> None:
    sent = (
        b'{"type" : "track",\n\t"event":"A\\\\u0000 \\n\\t\\u00e9","userId":"ada",'
        b'"messageId":"m-1","properties":{"n":1.10}}'
    )

    post("batch", b'{"batch":[' + sent + b"]}", key=key)

    assert InboxItem.objects.get().payload == sent.decode()


def test_it_takes_the_last_of_two_equal_keys(key: str) -> None:
    post("batch", b'{"batch":[{"type":"track","event":"A","userId":"grace","userId":"ada"}]}', key=key)

    assert arrived()[0]["userId"] == "ada"


def test_it_hashes_the_same_message_id_the_same(key: str) -> None:
    post("batch", {"batch": [visit(messageId="m-1"), visit(messageId="m-1"), visit(), visit()]}, key=key)

    hashes = [bytes(item.message_hash) for item in InboxItem.objects.order_by("id")]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_it_reads_gzip(key: str) -> None:
    response = post("batch", {"batch": [visit()]}, key=key, packed=True)

    assert response.status_code == 200
    assert len(arrived()) == 1


def test_it_takes_the_key_from_the_body_and_does_not_keep_it(key: str) -> None:
    first = post("track", {**visit(), "writeKey": key})
    second = post("batch", {"batch": [visit()], "writeKey": key}, headers={"Content-Type": "text/plain"})

    assert (first.status_code, second.status_code) == (200, 200)
    assert not [item for item in InboxItem.objects.all() if key in item.payload]
    assert len(arrived()) == 2


def test_it_gives_items_without_context_that_of_the_batch(key: str) -> None:
    items = [visit(), visit(context={"ip": "203.0.113.9"}), "rubbish"]

    post("batch", {"batch": items, "context": {"library": {"name": "x"}}}, key=key)

    assert [message["context"] for message in arrived()] == [
        {"library": {"name": "x"}},
        {"ip": "203.0.113.9"},
    ]


def test_it_accepts_a_number_as_user_id_and_keeps_it_as_text(key: str) -> None:
    post("batch", {"batch": [visit(userId=42)]}, key=key)

    assert arrived()[0]["userId"] == "42"


@pytest.mark.parametrize("given", ["Basic bm9ib2R5Og==", "Basic !!!", "Bearer abc", "Basic /w==", "Basic"])
def test_it_refuses_an_unknown_key(given: str, key: str) -> None:
    response = post("track", visit(writeKey=key), headers={"Authorization": given})

    assert response.status_code == 401
    assert answer(response)["code"] == "invalid_key"
    assert not arrived()


@pytest.mark.parametrize("body", [{}, {"writeKey": 7}, {"writeKey": ""}, {"writeKey": None}])
def test_it_refuses_a_call_without_a_key(body: dict[str, object]) -> None:
    assert post("track", {**visit(), **body}).status_code == 401
    assert post("batch", {"batch": [visit()], **body}).status_code == 401


def test_it_forgets_a_revoked_key_within_seconds(
    key: str, shop: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post("track", visit(), key=key).status_code == 200
    later = timezone.now() + dt.timedelta(seconds=keys.CACHE_SECONDS + 1)
    shop.write_keys.update(revoked_at=timezone.now())

    monkeypatch.setattr("profiles.api.timezone.now", lambda: later)

    assert post("track", visit(), key=key).status_code == 401


def test_it_refuses_the_key_of_a_disabled_source(key: str, shop: Source, now: object) -> None:
    Source.objects.filter(pk=shop.pk).update(disabled_at=now)

    assert post("track", visit(), key=key).status_code == 401


def test_it_asks_the_database_no_more_for_a_hundred_messages_than_for_one(
    key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    post("track", visit(), key=key)
    copy = 1  # the key and the settings are remembered

    with django_assert_num_queries(copy):
        post("track", visit(), key=key)
    with django_assert_num_queries(copy):
        post("batch", {"batch": [visit()] * 100}, key=key)


def test_it_refuses_one_bad_message_with_an_error_to_act_on(key: str) -> None:
    response = post("track", {"userId": "ada"}, key=key)

    assert response.status_code == 400
    assert answer(response)["code"] == "no_event_name"
    assert '"event"' in answer(response)["message"]
    assert RejectedItem.objects.get().reason == "no_event_name"


def test_it_lists_what_it_did_not_accept_of_a_batch(key: str, shop: Source) -> None:
    response = post("batch", {"batch": [visit(), {"type": "track"}, visit(event="Left"), 7]}, key=key)

    content = answer(response)
    assert (response.status_code, content["success"], content["accepted"]) == (200, True, 2)
    assert [(refused["index"], refused["code"]) for refused in content["refused"]] == [
        (1, "no_event_name"),
        (3, "malformed"),
    ]
    assert [message["event"] for message in arrived()] == ["Page Visited", "Left"]
    assert list(RejectedItem.objects.values_list("source", "payload").order_by("id")) == [
        (shop.pk, '{"type": "track"}'),
        (shop.pk, "7"),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'"x"', b'{"batch":{}}', b'{"batch":[}', b"{}", b"\xff", b'{"batch":[1]}}'],
)
def test_it_refuses_a_body_that_is_no_batch_and_keeps_it(body: bytes, key: str) -> None:
    response = post("batch", body, key=key)

    assert response.status_code == 400
    assert answer(response)["code"] == "malformed"
    assert RejectedItem.objects.get().reason == "malformed"


def test_it_answers_other_methods_and_types_as_clients_expect(key: str) -> None:
    assert Client().get("/v1/track").status_code == 405
    assert Client().put("/v1/batch").headers["Allow"] == "POST, OPTIONS"
    form = post("track", visit(), key=key, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (form.status_code, answer(form)["code"]) == (415, "unsupported_type")
    assert post("track", visit(), key=key, headers={"Content-Encoding": "br"}).status_code == 415


def test_it_lets_browsers_send_from_any_site(website: Source) -> None:
    asked = Client().options(
        "/v1/batch", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    )
    sent = post(
        "batch",
        {"batch": [visit()], "writeKey": key_for(website)},
        headers={"Origin": "https://shop.example"},
    )
    refused = post("batch", b"{", headers={"Origin": "https://shop.example"})

    assert asked.status_code == 204
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert {response.headers["Access-Control-Allow-Origin"] for response in (asked, sent, refused)} == {"*"}


def test_it_needs_no_csrf_token(key: str) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(
        "/v1/track",
        json.dumps(visit()),
        content_type="application/json",
        headers={"Authorization": basic(key)},
    )

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize("name", ["Unsubscribed", "Subscribed", "Email Marked as Spam"])
def test_it_puts_statements_of_consent_first(name: str, key: str, shop: Source) -> None:
    Source.objects.filter(pk=shop.pk).update(lane=Lane.BULK)

    post("batch", {"batch": [visit(), visit(event=name)]}, key=key)

    assert list(InboxItem.objects.order_by("id").values_list("lane", flat=True)) == [Lane.BULK, Lane.URGENT]
