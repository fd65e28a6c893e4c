"""A process of its own for what may kill it: a child of this one, with Django loaded and its own connection.

A fresh Python would do the same after loading everything for two seconds.
"""

import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import connection

KILLED: Final = -9
_kept: list[Any] = []


def ended(story: Callable[[], None], *, failpoint: str = "", **wishes: Any) -> int:
    """Run the story in a child that dies at the fail-point, with these settings; how it ended.

    0 when it came to its end, 1 after an exception, -9 when it was killed, as subprocesses say it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():  # our other threads wait, and the child does not need them
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os._exit(_told(story, {**wishes, "FAILPOINT": failpoint}))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _told(story: Callable[[], None], wishes: dict[str, Any]) -> int:
    try:
        # Our parent's connection stays our parent's.
        _kept.append(connection.connection)
        connection.connection = None
        for name, value in wishes.items():
            setattr(settings, name, value)
        story()
    except BaseException:  # noqa: BLE001 - whatever it was, the child ends here
        traceback.print_exc()
        return 1
    return 0
