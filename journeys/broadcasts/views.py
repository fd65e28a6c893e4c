"""Pages of a broadcast that is on its way: how it goes, what came of it, and its stop."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cdp.lib import db
from journeys.broadcasts import drafting, results, why
from journeys.flow import broadcasting
from journeys.flow.broadcasting import NotNow
from journeys.models import Journey
from profiles import people as everyone
from profiles import workspace
from profiles.models import Contact
from profiles.pages import PageRequest, page, paged
from profiles.permissions import PUBLISH, SEE, SEE_PEOPLE

PEOPLE: Final = 50
FOUND: Final = 8
# What a results page calls the things that its draft names by number; segments in the draft's order.
NAMED: Final = """
SELECT
    (SELECT array_agg(name ORDER BY array_position(%(include)s::bigint[], id))
        FROM segments_segment WHERE id = ANY(%(include)s::bigint[])),
    (SELECT array_agg(name ORDER BY array_position(%(exclude)s::bigint[], id))
        FROM segments_segment WHERE id = ANY(%(exclude)s::bigint[])),
    (SELECT name FROM profiles_topic WHERE id = %(topic)s),
    (SELECT name || ' <' || email || '>' FROM journeys_sender WHERE id = %(sender)s),
    (SELECT name FROM journeys_content WHERE id = %(content)s)
"""


@page(SEE)
@require_safe
def broadcast(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """A draft opens where it is unfinished; anything else shows how it goes."""
    journey = drafting.broadcast(broadcast_id)
    if journey.status == Journey.Status.DRAFT:
        return redirect("broadcast_step", journey.pk, drafting.unfinished(journey) or "check")
    return render(request, "journeys/broadcasts/results.html", _results(request, journey))


def _switch(
    request: PageRequest, broadcast_id: int, verb: Callable[[Journey], None], sentence: str
) -> HttpResponse:
    journey = drafting.broadcast(broadcast_id)
    try:
        verb(journey)
    except NotNow as error:
        messages.error(request, str(error))
    else:
        messages.success(request, sentence)
    return redirect("broadcast", journey.pk)


@page(PUBLISH)
@require_POST
def unschedule(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Make a draft of it again."""
    return _switch(request, broadcast_id, broadcasting.unschedule, _("A draft again: nothing goes out."))


@page(PUBLISH)
@require_POST
def stop(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Hold what has not gone out."""
    return _switch(request, broadcast_id, broadcasting.stop, _("Stopped. Nothing more goes out."))


@page(PUBLISH)
@require_POST
def resume(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Go on where it was stopped."""
    now = timezone.now()
    return _switch(request, broadcast_id, lambda one: broadcasting.resume(one, now=now), _("Going on."))


@page(PUBLISH)
@require_POST
def cancel(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Stop it for good."""
    now = timezone.now()
    sentence = _("Stopped for good. Who has not got it will not get it.")
    return _switch(request, broadcast_id, lambda one: broadcasting.cancel(one, now=now), sentence)


def _numbers(journey: Journey) -> dict[str, Any]:
    came_of = results.of(journey)
    return {
        "journey": journey,
        "broadcast": journey.broadcast,
        "results": came_of,
        "progress": results.progress(journey, journey.broadcast, came_of),
        "currency": workspace.current().currency,
        "zone": timezone.get_current_timezone_name(),
    }


def _results(request: PageRequest, journey: Journey) -> dict[str, Any]:
    """The whole page: the numbers, to whom it goes, and what became of each."""
    group = request.GET.get("show", "")
    numbers = _numbers(journey)
    versions = numbers["results"].versions
    return {
        **numbers,
        "group": group,
        "topic_words": _audience_words(journey),
        **(_people(request, versions, group) if request.user.has_perm(SEE_PEOPLE) else {}),
    }


def _audience_words(journey: Journey) -> dict[str, Any]:
    """Names of the segments it goes to and does not go to, the topic, who it is from and what it says."""
    draft = journey.draft
    said = {name: draft.get(name) or 0 for name in ("topic", "sender", "content")}
    segments = {name: draft.get(name) or [] for name in ("include", "exclude")}
    ((include, exclude, topic, sender, content),) = db.fetch(NAMED, {**said, **segments})
    return {
        "everyone": draft.get("everyone"),
        "include": include or [],
        "exclude": exclude or [],
        "topic": topic,
        "sender": sender,
        "content": content,
        "content_id": said["content"],
    }


def _people(request: PageRequest, versions: list[int], group: str) -> dict[str, Any]:
    said = request.GET.get("after", "")
    after = int(said) if said.isdigit() and len(said) < 18 else None
    rows = results.people(versions, group=group, after=after, limit=PEOPLE + 1)
    return {"page": paged(rows, size=PEOPLE, after=after, cursor=lambda one: one.pk)}


@page(SEE)
@require_safe
def progress(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """The numbers of a results page, again."""
    journey = drafting.broadcast(broadcast_id)
    if journey.status == Journey.Status.DRAFT:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("broadcast", args=[journey.pk])
        return response
    numbers = _numbers(journey)
    response = render(request, "journeys/broadcasts/results.html#numbers", numbers)
    if numbers["progress"].is_over:
        response["HX-Refresh"] = "true"  # once: the people below are worth looking at now
    return response


@page(SEE, SEE_PEOPLE)
@require_safe
def ask_why(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """A part of the results page: find a person, and read why they got it or not."""
    journey = drafting.broadcast(broadcast_id)
    said, asked = request.GET.get("contact", ""), request.GET.get("q", "").strip()
    number = int(said) if said.isdigit() and len(said) < 11 else 0
    contact = Contact.objects.filter(pk=number, merged_into__isnull=True).first()
    context = {
        "journey": journey,
        "q": asked,
        "found": everyone.find(everyone.Search(words=asked))[:FOUND] if asked else [],
        "contact": contact,
        "answer": why.ask(contact, journey) if contact else None,
    }
    return render(request, "journeys/broadcasts/why.html", context)
