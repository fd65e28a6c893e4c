"""A journey as a whole: made, named, published, paused, finished; its versions."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journeys.editor import canvas, compare, drafting, figures, names, workbench
from journeys.editor.starters import STARTERS, start
from journeys.flow import publishing
from journeys.flow.shapes import InvalidJourney
from journeys.models import Journey, Run, Version
from journeys.views.editor import answer, changed, journey_of
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, PUBLISH, SEE

LONGEST_NAME: Final = 120
FATES: Final = [
    ("follow", lazy("They follow the new version"), lazy("From the step they stand on; whose step is gone leaves.")),
    ("finish", lazy("They finish the old one"), lazy("New people go through the new version.")),
    ("exit", lazy("They leave"), lazy("They get nothing more of this journey.")),
]  # fmt: skip


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new journey: a name and where to begin; then the canvas."""
    said = request.POST if request.method == "POST" else request.GET
    name = said.get("name", "").strip()[:LONGEST_NAME]
    problem = _taken(name) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        made = Journey.objects.create(
            name=name, owner=request.user, edited_by=request.user, draft=start(request.POST.get("from", ""))
        )
        drafting.save(made, made.draft, by=request.user, now=timezone.now())
        return redirect("journey", made.pk)
    context = {
        "name": name,
        "problem": problem,
        "starters": STARTERS,
        "chosen": said.get("from", "blank"),
    }
    return render(request, "journeys/new.html", context)


def _taken(name: str, *, besides: int = 0) -> str:
    """What is wrong with a name; "" where nothing is."""
    if not name:
        return _("Give it a name.")
    others = Journey.objects.filter(kind=Journey.Kind.JOURNEY, archived_at=None, name=name).exclude(
        pk=besides
    )
    return _("That name is already used.") if others.exists() else ""


@page(EDIT)
@require_POST
def rename(request: PageRequest, journey_id: int) -> HttpResponse:
    """Another name, typed in place."""
    found, name = journey_of(journey_id), request.POST.get("name", "").strip()[:LONGEST_NAME]
    problem = _taken(name, besides=found.pk)
    if not problem:
        found.name, found.edited_by = name, request.user
        found.save(update_fields=["name", "edited_by", "updated_at"])
    told = problem or _("Renamed.")
    return answer(request, found, told=told, kind="warning" if problem else "quiet")


@page(PUBLISH)
@require_http_methods(["GET", "POST"])
def publish(request: PageRequest, journey_id: int) -> HttpResponse:
    """What publishing would change, and then: freeze the draft and let people in."""
    found = journey_of(journey_id)
    if request.method == "GET":
        return render(request, "journeys/canvas/publish.html", _about(found))
    said = request.POST.get("people")
    people: publishing.Fate = "follow" if said == "follow" else "exit" if said == "exit" else "finish"
    try:
        version = publishing.publish(found, by=request.user, now=timezone.now(), people=people)
    except InvalidJourney as error:
        for problem in error.problems:
            messages.error(request, problem.sentence)
    else:
        messages.success(request, _("Version %(number)d is live.") % {"number": version.number})
    return redirect("journey", journey_id)


def _about(found: Journey) -> dict[str, Any]:
    """What a publish would do, for its dialog."""
    desk = drafting.open_desk(found)
    inside = workbench.inside(found) if desk.version else 0
    return {
        "journey": found,
        "desk": desk,
        "problems": [one for one in publishing.problems(found) if one.severity == "error"],
        "differences": _differences(desk),
        "inside": inside,
        "fates": FATES if inside else [],
        "number": desk.version.number + 1 if desk.version else 1,
    }


def _differences(desk: drafting.Desk) -> list[compare.Difference]:
    if desk.version is None or not desk.is_changed:
        return []
    before, after = drafting.draft_of(desk.version), desk.definition
    counted = figures.of(desk, now=timezone.now()) if compare.gone(before, after) else {}
    here = {name: one.here for name, one in counted.items()}
    return compare.differences(before, after, names=names.of([before, after]), here=here)


@page(SEE)
@require_safe
def compared(request: PageRequest, journey_id: int) -> HttpResponse:
    """What the draft changes about the live version."""
    found = journey_of(journey_id)
    desk = drafting.open_desk(found)
    context = {"journey": found, "desk": desk, "differences": _differences(desk)}
    return render(request, "journeys/canvas/compare.html", context)


@page(PUBLISH)
@require_POST
def pause(request: PageRequest, journey_id: int) -> HttpResponse:
    """Hold everybody where they are."""
    return _switch(request, journey_id, publishing.pause, _("Paused. Everybody stays where they are."))


@page(PUBLISH)
@require_POST
def resume(request: PageRequest, journey_id: int) -> HttpResponse:
    """Let everybody go on."""
    return _switch(request, journey_id, publishing.resume, _("Live again."))


def _switch(
    request: PageRequest, journey_id: int, verb: Callable[[Journey], None], sentence: str
) -> HttpResponse:
    verb(journey_of(journey_id))
    messages.success(request, sentence)
    return redirect("journey", journey_id)


@page(PUBLISH)
@require_http_methods(["GET", "POST"])
def finish(request: PageRequest, journey_id: int) -> HttpResponse:
    """Take nobody in any more; the people inside finish their way or leave now."""
    found = journey_of(journey_id)
    if request.method == "GET":
        context = {"journey": found, "inside": workbench.inside(found)}
        return render(request, "journeys/canvas/finish.html", context)
    publishing.stop(
        found, people="exit" if request.POST.get("people") == "exit" else "finish", now=timezone.now()
    )
    messages.success(request, _("Nobody comes in any more."))
    return redirect("journey", journey_id)


@page(SEE)
@require_safe
def versions(request: PageRequest, journey_id: int) -> HttpResponse:
    """Every version that was published."""
    found = journey_of(journey_id)
    listed = list(found.versions.select_related("published_by").order_by("-number"))
    inside = dict[int, int]()
    for version in Run.objects.filter(version__in=listed, state__in=workbench.INSIDE).values_list(
        "version", flat=True
    ):
        inside[version] = inside.get(version, 0) + 1
    rows = [(one, inside.get(one.pk, 0)) for one in listed]
    return render(request, "journeys/versions.html", {"journey": found, "rows": rows})


@page(SEE)
@require_safe
def version(request: PageRequest, journey_id: int, number: int) -> HttpResponse:
    """One version, to look at."""
    found = journey_of(journey_id)
    shown = get_object_or_404(Version, journey=found, number=number)
    definition = drafting.draft_of(shown)
    painted = canvas.paint(definition, names=names.of([definition]))
    context = {"journey": found, "version": shown, "canvas": painted, "can_edit": False, "is_live": False}
    return render(request, "journeys/version.html", context)


@page(EDIT)
@require_POST
def restore(request: PageRequest, journey_id: int, number: int) -> HttpResponse:
    """An old version as the draft again; undo brings the draft back."""
    found = journey_of(journey_id)
    shown = get_object_or_404(Version, journey=found, number=number)
    changed(request, found, lambda definition: drafting.draft_of(shown))
    messages.success(
        request, _("The draft is as version %(number)d was. Undo brings it back.") % {"number": number}
    )
    return redirect("journey", journey_id)
