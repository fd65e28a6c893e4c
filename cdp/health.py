"""Health for machines: `/health` says that this process lives, `/health/ready` that the whole line moves.

Point a load balancer at `/health`: the door takes events in even while workers or the broker are away. Alerting
asks `/health/ready`, which answers 503 with the part that is missing. Neither tells names, addresses or secrets.
"""

import datetime as dt
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cdp import heartbeat
from cdp.lib import db
from cdp.runtime.broker import unanswered
from profiles.models import Lane

EXPECTED: Final = ("delivery", "digest", "engine")  # the loops of cdp.tasks
STALE_SECONDS: Final = 30.0  # they beat every two seconds, unless one batch takes long
ANSWER_MILLISECONDS: Final = 2_000

# Paused journeys hold their people and messages on purpose: as the engine and delivery do, leave them out.
_PAUSED: Final = """
    SELECT FROM journeys_version version JOIN journeys_journey journey ON journey.id = version.journey_id
    WHERE version.id = due.version_id AND (version.state = 'paused' OR journey.status = 'paused')
"""
# The oldest of each lane by source, because `inbox_by_lane` finds it so without reading a long inbox.
OLDEST_ARRIVALS: Final = """
    SELECT number, min(received_at) FROM unnest(%s::smallint[]) number, profiles_source source, LATERAL (
        SELECT received_at FROM profiles_inboxitem item
        WHERE item.lane = number AND item.source_id = source.id ORDER BY item.id LIMIT 1
    ) oldest GROUP BY number
"""
OLDEST_DUE: Final = {
    "run": f"""
        SELECT min(wake_at) FROM journeys_run due
        WHERE state IN ('active', 'waiting') AND wake_at <= %s AND NOT EXISTS ({_PAUSED})
    """,
    "message": f"""
        SELECT min(due_at) FROM journeys_message due
        WHERE state = 'queued' AND due_at <= %s AND NOT EXISTS ({_PAUSED})
    """,
    "flip": "SELECT min(due_at) FROM segments_flip WHERE due_at <= %s",
}


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """This process answers; it asked nobody."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Database, broker, heartbeats and the age of what waits; 503 when one of the first three is missing."""
    report = examine(now=timezone.now())
    return JsonResponse(report, status=200 if report["status"] == "ok" else 503)


def examine(*, now: dt.datetime) -> dict[str, Any]:
    """The whole report. Never raises: what does not answer is what the report is about."""
    report: dict[str, Any] = {"database": {"ok": False}, "broker": _timed(_broker)}
    try:
        with db.time_limit(ANSWER_MILLISECONDS):
            report["database"] = _timed(_database)
            report["heartbeats"] = heartbeats(now=now)
            report["backlog_seconds"] = backlog(now=now)
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        report["database"] = {"ok": False, "problem": type(error).__name__}
    beats = report.get("heartbeats", {})
    well = report["database"]["ok"] and report["broker"]["ok"] and all(beat["ok"] for beat in beats.values())
    return {"status": "ok" if well and beats else "not ready", **report}


def heartbeats(*, now: dt.datetime) -> dict[str, dict[str, Any]]:
    """Every expected loop and when it was last round; a loop never seen is not well."""
    ages = {sign.name: sign.age(now=now) for sign in heartbeat.signs()}
    return {
        name: {
            "ok": ages.get(name, STALE_SECONDS + 1) <= STALE_SECONDS,
            "age_seconds": round(ages[name], 1) if name in ages else None,
        }
        for name in EXPECTED
    }


def backlog(*, now: dt.datetime) -> dict[str, float]:
    """Seconds that the oldest waiting thing of each kind has been due; 0 where nothing waits."""
    oldest: Mapping[int, dt.datetime] = dict(db.fetch(OLDEST_ARRIVALS, [Lane.values]))
    ages = {f"inbox_{lane.name.lower()}": _age(oldest.get(lane), now=now) for lane in Lane}
    for kind, statement in OLDEST_DUE.items():
        ages[kind] = _age(db.fetch(statement, [now])[0][0], now=now)
    return ages


def _age(moment: dt.datetime | None, *, now: dt.datetime) -> float:
    return round(max(0.0, (now - moment).total_seconds()), 1) if moment else 0.0


def _timed(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    answer = ask()
    return {**answer, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def _database() -> dict[str, Any]:
    db.fetch("SELECT 1")
    return {"ok": True}


def _broker() -> dict[str, Any]:
    if settings.REDIS_URL:
        trouble = unanswered(settings.REDIS_URL)
        return {"ok": not trouble, "kind": "redis", **({"problem": trouble} if trouble else {})}
    if settings.BROKER_FOLDER:
        folder = Path(settings.BROKER_FOLDER)
        return {"ok": folder.is_dir() and os.access(folder, os.W_OK), "kind": "folder"}
    return {"ok": True, "kind": "none"}
