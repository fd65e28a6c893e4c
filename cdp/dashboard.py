"""Home: what needs somebody, what runs, what was sent, and what to do next; all of it from data."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cdp import figures
from cdp.figures import Figure
from cdp.lib import db
from journeys.models import Broadcast, Journey, Run
from profiles import workspace
from profiles.permissions import MANAGE_DATA, SEE
from profiles.shelf import Facts

WINDOW = dt.timedelta(days=30)
NEWS = dt.timedelta(days=7)
LATE = dt.timedelta(minutes=10)
# Everything small that Home asks about, in one statement: what wants somebody, and which first steps were
# taken; what the sample shop brought along is nobody's step.
ASKED: Final = """
    SELECT 'refused' AS what, 0 AS id, '' AS name, count(*) AS number
    FROM (SELECT FROM profiles_rejecteditem WHERE received_at >= %(week)s LIMIT 1000) refused
    UNION ALL
    (
        SELECT message.state || ' ' || journey.kind, journey.id, journey.name, count(*) AS messages
        FROM journeys_message message
        JOIN journeys_version version ON version.id = message.version_id
        JOIN journeys_journey journey ON journey.id = version.journey_id
        WHERE message.run_entered_at >= %(month)s
          AND (message.state = 'uncertain'
               OR message.state = 'failed' AND message.reason <> 'bounced' AND message.created_at >= %(week)s)
        GROUP BY message.state, journey.id ORDER BY messages DESC LIMIT 5
    )
    UNION ALL (
        SELECT 'stuck', journey.id, journey.name, count(*) AS people
        FROM journeys_run run JOIN journeys_journey journey ON journey.id = run.journey_id
        WHERE run.state = 'failed' AND run.ended_at >= %(week)s GROUP BY journey.id ORDER BY people DESC LIMIT 5
    )
    UNION ALL (
        SELECT 'stopped', journey.id, journey.name, 0
        FROM journeys_journey journey JOIN journeys_broadcast broadcast ON broadcast.journey_id = journey.id
        WHERE journey.kind = 'broadcast' AND journey.status = 'paused' AND broadcast.cancelled_at IS NULL LIMIT 5
    )
    UNION ALL (
        SELECT 'late', id, name, 0 FROM segments_segment
        WHERE archived_at IS NULL AND kind = 'dynamic' AND built_at IS NULL AND created_at < %(late)s LIMIT 5
    )
    UNION ALL (SELECT 'webhook', id, name, 0 FROM cdp_webhookendpoint WHERE status = 'disabled' LIMIT 5)
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
GOT: Final = """
    SELECT version.journey_id, count(*) FILTER (WHERE message.state = 'sent'), count(message.first_clicked_at)
    FROM journeys_message message JOIN journeys_version version ON version.id = message.version_id
    WHERE version.journey_id = ANY(%(journeys)s) AND message.run_entered_at >= %(since)s
    GROUP BY version.journey_id
"""

