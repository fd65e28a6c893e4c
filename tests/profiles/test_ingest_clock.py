"""When something happened: the sender's clock is corrected, and time has two ends."""

import datetime as dt
import json
from typing import Any

import pytest

from profiles import ingest, keys
from profiles.models import InboxItem, Settings, Source
from tests.profiles.door import visit

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


def accept(
    shop: Source, now: dt.datetime, *, sent_at: dt.datetime | None = None, **parts: Any
) -> ingest.Accepted:
    return ingest.accept(source=shop, items=[json.dumps(visit(**parts)).encode()], sent_at=sent_at, now=now)


def occurred() -> dt.datetime:
    return InboxItem.objects.get().occurred_at


def test_it_happened_on_arrival_when_nobody_says_otherwise(shop: Source, now: dt.datetime) -> None:
    accept(shop, now)

    assert occurred() == now


def test_it_takes_the_senders_time_where_it_cannot_be_compared(shop: Source, now: dt.datetime) -> None:
    accept(shop, now, timestamp=(now - HOUR).isoformat())

    assert occurred() == now - HOUR


@pytest.mark.parametrize("wrong_by", [-3 * HOUR, dt.timedelta(0), dt.timedelta(days=400)])
def test_it_corrects_a_clock_that_is_wrong(shop: Source, now: dt.datetime, wrong_by: dt.timedelta) -> None:
    theirs = now + wrong_by

    accept(shop, now, sent_at=theirs, timestamp=(theirs - HOUR).isoformat())

    assert occurred() == now - HOUR


def test_it_believes_an_items_own_sending_time_first(shop: Source, now: dt.datetime) -> None:
    accept(shop, now, sent_at=now, timestamp=(now - 2 * HOUR).isoformat(), sentAt=(now - HOUR).isoformat())

    assert occurred() == now - HOUR


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-18T11:00:00Z",
        "2026-11-18T12:00:00+01:00",
        "2026-11-18T11:00:00",
        "2026-11-18T11:00:00.000000000Z",
    ],
)
def test_it_reads_iso_8601(shop: Source, now: dt.datetime, given: str) -> None:
    accept(shop, now, timestamp=given)

    assert occurred() == now - HOUR


@pytest.mark.parametrize(
    "given", [1, 1.5, True, "", "yesterday", [], {}, "0001-01-01T00:00:00+14:00", "2026-13-01"]
)
def test_it_refuses_a_time_it_cannot_read(shop: Source, now: dt.datetime, given: object) -> None:
    done = accept(shop, now, timestamp=given)

    assert [refusal.reason for refusal in done.refused] == ["bad_time"]


def test_it_accepts_the_next_24_hours_and_not_a_moment_more(shop: Source, now: dt.datetime) -> None:
    fits = accept(shop, now, timestamp=(now + 24 * HOUR).isoformat())
    ahead = accept(shop, now, timestamp=(now + 24 * HOUR + dt.timedelta(microseconds=1)).isoformat())

    assert fits.accepted == 1
    assert [refusal.reason for refusal in ahead.refused] == ["in_the_future"]


def test_it_accepts_what_will_be_kept_and_nothing_older(shop: Source, now: dt.datetime) -> None:
    Settings.objects.update(retention_months=1)
    edge = now - dt.timedelta(days=30)

    fits = accept(shop, now, timestamp=edge.isoformat())
    old = accept(shop, now, timestamp=(edge - dt.timedelta(microseconds=1)).isoformat())

    assert fits.accepted == 1
    assert [refusal.reason for refusal in old.refused] == ["too_old"]
    assert "30 days" in old.refused[0].detail


@pytest.mark.parametrize("sent_at", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
@pytest.mark.parametrize("given", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_it_survives_the_ends_of_time(shop: Source, now: dt.datetime, sent_at: str, given: str) -> None:
    done = accept(shop, now, sent_at=dt.datetime.fromisoformat(sent_at), timestamp=given)

    assert done.accepted + len(done.refused) == 1
