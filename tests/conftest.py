"""The cast and the common fixtures: NOW never moves, Ada, Grace and Linus are people we know."""

import datetime as dt
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate

from cdp.lib import db
from profiles import partitions
from profiles.models import Settings, Source
from tests import emptying, laid

NOW = dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC)


def pytest_configure() -> None:
    """What takes longer than most tests: to hash passwords well, and to list all static files for each client."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """What is kept for a minute is of this test alone."""
    cache.clear()


@pytest.fixture
def now() -> dt.datetime:
    """A Wednesday at noon, UTC."""
    return NOW


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool, django_db_createdb: bool
) -> None:
    """Test databases are copies of one that was laid once, unless an old one is used again."""
    if django_db_createdb or not django_db_keepdb:
        connection.settings_dict["TEST"]["TEMPLATE"] = laid.name()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The test database, with the months that tests write into.

    Tests that commit end by emptying every table, also of what the migrations put there: it is put back.
    """
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        months = [NOW - dt.timedelta(days=days) for days in range(0, 800, 15)] + [
            NOW + dt.timedelta(days=days) for days in range(0, 70, 15)
        ]
        partitions.ensure(months, now=NOW)
        post_migrate.connect(_furnish, dispatch_uid="tests")
        emptying.quickly()
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        # Connections that other threads of a test left open would keep the database from being dropped.
        db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _furnish(app_config: AppConfig, **_: object) -> None:
    """What the migrations give every installation, again where it is gone."""
    if app_config.name == "journeys" and not Settings.objects.exists():
        for app in ("profiles", "journeys"):
            import_module(f"{app}.migrations.0002_house").furnish(apps, None)


@pytest.fixture
def shop(db: None) -> Source:
    """The shop's server: a trusted source."""
    return Source.objects.create(name="Shop", kind=Source.Kind.SERVER)


@pytest.fixture
def website(db: None) -> Source:
    """The shop's website: anybody can read its key."""
    return Source.objects.create(name="Website", kind=Source.Kind.BROWSER)
