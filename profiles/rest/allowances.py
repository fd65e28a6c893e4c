"""How much a key may ask: a bucket of requests that fills steadily, kept in PostgreSQL so that all workers share it.

It needs no Redis; one statement a request, on a narrow row of the key's own.
"""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from cdp.lib import db
from profiles.models import ApiKey
from profiles.rest.problems import Problem

WINDOW: Final = 60  # seconds
# A clock that jumps back must not empty a bucket: what passed is never below nothing.
FILLED: Final = (
    "least(%(quota)s, held.tokens + greatest(0, extract(epoch FROM %(now)s - held.at)) * %(rate)s)"
)
SPEND: Final = f"""
    INSERT INTO profiles_apiallowance AS held (key_id, name, tokens, at)
    VALUES (%(key)s, %(name)s, %(quota)s - %(cost)s, %(now)s)
    ON CONFLICT (key_id, name) DO UPDATE SET
        tokens = {FILLED} - %(cost)s, at = greatest(held.at, %(now)s)
    WHERE {FILLED} >= %(cost)s
    RETURNING tokens
"""
LEFT: Final = f"SELECT {FILLED} FROM profiles_apiallowance held WHERE key_id = %(key)s AND name = %(name)s"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after a request."""

    name: str
    quota: int
    left: float

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers writes it."""
        full_in = math.ceil((self.quota - self.left) * WINDOW / self.quota)
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.name}";r={max(0, int(self.left))};t={full_in}',
        }


def spend(key: ApiKey, *, name: str, cost: int, now: dt.datetime) -> Allowance:
    """Take `cost` requests out of the key's bucket. Raises Problem (429) where it does not hold so many."""
    quota = key.per_minute or settings.API_REQUESTS_PER_MINUTE
    cost = min(cost, quota)
    asked = {"key": key.pk, "name": name, "quota": float(quota), "cost": float(cost), "now": now}
    asked["rate"] = quota / WINDOW
    if rows := db.fetch(SPEND, asked):
        return Allowance(name, quota, float(rows[0][0]))
    rows = db.fetch(LEFT, asked)
    left = float(rows[0][0]) if rows else 0.0
    wait = max(1, math.ceil((cost - left) * WINDOW / quota))
    raise Problem(
        429,
        "too_many_requests",
        f"This key may make {quota} requests a minute; come back in {wait} s.",
        headers={**Allowance(name, quota, left).headers, "Retry-After": str(wait)},
    )