type Need = tuple[str, str]  # what needs somebody, and where it is seen to
type Asked = dict[
    str, list[tuple[int, str, int]]
]  # by what is asked: a thing's number and name, and how many


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

    broadcast: Journey
    at: dt.datetime
    people: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Home, drawn. `journeys` come with how many people are inside, `broadcasts` with how many got them and clicked."""

    needs: list[Need]
    figures: list[Figure]
    planned: list[Planned]
    journeys: list[tuple[Journey, int]]
    broadcasts: list[tuple[Journey, Facts]]
    start: list[Start]
    is_fresh: (
        bool  # nobody is known, and nothing was drawn or sent: there is nothing to show but how to start
    )

    @property
    def is_started(self) -> bool:
        """Whether nothing is left of the list to get started."""
        return all(one.is_done for one in self.start)


def draw(user: User, *, now: dt.datetime) -> Dashboard:
    """What this person may see of it."""
    asked = _asked(now=now)
    needs = _needs(asked, user)
    if not user.has_perm(SEE):
        return Dashboard(needs, [], [], [], [], _start(asked), is_fresh=True)
    planned, live, sent = _planned(now=now), _journeys(), _broadcasts()
    return Dashboard(
        needs=needs,
        figures=figures.read(today=timezone.localdate(now), currency=workspace.current().currency),
        planned=planned,
        journeys=live,
        broadcasts=sent,
        start=_start(asked),
        is_fresh="person" not in asked and not (planned or live or sent),
    )


def needs(user: User, *, now: dt.datetime) -> list[Need]:
    """What needs somebody, as far as this person may see it."""
    return _needs(_asked(now=now), user)


def _needs(asked: Asked, user: User) -> list[Need]:
    return [*_refused(asked, user), *(_stuck(asked) if user.has_perm(SEE) else [])]


def _asked(*, now: dt.datetime) -> Asked:
    found: Asked = {}
    since = {"week": now - NEWS, "month": now - WINDOW, "late": now - LATE}
    for what, thing, name, number in db.fetch(ASKED, since):
        found.setdefault(what, []).append((thing, name, number))
    return found


def _planned(*, now: dt.datetime) -> list[Planned]:
    soon = Broadcast.objects.filter(
        journey__status=Journey.Status.SCHEDULED, starts_at__gt=now, starts_at__lte=now + NEWS
    )
    return [
        Planned(one.journey, one.starts_at, one.expected.get("gets", 0))
        for one in soon.select_related("journey").defer("journey__draft").order_by("starts_at")[:20]
        if one.starts_at
    ]


def _journeys() -> list[tuple[Journey, int]]:
    live = Journey.objects.filter(
        archived_at__isnull=True, kind=Journey.Kind.JOURNEY, status__in=["live", "paused", "finishing"]
    )
    # Counted in the index of those who are inside, without their rows.
    inside = Run.objects.filter(journey=OuterRef("pk"), state__in=["active", "waiting"])
    counted = inside.order_by().values("journey").annotate(people=Count("*")).values("people")
    listed = live.annotate(inside=Coalesce(Subquery(counted), 0)).defer("draft").order_by("-updated_at")[:6]
    return [(one, one.inside) for one in listed]


def _broadcasts() -> list[tuple[Journey, Facts]]:
    begun = Journey.objects.filter(
        archived_at__isnull=True, kind=Journey.Kind.BROADCAST, broadcast__started_at__isnull=False
    ).select_related("broadcast")
    listed = list(begun.defer("draft", "broadcast__expected").order_by("-broadcast__started_at")[:5])
    if not listed:
        return []
    first = min(one.broadcast.started_at for one in listed if one.broadcast.started_at)
    counted = db.fetch(GOT, {"journeys": [one.pk for one in listed], "since": first - dt.timedelta(days=1)})
    found = {journey: {"sent": sent, "clicked": clicked} for journey, sent, clicked in counted}
    return [(one, found.get(one.pk, {"sent": 0, "clicked": 0})) for one in listed]


def _refused(asked: Asked, user: User) -> list[Need]:
    if not user.has_perm(MANAGE_DATA):
        return []
    sentence = _("The webhook “%(name)s” was switched off after failures")
    needs = [
        (str(sentence) % {"name": name}, reverse("webhook", args=[endpoint]))
        for endpoint, name, _number in asked.get("webhook", [])
    ]
    if number := asked["refused"][0][2]:
        words = ngettext(
            "%(n)d item was not accepted this week", "%(n)d items were not accepted this week", number
        )
        needs.append((words % {"n": number}, reverse("not_accepted")))
    return needs


def _sends(asked: Asked) -> list[Need]:
    """Messages that failed this week, and those of which nobody knows whether they were sent."""
    needs = []
    for kind in Journey.Kind.values:
        route = kind if kind == Journey.Kind.BROADCAST else "journey"
        for journey, name, number in asked.get(f"failed {kind}", []):
            words = ngettext(
                "%(n)d message of “%(name)s” failed", "%(n)d messages of “%(name)s” failed", number
            )
            needs.append((words % {"n": number, "name": name}, reverse(route, args=[journey])))
        for journey, name, number in asked.get(f"uncertain {kind}", []):
            words = ngettext(
                "%(n)d message of “%(name)s” may have been sent",
                "%(n)d messages of “%(name)s” may have been sent",
                number,
            )
            needs.append((words % {"n": number, "name": name}, reverse(route, args=[journey])))
    return needs


def _stuck(asked: Asked) -> list[Need]:
    """What went wrong or waits: messages, journeys in which a step failed, broadcasts, segments not counted."""
    needs = _sends(asked)
    for journey, name, number in asked.get("stuck", []):
        words = ngettext(
            "%(n)d person is stuck in “%(name)s”", "%(n)d people are stuck in “%(name)s”", number
        )
        needs.append((words % {"n": number, "name": name}, reverse("journey", args=[journey])))
    for journey, name, _number in asked.get("stopped", []):
        sentence = _("“%(name)s” is stopped: go on, or stop it for good")
        needs.append((str(sentence) % {"name": name}, reverse("broadcast", args=[journey])))
    for segment, name, _number in asked.get("late", []):
        sentence = _("“%(name)s” has not been counted yet")
        needs.append((str(sentence) % {"name": name}, reverse("segment", args=[segment])))
    return needs


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
