"""The calendar: a month or a week of broadcasts, campaigns and journeys, in the workspace's zone and week."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from cdp import schedule, weeks
from cdp.schedule import Wanted
from cdp.weeks import DAY, Window
from profiles import workspace
from profiles.models import Brand, Campaign
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE

KINDS: Final[Mapping[str, Promise]] = {
    "broadcasts": lazy("Broadcasts"),
    "journeys": lazy("Journeys"),
    "campaigns": lazy("Campaigns"),
}
FARTHEST: Final = 100  # years from now that the calendar leafs to


@page(SEE)
@require_safe
def calendar(request: PageRequest) -> HttpResponse:
    """A month or a week; the part with its days when only that is asked for."""
    now, zone = timezone.now(), timezone.get_current_timezone()
    today = timezone.localdate(now)
    window, wanted = _window(request.GET, today=today), Wanted.read(request.GET)
    since, until = window.moments(zone)
    lives = schedule.live(wanted, until=until)
    sends = schedule.sends(wanted, since=since, until=until, now=now)
    spans = schedule.spans(wanted, first=window.first, last=window.last)
    context = {
        "window": window,
        "title": _title(window),
        "weeks": weeks.lay(window, sends=sends, spans=spans, lives=lives, today=today, zone=zone),
        "lives": lives,
        "spans_before": [one for one in spans if one.first < window.own[0]],
        "is_empty": not (sends or spans or lives),
        "is_narrow": wanted != Wanted(),
        "zone": timezone.get_current_timezone_name(),
        "may_edit": request.user.has_perm(EDIT),
        **_around(window, today=today),
        **_filters(wanted),
    }
    part = "#days" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"cdp/calendar.html{part}", context)


def _window(query: QueryDict, *, today: dt.date) -> Window:
    """What the address asks for: ?week=2026-11-16, ?month=2026-11, or the month that is now."""
    start = workspace.current().week_starts_on
    if day := _day(query.get("week", ""), today=today):
        return weeks.week(day, week_starts_on=start)
    day = _day(f"{query.get('month', '')}-01", today=today)
    return weeks.month(day or today, week_starts_on=start)


def _day(text: str, *, today: dt.date) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and abs(day.year - today.year) <= FARTHEST else None


def _title(window: Window) -> str:
    first, last = window.own
    if not window.is_week:
        return f"{MONTHS[first.month]} {first.year}"
    from_words = "j" if first.month == last.month else "j F" if first.year == last.year else "j F Y"
    return f"{formats.date_format(first, from_words)} – {formats.date_format(last, 'j F Y')}"


def _around(window: Window, *, today: dt.date) -> dict[str, str]:
    """What stands after the ? of the addresses around this one, but for its filters."""
    first, last = window.own
    day = today if first <= today <= last else first
    return {
        "before": _said(window, first - DAY),
        "after": _said(window, last + DAY),
        "now": _said(window, today),
        "as_month": _said(window, day, is_week=False),
        "as_week": _said(window, day, is_week=True),
    }


def _said(window: Window, day: dt.date, *, is_week: bool | None = None) -> str:
    if window.is_week if is_week is None else is_week:
        return f"week={weeks.beginning(day, window.first.weekday()).isoformat()}"
    return f"month={day:%Y-%m}"


def _filters(wanted: Wanted) -> dict[str, Any]:
    """What can be chosen, what is chosen, and how the address says that; with one brand there is no choice."""
    brands = list(Brand.objects.order_by("name").values_list("pk", "name"))
    campaigns = Campaign.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")
    chosen = {"kind": wanted.kind, "campaign": wanted.campaign, "brand": wanted.brand}
    said = QueryDict(mutable=True)
    said.update({name: str(value) for name, value in chosen.items() if value})
    offered = [
        ("kind", _("Everything"), list(KINDS.items()), wanted.kind),
        ("campaign", _("Any campaign"), list(campaigns), wanted.campaign),
        ("brand", _("Any brand"), brands if len(brands) > 1 else [], wanted.brand),
    ]
    return {
        "filters": [one for one in offered if one[2]],
        "kept": f"&{said.urlencode()}" if said else "",
    }
