"""Quiet hours: what comes up in the middle of somebody's night waits until it is over, by the clock on their wall.

The hours are the workspace's. Each journey says what it does in them: wait, not send, or send all the same. Asked
when a message goes, so that a person who has moved, or hours that have changed, count at once.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from zoneinfo import ZoneInfo

from cdp.lib import db
from profiles import workspace
from profiles.models import Contact, Settings

type Way = Literal["wait", "skip", "send"]

DAY: Final = dt.timedelta(days=1)
MINUTE: Final = dt.timedelta(minutes=1)
UTC: Final = ZoneInfo("UTC")
WAYS: Final = "SELECT id, definition #>> '{settings,quiet}' FROM journeys_version WHERE id = ANY(%s)"
AGAIN: Final = """
    UPDATE journeys_message message SET due_at = %(now)s
    FROM (
        SELECT id, run_entered_at FROM journeys_message
        WHERE state = 'held' AND reason = 'quiet_hours' AND due_at > %(now)s
        LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) held
    WHERE message.id = held.id AND message.run_entered_at = held.run_entered_at
"""


@dataclass(frozen=True, slots=True)
class Hours:
    """From one time of day until another, which is no longer quiet; an end before the start is on the next day."""

    start: dt.time
    end: dt.time

    def cover(self, clock: dt.time) -> bool:
        """Whether it is quiet when the clock shows this."""
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def over_at(self, zone: ZoneInfo, *, now: dt.datetime) -> dt.datetime | None:
        """The moment at which it stops being quiet there; None while it is not quiet.

        Where the clocks repeat the end, it is the first from now on; where they skip it, the moment at which they do.
        """
        local = now.astimezone(zone)
        if not self.cover(local.time()):
            return None
        day = local.date() + DAY * (local.time() >= self.end)
        ends = [
            dt.datetime.combine(day, self.end, zone).replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1)
        ]
        over = next(
            (one for one in sorted(ends) if one > now and not self.cover(one.astimezone(zone).time())),
            max(ends),
        )
        while over - MINUTE > now and not self.cover((over - MINUTE).astimezone(zone).time()):
            over -= MINUTE
        return over


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours, the clock of whoever has none that we know, and what each journey's version does in them."""

    hours: Hours | None = None
    home: ZoneInfo = UTC
    ways: Mapping[int, str] = field(default_factory=dict)

    def over_at(self, contact: Contact, *, now: dt.datetime) -> dt.datetime | None:
        """The moment at which their quiet hours end; None while it is not quiet where they are."""
        return self.hours.over_at(self.zone(contact), now=now) if self.hours else None

    def zone(self, contact: Contact) -> ZoneInfo:
        """Whose clock counts."""
        return workspace.zone(contact.timezone) or self.home

    def way(self, version_id: int) -> str:
        """What this version does with a message in quiet hours."""
        return self.ways.get(version_id) or "wait"


def hours(settings: Settings) -> Hours | None:
    """The workspace's quiet hours; None where it has none."""
    if settings.quiet_from is None or settings.quiet_until is None:
        return None
    return Hours(settings.quiet_from, settings.quiet_until)


def asked(version_ids: Collection[int]) -> Quiet:
    """The workspace's quiet hours, for messages of these versions. At most two statements."""
    settings = workspace.current()
    found = hours(settings)
    if found is None:
        return Quiet()
    ways = {version: way for version, way in db.fetch(WAYS, [list(version_ids)]) if way}
    return Quiet(found, workspace.home(settings), ways)


def sentence(over: dt.datetime, zone: ZoneInfo) -> str:
    """When something goes out that was held: by the clock of whoever gets it."""
    local, place = over.astimezone(zone), zone.key.rpartition("/")[2].replace("_", " ")
    return f"Goes out on {local:%-d %B} at {local:%H:%M} ({place})."


def ask_again(*, now: dt.datetime, limit: int = 5_000) -> int:
    """Have what is held asked about again now, because the hours or a clock have changed; how many there were."""
    return db.execute(AGAIN, {"now": now, "limit": limit})
