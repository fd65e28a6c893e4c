"""The workspace's settings, read once while a page is made: its zone, its name and its currency stand on every one."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

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
    found = Settings.objects.order_by("id").first() or Settings()
    if held is not None:
        held.append(found)
    return found


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
