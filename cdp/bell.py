"""What the bell rings for: results of long work, and what needs somebody."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cdp import needs
from cdp.lib import db, shortly
from cdp.needs import Need
from journeys.models import Journey
from profiles.permissions import MANAGE_DATA, SEE

KEPT: Final = dt.timedelta(days=30)
MOST: Final = 50
ENDED: Final = """
    SELECT 'import' AS what, id, name, finished_at AS at, accepted, refused, false AS is_stopped
    FROM profiles_import WHERE finished_at >= %(since)s
    UNION ALL
    SELECT 'broadcast', journey.id, journey.name, coalesce(broadcast.cancelled_at, broadcast.taken_in_at), 0, 0,
        broadcast.cancelled_at IS NOT NULL
    FROM journeys_broadcast broadcast JOIN journeys_journey journey ON journey.id = broadcast.journey_id
    WHERE journey.status = %(completed)s
      AND coalesce(broadcast.cancelled_at, broadcast.taken_in_at) >= %(since)s
    ORDER BY at DESC LIMIT %(most)s
"""
NEEDED: Final = {"import": MANAGE_DATA, "broadcast": SEE}  # permissions


@dataclass(frozen=True, slots=True)
class Result:
    """Long work that came to its end."""

    at: dt.datetime
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Rung:
    """All that somebody may hear of, the newest result first."""

    needs: Sequence[Need]
    results: Sequence[Result]

    @property
    def state(self) -> str:
        """What a browser keeps of what was seen: the moment of the newest result, and which things need somebody."""
        newest = max((one.at.timestamp() for one in self.results), default=0)
        return f"{newest:.0f}.{self._needed()}"

    def _needed(self) -> str:
        return hashlib.blake2b(repr(self.needs).encode(), digest_size=6).hexdigest() if self.needs else ""

    def unseen(self, state: str) -> int:
        """How many of them are new since a state."""
        moment, _dot, needed = state.partition(".")
        seen = int(moment) if moment.isdigit() else 0
        return sum(round(one.at.timestamp()) > seen for one in self.results) + (
            len(self.needs) if self._needed() != needed else 0
        )


def rung(user: User, *, now: dt.datetime) -> Rung:
    """What there is, at most a minute old."""
    allowed = [what for what, permission in NEEDED.items() if user.has_perm(permission)]
    heard, _as_of = shortly.kept(
        "bell", (allowed, get_language()), lambda: _rung(user, allowed, now), now=now
    )
    return heard


def _rung(user: User, allowed: Sequence[str], now: dt.datetime) -> Rung:
    asked = {"since": now - KEPT, "completed": Journey.Status.COMPLETED, "most": MOST}
    rows = [row for row in db.fetch(ENDED, asked) if row[0] in allowed]
    results = [
        Result(at, _words(what, name, accepted, refused, is_stopped=is_stopped), reverse(what, args=[number]))
        for what, number, name, at, accepted, refused, is_stopped in rows
    ]
    return Rung(needs.needs(user, now=now), results)


def _words(what: str, name: str, accepted: int, refused: int, *, is_stopped: bool) -> str:
    if what == "broadcast":
        sentence = _("“%(name)s” was stopped") if is_stopped else _("“%(name)s” has gone out")
        return sentence % {"name": name}
    counted = {"name": name, "accepted": _number(accepted), "refused": _number(refused)}
    return _("“%(name)s” was imported: %(accepted)s rows accepted, %(refused)s not accepted") % counted


def _number(value: int) -> str:
    return number_format(value, 0, use_l10n=True, force_grouping=True)
