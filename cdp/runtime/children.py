"""Workers load this (`celery worker -I`): a child whose worker was killed with -9 must not live on, idle, for ever."""

import logging
import signal
from typing import Any

from celery.signals import worker_process_init

from cdp.runtime.launch import die_with_parent

# A line a nudge would fill the logs with nothing: the loops say themselves what they did.
for name in ("celery.worker.strategy", "celery.worker.request", "celery.app.trace"):
    logging.getLogger(name).setLevel(logging.WARNING)


@worker_process_init.connect
def end_with_worker(**_: Any) -> None:
    """In every child, right after it was made."""
    die_with_parent(signal.SIGTERM)
