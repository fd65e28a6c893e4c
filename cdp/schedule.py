"""What goes out when: the broadcasts, campaigns and journeys between two moments. A statement for each kind."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django.http import QueryDict

from cdp.lib import db, shortly

# A draft's moment is text in its JSON: by its first letters it is found, with a day to spare for other zones.
SENDS: Final = """
    SELECT journey.id, journey.name, journey.status,
        CASE WHEN journey.status <> 'draft' THEN coalesce(broadcast.started_at, broadcast.starts_at) END,
        journey.draft->>'at', coalesce((broadcast.expected->>'gets')::int, 0)
    FROM journeys_journey journey LEFT JOIN journeys_broadcast broadcast ON broadcast.journey_id = journey.id
    WHERE journey.kind = 'broadcast' AND journey.archived_at IS NULL AND {belongs} AND CASE
        WHEN journey.status = 'draft' THEN journey.draft->>'at' BETWEEN %(first)s AND %(last)s
        ELSE coalesce(broadcast.started_at, broadcast.starts_at) BETWEEN %(since)s AND %(until)s END
"""
GOT: Final = """
    SELECT version.journey_id, count(*) FILTER (WHERE message.state = 'sent'), count(message.first_clicked_at)
    FROM journeys_message message JOIN journeys_version version ON version.id = message.version_id
    WHERE version.journey_id = ANY(%(broadcasts)s) AND message.run_entered_at >= %(since)s
    GROUP BY version.journey_id
"""
SPANS: Final = """
    SELECT id, name, starts_on, ends_on FROM profiles_campaign journey
    WHERE archived_at IS NULL AND coalesce(starts_on, ends_on) <= %(last)s::date
        AND coalesce(ends_on, starts_on) >= %(first)s::date AND {belongs}
    ORDER BY coalesce(starts_on, ends_on), coalesce(ends_on, starts_on) DESC, id
"""
LIVE: Final = """
    SELECT journey.id, journey.name, journey.status, min(version.published_at) AS since
    FROM journeys_journey journey JOIN journeys_version version ON version.journey_id = journey.id
    WHERE journey.kind = 'journey' AND journey.archived_at IS NULL AND {belongs}
        AND journey.status IN ('live', 'paused', 'finishing')
    GROUP BY journey.id HAVING min(version.published_at) < %(until)s ORDER BY since, journey.id
"""
BEGUN: Final = ("live", "finishing", "paused", "completed")
KINDS: Final = ("broadcasts", "journeys", "campaigns")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the calendar is narrowed to, as its address says it; nonsense counts as not said."""

    kind: str = ""
    campaign: int | None = None
    brand: int | None = None

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """From the page's address."""
        kind = query.get("kind", "")
        return cls(
            kind if kind in KINDS else "", _number(query.get("campaign", "")), _number(query.get("brand", ""))
        )

    def shows(self, kind: str) -> bool:
        """Whether things of this kind are wanted."""
        return self.kind in ("", kind)

    def belongs(self, campaign: str) -> str:
        """SQL: a thing is of the campaign and the brand, where they are said."""
        return (
            f"(%(campaign)s::bigint IS NULL OR journey.{campaign} = %(campaign)s)"
            " AND (%(brand)s::bigint IS NULL OR journey.brand_id = %(brand)s)"
        )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


@dataclass(frozen=True, slots=True)
class Send:
    """A broadcast at its moment. `people` is how many got it, or how many will as far as is known."""

    id: int
    name: str
    status: str
    at: dt.datetime
    people: int = 0
    clicked: int = 0

    @property
    def has_begun(self) -> bool:
        """Whether its numbers are of what happened."""
        return self.status in BEGUN


@dataclass(frozen=True, slots=True)
class Span:
    """A campaign from its first day to its last; of one that is open at an end the other day alone is shown."""

    id: int
    name: str
    first: dt.date
    last: dt.date
    is_open: bool = False  # it goes on after its first day, nobody said for how long
    was_open: bool = False  # only its end was said


@dataclass(frozen=True, slots=True)
class Live:
    """A journey that is live, paused or finishing, and when it first went live."""

    id: int
    name: str
    status: str
    since: dt.datetime


def sends(wanted: Wanted, *, since: dt.datetime, until: dt.datetime, now: dt.datetime) -> list[Send]:
    """Broadcasts that went out, go out or are drafted for between these moments, the earliest first."""
    if not wanted.shows("broadcasts"):
        return []
    day = dt.timedelta(days=1)
    asked = {
        **_asked(wanted),
        "since": since,
        "until": until,
        "first": (since - day).date().isoformat(),
        "last": (until + 2 * day).date().isoformat(),
    }
    found = [
        Send(number, name, status, at or dt.datetime.fromisoformat(drafted), expected)
        for number, name, status, at, drafted, expected in db.fetch(
            SENDS.format(belongs=wanted.belongs("campaign_id")), asked
        )
    ]
    within = sorted((one for one in found if since <= one.at < until), key=lambda one: (one.at, one.id))
    return _with_figures(within, now=now)


def _with_figures(found: Sequence[Send], *, now: dt.datetime) -> list[Send]:
    """How many got each and clicked, at most a minute old."""
    begun = [one for one in found if one.has_begun]
    if not begun:
        return list(found)
    asked = {
        "broadcasts": [one.id for one in begun],
        "since": min(one.at for one in begun) - dt.timedelta(days=1),
    }
    rows, _as_of = shortly.kept("calendar", asked["broadcasts"], lambda: db.fetch(GOT, asked), now=now)
    got = {number: (sent, clicked) for number, sent, clicked in rows}
    return [
        replace(one, people=got.get(one.id, (0, 0))[0], clicked=got.get(one.id, (0, 0))[1])
        if one.has_begun
        else one
        for one in found
    ]


def spans(wanted: Wanted, *, first: dt.date, last: dt.date) -> list[Span]:
    """Campaigns that touch these days, in the order in which they begin."""
    if not wanted.shows("campaigns"):
        return []
    asked = {**_asked(wanted), "first": first, "last": last}
    return [
        Span(number, name, starts or ends, ends or starts, not ends, not starts)
        for number, name, starts, ends in db.fetch(SPANS.format(belongs=wanted.belongs("id")), asked)
    ]


def live(wanted: Wanted, *, until: dt.datetime) -> list[Live]:
    """Journeys that take people in now and went live before this moment, the oldest first."""
    if not wanted.shows("journeys"):
        return []
    asked = {**_asked(wanted), "until": until}
    return [Live(*row) for row in db.fetch(LIVE.format(belongs=wanted.belongs("campaign_id")), asked)]


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {"campaign": wanted.campaign, "brand": wanted.brand}
