"""Loops: drain what is due, then look again at the next due moment, at most 200 ms later.

A loop is a Celery task that stays for a while and then hands over to its successor. Nudges only shorten its
sleep or start it again after a crash; without any, beat starts it within seconds.
"""

import datetime as dt
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from cdp import heartbeat
from cdp.celery import stopping
from cdp.lib import db

log = structlog.get_logger()

STAY_SECONDS = 20.0  # then the successor takes over, so that a worker never runs one task for ever
LONGEST_NAP_SECONDS = 0.2
SHORTEST_NAP_SECONDS = 0.005
BEAT_SECONDS = 2.0
AFTER_FAULT_SECONDS = 1.0


@dataclass(frozen=True)
class Loop:
    """One loop: what it does, when something is next due, and whether it may run beside itself."""

    name: str
    work: Callable[[dt.datetime], int]  # how much it did; 0 when nothing was due
    due: Callable[[dt.datetime], dt.datetime | None] | None = None
    lock: int | None = None  # an advisory lock that one process at a time holds


def stay(loop: Loop, *, seconds: float = STAY_SECONDS) -> bool:
    """Run `loop` for so many seconds, or until its worker ends. False when another process runs it already."""
    close_old_connections()
    try:
        if loop.lock is not None and not db.try_lock(loop.lock):
            return False
        try:
            _go_round(loop, seconds)
        finally:
            if loop.lock is not None and connection.connection is not None:
                db.unlock(loop.lock)
    except (OperationalError, InterfaceError) as error:
        # The database went away. Whatever was under way is rolled back; rows wait for us.
        log.warning("loop_lost_database", loop=loop.name, error=str(error))
        connection.close()
        time.sleep(AFTER_FAULT_SECONDS)
    return True


def _go_round(loop: Loop, seconds: float) -> None:
    parent, ends, beats = os.getppid(), time.monotonic() + seconds, 0.0
    nap = SHORTEST_NAP_SECONDS
    done = 0
    # A worker killed with -9 leaves its children behind: they see a new parent and go.
    while not stopping.is_set() and os.getppid() == parent and time.monotonic() < ends:
        with structlog.contextvars.bound_contextvars(loop=loop.name, batch_id=uuid.uuid4().hex[:12]):
            did = loop.work(timezone.now())
        done += did
        if time.monotonic() >= beats:
            heartbeat.beat(loop.name, {"pid": os.getpid(), "done": done}, now=timezone.now())
            beats = time.monotonic() + BEAT_SECONDS
        if did:
            nap = SHORTEST_NAP_SECONDS
            continue
        time.sleep(_until_due(loop, nap))
        nap = min(nap * 2, LONGEST_NAP_SECONDS)


def _until_due(loop: Loop, nap: float) -> float:
    """Seconds to sleep: the nap, cut short by what is due before its end."""
    if loop.due is None or nap < LONGEST_NAP_SECONDS:
        return nap
    now = timezone.now()
    due = loop.due(now)
    if due is None:
        return nap
    return max(SHORTEST_NAP_SECONDS, min(nap, (due - now).total_seconds()))
