"""Dates that start journeys: a birthday, a renewal, so many days before or after, at a time of day on the spot.

Nobody tells us when a date comes: each version is looked at whenever a clock somewhere may show its time of day,
which is once in a quarter of an hour. Whose moment has come within the freshness, and was not met before, comes in.
So an hour without us, or a date that we learn of a little late, costs nobody their place.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdp.lib import db
from journeys.flow import clocks, conditions, entry, occasions, plans, signals
from journeys.flow.entry import Candidate
from journeys.flow.plans import Plan
from journeys.flow.shapes import DateTrigger
from profiles.models import Settings
from profiles.workspace import zone
from segments.compiler import COLUMNS
from segments.conditions import Context, JsonKey, Parameters
from segments.models import Cause
from segments.operators import Kind

PORTION: Final = 1000
QUARTER: Final = dt.timedelta(minutes=15)  # every zone's clock differs from UTC by a multiple of it
FURTHEST_CLOCK: Final = dt.timedelta(hours=15)  # from UTC, either way
DUE: Final = """
    SELECT id FROM journeys_version WHERE state IN ('live', 'paused') AND sweep_at <= %s ORDER BY sweep_at, id
"""
STILL: Final = "SELECT FROM journeys_version WHERE id = %s AND sweep_at <= %s FOR NO KEY UPDATE"
ZONES: Final = "SELECT DISTINCT timezone FROM profiles_contact WHERE merged_into_id IS NULL"
# A date of each year is met in years without a 29 February on the day before.
EVERY_YEAR: Final = """
    dated.on_day <= day.on_day AND (
        to_char(dated.on_day, 'MM-DD') = to_char(day.on_day, 'MM-DD')
        OR (to_char(dated.on_day, 'MM-DD') = '02-29' AND to_char(day.on_day + 1, 'MM-DD') = '03-01')
    )
"""
OF_ATTRIBUTE: Final = """
    SELECT c.id, c.id AS persona, c.timezone, value.on_day, 'date' AS name, ''::text AS record, NULL::text AS fields
    FROM profiles_contact c CROSS JOIN LATERAL (SELECT {value} AS on_day) AS value
    WHERE c.merged_into_id IS NULL AND value.on_day IS NOT NULL
"""
OF_RECORD: Final = """
    SELECT DISTINCT ON (c.id, record.id) c.id, link.persona_id AS persona, c.timezone, record.due_on AS on_day,
        'record:' || record.id AS name, record.key AS record, record.fields::text AS fields
    FROM profiles_record record
    JOIN profiles_recordtype type ON type.id = record.type_id AND type.key = {key}
    JOIN profiles_recordlink link ON link.record_id = record.id
    JOIN profiles_contact c ON c.id = link.contact_id
    WHERE c.merged_into_id IS NULL AND record.due_on IS NOT NULL
"""
MET: Final = """
    SELECT dated.id, dated.persona, dated.name || ':' || day.on_day AS occasion, day.on_day, dated.record, dated.fields
    FROM ({dated}) AS dated
    JOIN unnest({zones}::text[], {days}::date[]) AS day (zone, on_day)
        ON (day.zone IS NULL OR day.zone = dated.timezone) AND ({match})
    WHERE NOT EXISTS (
        SELECT FROM journeys_occasion met WHERE met.journey_id = {journey} AND met.contact_id = dated.id
            AND met.name = dated.name || ':' || day.on_day
    )
    ORDER BY dated.id LIMIT {limit}
"""


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody whose date has come."""

    contact_id: int
    persona_id: int
    occasion: str
    on_day: dt.date
    record: str
    fields: Mapping[str, Any]


def sweep(*, now: dt.datetime, limit: int = PORTION) -> int:
    """Let those in whose dates have come, at most `limit` for each version; how many were looked at."""
    looked_at = 0
    for (version_id,) in db.fetch(DUE, [now]):
        looked_at += _sweep(version_id, now=now, limit=limit)
    return looked_at


