"""The workspace's settings, read once while a page is made: its zone, its name and its currency stand on every one."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Field

from cdp.lib import db
from profiles.models import Settings

_held: ContextVar[list[Settings] | None] = ContextVar("held", default=None)


@contextmanager
def held() -> Iterator[None]:
    """Inside, `current` asks the database once."""
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)


def current() -> Settings:
    """The settings as they stand; those of a new workspace where none are kept yet."""
    held = _held.get()
    if held:
        return held[0]
    found = _kept() or Settings()
    if held is not None:
        held.append(found)
    return found


def _kept() -> Settings | None:
    """The settings by hand: every page and fragment wants them, and the ORM takes six times as long."""
    fields = Settings._meta.concrete_fields
    names = [field.attname for field in fields]
    for row in db.fetch(f"SELECT {', '.join(names)} FROM {Settings._meta.db_table} ORDER BY id LIMIT 1"):
        values = [_read(field, value) for field, value in zip(fields, row, strict=True)]
        return Settings.from_db("default", names, values)
    return None


def _read(field: "Field[Any, Any]", value: Any) -> Any:
    """A value as its field reads it from the database: JSON comes as text."""
    return field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value


@functools.lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo | None:
    """The time zone of this name; None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown; not a name; a folder of names
        return None


def home(settings: Settings) -> ZoneInfo:
    """The workspace's own zone; UTC while its name is not one we know."""
    return zone(settings.time_zone) or ZoneInfo("UTC")
