"""The outbox: one message a visit, however often it is asked for."""

import datetime as dt

import pytest
from django.db import IntegrityError

from journeys.messages import outbox
from journeys.messages.outbox import Owed
from journeys.models import Message
from profiles.models import Topic

pytestmark = pytest.mark.django_db


def owed(now: dt.datetime, **changes: object) -> Owed:
    """A message of a run's first visit."""
    topic = Topic.objects.get(key="news")
    fields: dict[str, object] = {
        "run_id": 1,
        "run_entered_at": now,
        "visit_number": 1,
        "version_id": 1,
        "step": "a",
        "contact_id": 1,
        "persona_id": 1,
        "due_at": now,
        "topic_id": topic.pk,
    }
    return Owed(**{**fields, **changes})  # type: ignore[arg-type]


def test_it_queues_each_visit_once(now: dt.datetime) -> None:
    rows = [owed(now), owed(now, visit_number=2), owed(now, run_id=2)]

    first = outbox.queue(rows, now=now)
    again = outbox.queue(rows, now=now)

    assert (first, again) == (3, 0)
    assert Message.objects.filter(state="queued", due_at=now, fence=0).count() == 3


def test_it_queues_nothing_for_nobody(now: dt.datetime) -> None:
    assert outbox.queue([], now=now) == 0


def test_it_keeps_why_of_a_transactional_message(now: dt.datetime) -> None:
    outbox.queue(
        [owed(now, purpose=Message.Purpose.TRANSACTIONAL, topic_id=None, why="Order confirmation")], now=now
    )

    message = Message.objects.get()
    assert (message.purpose, message.topic_id, message.why) == ("transactional", None, "Order confirmation")


def test_it_refuses_marketing_without_a_topic(now: dt.datetime) -> None:
    with pytest.raises(IntegrityError):
        outbox.queue([owed(now, topic_id=None)], now=now)
