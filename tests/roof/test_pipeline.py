"""The pipeline: whose fault it is when a batch cannot be digested, and what becomes of it then."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import ProgrammingError

from cdp import pipeline
from journeys.flow import triggers
from profiles import ingest, keys
from profiles.arrivals import StoredEvent
from profiles.models import Contact, Event, InboxItem, RejectedItem, Source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


@pytest.fixture
def stumble(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes enrolment fail on events named "Rubbish", as a bug of ours or an odd item would."""
    enrol = triggers.enrol

    def plant(error: Exception) -> None:
        def stumbling(events: Sequence[StoredEvent], changes: Sequence[Any], *, now: dt.datetime) -> int:
            if any(event.name == "Rubbish" for event in events):
                raise error
            return enrol(events, changes, now=now)

        monkeypatch.setattr(triggers, "enrol", stumbling)

    return plant


def accept(source: Source, now: dt.datetime, *events: str) -> None:
    items = [
        json.dumps({"type": "track", "event": event, "userId": f"person-{number}"}).encode()
        for number, event in enumerate(events)
    ]
    ingest.accept(source=source, items=items, sent_at=None, now=now)


def test_it_sets_a_poison_item_aside_and_lands_its_batch_mates(
    shop: Source, now: dt.datetime, stumble: Callable[[Exception], None]
) -> None:
    stumble(ValueError("odd"))
    accept(shop, now, "Looked", "Looked", "Rubbish", "Looked", "Looked")

    done = pipeline.digest(now=now)

    assert (done.stored, done.rejected) == (4, 1)
    assert Event.objects.count() == 4
    assert Contact.objects.count() == 4, "of the poison item nothing is left, its contact neither"
    assert RejectedItem.objects.get().reason == "not_understood"
    assert not InboxItem.objects.exists()


def test_it_keeps_everything_when_nothing_can_be_digested(
    shop: Source, now: dt.datetime, stumble: Callable[[Exception], None]
) -> None:
    stumble(ValueError("odd"))
    accept(shop, now, *["Rubbish"] * 11)

    with pytest.raises(pipeline.DigestFault):
        pipeline.digest(now=now)

    assert InboxItem.objects.count() == 11
    assert not RejectedItem.objects.exists()
    assert not Event.objects.exists()


def test_it_turns_away_what_stays_indigestible_so_that_others_come_through(
    shop: Source, now: dt.datetime, stumble: Callable[[Exception], None]
) -> None:
    stumble(ValueError("odd"))
    accept(shop, now, *["Rubbish"] * 11)

    done = pipeline.digest(now=now, patient=False)

    assert done.rejected == RejectedItem.objects.count() == 11
    assert not InboxItem.objects.exists()


def test_it_never_blames_an_item_for_a_table_that_is_missing(
    shop: Source, now: dt.datetime, stumble: Callable[[Exception], None]
) -> None:
    stumble(ProgrammingError('relation "somewhere" does not exist'))
    accept(shop, now, "Rubbish")

    with pytest.raises(ProgrammingError):
        pipeline.digest(now=now, patient=False)

    assert InboxItem.objects.count() == 1
    assert not RejectedItem.objects.exists()


def test_it_fits_the_next_batch_to_the_time_the_last_one_took() -> None:
    slow = pipeline.Digested(taken=1_000, seconds=1.0)
    fast = pipeline.Digested(taken=1_000, seconds=0.05)
    stuck = pipeline.Digested(taken=50, seconds=60.0)

    assert pipeline.next_limit(slow, limit=1_000) == 200
    assert pipeline.next_limit(fast, limit=500) == 1_000
    assert pipeline.next_limit(fast, limit=2_000) == pipeline.BATCH
    assert pipeline.next_limit(stuck, limit=50) == pipeline.SMALLEST_BATCH
    assert pipeline.next_limit(pipeline.Digested(), limit=700) == 700
