"""Segment's own Python client, unmodified, delivers when it is given a host and a key."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from segment.analytics.client import Client

from profiles import keys
from profiles.models import InboxItem, Source
from tests.profiles.door import key_for


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    keys.forget()
    yield
    keys.forget()


@pytest.fixture
def failures() -> list[str]:
    """What the client complained of."""
    return []


def client_of(source: Source, server: LiveServer, failures: list[str], **options: Any) -> Client:
    def failed(error: Exception, items: object) -> None:
        failures.append(str(error))

    return Client(key_for(source), host=server.url, on_error=failed, max_retries=0, **options)


@pytest.mark.parametrize("packed", [False, True])
def test_it_delivers(packed: bool, real_shop: Source, server: LiveServer, failures: list[str]) -> None:
    client = client_of(real_shop, server, failures, gzip=packed)

    client.identify("ada", {"email": "ada@example.com", "born_at": dt.datetime(1815, 12, 10, tzinfo=dt.UTC)})
    for number in range(250):
        client.track("ada", "Page Visited", {"number": number})
    client.shutdown()

    assert failures == []
    payloads = [
        json.loads(item.payload) for item in InboxItem.objects.filter(source=real_shop).order_by("id")
    ]
    assert [payload["type"] for payload in payloads] == ["identify"] + ["track"] * 250
    assert [payload["properties"]["number"] for payload in payloads[1:]] == list(range(250))
    assert InboxItem.objects.filter(source=real_shop).values("message_hash").distinct().count() == 251


def test_it_is_told_of_a_wrong_key(real_shop: Source, server: LiveServer, failures: list[str]) -> None:
    client = client_of(real_shop, server, failures)
    real_shop.write_keys.all().delete()

    client.track("ada", "Page Visited")
    client.shutdown()

    [failure] = failures
    assert "invalid_key" in failure
    assert "(401)" in failure


def test_it_comes_back_when_it_was_asked_to_wait(
    real_shop: Source, server: LiveServer, failures: list[str]
) -> None:
    Source.objects.filter(pk=real_shop.pk).update(events_per_second=2)
    client = client_of(real_shop, server, failures, upload_size=1)

    for number in range(4):
        client.track("ada", "Page Visited", {"number": number})
    client.shutdown()

    assert failures == []
    numbers = [
        json.loads(item.payload)["properties"]["number"]
        for item in InboxItem.objects.filter(source=real_shop)
    ]
    assert sorted(numbers) == [0, 1, 2, 3]
