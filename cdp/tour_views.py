"""The tour on a page of its own, and the strip that goes along with whoever takes it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cdp import tour
from profiles.pages import PageRequest, page
from profiles.permissions import SEE_PEOPLE


@page(SEE_PEOPLE)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """All six stops; the way to the sample shop where there is none."""
    return render(request, "tour/tour.html", {"stops": tour.stops()})


def strip(request: HttpRequest) -> dict[str, Any]:
    """For every page: the stop it is, and the next one, when its address says so."""
    number = request.GET.get(tour.PARAMETER, "")
    if not number.isdecimal() or not request.user.has_perm(SEE_PEOPLE):
        return {}
    stops = tour.stops()
    here = next((stop for stop in stops if stop.number == int(number)), None)
    following = next((stop for stop in stops if here and stop.number > here.number and stop.url), None)
    return {"tour_stop": here, "tour_next": following, "tour_length": len(stops)}
