"""Endpoints and a receiver next door."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from pytest_django.fixtures import Settings

from cdp.webhooks import signing
from cdp.webhooks.models import WebhookEndpoint
from tests.webhooks.receiver import Receiver, receiving


class Listen(Protocol):
    """Make an endpoint."""

    def __call__(self, *wants: str, path: str = "/", **fields: Any) -> WebhookEndpoint:
        """That wants these kinds."""


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver on this machine, which webhooks may reach here."""
    settings.WEBHOOKS_PRIVATE_NETWORKS = True
    with receiving() as running:
        yield running


@pytest.fixture
def listen(db: None, receiver: Receiver) -> Listen:
    """Make an endpoint at the receiver."""

    def make(*wants: str, path: str = "/", **fields: Any) -> WebhookEndpoint:
        secret = signing.new_secret()
        return WebhookEndpoint.objects.create(
            name="Our shop", url=receiver.at(path), wants=list(wants), secret=secret, **fields
        )

    return make
