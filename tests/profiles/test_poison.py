"""Poison: what anybody can send and nobody can store takes only itself away, and never stops the digest."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError, connection

from cdp import pipeline
from cdp.lib import db
from profiles import ingest, keys
from profiles.models import (
    Event,
    ExchangeRate,
    InboxItem,
    Purchase,
    PurchaseItem,
    RejectedItem,
    Settings,
    Source,
)

TRACK = {"type": "track", "event": "Looked", "userId": "ada"}
ODD = {
    "external ids that are none": TRACK | {"context": {"externalIds": 5}},
    "external ids of odd kinds": TRACK | {"context": {"externalIds": [{"type": ["a"], "id": {}}, 7]}},
    "a number beyond 64 bits": TRACK | {"properties": {"n": 10**30}},
    "a value beyond all bounds": TRACK | {"properties": {"value": "1e99999999999999999999"}},
    "a date before all dates": {"type": "identify", "userId": "ada", "traits": {"createdAt": "0001-01-01T00:00+14:00"}},
    "pages that are no addresses": TRACK | {"context": {"page": {"url": "http://[gclid=x"}}},
    "consent about lists": TRACK | {"event": "Unsubscribed", "properties": {"topic": [1], "channel": {"a": 1}}},
    "a device of objects": TRACK | {"context": {"device": {"token": "t", "type": {"a": 1}}, "app": {"name": [1]}}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


def accept(source: Source, now: dt.datetime, *messages: dict[str, Any]) -> None:
    items = [json.dumps(message).encode() for message in messages]
    ingest.accept(source=source, items=items, sent_at=None, now=now)


def order(**properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": "ada", "properties": properties}


@pytest.mark.django_db
@pytest.mark.parametrize("message", ODD.values(), ids=ODD.keys())
def test_it_digests_odd_values_without_halving(
    message: dict[str, Any], website: Source, now: dt.datetime
) -> None:
    accept(website, now, message, TRACK)

    done = pipeline.digest(now=now)

    assert done.stored >= 1
    assert not RejectedItem.objects.filter(reason="not_understood").exists()
    assert not InboxItem.objects.exists()


@pytest.mark.django_db
def test_it_keeps_an_order_of_more_pieces_than_its_column_holds(website: Source, now: dt.datetime) -> None:
    accept(
        website, now, order(order_id="1", total=5, products=[{"sku": "tea", "quantity": "999999999.9999"}])
    )

    pipeline.digest(now=now)

    assert PurchaseItem.objects.get().quantity == 1
    assert not InboxItem.objects.filter(source=website).exists()


@pytest.mark.django_db
def test_it_keeps_no_worth_that_its_column_does_not_hold(website: Source, now: dt.datetime) -> None:
    Settings.objects.update(currency="IDR")
    ExchangeRate.objects.create(currency="EUR", on=now.date(), rate=Decimal(17_000))
    accept(website, now, order(order_id="1", total=90_000_000_000, currency="EUR"))

    pipeline.digest(now=now)

    assert Event.objects.get().value is None
    assert not Purchase.objects.exists()
    assert RejectedItem.objects.get().reason == "order_too_large"


@pytest.mark.django_db
def test_it_refuses_what_postgresql_refuses_and_takes_the_rest(
    website: Source, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.purchases.MOST_PIECES", Decimal(10**12))
    accept(website, now, order(order_id="1", total=5, products=[{"quantity": 10**11 - 1}]), TRACK)

    done = pipeline.digest(now=now)

    assert (done.stored, done.rejected) == (1, 1)
    assert RejectedItem.objects.get().reason == "not_understood"
    assert not InboxItem.objects.exists()


@pytest.mark.django_db
def test_it_copies_with_the_errors_of_django(website: Source) -> None:
    with pytest.raises(DataError):
        db.copy("profiles_touch", ("contact_id", "what", "touched_at"), [("nobody", 1, "now")])


def test_it_says_that_the_database_went_away_in_the_middle_of_a_copy(
    real_shop: Source, now: dt.datetime, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        keys.horizon(now=now)  # or the first statement would be another
        pid = db.fetch("SELECT pg_backend_pid()")[0][0]
        with psycopg.connect(**_address()) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        try:
            with pytest.raises(OperationalError):
                accept(real_shop, now, TRACK)
        finally:
            connection.close()


def _address() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}
