"""Home: what needs somebody, what runs, what was sent, and what to do next; all of it from data."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cdp import figures, needs
from cdp.demo.models import Demo
from cdp.figures import Figure
from cdp.lib import db, shortly
from cdp.needs import Asked, Need
from journeys.models import Journey
from profiles import workspace
from profiles.permissions import SEE

SOON: Final = dt.timedelta(days=7)
# Everything small that Home asks about goes together: after what wants somebody, where the sample shop stands and
# which first steps were taken; what the sample shop brought along is nobody's step.
STEPS: Final = """
    UNION ALL SELECT 'shop', 0, phase, 0 FROM cdp_demo
    UNION ALL SELECT 'key', 0, '', 1 WHERE EXISTS (
        SELECT FROM profiles_writekey key JOIN profiles_source source ON source.id = key.source_id
        WHERE key.revoked_at IS NULL AND source.kind IN ('server', 'browser') AND NOT source.is_sample
    )
    UNION ALL SELECT 'person', 0, '', 1 WHERE EXISTS (
        SELECT FROM profiles_contact WHERE known_since_at IS NOT NULL AND NOT is_sample
    )
    UNION ALL SELECT 'segment', 0, '', 1 WHERE EXISTS (
        SELECT FROM segments_segment segment WHERE NOT EXISTS (
            SELECT FROM cdp_samplething WHERE kind = 'segments.segment' AND thing_id = segment.id
        )
    )
    UNION ALL SELECT 'journey', 0, '', 1 WHERE EXISTS (
        SELECT FROM journeys_journey journey WHERE status <> 'draft' AND NOT EXISTS (
            SELECT FROM cdp_samplething WHERE kind = 'journeys.journey' AND thing_id = journey.id
        )
    )
"""
# For those who may see it: the journeys that run, and broadcasts before and after they went out.
LISTED: Final = """
    UNION ALL (
        SELECT 'live', id, name,
            (
                SELECT count(*) FROM journeys_run
                WHERE journey_id = journey.id AND state IN ('active', 'waiting')
            ), status, NULL
        FROM journeys_journey journey
        WHERE archived_at IS NULL AND kind = 'journey' AND status IN ('live', 'paused', 'finishing')
        ORDER BY updated_at DESC LIMIT 6
    )
    UNION ALL (
        SELECT 'planned', journey.id, journey.name, coalesce((broadcast.expected ->> 'gets')::bigint, 0), '',
            broadcast.starts_at
        FROM journeys_broadcast broadcast JOIN journeys_journey journey ON journey.id = broadcast.journey_id
        WHERE journey.status = 'scheduled'
          AND broadcast.starts_at > %(now)s AND broadcast.starts_at <= %(soon)s
        ORDER BY broadcast.starts_at LIMIT 20
    )
    UNION ALL (
        SELECT 'sent', journey.id, journey.name, 0, '', broadcast.started_at
        FROM journeys_broadcast broadcast JOIN journeys_journey journey ON journey.id = broadcast.journey_id
        WHERE journey.archived_at IS NULL AND journey.kind = 'broadcast' AND broadcast.started_at IS NOT NULL
        ORDER BY broadcast.started_at DESC LIMIT 5
    )
"""
ASKED: Final = f"SELECT small.*, '' AS word, NULL::timestamptz AS at FROM ({needs.ASKED}{STEPS}) small"
GOT: Final = """
    SELECT version.journey_id, count(*) FILTER (WHERE message.state = 'sent'), count(message.first_clicked_at)
    FROM journeys_message message JOIN journeys_version version ON version.id = message.version_id
    WHERE version.journey_id = ANY(%(journeys)s) AND message.run_entered_at >= %(since)s
    GROUP BY version.journey_id
