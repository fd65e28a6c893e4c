"""Monthly and weekly partitions: how migrations make partitioned tables, and how missing months are added."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, CreateModel
from django.db.migrations.state import ProjectState
from psycopg import sql

from cdp.lib import db


class CreatePartitionedModel(CreateModel):
    """`CreateModel` for a table that is partitioned by range of `key`.

    `id` stays Django's primary key; the database's is (id, key).
    """

    def __init__(self, name: str, fields: Any, key: str, options: Any = None, **rest: Any) -> None:
        self.key = key
        super().__init__(name, fields, options, **rest)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As CreateModel's, and the partition key."""
        name, arguments, keywords = super().deconstruct()
        return name, list(arguments), {**keywords, "key": self.key}

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the table with Django's own columns, then let PostgreSQL partition it."""
        model: type[models.Model] = to_state.apps.get_model(app_label, self.name)
        key = schema_editor.quote_name(self.key)
        statement, parameters = schema_editor.table_sql(model)
        primary = model._meta.pk
        if (
            primary is not None and primary.column is not None
        ):  # a composite key holds the partition's column already
            statement = statement.replace(" PRIMARY KEY", "", 1)
            closing = statement.rindex(")")
            columns = f"{schema_editor.quote_name(primary.column)}, {key}"
            statement = f"{statement[:closing]}, PRIMARY KEY ({columns}))"
        schema_editor.execute(f"{statement} PARTITION BY RANGE ({key})", parameters or None)
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))  # type: ignore[attr-defined]


class AddIndexToPartitions(AddIndex):
    """`AddIndex` for a partitioned table in use: partition by partition, so that nobody waits to write into it.

    PostgreSQL cannot do that by itself. The migration must not be atomic; begun again it goes on where it stopped.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """The table's index, which covers nothing yet; then one for each partition, which is attached to it."""
        model = to_state.apps.get_model(app_label, self.model_name)
        quote, table, name = schema_editor.quote_name, model._meta.db_table, self.index.name
        create = str(self.index.create_sql(model, schema_editor))
        place = f"INDEX {quote(name)} ON {quote(table)}"
        assert place in create, create
        schema_editor.execute(
            create.replace(place, f"INDEX IF NOT EXISTS {quote(name)} ON ONLY {quote(table)}")
        )
        for partition in sorted(existing(table) - _indexed(name)):
            own = f"{name}_{partition.removeprefix(f'{table}_')}"
            schema_editor.execute(f"DROP INDEX IF EXISTS {quote(own)}")  # half made
            schema_editor.execute(
                create.replace(place, f"INDEX CONCURRENTLY {quote(own)} ON {quote(partition)}")
            )
            schema_editor.execute(f"ALTER INDEX {quote(name)} ATTACH PARTITION {quote(own)}")


def _indexed(index: str) -> set[str]:
    """The partitions that have their part of an index."""
    rows = db.fetch(
        "SELECT indrelid::regclass::text FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid"
        " WHERE inhparent = %s::regclass",
        [index],
    )
    return {row[0] for row in rows}


def ensure_months(tables: Iterable[str], months: Iterable[dt.date]) -> None:
    """Make the partitions of these months (first days) that are missing.

    Each is created beside its table and then attached, so that a running digest is not held up; an attach
    that cannot get its lock within a second raises `django.db.OperationalError` and can be tried again.
    """
    wanted = sorted(set(months))
    for table in tables:
        there = existing(table)
        for month in wanted:
            if f"{table}_{month:%Y_%m}" not in there:
                _attach(table, f"{table}_{month:%Y_%m}", month, db.month_after(month))


def ensure_weeks(table: str, days: Iterable[dt.date]) -> None:
    """Make the weekly partitions (Monday to Monday) that hold these days and are missing."""
    there = existing(table)
    for monday in sorted({day - dt.timedelta(days=day.weekday()) for day in days}):
        name = f"{table}_{monday:%Y_%m_%d}"
        if name not in there:
            _attach(table, name, monday, monday + dt.timedelta(days=7))


def existing(table: str) -> set[str]:
    """The names of a table's partitions."""
    rows = db.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table]
    )
    return {row[0] for row in rows}


def drop_before(table: str, horizon: dt.date) -> list[str]:
    """Drop the partitions that end on or before `horizon`; their names."""
    gone = []
    for name in sorted(existing(table)):
        parts = [int(part) for part in name.removeprefix(f"{table}_").split("_")]
        start = dt.date(*parts, *([1] if len(parts) == 2 else []))
        end = db.month_after(start) if len(parts) == 2 else start + dt.timedelta(days=7)
        if end <= horizon:
            db.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)).as_string(connection.connection))
            gone.append(name)
    return gone


def _attach(table: str, name: str, start: dt.date, end: dt.date) -> None:
    statements = [
        "CREATE TABLE IF NOT EXISTS {name} "
        "(LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)",
        "ALTER TABLE {name} SET (autovacuum_vacuum_insert_scale_factor = 0.05)",
        "ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})",
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        # Two processes may want the same month: the second waits here and then finds it made.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
        if name in existing(table):
            return
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        for statement in statements:
            cursor.execute(
                sql.SQL(statement)
                .format(
                    name=sql.Identifier(name),
                    table=sql.Identifier(table),
                    start=sql.Literal(start),
                    end=sql.Literal(end),
                )
                .as_string(cursor.connection)
            )
