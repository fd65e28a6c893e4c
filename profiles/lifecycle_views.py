"""The page Insights → Lifecycle, and each of its charts as a part that loads by itself and as a file."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cdp.lib import charts, shortly
from cdp.lib.charts import Chart
from profiles import lifecycle, lifecycle_charts, workspace
from profiles.models import Settings
from profiles.pages import PageRequest, page
from profiles.permissions import SEE
from profiles.stages import Thresholds

MONTHS: Final = {"6": _("6 months"), "12": _("12 months"), "24": _("24 months"), "36": _("36 months")}
DAYS: Final = {"7": _("7 days"), "30": _("30 days"), "90": _("90 days")}
OF: Final = {
    "people": _("People"),
    "revenue": _("Revenue"),
    "cumulative": _("Revenue a person, adding up"),
}


@page(SEE)
@require_safe
def page_of_lifecycle(request: PageRequest) -> HttpResponse:
    """The frame of four charts; each is asked for by itself, so that the page is there at once."""
    chosen = {
        "months": _chosen(request, "months", MONTHS, "12"),
        "days": _chosen(request, "days", DAYS, "30"),
    }
    of = _chosen(request, "of", OF, "people")
    context = {
        "months": MONTHS, "days": DAYS, "of": OF, "chosen": {**chosen, "of": of},
        "query": urlencode({**chosen, "of": of}),
    }  # fmt: skip
    return render(request, "profiles/lifecycle.html", context)


def _chosen(request: HttpRequest, name: str, choices: Mapping[str, object], usual: str) -> str:
    said = request.GET.get(name, usual)
    return said if said in choices else usual


@page(SEE)
@require_safe
def chart(request: PageRequest, name: str) -> HttpResponse:
    """One chart, as a part of the page or, with `format=csv`, as a file."""
    if name not in CHARTS:
        raise Http404
    settings, now = workspace.current(), timezone.now()
    # Each looks at all orders ever made. For a minute it is as it was; what it says depends on all of this.
    about = (
        request.GET.urlencode(), get_language(), timezone.get_current_timezone_name(), settings.currency,
        Thresholds.of(settings),
    )  # fmt: skip
    drawn, as_of = shortly.kept(
        f"lifecycle:{name}", about, lambda: CHARTS[name](request, settings, now), now=now
    )
    if request.GET.get("format") == "csv":
        file = HttpResponse(charts.as_csv(drawn.table), content_type="text/csv; charset=utf-8")
        file["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return file
    return render(request, "parts/chart.html", {"chart": drawn, "as_of": as_of})


def _csv(request: HttpRequest, name: str) -> str:
    said = {key: value for key, value in request.GET.items() if key in ("months", "days", "of")}
    return f"{reverse('lifecycle_chart', args=[name])}?{urlencode({**said, 'format': 'csv'})}"


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone.get_current_timezone_name())


def _stages(request: HttpRequest, settings: Settings, now: dt.datetime) -> Chart:
    months = int(_chosen(request, "months", MONTHS, "12"))
    ends = lifecycle.month_ends(months=months, now=now, zone=_zone())
    names = [lifecycle.month_start(back=back, now=now, zone=_zone()) for back in reversed(range(months))]
    counted = lifecycle.stages_at(ends, Thresholds.of(settings))
    return lifecycle_charts.stages(names, counted, csv_url=_csv(request, "stages"))


def _moves(request: HttpRequest, settings: Settings, now: dt.datetime) -> Chart:
    days = int(_chosen(request, "days", DAYS, "30"))
    counted = lifecycle.moves(Thresholds.of(settings), since=now - dt.timedelta(days=days), until=now)
    return lifecycle_charts.moves(counted, days=days, csv_url=_csv(request, "moves"))


def _cohorts(request: HttpRequest, settings: Settings, now: dt.datetime) -> Chart:
    back = int(_chosen(request, "months", MONTHS, "12")) - 1
    since = lifecycle.month_start(back=back, now=now, zone=_zone())
    found = lifecycle.cohorts(since=since, now=now, zone=_zone())
    of = _chosen(request, "of", OF, "people")
    return lifecycle_charts.cohorts(
        found,
        of=of,  # type: ignore[arg-type]  # one of OF
        currency=settings.currency,
        csv_url=_csv(request, "cohorts"),
    )


def _second(request: HttpRequest, settings: Settings, now: dt.datetime) -> Chart:
    months = int(_chosen(request, "months", MONTHS, "12"))
    since = lifecycle.month_start(back=months - 1, now=now, zone=_zone())
    start = dt.datetime.combine(since, dt.time(), _zone())
    return lifecycle_charts.second(
        lifecycle.second_orders(since=start, now=now), csv_url=_csv(request, "second")
    )


CHARTS: Final[dict[str, Callable[[HttpRequest, Settings, dt.datetime], Chart]]] = {
    "stages": _stages,
    "moves": _moves,
    "cohorts": _cohorts,
    "second": _second,
}
