"""Workers load this (`celery worker -I`): a child whose worker was killed with -9 must not live on, idle, for ever."""

import signal
from typing import Any

from celery.signals import worker_process_init

from cdp.runtime.launch import die_with_parent


@worker_process_init.connect
def end_with_worker(**_: Any) -> None:
    """In every child, right after it was made."""
    die_with_parent(signal.SIGTERM)
