"""What takes long to work out and may be a minute old: kept for a moment, with the moment it is of.

Losing it costs a calculation. Whoever shows it says as of when.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any, Final

from django.core.cache import cache

SECONDS: Final = 60


def kept[T](name: str, about: object, make: Callable[[], T], *, now: dt.datetime) -> tuple[T, dt.datetime]:
    """What `make` makes, at most SECONDS old, and as of when; `about` is everything that it depends on but the data.

    `about` is told apart by its repr.
    """
    digest = hashlib.blake2b(repr(about).encode(), digest_size=16).hexdigest()
    key = f"shortly:{name}:{digest}"
    found: Any = cache.get(key)
    if found is None:
        found = (make(), now)
        cache.set(key, found, SECONDS)
    made: tuple[T, dt.datetime] = found
    return made
