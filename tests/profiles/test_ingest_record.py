"""What Kindred itself did arrives through the same inbox."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from profiles import ingest
from profiles.models import InboxItem, Lane, Source

pytestmark = pytest.mark.django_db


def sent(now: dt.datetime, **parts: Any) -> ingest.SystemEvent:
    given: dict[str, Any] = {"properties": {"subject": "Héllo"}, "key": "message:1:sent", **parts}
    return ingest.SystemEvent(name="Email Sent", persona_id=7, occurred_at=now, **given)


def test_it_records_what_kindred_did(now: dt.datetime) -> None:
    ingest.record([sent(now, value=Decimal("19.90"), context={"ip": "203.0.113.9"})], now=now)

    item = InboxItem.objects.get()
    assert (item.source, item.lane) == (Source.objects.get(kind=Source.Kind.SYSTEM), Lane.LIVE)
    assert (item.occurred_at, item.received_at) == (now, now)
    assert json.loads(item.payload, parse_float=Decimal) == {
        "type": "track",
        "event": "Email Sent",
        "personaId": 7,
        "messageId": "message:1:sent",
        "timestamp": "2026-11-18T12:00:00Z",
        "properties": {"subject": "Héllo", "value": Decimal("19.90")},
        "context": {"ip": "203.0.113.9"},
    }


def test_it_knows_the_same_event_by_its_key(now: dt.datetime) -> None:
    ingest.record([sent(now), sent(now + dt.timedelta(hours=1)), sent(now, key="message:2:sent")], now=now)

    first, again, other = InboxItem.objects.order_by("id")
    assert bytes(first.message_hash) == bytes(again.message_hash) != bytes(other.message_hash)


def test_it_records_in_the_callers_transaction(now: dt.datetime) -> None:
    with transaction.atomic():
        ingest.record([sent(now)], now=now)
        transaction.set_rollback(True)

    assert not InboxItem.objects.exists()


def test_it_takes_a_lane_for_what_must_not_wait(now: dt.datetime) -> None:
    ingest.record([sent(now, lane=Lane.URGENT)], now=now)

    assert InboxItem.objects.get().lane == Lane.URGENT


def test_it_leaves_out_characters_that_no_column_can_hold(now: dt.datetime) -> None:
    ingest.record([sent(now, properties={"reason": "550 \0no\0", "path": r"\u0000"})], now=now)

    assert json.loads(InboxItem.objects.get().payload)["properties"] == {
        "reason": "550 no",
        "path": r"\u0000",
    }


def test_it_does_nothing_for_nothing(now: dt.datetime, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        ingest.record([], now=now)


def test_it_records_in_a_database_without_its_source(now: dt.datetime) -> None:
    Source.objects.filter(kind=Source.Kind.SYSTEM).delete()

    ingest.record([sent(now)], now=now)

    assert InboxItem.objects.get().source.kind == Source.Kind.SYSTEM


def test_it_wakes_the_digest_once_it_is_committed(
    now: dt.datetime, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[int] = []

    def listen(**_: object) -> None:
        heard.append(InboxItem.objects.count())

    ingest.received.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            ingest.record([sent(now)], now=now)
            assert heard == []
    finally:
        ingest.received.disconnect(listen)

    assert heard == [1]
