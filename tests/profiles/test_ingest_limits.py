"""What the door does when it is too much: sizes, rates, backlogs, a database that is away."""

import datetime as dt
import gzip
import json
import os
import subprocess
import sys

import pytest
from django.test import override_settings

from profiles import ingest, keys
from profiles.models import RejectedItem, Source
from tests.profiles.door import answer, arrived, basic, key_for, post, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


@pytest.fixture
def key(shop: Source) -> str:
    return key_for(shop)


def test_it_takes_a_body_of_500_kilobytes_and_not_one_byte_more(key: str) -> None:
    body = json.dumps({"batch": [visit()]}).encode()

    fits = post("batch", body.ljust(500 * 1024), key=key)
    too_large = post("batch", body.ljust(500 * 1024 + 1), key=key)

    assert (fits.status_code, too_large.status_code) == (200, 413)
    assert answer(too_large)["code"] == "too_large"
    assert len(arrived()) == 1


def test_it_takes_larger_bodies_where_the_setting_says_so_up_to_four_megabytes(key: str) -> None:
    body = json.dumps({"batch": [visit()]}).encode()

    with override_settings(INGEST_BODY_BYTES=2**40):
        fits = post("batch", body.ljust(4 * 1024 * 1024), key=key)
        too_large = post("batch", body.ljust(4 * 1024 * 1024 + 1), key=key)

    assert (fits.status_code, too_large.status_code) == (200, 413)


def test_it_does_not_unpack_a_bomb(key: str) -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=9)

    response = post("batch", bomb, key=key, headers={"Content-Encoding": "gzip"})

    assert len(bomb) < 500 * 1024
    assert response.status_code == 413


@pytest.mark.parametrize(
    "packed",
    [b"", b"not gzip", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"x"],
    ids=["nothing", "something else", "cut short", "with a tail"],  # the bytes hold the time they were made
)
def test_it_refuses_what_gzip_cannot_read(packed: bytes, key: str) -> None:
    assert post("batch", packed, key=key, headers={"Content-Encoding": "gzip"}).status_code == 400


def test_it_reads_a_gzip_body_of_several_members(key: str) -> None:
    body = json.dumps({"batch": [visit()]}).encode()
    packed = gzip.compress(body[:10]) + gzip.compress(body[10:])

    assert post("batch", packed, key=key, headers={"Content-Encoding": "gzip"}).status_code == 200


def test_it_asks_for_a_length(key: str) -> None:
    assert post("batch", b"{}", key=key, headers={"Content-Length": "many"}).status_code == 400
    assert post("batch", b"{}", key=key, headers={"Transfer-Encoding": "chunked"}).status_code == 411


def test_it_takes_a_message_of_32_kilobytes_and_not_one_byte_more(key: str) -> None:
    empty = len(json.dumps(visit(properties={"text": ""})))
    fits = visit(properties={"text": "x" * (32 * 1024 - empty)})
    too_large = visit(properties={"text": "x" * (32 * 1024 - empty + 1)})

    response = post("batch", {"batch": [fits, too_large]}, key=key)

    [refused] = answer(response)["refused"]
    assert (refused["index"], refused["code"]) == (1, "too_large")
    assert len(arrived()) == 1


def test_it_takes_ten_thousand_messages_at_once_and_not_one_more(key: str) -> None:
    with override_settings(INGEST_BODY_BYTES=4 * 1024 * 1024):
        response = post("batch", b'{"batch":[' + b"1," * 10_000 + b"1]}", key=key)

    assert (response.status_code, answer(response)["code"]) == (413, "too_many")
    assert not RejectedItem.objects.exists()


def test_it_asks_a_source_that_sends_too_much_to_come_back(
    key: str, shop: Source, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    Source.objects.filter(pk=shop.pk).update(events_per_second=10)
    clock = [now]
    monkeypatch.setattr("profiles.api.timezone.now", lambda: clock[0])

    large = post("batch", {"batch": [visit()] * 30}, key=key)  # more than a second's worth passes once
    soon = post("track", visit(), key=key)
    clock[0] = now + dt.timedelta(seconds=int(soon.headers["Retry-After"]), milliseconds=1)
    later = post("track", visit(), key=key)

    assert (large.status_code, soon.status_code, later.status_code) == (200, 429, 200)
    assert soon.headers["Retry-After"] == "3"
    assert answer(soon)["code"] == "too_much"
    assert len(arrived()) == 31


def test_it_lets_one_source_send_although_another_sends_too_much(
    key: str, shop: Source, website: Source
) -> None:
    Source.objects.filter(pk=shop.pk).update(events_per_second=1)
    post("track", visit(), key=key)

    assert post("track", visit(), key=key).status_code == 429
    assert post("track", visit(), key=key_for(website)).status_code == 200


def test_it_asks_everybody_to_come_back_while_too_much_waits(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "waiting", lambda *, now: 101)

    with override_settings(INGEST_BACKLOG_LIMIT=100):
        response = post("track", visit(), key=key)
    with override_settings(INGEST_BACKLOG_LIMIT=101):
        fits = post("track", visit(), key=key)

    assert (response.status_code, fits.status_code) == (429, 200)
    assert int(response.headers["Retry-After"]) > 0


def test_it_knows_about_how_much_waits(now: dt.datetime) -> None:
    assert keys.waiting(now=now) >= 0


def test_it_says_so_while_the_database_is_away(key: str) -> None:
    program = f"""
import django, json
django.setup()
from django.test import Client
response = Client().post("/v1/track", b"{{}}", content_type="application/json",
    headers={{"Authorization": {basic(key)!r}}})
print(response.status_code, response.headers["Retry-After"], json.loads(response.content)["code"])
"""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@%2Fnonexistent/none",
        "DJANGO_SETTINGS_MODULE": "cdp.settings",
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "CRITICAL",
    }

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["503", "5", "unavailable"]


def test_it_answers_with_success_although_nobody_can_be_woken(
    key: str, django_capture_on_commit_callbacks: object
) -> None:
    def broken(**_: object) -> None:
        raise ConnectionError("the broker is away")

    ingest.received.connect(broken)
    try:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            response = post("track", visit(), key=key)
    finally:
        ingest.received.disconnect(broken)

    assert response.status_code == 200