def next_sweep(trigger: DateTrigger, *, now: dt.datetime) -> dt.datetime:
    """The next moment after `now` at which a clock somewhere may show the trigger's time of day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    moments = (hour + dt.timedelta(minutes=trigger.at.minute % 15) + n * QUARTER for n in range(6))
    return next(moment for moment in moments if moment > now)


def _sweep(version_id: int, *, now: dt.datetime, limit: int) -> int:
    plan = plans.of([version_id])[version_id]
    trigger = plan.graph.trigger
    assert isinstance(trigger, DateTrigger)
    # Looked up before the lock: only what is new is written under it.
    met = _met(plan, trigger, now=now, limit=limit)
    with db.transaction_with_lock(db.DIGEST_LOCK):
        if not db.fetch(STILL, [version_id, now]):
            return 0  # somebody else was here
        new = occasions.take(plan.journey_id, [(one.contact_id, one.occasion) for one in met], now=now)
        latest = signals.latest() if plan.awaited else 0
        coming = [one for one in met if (one.contact_id, one.occasion) in new]
        entry.admit([_candidate(plan, trigger, one, latest) for one in coming], now=now)
        if len(met) < limit:
            db.execute(
                "UPDATE journeys_version SET sweep_at = %s WHERE id = %s",
                [next_sweep(trigger, now=now), version_id],
            )
    return len(met)


def _met(plan: Plan, trigger: DateTrigger, *, now: dt.datetime, limit: int) -> list[Met]:
    workspace = Settings.objects.get()
    freshness = plan.graph.settings.freshness or dt.timedelta(hours=workspace.freshness_hours)
    home = zone(workspace.time_zone) or ZoneInfo("UTC")
    since = max(plan.published_at, now - freshness)
    pairs = list(_days(trigger, home, since=since, now=now))
    if not pairs:
        return []
    parameters = Parameters()
    statement = MET.format(
        dated=_dated(trigger, Context(now=now, zone=home), parameters),
        zones=parameters.bind([name for name, _ in pairs]),
        days=parameters.bind([day for _, day in pairs]),
        match=EVERY_YEAR if trigger.yearly else "dated.on_day = day.on_day",
        journey=parameters.bind(plan.journey_id),
        limit=parameters.bind(limit),
    )
    return [
        Met(contact, persona, occasion, day, record, conditions.parsed(fields))
        for contact, persona, occasion, day, record, fields in db.fetch(statement, parameters.values)
    ]


def _days(
    trigger: DateTrigger, home: ZoneInfo, *, since: dt.datetime, now: dt.datetime
) -> Iterator[tuple[str | None, dt.date]]:
    """The dates whose moment has come since then, by the names of the zones that contacts have."""
    offset = dt.timedelta(days=trigger.days)
    first = (since - FURTHEST_CLOCK).date()
    days = [
        first + dt.timedelta(days=n)
        for n in range((now + FURTHEST_CLOCK).date().toordinal() - first.toordinal() + 1)
    ]
    names: Sequence[str | None] = [None]
    if trigger.zone == "contact":
        names = [row[0] for row in db.fetch(ZONES)]
    for name in names:
        here = (zone(name) if name else None) or home
        for day in days:
            if since < clocks.moment(day, trigger.at, here) <= now:
                yield name, day - offset


def _dated(trigger: DateTrigger, context: Context, parameters: Parameters) -> str:
    if trigger.record:
        return OF_RECORD.format(key=parameters.bind(trigger.record))
    operand = COLUMNS.get(trigger.attribute) or JsonKey("c.attributes", trigger.attribute)
    return OF_ATTRIBUTE.format(value=operand.read(Kind.DATE, context, parameters))


def _candidate(plan: Plan, trigger: DateTrigger, met: Met, latest: int) -> Candidate:
    properties = {**met.fields, "key": met.record} if trigger.record else {}
    said = {"on": met.on_day.isoformat(), **({"record": properties} if trigger.record else {})}
    key = entry.key_of(plan, properties, met.occasion)
    return Candidate(plan, met.contact_id, met.persona_id, key, Cause.TIME, latest, {"date": said})
