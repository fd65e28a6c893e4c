"""Background work on people's data. Each task is a nudge: the rows say what is to be done."""

import time

from celery import shared_task
from django.utils import timezone

from profiles import imports

SECONDS = 10.0  # then others of the same worker have their turn


@shared_task
def import_waiting() -> None:
    """Take imports on, portion by portion, until none waits or others must have their turn."""
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends and imports.go_on(now=timezone.now()):
        continue
