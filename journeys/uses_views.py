"""Where journeys and broadcasts use a segment: a part of its page, and of the dialog that asks before it is saved."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cdp.lib.json import JsonObject
from journeys import uses
from profiles.pages import PageRequest, page
from profiles.permissions import SEE


@page(SEE)
@require_http_methods(["GET", "POST"])
def using(request: PageRequest, segment_id: int) -> HttpResponse:
    """The journeys and broadcasts that use a segment, and what an edit of it does to the people in them."""
    found = uses.of_segment(segment_id)
    journeys = [use for use in found if not use.is_broadcast]
    inside = 0
    if journeys and "definition" in request.POST:
        inside = uses.inside(
            segment_id,
            [use.journey.pk for use in journeys],
            _definition(request.POST["definition"]),
            include_visitors=request.POST.get("include_visitors") == "on",
            now=timezone.now(),
        )
    broadcasts = len(found) - len(journeys)
    context = {
        "uses": found,
        "journeys": len(journeys),
        "broadcasts": broadcasts,
        "inside": inside,
        "is_edit": request.method == "POST",
    }
    return render(request, "journeys/using.html", context)


def _definition(text: str) -> JsonObject:
    try:
        said = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
