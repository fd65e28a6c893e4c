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
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cdp.lib import charts
from cdp.lib.charts import Chart
from profiles import lifecycle_charts, lifecycle_cohorts, lifecycle_counts, workspace
from profiles.lifecycle_counts import Ground
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
    settings = workspace.current()
    ground = Ground(Thresholds.of(settings), _zone(), timezone.now())
    drawn, as_of = CHARTS[name](request, settings, ground)
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


def _stages(request: HttpRequest, settings: Settings, ground: Ground) -> tuple[Chart, dt.datetime]:
    months = int(_chosen(request, "months", MONTHS, "12"))
    answer, as_of = lifecycle_counts.read("stages", months, ground)
    csv_url, names = _csv(request, "stages"), lifecycle_counts.months_of(answer)
    return lifecycle_charts.stages(names, answer["counted"], csv_url=csv_url), as_of


def _moves(request: HttpRequest, settings: Settings, ground: Ground) -> tuple[Chart, dt.datetime]:
    days = int(_chosen(request, "days", DAYS, "30"))
    answer, as_of = lifecycle_counts.read("moves", days, ground)
    counted = lifecycle_counts.moves_of(answer)
    return lifecycle_charts.moves(counted, days=days, csv_url=_csv(request, "moves")), as_of


def _cohorts(request: HttpRequest, settings: Settings, ground: Ground) -> tuple[Chart, dt.datetime]:
    months, of = int(_chosen(request, "months", MONTHS, "12")), _chosen(request, "of", OF, "people")
    answer, as_of = lifecycle_counts.read("cohorts", months, ground)
    chart = lifecycle_cohorts.cohorts(
        lifecycle_counts.cohorts_of(answer),
        of=of,  # type: ignore[arg-type]  # one of OF
        currency=settings.currency,
        csv_url=_csv(request, "cohorts"),
    )
    return chart, as_of


def _second(request: HttpRequest, settings: Settings, ground: Ground) -> tuple[Chart, dt.datetime]:
    months = int(_chosen(request, "months", MONTHS, "12"))
    answer, as_of = lifecycle_counts.read("second", months, ground)
    found, before = lifecycle_counts.second_of(answer), None
    if 2 * months in lifecycle_counts.MONTHS:
        longer, _as_of = lifecycle_counts.read("second", 2 * months, ground)
        before = lifecycle_counts.second_of(longer).without(found)
    return lifecycle_charts.second(found, before, csv_url=_csv(request, "second")), as_of


CHARTS: Final[dict[str, Callable[[HttpRequest, Settings, Ground], tuple[Chart, dt.datetime]]]] = {
    "stages": _stages,
    "moves": _moves,
    "cohorts": _cohorts,
    "second": _second,
}
