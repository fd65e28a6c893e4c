"""What needs somebody: messages that failed, people who are stuck, items that were not accepted, and the like."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.lib import db
from journeys.models import Journey
from profiles.permissions import MANAGE_DATA, SEE

WINDOW: Final = dt.timedelta(days=30)
NEWS: Final = dt.timedelta(days=7)
LATE: Final = dt.timedelta(minutes=10)
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
"""

type Need = tuple[str, str]  # what needs somebody, and where it is seen to
type Asked = dict[
    str, list[tuple[int, str, int]]
]  # by what is asked: a thing's number and name, and how many


def needs(user: User, *, now: dt.datetime) -> list[Need]:
    """What needs somebody, as far as this person may see it."""
    return told(sorted_out(db.fetch(ASKED, since(now))), user)


def since(now: dt.datetime) -> dict[str, dt.datetime]:
    """The moments that ASKED names."""
    return {"week": now - NEWS, "month": now - WINDOW, "late": now - LATE}


def sorted_out(rows: Iterable[tuple[Any, ...]]) -> Asked:
    """What ASKED found."""
    found: Asked = {}
    for what, thing, name, number in rows:
        found.setdefault(what, []).append((thing, name, number))
    return found


def told(asked: Asked, user: User) -> list[Need]:
    """What ASKED found in words, as far as this person may see it."""
    return [*_refused(asked, user), *(_stuck(asked) if user.has_perm(SEE) else [])]


def _refused(asked: Asked, user: User) -> list[Need]:
    if not user.has_perm(MANAGE_DATA):
        return []
    sentence = _("The webhook “%(name)s” was switched off after failures")
    needs = [
        (sentence % {"name": name}, reverse("webhook", args=[endpoint]))
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
        needs.append((sentence % {"name": name}, reverse("broadcast", args=[journey])))
    for segment, name, _number in asked.get("late", []):
        sentence = _("“%(name)s” has not been counted yet")
        needs.append((sentence % {"name": name}, reverse("segment", args=[segment])))
    return needs
