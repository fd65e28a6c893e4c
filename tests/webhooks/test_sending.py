"""Sending: signed so that the standard's own library believes it, again until it is taken, and never elsewhere."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.core import mail
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from cdp.webhooks import calling, endpoints, noting, sending
from cdp.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.webhooks.conftest import Listen
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.django_db

State = WebhookDelivery.State
Status = WebhookEndpoint.Status


@dataclass
class Clock:
    """The time of a test: it goes on when asked to."""

    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def __call__(self) -> dt.datetime:
        return self.at

    def wait(self, **parts: float) -> None:
        """Some time passes."""
        self.at += dt.timedelta(**parts)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ping(listen: Listen, clock: Clock) -> Callable[..., WebhookDelivery]:
    """Owe one test to a path of the receiver."""

    def make(path: str = "/") -> WebhookDelivery:
        noting.ping(listen("contact.created", path=path), now=clock())
        return WebhookDelivery.objects.select_related("message", "endpoint").latest("id")

    return make


type Ping = Callable[..., WebhookDelivery]


def test_the_standards_own_library_believes_it(ping: Ping, receiver: Receiver, clock: Clock) -> None:
    delivery = ping()

    assert sending.deliver(clock=clock) == 1

    [(_, headers, body)] = receiver.received
    verified = Webhook(delivery.endpoint.secret).verify(body, headers)
    assert verified == json.loads(delivery.message.body)
    assert headers["webhook-id"] == delivery.message.key
    delivery.refresh_from_db()
    assert (delivery.state, delivery.next_attempt_at) == (State.DELIVERED, None)
    [attempt] = delivery.log.all()
    assert (attempt.status, attempt.answer, attempt.error) == (200, "thanks", "")


def test_both_secrets_sign_while_one_is_changed(ping: Ping, receiver: Receiver, clock: Clock) -> None:
    endpoint = ping().endpoint
    before = endpoint.secret
    after = endpoints.rotate(endpoint, now=clock())
    sending.deliver(clock=clock)
    clock.wait(hours=25)
    noting.ping(endpoint, now=clock())
    sending.deliver(clock=clock)

    [(_, first, body), (_, second, _)] = receiver.received

    assert Webhook(before).verify(body, first) == Webhook(after).verify(body, first)
    assert len(second["webhook-signature"].split()) == 1


def test_a_secret_is_not_readable_in_the_database(ping: Ping) -> None:
    from cdp.lib import db

    endpoint = ping().endpoint

    [(kept,)] = db.fetch("SELECT secret FROM cdp_webhookendpoint WHERE id = %s", [endpoint.pk])
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret not in kept


def test_it_comes_again_later_each_time_with_the_same_id(
    ping: Ping, receiver: Receiver, clock: Clock
) -> None:
    delivery = ping()
    receiver.broken = 2
    sending.deliver(clock=clock)
    delivery.refresh_from_db()
    first = delivery.next_attempt_at
    assert first is not None
    assert dt.timedelta(seconds=4) <= first - clock() <= dt.timedelta(seconds=6)
    assert sending.deliver(clock=clock) == 0

    clock.wait(seconds=6)
    sending.deliver(clock=clock)
    clock.wait(minutes=6)
    sending.deliver(clock=clock)

    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED
    assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1
    assert [attempt.status for attempt in delivery.log.order_by("number")] == [500, 500, 200]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/slow", None, "No answer within 0.5 seconds."),
        ("/redirect", 302, "It answers with another address; webhooks follow none."),
        ("/closes", None, "No connection"),
    ],
)
def test_it_says_what_went_wrong(
    path: str, status: int | None, words: str, ping: Ping, receiver: Receiver, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(calling.post.__kwdefaults__ or {}, "within_seconds", 0.5)
    delivery = ping(path)

    sending.deliver(clock=clock)

    [attempt] = delivery.log.all()
    assert attempt.status == status
    assert attempt.error.startswith(words)
    assert [path for path, _, _ in receiver.received] == [path]
    delivery.refresh_from_db()
    assert delivery.state == State.WAITING


def test_it_reads_no_more_than_it_needs(ping: Ping, clock: Clock) -> None:
    delivery = ping("/endless")

    sending.deliver(clock=clock)

    [attempt] = delivery.log.all()
    assert attempt.answer == "x" * calling.KEPT


def test_it_waits_as_long_as_it_is_asked_to(ping: Ping, clock: Clock) -> None:
    delivery = ping("/busy")

    sending.deliver(clock=clock)

    delivery.refresh_from_db()
    assert delivery.next_attempt_at == clock() + dt.timedelta(seconds=600)


def test_it_gives_up_after_three_days_and_switches_off_after_five(
    ping: Ping, receiver: Receiver, clock: Clock, admin_user: object
) -> None:
    delivery = ping()
    WebhookEndpoint.objects.update(made_by=admin_user)
    receiver.broken = 10**6
    began = clock()
    while delivery.next_attempt_at is not None:
        clock.at = delivery.next_attempt_at
        assert sending.deliver(clock=clock) == 1
        delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.FAILED, 10)
    assert dt.timedelta(days=2) < clock() - began < dt.timedelta(days=4.5)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.status == Status.ACTIVE

    clock.wait(days=3)
    noting.ping(endpoint, now=clock())
    sending.deliver(clock=clock)

    assert WebhookEndpoint.objects.get().status == Status.DISABLED
    [notice] = mail.outbox
    assert (notice.subject, notice.to) == ("The webhook “Our shop” was switched off", ["admin@example.com"])


def test_a_receiver_that_is_gone_is_left_alone(ping: Ping, clock: Clock) -> None:
    ping("/gone")

    sending.deliver(clock=clock)

    assert WebhookEndpoint.objects.get().status == Status.DISABLED


def test_what_is_owed_waits_while_it_is_paused(ping: Ping, receiver: Receiver, clock: Clock) -> None:
    endpoint = ping().endpoint
    endpoints.pause(endpoint)
    assert sending.deliver(clock=clock) == 0

    endpoints.go_on(endpoint)

    assert sending.deliver(clock=clock) == 1


def test_a_process_that_died_leaves_a_lease(ping: Ping, receiver: Receiver, clock: Clock) -> None:
    ping()
    [lost] = sending.claim(limit=5, now=clock())
    assert sending.deliver(clock=clock) == 0
    clock.wait(minutes=3)
    assert sending.deliver(clock=clock) == 1

    late = sending.record(lost, calling.Answer(500, 1), now=clock())

    assert not late
    assert WebhookDelivery.objects.get().state == State.DELIVERED
    assert WebhookAttempt.objects.count() == 1


def test_it_sends_again_what_is_asked_for(ping: Ping, receiver: Receiver, clock: Clock) -> None:
    delivery = ping()
    sending.deliver(clock=clock)
    clock.wait(days=1)

    assert endpoints.replay(WebhookDelivery.objects.all(), now=clock()) == 1
    sending.deliver(clock=clock)

    assert [headers["webhook-id"] for _, headers, _ in receiver.received] == [delivery.message.key] * 2
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 2)


def test_it_forgets_after_its_days(ping: Ping, clock: Clock) -> None:
    ping()

    endpoints.forget(before=clock() + dt.timedelta(seconds=1))

    assert not WebhookDelivery.objects.exists()


def test_it_never_goes_into_our_own_house(
    ping: Ping, receiver: Receiver, clock: Clock, settings: Settings
) -> None:
    delivery = ping()
    WebhookEndpoint.objects.update(url=receiver.url.replace("http://127.0.0.1", "https://localhost"))
    settings.WEBHOOKS_PRIVATE_NETWORKS = False

    sending.deliver(clock=clock)

    [attempt] = delivery.log.all()
    assert attempt.status is None
    assert attempt.error.startswith("localhost is an address inside a private network")
    assert receiver.received == []
