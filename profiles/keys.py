"""Who may send, and how much: write keys, their sources' allowances, and what the door must know at each request.

All of it is remembered for a few seconds per process, so that no request pays for a look-up. So a key that is
revoked, a source that is disabled and a changed setting take effect within CACHE_SECONDS.
"""

import datetime as dt
import math
import threading
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from cdp.lib import crypto, db
from profiles.models import Settings, Source, WriteKey

CACHE_SECONDS: Final = 5.0
REMEMBERED: Final = 10_000  # keys; a flood of invented ones must not fill the memory
USED_EVERY: Final = dt.timedelta(minutes=1)  # how exact "last used" is


class UnknownKey(Exception):
    """No source sends with this key, or not any more."""


class TooMuch(Exception):
    """More than is allowed now; come back in `retry_after` seconds."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


@dataclass(slots=True)
class _Bucket:
    """What a source may still send this second. Below zero it waits; a batch larger than a second's worth passes."""

    tokens: float
    at: dt.datetime


_remembered: dict[Any, tuple[dt.datetime, Any]] = {}
_buckets: dict[int, _Bucket] = {}
_lock = threading.Lock()


def issue(source: Source) -> str:
    """Give `source` one more write key. It is returned this once; only its hash is kept."""
    # A server's key is a secret, a browser's can be read by everybody: its beginning tells which it is.
    key = crypto.new_key("kb" if source.kind == Source.Kind.BROWSER else "ks")
    WriteKey.objects.create(source=source, digest=crypto.hashed(key), hint=key[:8])
    return key


def source_of(key: str, *, now: dt.datetime) -> Source:
    """The source that sends with this write key. Raises UnknownKey: no such key, revoked, or its source disabled."""
    digest = crypto.hashed(key)
    known, source = _recall(digest, now=now)
    if not known:
        source = _look_up(digest, now=now)
        _remember(digest, source, now=now)
    if not isinstance(source, Source):
        raise UnknownKey
    return source


def horizon(*, now: dt.datetime) -> dt.timedelta:
    """How far back events are kept."""
    known, value = _recall("horizon", now=now)
    if not known:
        value = (Settings.objects.first() or Settings()).horizon
        _remember("horizon", value, now=now)
    assert isinstance(value, dt.timedelta)
    return value


def spend(source: Source, items: int, *, now: dt.datetime) -> None:
    """Count `items` against what `source` may send. Raises TooMuch; then nothing is counted.

    The allowance is per process: with four web processes a source may send up to four times as much.
    """
    if waiting(now=now) > backlog_limit():
        raise TooMuch("Too much is waiting to be digested; send it again later.", retry_after=10)
    rate = source.events_per_second
    if not rate:
        return
    with _lock:
        bucket = _buckets.setdefault(source.pk, _Bucket(float(rate), now))
        passed = max(0.0, (now - bucket.at).total_seconds())
        bucket.tokens = min(float(rate), bucket.tokens + passed * rate)
        bucket.at = now
        if bucket.tokens < 1:
            wait = math.ceil((1 - bucket.tokens) / rate)
            raise TooMuch(f"This source may send {rate} events a second.", retry_after=wait)
        bucket.tokens -= items


def waiting(*, now: dt.datetime) -> int:
    """About how many arrivals wait in the inbox: PostgreSQL's own running count, because counting them takes long."""
    known, value = _recall("waiting", now=now)
    if not known:
        rows = db.fetch("SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'profiles_inboxitem'")
        value = int(rows[0][0]) if rows else 0
        _remember("waiting", value, now=now)
    assert isinstance(value, int)
    return value


def backlog_limit() -> int:
    """How many arrivals may wait before senders are asked to come back (`settings.INGEST_BACKLOG_LIMIT`)."""
    return settings.INGEST_BACKLOG_LIMIT


def forget() -> None:
    """Forget everything remembered; for tests, and for whoever changes a key in this very process."""
    _remembered.clear()
    _buckets.clear()


def _recall(name: Any, *, now: dt.datetime) -> tuple[bool, Any]:
    entry = _remembered.get(name)
    if entry is None or abs((now - entry[0]).total_seconds()) > CACHE_SECONDS:
        return False, None
    return True, entry[1]


def _remember(name: Any, value: Any, *, now: dt.datetime) -> None:
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    _remembered[name] = (now, value)


def _look_up(digest: bytes, *, now: dt.datetime) -> Source | None:
    key = (
        WriteKey.objects.filter(digest=digest, revoked_at=None, source__disabled_at=None)
        .select_related("source")
        .first()
    )
    if key is None:
        return None
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        WriteKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.source
