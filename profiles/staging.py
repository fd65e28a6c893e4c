"""Stages kept true: each contact's stage is decided again when orders change and when time alone moves it.

Callers hold the digest lock. Each change is an event on the timeline; what history, a merge or new thresholds changed
comes in bulk, so that it starts no journey.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cdp.lib import db
from profiles import ingest, moving
from profiles.arrivals import Touched
from profiles.ingest import SystemEvent
from profiles.models import Lane, Settings, Touch
from profiles.stages import Bought, Stage, Thresholds, changes_at, stage

CHANGED: Final = "Lifecycle Stage Changed"
AT_ONCE: Final = 1_000

type Why = Literal["facts", "time", "correction"]

STANDING: Final = """
    SELECT asked.id, asked.at, contact.lifecycle_stage, contact.known_since_at IS NOT NULL, activity.stage_due_at,
        bought.first_at, bought.last_at, bought.returned_at, bought.coming_at
    FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS asked(id, at)
    JOIN profiles_contact contact ON contact.id = asked.id AND contact.merged_into_id IS NULL
    LEFT JOIN profiles_contactactivity activity ON activity.contact_id = asked.id
    LEFT JOIN LATERAL (
        SELECT min(placed_at) FILTER (WHERE placed_at <= asked.at) AS first_at,
            max(placed_at) FILTER (WHERE placed_at <= asked.at) AS last_at,
            max(placed_at) FILTER (
                WHERE placed_at <= asked.at AND placed_at - before_at > %(at_risk)s::interval
            ) AS returned_at,
            min(placed_at) FILTER (WHERE placed_at > asked.at) AS coming_at
        FROM (
            SELECT occurred_at AS placed_at, lag(occurred_at) OVER (ORDER BY occurred_at) AS before_at
            FROM profiles_purchase WHERE contact_id = asked.id AND cancelled_at IS NULL
        ) placed
    ) bought ON true
"""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A contact at the moment that it is asked about."""

    contact_id: int
    at: dt.datetime
    before: str
    due_before: dt.datetime | None
    after: str
    due_after: dt.datetime | None
    last_at: dt.datetime | None


def refresh(
    contacts: Mapping[int, dt.datetime], *, why: Why, settings: Settings, now: dt.datetime
) -> dict[int, Touched]:
    """Decide the stage of these contacts at the given moments; those whose stage changed, as touched.

    A constant number of statements, however many contacts. Contacts that were merged away have no stage.
    """
    if not contacts:
        return {}
    standings = _ask(contacts, Thresholds.of(settings))
    _arm([one for one in standings if one.due_before != one.due_after])
    changed = [one for one in standings if one.before != one.after]
    if not changed:
        return {}
    db.execute(
        "UPDATE profiles_contact contact SET lifecycle_stage = new.stage"
        " FROM unnest(%s::bigint[], %s::text[]) AS new(id, stage) WHERE contact.id = new.id",
        [[one.contact_id for one in changed], [one.after for one in changed]],
    )
    moving.touch([(one.contact_id, Touch.What.ATTRIBUTE) for one in changed], now=now)
    fresh = {one.contact_id for one in changed if _is_news(one, why, settings, now=now)}
    ingest.record(_events(changed, fresh, why), now=now)
    return {
        one.contact_id: Touched(
            attributes={"lifecycle_stage"},
            backfill=one.contact_id not in fresh,
            corrected=why == "correction",
        )
        for one in changed
    }


def _ask(contacts: Mapping[int, dt.datetime], thresholds: Thresholds) -> list[_Standing]:
    asked = {
        "ids": list(contacts),
        "moments": list(contacts.values()),
        "at_risk": thresholds.at_risk,
    }
    standings = []
    for id_, at, before, is_known, due, *moments in db.fetch(STANDING, asked):
        bought = Bought(*moments)
        found = stage(bought, thresholds, at=at)
        after = found.value if is_known or found != Stage.NEVER_BOUGHT else ""
        due_after = changes_at(bought, thresholds, at=at)
        standings.append(_Standing(id_, at, before, due, after, due_after, bought.last_at))
    return standings


def _arm(standings: Sequence[_Standing]) -> None:
    if standings:
        db.execute(
            "UPDATE profiles_contactactivity activity SET stage_due_at = new.due_at"
            " FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(id, due_at) WHERE activity.contact_id = new.id",
            [[one.contact_id for one in standings], [one.due_after for one in standings]],
        )


def _is_news(one: _Standing, why: Why, settings: Settings, *, now: dt.datetime) -> bool:
    """Whether this may start journeys: neither corrected nor long past."""
    since = now - dt.timedelta(hours=settings.freshness_hours)
    if why == "time":
        return one.at >= since
    return why == "facts" and one.last_at is not None and one.last_at >= since


def _events(changed: Sequence[_Standing], fresh: Collection[int], why: Why) -> list[SystemEvent]:
    """What the timelines are told. That somebody's stage was found out for the first time is no change."""
    return [
        SystemEvent(
            name=CHANGED,
            persona_id=one.contact_id,  # a contact has its first persona's number
            occurred_at=one.at,
            key=f"stage:{one.contact_id}:{one.at.isoformat()}:{one.after}",
            properties={"from": one.before or Stage.NEVER_BOUGHT.value, "to": one.after},
            lane=Lane.LIVE if one.contact_id in fresh else Lane.BULK,
        )
        for one in changed
        if one.after and one.after != (one.before or Stage.NEVER_BOUGHT) and (one.before or why == "facts")
    ]


def next_due() -> dt.datetime | None:
    """When time alone next changes somebody's stage; None while it never does."""
    rows = db.fetch("SELECT min(stage_due_at) FROM profiles_contactactivity WHERE stage_due_at IS NOT NULL")
    due: dt.datetime | None = rows[0][0]
    return due


def sweep(*, now: dt.datetime, limit: int = AT_ONCE) -> dict[int, Touched]:
    """Take people whose stage time has changed one stage on, at most `limit`; whose changed, as touched.

    Each is asked about at the moment it fell due: after a standstill nobody skips a stage. Call it while
    `next_due()` lies behind.
    """
    due = db.fetch(
        "SELECT contact_id, stage_due_at FROM profiles_contactactivity WHERE stage_due_at <= %s"
        " ORDER BY stage_due_at LIMIT %s",
        [now, limit],
    )
    return refresh(dict(due), why="time", settings=Settings.objects.get(), now=now) if due else {}


def begin_again() -> None:
    """Have everybody's stage decided again, because the thresholds were changed."""
    Settings.objects.update(stages_after=0)


def is_waiting() -> bool:
    """Whether there are people whose stage is to be decided again."""
    return Settings.objects.filter(stages_after__isnull=False).exists()


def go_on(*, now: dt.datetime, limit: int = AT_ONCE) -> dict[int, Touched]:
    """Decide again about the next `limit` people, in the order of their numbers; whose changed, as touched."""
    settings = (
        Settings.objects.select_for_update().get()
    )  # whoever edits the thresholds waits for us, or we for them
    if settings.stages_after is None:
        return {}
    rows = db.fetch(
        "SELECT id FROM profiles_contact WHERE id > %s AND merged_into_id IS NULL ORDER BY id LIMIT %s",
        [settings.stages_after, limit],
    )
    touched = refresh({id_: now for (id_,) in rows}, why="correction", settings=settings, now=now)
    settings.stages_after = rows[-1][0] if len(rows) == limit else None
    settings.save(update_fields=["stages_after"])
    return touched
