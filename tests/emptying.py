"""Empties the test database after a test that committed: the rows alone, where Django would truncate every table.

What a migration leaves about models and permissions stays: it is the same for all, and takes long to make again.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from cdp.lib import db

PATIENCE_SECONDS: Final = 5.0
UNDER_WAY: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND xact_start IS NOT NULL
"""
STAYS: Final = frozenset({"django_content_type", "auth_permission"})


def quickly() -> None:
    """Have Django's flush do so from now on, where we are a superuser of the server."""
    usual = connection.ops.sql_flush

    def sql_flush(style: Any, tables: Sequence[str], **wishes: Any) -> list[str]:
        if not db.fetch("SELECT usesuper FROM pg_user WHERE usename = current_user")[0][0]:
            return usual(style, tables, **wishes)
        _wait_for_others()
        # Without the triggers that guard references, and the log that nobody may shorten.
        return ["SET LOCAL session_replication_role = replica"] + [
            f"DELETE FROM {connection.ops.quote_name(table)}" for table in _filled(tables)
        ]

    setattr(connection.ops, "sql_flush", sql_flush)  # noqa: B010 - to be called as Django calls its own


def _wait_for_others() -> None:
    """A page may still be under way in the live server: what it is about to write shall be found, and go."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while db.fetch(UNDER_WAY)[0][0] and time.monotonic() < ends:
        time.sleep(0.01)


def _filled(tables: Sequence[str]) -> list[str]:
    wanted = sorted({*tables} - STAYS)
    quoted = [connection.ops.quote_name(table) for table in wanted]
    found = db.fetch("SELECT " + ", ".join(f"EXISTS (SELECT FROM {table})" for table in quoted))[0]
    return [table for table, is_filled in zip(wanted, found, strict=True) if is_filled]
