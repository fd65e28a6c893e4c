"""Places where a test may have a process die, as kill -9 would have it."""

import os
import signal
from collections import Counter

from django.conf import settings

_hits: Counter[str] = Counter()


def hit(name: str) -> None:
    """Die here if `settings.FAILPOINT` names this place ("name", or "name:3" for its third hit)."""
    wanted, _, number = settings.FAILPOINT.partition(":")
    if wanted != name:
        return
    _hits[name] += 1
    if _hits[name] >= int(number or 1):
        os.kill(os.getpid(), signal.SIGKILL)