"""

type Row = tuple[str, int, str, int, str, dt.datetime | None]  # of ASKED and LISTED


@dataclass(frozen=True, slots=True)
class Start:
    """One thing to do before the first message goes out."""

    label: Promise
    hint: Promise
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A broadcast that goes out in the next days."""

    broadcast: int
    name: str
    people: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Live:
    """A journey that runs, and how many people are inside."""

    journey: int
    name: str
    inside: int
    status: Journey.Status


@dataclass(frozen=True, slots=True)
class Sent:
    """A broadcast that began, how many got it, and how many of them clicked."""

    broadcast: int
    name: str
    began_at: dt.datetime
    sent: int
    clicked: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Home, drawn."""

    needs: list[Need]
    figures: list[Figure]
    planned: list[Planned]
    journeys: list[Live]
    broadcasts: list[Sent]
    start: list[Start]
    shop: str  # the phase of the sample shop, of Demo.Phase
    is_fresh: (
        bool  # nobody is known, and nothing was drawn or sent: there is nothing to show but how to start
    )

    @property
    def is_started(self) -> bool:
        """Whether nothing is left of the list to get started."""
        return all(one.is_done for one in self.start)


def draw(user: User, *, now: dt.datetime) -> Dashboard:
    """What this person may see of it."""
    may_see = user.has_perm(SEE)
    moments = {**needs.since(now), "now": now, "soon": now + SOON}
    rows: list[Any] = db.fetch(ASKED + LISTED if may_see else ASKED, moments)
    asked = needs.sorted_out(row[:4] for row in rows)
    planned, live, sent = _planned(rows), _journeys(rows), _broadcasts(rows, now)
    return Dashboard(
        needs=needs.told(asked, user),
        figures=_figures(now) if may_see else [],
        planned=planned,
        journeys=live,
        broadcasts=sent,
        start=_start(asked),
        shop=next((phase for _id, phase, _number in asked.get("shop", [])), Demo.Phase.ABSENT),
        is_fresh=not may_see or ("person" not in asked and not (planned or live or sent)),
    )


def _planned(rows: Sequence[Row]) -> list[Planned]:
    return [
        Planned(thing, name, people, at)
        for what, thing, name, people, _, at in rows
        if what == "planned" and at
    ]


def _journeys(rows: Sequence[Row]) -> list[Live]:
    return [
        Live(thing, name, inside, Journey.Status(status))
        for what, thing, name, inside, status, _at in rows
        if what == "live"
    ]


def _broadcasts(rows: Sequence[Row], now: dt.datetime) -> list[Sent]:
    begun = [(thing, name, at) for what, thing, name, _people, _word, at in rows if what == "sent" and at]
    if not begun:
        return []
    asked = {
        "journeys": [thing for thing, _name, _at in begun],
        "since": min(at for _thing, _name, at in begun) - dt.timedelta(days=1),
    }
    counted, _as_of = shortly.kept("sent", asked, lambda: db.fetch(GOT, asked), now=now)
    got = {journey: (sent, clicked) for journey, sent, clicked in counted}
    return [Sent(thing, name, at, *got.get(thing, (0, 0))) for thing, name, at in begun]


def _figures(now: dt.datetime) -> list[Figure]:
    """The four figures: counted in the background, drawn once a minute."""
    today, currency = timezone.localdate(now), workspace.current().currency
    drawn, _as_of = shortly.kept(
        "figures",
        (today, currency, get_language()),
        lambda: figures.read(today=today, currency=currency),
        now=now,
    )
    return drawn


def _start(asked: Asked) -> list[Start]:
    return [
        Start(
            _("Make a source"),
            _("It gets the key that your shop or website sends with"),
            reverse("sources"),
            "key" in asked,
        ),
        Start(
            _("Bring in the first people"),
            _("From a CSV file, or as events of your shop or website"),
            reverse("imports"),
            "person" in asked,
        ),
        Start(_("Describe a segment"), _("Whom you want to reach"), reverse("segments"), "segment" in asked),
        Start(
            _("Publish a journey, or send a broadcast"),
            _("What people get, and when"),
            reverse("journeys"),
            "journey" in asked,
        ),
    ]
