"""Small helpers for PostgreSQL: locks, time limits, COPY, monthly partitions."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, models, transaction
from psycopg import Copy

DIGEST_LOCK: Final = 0x4B_01  # whoever changes facts that segments read holds this until commit
ENGINE_NUDGE_SECONDS: Final = 0.2


@contextmanager
def transaction_with_lock(key: int) -> Iterator[None]:
    """A transaction that holds the advisory lock `key` to its end; waits in line for it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        yield


def try_lock(key: int) -> bool:
    """Take the session's advisory lock `key` if nobody has it; it lasts until `unlock` or disconnection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        row = cursor.fetchone()
    return bool(row and row[0])


def unlock(key: int) -> None:
    """Give back what `try_lock` took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def time_limit(milliseconds: int) -> Iterator[None]:
    """Statements inside are cancelled (`django.db.OperationalError`) when one takes longer than this."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")


@contextmanager
def whole_sets(*, milliseconds: int = 0) -> Iterator[None]:
    """Statements inside join sets of unknown size: by hashing, which is never far off.

    Where the planner believes that a set is one row, a nested loop takes a thousand times as long. With
    `milliseconds`, a statement that takes longer is cancelled (`django.db.OperationalError`).
    """
    settings = "SELECT set_config('enable_nestloop', %s, true), set_config('statement_timeout', %s, true)"
    is_inside = connection.in_atomic_block
    with transaction.atomic():
        fetch(settings, ["off", str(milliseconds)])
        yield
        if is_inside:  # of a transaction that goes on: otherwise they end with it
            fetch(settings, ["on", "0"])


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY `rows` into `table`; values are adapted as psycopg adapts parameters."""
    names = ", ".join(columns)
    with copying(f"COPY {table} ({names}) FROM STDIN") as out:
        for row in rows:
            out.write_row(row)


@contextmanager
def copying(statement: str) -> Iterator[Copy]:
    """A COPY to write into. Its errors are Django's, as those of every other statement.

    Django leaves `cursor.copy` alone: psycopg's own errors would pass by everybody who waits for
    `django.db.DataError` (a poison item) or `django.db.OperationalError` (the database went away).
    """
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as out:
        yield out


def fetch(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> int:
    """Run one statement; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def next_ids(sequence: str, count: int) -> list[int]:
    """Reserve `count` numbers of a sequence in one statement."""
    if not count:
        return []
    rows = fetch("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count])
    return [row[0] for row in rows]


def month_of(moment: dt.datetime) -> dt.date:
    """The first day of the UTC month that `moment` falls in."""
    return moment.astimezone(dt.UTC).date().replace(day=1)


def month_after(month: dt.date) -> dt.date:
    """The first day of the month after `month`."""
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


class PartitionedModel(models.Model):
    """A table kept in monthly partitions.

    Django believes `id` alone is the primary key; the migration makes it (id, `partition_key`), because
    PostgreSQL wants the partition's column in every unique index.
    """

    partition_key: str

    class Meta:
        abstract = True
