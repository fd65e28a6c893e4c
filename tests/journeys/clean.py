"""Takes away what a test has committed. A flush would take the furniture of the migrations along."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

from cdp.lib import db

TABLES: Final = (
    "journeys_credit",
    "journeys_receipt",
    "journeys_message",
    "journeys_visit",
    "journeys_signal",
    "journeys_bookmark",
    "journeys_runmerge",
    "journeys_occasion",
    "journeys_intake",
    "journeys_run",
    "journeys_version",
    "journeys_journey",
    "journeys_contentrevision",
    "journeys_content",
    "profiles_inboxitem",
    "profiles_purchase",
    "profiles_merge",
    "segments_membership",
    "segments_segment",
    "profiles_persona",
    "profiles_contact",
    "profiles_eventdefinition",
)


def clean_up() -> None:
    """Empty the tables that stories about journeys write to."""
    for table in TABLES:
        db.execute(f"DELETE FROM {table}")


@contextmanager
def committing(blocker: Any) -> Iterator[None]:
    """Let a test write for real, and clean up behind it. `blocker` is pytest-django's.

    pytest-django makes the test database only where some collected test is marked `django_db`; without one the
    connection leads to the real database, which must not be touched.
    """
    name = str(connection.settings_dict["NAME"])
    assert name.startswith("test_"), f"{name} is not a test database: run a marked test along with this one"
    with blocker.unblock():
        clean_up()
        try:
            yield
        finally:
            clean_up()
            connection.close()
