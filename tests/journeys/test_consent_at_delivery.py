"""May this message go: asked at the last moment, and every no has a reason that a marketer can read."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from journeys.messages import delivery
from journeys.models import Message
from profiles import consent
from tests import smtp_sink
from tests.journeys import cast
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        yield server


def test_it_asks_when_the_message_goes_not_when_it_was_queued(sink: Sink, now: dt.datetime) -> None:
    ada = cast.person("Ada", now=now)
    cast.owe(cast.drawn(now=now), [ada], now=now)
    later = now + dt.timedelta(minutes=1)
    cast.subscribe([ada], now=later, state="unsubscribed")

    delivered = delivery.deliver(now=lambda: later)

    assert (delivered.skipped, delivered.sent) == (1, 0)
    assert sink.mails == []
    message = Message.objects.get()
    assert (message.state, message.reason) == ("skipped", "unsubscribed")
    ((name, properties),) = cast.happened()
    assert (name, properties["reason"]) == ("Email Not Sent", "unsubscribed")


@pytest.mark.parametrize(
    ("person", "changes", "reason"),
    [
        ({"subscribed": False}, {}, "not_subscribed"),
        ({"email": ""}, {}, "no_address"),
        ({"email": "Ada @example.com"}, {}, "invalid_address"),
        ({"email": "ådå@example.com"}, {}, "invalid_address"),
        ({}, {"expires_at": dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)}, "expired"),
    ],
)
def test_it_says_why_it_did_not_write(
    sink: Sink, now: dt.datetime, person: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now, **person)], now=now, **changes)

    delivery.deliver(now=lambda: now)

    message = Message.objects.get()
    assert message.reason == reason
    assert message.state == ("failed" if reason == "invalid_address" else "skipped")
    assert message.detail.endswith(".")
    assert sink.mails == []
    assert cast.happened()[0][1]["reason"] == reason


def test_it_respects_a_suppression(sink: Sink, now: dt.datetime) -> None:
    consent.suppress(channel="email", address="ada@example.com", reason="complained", now=now)
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    delivery.deliver(now=lambda: now)

    assert Message.objects.get().reason == "suppressed"


def test_it_sends_needed_messages_to_people_who_left(sink: Sink, now: dt.datetime) -> None:
    ada = cast.person("Ada", now=now, subscribed=False)
    version = cast.drawn(now=now, purpose="transactional", why="Order confirmation")
    cast.owe(version, [ada], now=now, purpose="transactional", topic_id=None, why="Order confirmation")

    delivery.deliver(now=lambda: now)

    (mail,) = sink.mails
    assert mail.parsed["List-Unsubscribe"] is None


def test_it_adds_the_way_out_to_marketing(sink: Sink, now: dt.datetime) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    delivery.deliver(now=lambda: now)

    parsed = sink.mails[0].parsed
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["List-Unsubscribe"].startswith("<http://localhost:8000/u/")


def test_it_writes_to_whom_a_merged_contact_has_become(sink: Sink, now: dt.datetime) -> None:
    ada, grace = cast.person("Ada", now=now), cast.person("Grace", now=now)
    cast.owe(cast.drawn(now=now), [ada], now=now)
    ada.merged_into = grace
    ada.save()

    delivery.deliver(now=lambda: now)

    assert [mail.recipient for mail in sink.mails] == ["grace@example.com"]


def test_it_fails_one_message_and_sends_the_others_when_a_template_trips(
    sink: Sink, now: dt.datetime
) -> None:
    ada, grace = cast.person("Ada", now=now), cast.person("Grace", now=now)
    words = {**cast.WORDS, "html": "{% if contact.first_name == 'Ada' %}{{ 1 | divided_by: 0 }}{% endif %}Hi"}
    cast.owe(cast.drawn(words, now=now), [ada, grace], now=now)

    delivered = delivery.deliver(now=lambda: now)

    assert (delivered.failed, delivered.sent) == (1, 1)
    message = Message.objects.get(contact=ada)
    assert (message.state, message.reason) == ("failed", "template_error")
    assert "cannot be filled in" in message.detail
