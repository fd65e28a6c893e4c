"""The cap: who has had enough marketing mail gets no more for a while, and the message says so."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from journeys import words
from journeys.messages import delivery, letters
from journeys.models import Message
from profiles.models import Contact, Settings
from tests import smtp_sink
from tests.journeys import cast
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        yield server


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    Settings.objects.update(cap_messages=2, cap_days=7)
    return cast.person("Ada", now=now)


def sent(contact: Contact, at: dt.datetime, **changes: Any) -> str:
    """Owe somebody a mail at this moment and deliver; the state and the reason."""
    (message,) = cast.owe(cast.drawn(now=at), [contact], now=at, **changes)
    delivery.deliver(now=lambda: at)
    message.refresh_from_db()
    return f"{message.state} {message.reason}".strip()


def test_it_stops_at_the_cap_and_goes_on_when_the_days_are_over(
    sink: Sink, ada: Contact, now: dt.datetime
) -> None:
    day = dt.timedelta(days=1)

    told = [sent(ada, now + day * number) for number in (0, 1, 2, 6, 8)]

    assert told == ["sent", "sent", "skipped capped", "skipped capped", "sent"]
    assert len(sink.mails) == 3


def test_it_counts_marketing_mail_only(sink: Sink, ada: Contact, now: dt.datetime) -> None:
    told = [
        sent(ada, now, purpose="transactional", topic_id=None, why="Order") for _ in range(3)
    ] + [sent(ada, now), sent(ada, now)]  # fmt: skip

    assert told == ["sent"] * 5
    assert sent(ada, now) == "skipped capped"
    assert sent(ada, now, purpose="transactional", topic_id=None, why="Order") == "sent"


def test_it_counts_those_that_go_out_together(sink: Sink, ada: Contact, now: dt.datetime) -> None:
    for _ in range(4):
        cast.owe(cast.drawn(now=now), [ada], now=now)

    delivered = delivery.deliver(now=lambda: now)

    assert (delivered.sent, delivered.skipped) == (2, 2)
    kept = Message.objects.filter(state="skipped").first()
    assert kept is not None
    assert kept.detail == "The workspace allows 2 marketing messages in 7 days, and they had that many."
    assert words.because(kept) == "because the person got enough messages lately"


def test_it_holds_although_two_workers_write_to_one_person(
    sink: Sink, ada: Contact, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    Settings.objects.update(cap_messages=1)
    for _ in range(2):
        cast.owe(cast.drawn(now=now), [ada], now=now)
    write = letters.write
    turns: list[delivery.Delivered] = []

    def meanwhile(*arguments: Any, **keywords: Any) -> Any:
        """Both have asked and neither has begun: the other one delivers first."""
        if not turns:
            turns.append(delivery.Delivered())
            turns[0] = delivery.deliver(now=lambda: now)
        return write(*arguments, **keywords)

    monkeypatch.setattr(letters, "write", meanwhile)

    mine = delivery.deliver(now=lambda: now, limit=1)
    after = delivery.deliver(now=lambda: now)

    assert (turns[0].sent, mine.sent, after.skipped) == (1, 0, 1)
    assert len(sink.mails) == 1
    assert sorted(Message.objects.values_list("state", "reason")) == [("sent", ""), ("skipped", "capped")]


def test_a_marketer_sets_it_and_takes_it_away(client: Client, admin_user: Any) -> None:
    client.force_login(admin_user)

    client.post("/settings/sending/", {"cap_messages": "3", "cap_days": "14", "large_send": "500"})
    refused = client.post("/settings/sending/", {"cap_messages": "0", "cap_days": "7", "large_send": "0"})

    assert refused.status_code == 422
    assert Settings.objects.values_list("cap_messages", "cap_days", "large_send").get() == (3, 14, 500)
    client.post("/settings/sending/", {"cap_messages": "", "cap_days": "14", "large_send": "500"})
    assert Settings.objects.get().cap_messages is None


def test_nobody_without_the_permission_says_how_many_are_very_many(client: Client) -> None:
    linus = User.objects.create_user("linus")
    linus.user_permissions.add(Permission.objects.get(codename="manage_data"))
    client.force_login(linus)

    client.post("/settings/sending/", {"cap_messages": "3", "cap_days": "14", "large_send": "9000000"})

    assert Settings.objects.values_list("cap_messages", "large_send").get() == (3, 10_000)
