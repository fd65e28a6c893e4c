"""People in a journey: who stands where and since when, and moving, taking out and putting in by hand."""

import datetime as dt
from typing import Any, Final

from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from journeys import board
from journeys.editor import drafting, drawing, titles, workbench
from journeys.editor.workbench import Bench
from journeys.flow import intake, runs
from journeys.models import Journey, Message, Run
from profiles import people as everyone
from profiles.pages import PageRequest, page, paged
from profiles.permissions import EDIT, PUBLISH, SEE, SEE_PEOPLE
from segments.models import Segment

PAGE: Final = 25
FOUND: Final = 8
SHOWN: Final = (
    *(
        "journey",
        "version",
        "state",
        "step",
        "entered_at",
        "arrived_at",
        "ended_at",
        "wake_at",
        "exit_reason",
    ),
    *("error", "contact__first_name", "contact__last_name", "contact__email", "contact__phone"),
)
NOT_SENT: Final = (Message.State.SKIPPED, Message.State.FAILED)  # what the list says of messages
MOST: Final = 5000  # people moved or taken out at once


def people_context(request: PageRequest, bench: Bench, step: str, *, told: str = "") -> dict[str, Any]:
    """The drawer's list of people: those on one step, or everybody who came in."""
    journey = bench.desk.journey
    listed = Run.objects.filter(journey=journey).select_related("contact").only(*SHOWN)
    if step:
        listed = listed.filter(step=step, state__in=workbench.INSIDE)
    after = request.GET.get("after", "")
    before = int(after) if after.isdigit() and len(after) < 18 else None
    if before:
        listed = listed.filter(pk__lt=before)
    found = list(listed.order_by("-pk")[: PAGE + 1])
    _with_versions(found, bench)
    travellers = board.travellers(found, bench.names, states=NOT_SENT)
    return {
        "name": step,
        "heading": _heading(bench, step),
        "icon_name": "users",
        "page": paged(travellers, size=PAGE, after=before, cursor=lambda one: one.run.pk),
        "targets": _targets(bench),
        "told": told,
        "segments": [] if step else _segments(bench),
    }


def _segments(bench: Bench) -> list[tuple[int, str]]:
    """Those whose people can all be put in, by name."""
    return sorted(bench.names.catalogue.segments.items(), key=lambda pair: pair[1].lower())


def _with_versions(found: list[Run], bench: Bench) -> None:
    """Give each its version with the drawing: nearly all are in the one that lies on the bench."""
    version = bench.desk.version
    for run in found:
        if version and run.version_id == version.pk:
            run.version = version
    prefetch_related_objects(found, "version")


def _heading(bench: Bench, name: str) -> str:
    """What the step is called; where there is none, all are meant."""
    step = drawing.find(bench.definition, name)
    steps = {str(one["id"]): one for one in drawing.walk(bench.definition.get("steps") or [])}
    return titles.title(step, bench.names, steps=steps) if step else _("People in it")


def _targets(bench: Bench) -> list[tuple[str, str]]:
    """The steps that people can be moved to: those of the version that is live."""
    version = bench.desk.version
    if version is None:
        return []
    steps = drawing.walk(version.definition.get("steps") or [])
    return [(str(one["id"]), titles.title(one, bench.names)) for one in steps]


def _journey(journey_id: int) -> Journey:
    return get_object_or_404(Journey, pk=journey_id, archived_at=None, kind=Journey.Kind.JOURNEY)


def _show(request: PageRequest, journey: Journey, step: str, *, told: str = "") -> HttpResponse:
    bench = Bench(drafting.open_desk(journey), request.user.has_perm(EDIT), timezone.now())
    context = people_context(request, bench, step, told=told) | {"journey": journey}
    return render(request, "journeys/canvas/people.html", context)


@page(SEE, SEE_PEOPLE)
@require_safe
def people(request: PageRequest, journey_id: int) -> HttpResponse:
    """Who is in the journey, or on one of its steps."""
    return _show(request, _journey(journey_id), request.GET.get("step", ""))


@page(SEE_PEOPLE, PUBLISH)
@require_POST
def act(request: PageRequest, journey_id: int) -> HttpResponse:
    """Take the people who were ticked out, or move them to another step."""
    journey, now = _journey(journey_id), timezone.now()
    ticked = [int(text) for text in request.POST.getlist("run")[:MOST] if text.isdigit() and len(text) < 18]
    chosen = Run.objects.filter(journey=journey, pk__in=ticked, state__in=workbench.INSIDE)
    target = request.POST.get("to", "")
    try:
        told = _done(request, list(chosen), target, now=now)
    except runs.NotPossible as problem:
        told = str(problem)
    return _show(request, journey, request.POST.get("step", ""), told=told)


def _done(request: PageRequest, chosen: list[Run], target: str, *, now: dt.datetime) -> str:
    if not chosen:
        return _("Tick the people first.")
    if request.POST.get("do") == "out":
        number = runs.take_out(chosen, by=request.user, now=now)
        return ngettext("%(n)d person taken out.", "%(n)d people taken out.", number) % {"n": number}
    if not target:
        return _("Choose where they should go.")
    number = runs.move(chosen, target, by=request.user, now=now)
    return ngettext("%(n)d person moved.", "%(n)d people moved.", number) % {"n": number}


@page(SEE_PEOPLE, PUBLISH)
@require_safe
def find(request: PageRequest, journey_id: int) -> HttpResponse:
    """People to put in, by name, e-mail or anything known of them."""
    words = request.GET.get("q", "").strip()
    found = everyone.find(everyone.Search(words=words))[:FOUND] if words else []
    return render(
        request, "journeys/canvas/found.html", {"journey": _journey(journey_id), "found": found, "q": words}
    )


@page(SEE_PEOPLE, PUBLISH)
@require_POST
def put_in(request: PageRequest, journey_id: int) -> HttpResponse:
    """Put somebody in by hand, or everybody who is in a segment now."""
    journey, now = _journey(journey_id), timezone.now()
    version = journey.versions.filter(state="live").first()
    if version is None:
        return _show(request, journey, "", told=_("People can come in once the journey is live."))
    segment = Segment.objects.filter(pk=_number(request.POST.get("segment", "")), archived_at=None).first()
    if segment is not None:
        intake.ask(version, segment, by=request.user, now=now)
        told = _("Everybody in “%(segment)s” is being put in.") % {"segment": segment}
        return _show(request, journey, "", told=told)
    contact = _number(request.POST.get("contact", ""))
    try:
        number = runs.put_in(version, [contact], by=request.user, now=now) if contact else 0
    except runs.NotPossible as problem:
        return _show(request, journey, "", told=str(problem))
    told = _("Put in.") if number else _("They are in it already, or may not come in again.")
    return _show(request, journey, "", told=told)


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 11 else 0
