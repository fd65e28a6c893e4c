"""Webhooks from real processes and threads: what is owed is committed, and a killed process costs a lease at most."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from cdp.webhooks import noting, sending, signing
from cdp.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookMessage
from tests.webhooks.receiver import Receiver

State = WebhookDelivery.State

PROGRAM = """
import datetime as dt, sys, time, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from cdp.webhooks import sending
sending.begin(clock=lambda: dt.datetime.now(dt.UTC))
time.sleep(20)
"""


def clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


# With a database of its own although it asks nothing of it: where this file runs alone, that one is made for all.
@pytest.mark.django_db
def test_nothing_is_owed_at_first() -> None:
    assert sending.begin(clock=clock) == 0


@pytest.fixture
def endpoint(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, receiver: Receiver
) -> Iterator[WebhookEndpoint]:
    """One whose rows are really committed."""
    with django_db_blocker.unblock():
        made = WebhookEndpoint.objects.create(
            name="Our shop", url=receiver.at("/"), wants=["contact.created"], secret=signing.new_secret()
        )
        try:
            yield made
        finally:
            made.delete()
            WebhookMessage.objects.all().delete()


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until it holds, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


def test_a_slow_address_does_not_hold_up_the_others(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    slow = WebhookEndpoint.objects.create(
        name="Slow", url=receiver.at("/slow"), wants=["contact.created"], secret=signing.new_secret()
    )
    for _ in range(6):
        noting.ping(slow, now=clock())
    noting.ping(endpoint, now=clock())

    assert sending.begin(clock=clock) == sending.EACH + 1

    wait_for(lambda: WebhookDelivery.objects.get(endpoint=endpoint).state == State.DELIVERED)
    assert WebhookDelivery.objects.filter(endpoint=slow, state=State.WAITING).count() == 6
    wait_for(lambda: sending._Threads.busy.total() == 0)
    slow.delete()


@pytest.mark.parametrize(
    ("place", "calls"), [("webhooks.called", 1), pytest.param("webhooks.claimed", 0, marks=pytest.mark.long)]
)
def test_a_killed_process_leaves_nothing_untold(
    place: str, calls: int, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    noting.ping(endpoint, now=clock())
    environment = {
        **os.environ,
        "KINDRED_FAILPOINT": place,
        "WEBHOOKS_PRIVATE_NETWORKS": "1",
        "DJANGO_SETTINGS_MODULE": "cdp.settings",
    }
    command = [sys.executable, "-c", PROGRAM, str(connection.settings_dict["NAME"])]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(receiver.received) == calls
    assert sending.deliver(clock=clock) == 0
    assert sending.deliver(clock=lambda: clock() + sending.LEASE) == 1
    assert WebhookDelivery.objects.get(endpoint=endpoint).state == State.DELIVERED
    assert len({headers["webhook-id"] for _, headers, _ in receiver.received}) == 1
