"""The cache without Redis: each process remembers for itself, but some things are shared over a table.

What guards the sign-in, or every web process would grant a guesser its own tries, and a code used at one could be
used at another. And what takes long to work out: processes would each do it, and disagree about when it was done.
"""

from typing import Any, Final

from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.locmem import LocMemCache

GUARDS: Final = ("allauth", "jwt:")  # limits on tries, used codes, used tokens
COSTLY: Final = ("shortly:",)  # of `cdp.lib.shortly`
TABLE: Final = "cdp_sharedcache"
MOST: Final = 10_000


class GuardedMemory(LocMemCache):
    """Django's local memory, with the keys in GUARDS and COSTLY kept in PostgreSQL."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(name, params)
        # Django's own limit of 300 would let a guesser from many addresses push the counts of others out.
        self.shared = DatabaseCache(TABLE, {**params, "OPTIONS": {"MAX_ENTRIES": MOST}})

    def add(self, key: str, *args: Any, **named: Any) -> bool:
        """Keep it where nothing is kept yet; whether it was."""
        return bool(self.shared.add(key, *args, **named) if guards(key) else super().add(key, *args, **named))

    def get(self, key: str, *args: Any, **named: Any) -> Any:
        """What is kept: of what takes long, what this process worked out itself, else what another did."""
        if guards(key):
            return self.shared.get(key, *args, **named)
        found = super().get(key, *args, **named)
        return self.shared.get(key, *args, **named) if found is None and is_costly(key) else found

    def set(self, key: str, *args: Any, **named: Any) -> None:
        """Keep it."""
        if not guards(key):
            super().set(key, *args, **named)
        if guards(key) or is_costly(key):
            self.shared.set(key, *args, **named)

    def delete(self, key: str, *args: Any, **named: Any) -> bool:
        """Forget it."""
        here = not guards(key) and super().delete(key, *args, **named)
        there = (guards(key) or is_costly(key)) and self.shared.delete(key, *args, **named)
        return bool(here or there)


def guards(key: str) -> bool:
    """Whether something's safety hangs on this key."""
    return str(key).startswith(GUARDS)


def is_costly(key: str) -> bool:
    """Whether it took long to work out."""
    return str(key).startswith(COSTLY)
