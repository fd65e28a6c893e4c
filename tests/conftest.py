"""The cast and the common fixtures: NOW never moves, Ada, Grace and Linus are people we know."""

import datetime as dt

import pytest

from profiles import partitions
from profiles.models import Source

NOW = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def now() -> dt.datetime:
    """A Wednesday at noon, UTC."""
    return NOW


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """The test database, with the months that tests write into."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        months = [NOW - dt.timedelta(days=days) for days in range(0, 800, 15)] + [
            NOW + dt.timedelta(days=days) for days in range(0, 70, 15)
        ]
        partitions.ensure(months, now=NOW)


@pytest.fixture
def shop(db: None) -> Source:
    """The shop's server: a trusted source."""
    return Source.objects.create(name="Shop", kind=Source.Kind.SERVER)


@pytest.fixture
def website(db: None) -> Source:
    """The shop's website: anybody can read its key."""
    return Source.objects.create(name="Website", kind=Source.Kind.BROWSER)
