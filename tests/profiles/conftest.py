"""A source whose rows are really committed, for tests that look at them from another thread or process."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from profiles.models import InboxItem, RejectedItem, Source


@pytest.fixture
def real_shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Source]:
    """The shop's server, committed; what it sent is removed afterwards, and nothing else.

    Django's own way (`transaction=True`) empties all tables, also of what the migrations put there.
    """
    with django_db_blocker.unblock():
        source = Source.objects.create(name="Real shop", kind=Source.Kind.SERVER)
        try:
            yield source
        finally:
            for model in (InboxItem, RejectedItem):
                model.objects.filter(source=source).delete()
            source.delete()


@pytest.fixture
def server(real_shop: Source) -> Iterator[LiveServer]:
    """A web server with a thread a connection, on the rows that are really committed."""
    running = LiveServer("localhost:0")
    yield running
    running.stop()
