"""Delivery: what is owed goes out once, or it is written down why not."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from pytest_django import DjangoAssertNumQueries

from journeys import words
from journeys.messages import claims, delivery, outcomes
from journeys.messages.claims import LULLS, SUSPECT, Settled
from journeys.messages.outcomes import BACKOFF
from journeys.models import Message, SmtpServer
from profiles.models import Contact, Suppression
from tests import smtp_sink
from tests.journeys import cast
from tests.smtp_sink import Mischief, Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        yield server


def test_it_sends_what_is_owed(sink: Sink, now: dt.datetime) -> None:
    ada, grace = cast.person("Ada", now=now), cast.person("Grace", now=now)
    cast.owe(cast.drawn(now=now), [ada, grace], now=now)

    delivered = delivery.deliver(now=lambda: now)

    assert (delivered.claimed, delivered.sent) == (2, 2)
    assert sorted((mail.recipient, mail.parsed["Subject"]) for mail in sink.mails) == [
        ("ada@example.com", "Hello Ada"),
        ("grace@example.com", "Hello Grace"),
    ]
    message = Message.objects.get(contact=ada)
    assert (message.state, message.sent_at, message.address) == ("sent", now, "ada@example.com")
    assert [name for name, _ in cast.happened()] == ["Email Sent"] * 2


def test_it_sends_nothing_twice(sink: Sink, now: dt.datetime) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    delivery.deliver(now=lambda: now)

    again = delivery.deliver(now=lambda: now)

    assert again.claimed == 0
    assert len(sink.mails) == 1


def test_it_waits_until_a_message_is_due(sink: Sink, now: dt.datetime) -> None:
    later = now + dt.timedelta(hours=1)
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now, due_at=later)

    early = delivery.deliver(now=lambda: now)

    assert early.claimed == 0
    assert delivery.next_due(now=now) == later
    assert delivery.deliver(now=lambda: later).sent == 1
    assert delivery.next_due(now=later) is None


@pytest.mark.parametrize("paused", ["version", "journey"])
def test_it_holds_the_messages_of_a_paused_journey(sink: Sink, now: dt.datetime, paused: str) -> None:
    version = cast.drawn(now=now)
    cast.owe(version, [cast.person("Ada", now=now)], now=now)
    if paused == "version":
        version.state = "paused"
        version.save()
    else:
        version.journey.status = "paused"
        version.journey.save()

    assert delivery.deliver(now=lambda: now).claimed == 0
    assert delivery.next_due(now=now) is None
    assert Message.objects.get().state == "queued"


def test_it_tries_again_after_a_temporary_failure(sink: Sink, now: dt.datetime) -> None:
    sink.mischief = {"ada@example.com": Mischief.DEFER}
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    first = delivery.deliver(now=lambda: now)

    message = Message.objects.get()
    assert first.retried == 1
    assert (message.state, message.reason, message.attempts) == ("queued", "deferred", 1)
    assert message.due_at == now + BACKOFF[0]
    assert "try again later" in message.detail
    sink.mischief = {}
    assert delivery.deliver(now=lambda: message.due_at).sent == 1
    assert Message.objects.get().reason == ""


def test_it_gives_up_in_the_end(sink: Sink, now: dt.datetime) -> None:
    sink.mischief = {"ada@example.com": Mischief.DEFER}
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    for _ in range(len(BACKOFF) + 1):
        moment = Message.objects.get().due_at
        delivery.deliver(now=lambda moment=moment: moment)  # type: ignore[misc]

    message = Message.objects.get()
    assert (message.state, message.reason) == ("failed", "gave_up")
    assert "Given up after 9 attempts" in message.detail
    assert cast.happened()[0][1]["reason"] == "gave_up"


def test_it_writes_no_more_to_an_address_that_nobody_has(sink: Sink, now: dt.datetime) -> None:
    sink.mischief = {"ada@example.com": Mischief.UNKNOWN_USER}
    ada = cast.person("Ada", now=now)
    cast.owe(cast.drawn(now=now), [ada], now=now)
    delivery.deliver(now=lambda: now)

    cast.owe(cast.drawn(now=now), [ada], now=now)
    delivery.deliver(now=lambda: now)

    assert Suppression.objects.get(address="ada@example.com").reason == "bounced"
    states = Message.objects.order_by("pk").values_list("state", "reason")
    assert list(states) == [("failed", "bounced"), ("skipped", "suppressed")]
    assert [name for name, _ in cast.happened()] == ["Email Bounced", "Address Blocked", "Email Not Sent"]


def test_it_leaves_a_message_without_an_answer_alone(sink: Sink, now: dt.datetime) -> None:
    sink.mischief = {"ada@example.com": Mischief.DROP_AFTER_DATA}
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    delivered = delivery.deliver(now=lambda: now)
    later = now + dt.timedelta(days=1)
    delivery.recover(now=later)
    delivery.deliver(now=lambda: later)

    assert delivered.uncertain == 1
    assert Message.objects.get().state == "uncertain"
    assert len(sink.mails) == 1
    assert [name for name, _ in cast.happened()] == ["Email Maybe Sent"]


def test_it_releases_the_batch_when_the_server_is_away(now: dt.datetime, settings: Any) -> None:
    with smtp_sink.running() as gone:
        settings.TEST_MAILBOX = gone.address
    people = [cast.person(f"Ada{number}", now=now) for number in range(60)]
    cast.owe(cast.drawn(now=now), people, now=now)

    delivered = delivery.deliver(now=lambda: now)

    assert delivered.retried == 60
    assert set(Message.objects.values_list("state", "reason")) == {("queued", "unreachable")}
    assert (
        Message.objects.filter(attempts=0).count() >= 44
    )  # those behind the first window were not even tried
    assert cast.happened() == []


def test_it_sends_samples_to_the_test_mailbox_only(sink: Sink, now: dt.datetime) -> None:
    with smtp_sink.running() as real:
        SmtpServer.objects.create(name="Real", host=real.host, port=real.port, security="none")
        people = [cast.person("Ada", now=now), cast.person("Demo", now=now, is_sample=True)]
        cast.owe(cast.drawn(now=now), people, now=now)
        delivery.deliver(now=lambda: now)

        assert [mail.recipient for mail in real.mails] == ["ada@example.com"]
    assert [mail.recipient for mail in sink.mails] == ["demo@example.com"]
    assert Message.objects.get(contact=people[0]).provider == real.address


def test_it_requeues_what_a_silent_worker_had_claimed(sink: Sink, now: dt.datetime, settings: Any) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    claims.claim(channel="email", limit=10, now=now)
    over = now + dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)

    early = delivery.recover(now=now)
    found = delivery.recover(now=over)

    assert (early.requeued, found.requeued, found.uncertain) == (0, 1, 0)
    message = Message.objects.get()
    assert (message.state, message.reason, message.attempts) == ("queued", "interrupted", 1)
    assert message.due_at == over + dt.timedelta(seconds=LULLS[0])
    assert delivery.deliver(now=lambda: message.due_at).sent == 1


def interrupt(*, now: dt.datetime, settings: Any, limit: int = 10) -> tuple[list[str], dt.datetime]:
    """A worker claims what is due and is gone: whom it had claimed, and when that is noticed."""
    claimed = claims.claim(channel="email", limit=limit, now=now)
    over = now + dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)
    delivery.recover(now=over)
    return [Contact.objects.get(pk=one.contact_id).first_name for one in claimed], over


def test_it_gives_up_a_message_whose_worker_stops_every_time(
    sink: Sink, now: dt.datetime, settings: Any
) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    lulls = []
    for _ in range(len(BACKOFF) + 1):
        _, over = interrupt(now=Message.objects.get().due_at, settings=settings)
        lulls.append((Message.objects.get().due_at - over).total_seconds())

    message = Message.objects.get()
    assert len(LULLS) == len(BACKOFF)
    assert tuple(lulls[:-1]) == LULLS
    assert max(LULLS[:3]) <= 10  # a plain crash's backlog is gone within a minute
    assert (message.state, message.reason, message.attempts) == ("failed", "interrupted", len(BACKOFF) + 1)
    assert "Given up after 9 attempts" in words.because(message)
    ((name, told),) = cast.happened()
    assert (name, told["reason"], told["detail"]) == ("Email Not Sent", "interrupted", message.detail)
    assert delivery.deliver(now=lambda: now + dt.timedelta(days=1)).claimed == 0


def test_it_goes_on_behind_a_message_that_stops_its_workers(
    sink: Sink, now: dt.datetime, settings: Any
) -> None:
    version = cast.drawn(now=now)
    cast.owe(version, [cast.person("Ada", now=now)], now=now)
    cast.owe(version, [cast.person("Grace", now=now)], now=now, due_at=now + dt.timedelta(seconds=1))

    _, over = interrupt(now=now, settings=settings)

    assert delivery.deliver(now=lambda: over).sent == 1
    assert [mail.recipient for mail in sink.mails] == ["grace@example.com"]


def test_it_takes_those_alone_that_may_be_what_stops_the_workers(
    sink: Sink, now: dt.datetime, settings: Any
) -> None:
    version = cast.drawn(now=now)
    cast.owe(version, [cast.person(name, now=now) for name in ("Ada", "Grace")], now=now)
    moment = now
    for _ in range(SUSPECT):
        together, over = interrupt(now=moment, settings=settings)
        moment = over + dt.timedelta(seconds=10)
    cast.owe(version, [cast.person("Linus", now=now)], now=now, due_at=moment)

    turns = [delivery.deliver(now=lambda: moment).claimed for _ in range(4)]

    assert sorted(together) == ["Ada", "Grace"]
    assert turns == [1, 1, 1, 0]
    assert sink.mails[0].recipient == "linus@example.com"  # nobody waits behind them


@pytest.mark.parametrize(
    "error", [OperationalError("deadlock detected"), InterfaceError("connection is closed")]
)
def test_it_writes_down_what_was_sent_although_the_database_stumbles(
    sink: Sink, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    settle, stumbles = claims.settle, [error, error]

    def stumble(settled: Sequence[Settled]) -> set[int]:
        held = settle(settled)
        if settled and stumbles:
            raise stumbles.pop()
        return held

    monkeypatch.setattr(claims, "settle", stumble)
    monkeypatch.setattr(delivery, "BREATHER_SECONDS", 0)

    delivered = delivery.deliver(now=lambda: now)

    assert (delivered.sent, stumbles) == (1, [])
    assert Message.objects.get().state == "sent"
    assert [name for name, _ in cast.happened()] == ["Email Sent"]
    assert len(sink.mails) == 1


def test_it_stops_writing_down_when_the_lease_is_over(
    sink: Sink, now: dt.datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DELIVERY_LEASE_SECONDS = 1
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)

    def stumble(settled: Sequence[Settled]) -> set[int]:
        if settled:
            raise OperationalError("the database is away")
        return set()

    monkeypatch.setattr(claims, "settle", stumble)

    with pytest.raises(OperationalError):
        delivery.deliver(now=lambda: now)
    assert Message.objects.get().state == "handing_over"


def test_it_doubts_what_a_silent_worker_was_handing_over(sink: Sink, now: dt.datetime, settings: Any) -> None:
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    claimed = claims.claim(channel="email", limit=10, now=now)
    claims.begin(claimed, ["ada@example.com"], now=now)
    over = now + dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)

    found = delivery.recover(now=over)

    assert (found.requeued, found.uncertain) == (0, 1)
    assert Message.objects.get().state == "uncertain"
    assert [name for name, _ in cast.happened()] == ["Email Maybe Sent"]
    assert delivery.deliver(now=lambda: over).claimed == 0


def test_it_believes_a_late_answer_about_a_doubtful_message(now: dt.datetime, settings: Any) -> None:
    from journeys.channels.base import Accepted

    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    (claimed,) = claims.claim(channel="email", limit=10, now=now)
    claims.begin([claimed], ["ada@example.com"], now=now)
    over = now + dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)
    delivery.recover(now=over)

    late = outcomes.of_hand_over(claimed, Accepted("somewhere"), email="ada@example.com", now=over)
    tally = outcomes.record([late], now=over)

    assert tally["sent"] == 1
    assert Message.objects.get().state == "sent"


def test_it_does_not_believe_a_worker_whose_claim_has_passed_on(now: dt.datetime, settings: Any) -> None:
    from journeys.channels.base import Accepted

    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    (old,) = claims.claim(channel="email", limit=10, now=now)
    over = now + dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)
    delivery.recover(now=over)
    (new,) = claims.claim(channel="email", limit=10, now=over + dt.timedelta(seconds=LULLS[0]))

    begun = claims.begin([old], ["ada@example.com"], now=over)
    late = outcomes.of_hand_over(old, Accepted("somewhere"), email="ada@example.com", now=over)
    tally = outcomes.record([late], now=over)

    assert begun == set()
    assert tally["sent"] == 0
    assert (new.fence, Message.objects.get().state) == (old.fence + 1, "claimed")


def test_it_takes_no_more_statements_for_fifty_than_for_one(
    sink: Sink, now: dt.datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [cast.person(f"Ada{number}", now=now) for number in range(48)]
    cast.owe(cast.drawn(now=now), people, now=now)

    # wake, claim, server, brands, senders, survivors (2), consent, variables, content (2), four turns of at most
    # settle + COPY + begin, each in a savepoint here
    with django_assert_max_num_queries(37):
        assert delivery.deliver(now=lambda: now).sent == 48
