"""Celery: our processes' alarm clock. Its messages carry no facts; losing or repeating one changes nothing."""

import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")

from django.conf import settings

log = structlog.get_logger()

NUDGE_SECONDS = (
    0.2  # a process sends the same nudge at most this often; the loops look by themselves as often
)
BROKER_PATIENCE_SECONDS = 5.0  # after a broker did not answer, leave it alone for so long

# Made before the workers fork, so that their loops see the parent asking them to end.
stopping = multiprocessing.Event()


def broker() -> dict[str, Any]:
    """Where nudges travel: BROKER_URL, Redis, folders on disk; without any, nowhere beyond this process."""
    url = os.environ.get("BROKER_URL") or settings.REDIS_URL
    if url:
        # Minutes, not the hour of the default: nothing we send runs longer.
        patience = {"visibility_timeout": 300, "socket_connect_timeout": 1, "socket_timeout": 5}
        return {"broker_url": url, "broker_transport_options": patience if url.startswith("redis") else {}}
    if not settings.BROKER_FOLDER:
        return {"broker_url": "memory://"}
    folder = Path(settings.BROKER_FOLDER)
    queue, control, done = (folder / name for name in ("queue", "control", "done"))
    for place in (queue, control, done):
        place.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": "filesystem://",
        "broker_transport_options": {
            "data_folder_in": str(queue),
            "data_folder_out": str(queue),
            "control_folder": str(control),
            "processed_folder": str(done),
            "store_processed": False,
            "polling_interval": 0.2,
        },
    }


app = Celery("kindred")
app.conf.update(
    **broker(),
    task_ignore_result=True,
    task_publish_retry=False,
    task_default_queue="maintenance",
    task_routes={
        "cdp.tasks.digest": {"queue": "ingest"},
        "cdp.tasks.advance": {"queue": "journeys"},
        "cdp.tasks.deliver": {"queue": "delivery"},
        "cdp.tasks.sample_shop": {"queue": "maintenance"},
        "cdp.tasks.maintain": {"queue": "maintenance"},
        "cdp.tasks.count_figures": {"queue": "maintenance"},
        "segments.*": {"queue": "segments"},
    },
    # The net below the loops: whatever a crash or a lost nudge stopped begins again within seconds.
    beat_schedule={
        "digest": {"task": "cdp.tasks.digest", "schedule": 5.0, "options": {"expires": 5}},
        "advance": {"task": "cdp.tasks.advance", "schedule": 5.0, "options": {"expires": 5}},
        "deliver": {"task": "cdp.tasks.deliver", "schedule": 5.0, "options": {"expires": 5}},
        "imports": {"task": "profiles.tasks.import_waiting", "schedule": 5.0, "options": {"expires": 5}},
        "build": {"task": "segments.tasks.build_waiting", "schedule": 10.0, "options": {"expires": 10}},
        "sample_shop": {"task": "cdp.tasks.sample_shop", "schedule": 20.0, "options": {"expires": 20}},
        "figures": {"task": "cdp.tasks.count_figures", "schedule": 120.0, "options": {"expires": 120}},
        "maintain": {"task": "cdp.tasks.maintain", "schedule": 600.0, "options": {"expires": 600}},
    },
    beat_schedule_filename=os.environ.get("BEAT_SCHEDULE", ".data/beat-schedule"),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
)
app.autodiscover_tasks()

_last_nudge: dict[str, float] = {}


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves the logging alone when somebody listens here: settings.LOGGING stands."""


@worker_ready.connect
def begin(**_: Any) -> None:
    """A worker that starts begins the loops at once, without waiting for beat."""
    for name in ("maintain", "count_figures", "digest", "advance", "deliver", "sample_shop"):
        nudge(app.tasks[f"cdp.tasks.{name}"])


@worker_shutting_down.connect
def end_loops(**_: Any) -> None:
    """Ask the loops in our children to return."""
    stopping.set()


def nudge(task: "Task[..., Any]") -> None:
    """Wake `task`'s loop, at most every NUDGE_SECONDS from this process. Never raises: rows are the truth."""
    now = time.monotonic()
    if now - _last_nudge.get(task.name, -NUDGE_SECONDS) < NUDGE_SECONDS:
        return
    _last_nudge[task.name] = now
    try:
        task.apply_async(expires=10)
    except (OperationalError, OSError) as error:
        _last_nudge[task.name] = now + BROKER_PATIENCE_SECONDS
        log.warning("nudge_lost", task=task.name, error=str(error))
