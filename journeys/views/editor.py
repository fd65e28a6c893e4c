"""The journey's page and the drawer of each step; a change is saved and answered with the canvas as it is now."""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from journeys import drafts
from journeys.editor import drafting, drawing, mail_forms, step_forms, titles, trigger_forms, workbench
from journeys.editor.controls import Answers, Section, with_errors
from journeys.editor.drawing import Definition, Impossible, Slot
from journeys.editor.workbench import Bench
from journeys.models import Journey
from journeys.views.people import people_context
from journeys.views.simulate import simulate_context
from profiles import workspace
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE, SEE_PEOPLE

type Edit = Callable[[Definition], Definition]


def journey_of(journey_id: int) -> Journey:
    """The journey of a page; 404 for one in the archive."""
    return get_object_or_404(Journey, pk=journey_id, archived_at=None, kind=Journey.Kind.JOURNEY)


def may_edit(request: PageRequest) -> bool:
    """Whether the page is one to draw on."""
    return request.user.has_perm(EDIT)


@page(SEE)
@require_safe
def journey(request: PageRequest, journey_id: int) -> HttpResponse:
    """One journey: its drawing with numbers, to read or to draw on."""
    bench = _bench(request, journey_of(journey_id))
    context = _context(request, bench) | {"add_menu": _add_menu(get_language() or "en")}
    step = request.GET.get("step", "")
    if request.GET.get("people") and request.user.has_perm(SEE_PEOPLE):
        context |= people_context(request, bench, step) | {"people_drawer": True}
    elif "simulate" in request.GET and request.user.has_perm(SEE_PEOPLE):
        context |= simulate_context(request, bench) | {"simulate_drawer": True}
    elif step and (drawer := _drawer(bench, step)):
        context |= drawer | {"drawer": True, "selected": step}
    return render(request, "journeys/journey.html", context)


@functools.cache
def _add_menu(language: str) -> str:
    """What "+" offers: the same on every journey, so drawn once a language."""
    return render_to_string("journeys/canvas/add_menu.html", {"menu": workbench.MENU})


@page(SEE)
@require_safe
def tree(request: PageRequest, journey_id: int) -> HttpResponse:
    """The canvas alone, with the numbers of now."""
    context = _context(request, _bench(request, journey_of(journey_id)))
    return render(request, "journeys/canvas/tree.html", context)


@page(SEE)
@require_http_methods(["GET", "POST"])
def step(request: PageRequest, journey_id: int, name: str) -> HttpResponse:
    """A step, the trigger or the settings in the drawer; and their changes."""
    found = journey_of(journey_id)
    if request.method == "POST":
        return _change(request, found, name)
    bench = _bench(request, found)
    drawer = _drawer(bench, name)
    if drawer is None:
        return HttpResponse(status=404)
    focuses = "title" if request.GET.get("keyboard") else ""
    context = {"journey": found, "can_edit": bench.can_edit, "focuses": focuses} | drawer
    return render(request, "journeys/canvas/drawer.html", context)


def _bench(request: PageRequest, found: Journey) -> Bench:
    now = timezone.now()
    since = workbench.begins(_range(request), now=now)
    return Bench(drafting.open_desk(found), may_edit(request), now, since)


def _range(request: HttpRequest) -> str:
    chosen = request.GET.get("range") or request.POST.get("range") or "all"
    return chosen if chosen in workbench.RANGES else "all"


def _context(request: PageRequest, bench: Bench) -> dict[str, Any]:
    return {
        "journey": bench.desk.journey,
        "desk": bench.desk,
        "canvas": bench.canvas,
        "can_edit": bench.can_edit,
        "is_live": bench.desk.version is not None,
        "range": _range(request),
        "ranges": [(value, label) for value, (label, _days) in workbench.RANGES.items()],
        "inside": workbench.inside(bench.desk.journey) if bench.desk.is_changed else 0,
    }


def _drawer(bench: Bench, name: str, answers: Answers | None = None) -> dict[str, Any] | None:
    """What the drawer shows of a step; None where there is no such step."""
    if name in ("trigger", "settings"):
        return _special(bench, name, answers)
    step = drawing.find(bench.definition, name)
    if step is None or step.get("kind") not in step_forms.FORMS:
        return None
    form = step_forms.FORMS[step["kind"]]
    return {
        **_carded(bench, name),
        "step": step,
        "currency": workspace.current().currency,
        "heading": form.heading(),
        "is_step": True,
        "ends": step["kind"] in drawing.ENDS,
        "sections": form.show(step, bench.setting(answers)) if bench.can_edit else [],
        "mail": mail_forms.mail_of(step) if step["kind"] == "email" else None,
        "step_json": json.dumps(step, ensure_ascii=False),
        **(_ways(bench, step) if bench.can_edit else {}),
    }


def _carded(bench: Bench, name: str) -> dict[str, Any]:
    """What the drawer takes from the card."""
    card = bench.card(name)
    assert card is not None
    return {
        "name": name,
        "card": card,
        "figures": card.figures,
        "title": card.title,
        "second": card.second,
        "icon_name": card.icon,
        "is_form": True,
    }


def _special(bench: Bench, name: str, answers: Answers | None) -> dict[str, Any]:
    said, setting = bench.definition, bench.setting(answers)
    if name == "trigger":
        shown = trigger_forms.show(said.get("trigger") or {}, setting) if bench.can_edit else []
        return {**_carded(bench, name), "heading": _("Start"), "sections": shown}
    shown = trigger_forms.show_settings(said.get("settings") or {}, setting)
    heading = {"heading": _("Settings"), "icon_name": "settings"}
    return {"name": name, "sections": shown, "is_form": True, **heading}


def _ways(bench: Bench, step: dict[str, Any]) -> dict[str, Any]:
    """Where a step can move by menu."""
    name, definition = str(step["id"]), bench.definition
    legal = drawing.slots(definition, moving=name)
    steps = {str(one["id"]): one for one in drawing.walk(definition["steps"])}
    titled = functools.cache(lambda one: titles.title(steps[one], bench.names, steps=steps))
    return {
        "can_up": drawing.up(definition, name) in legal,
        "can_down": drawing.down(definition, name) in legal,
        "places": [(str(slot), _place(slot, steps, titled)) for slot in legal],
    }


def _place(slot: Slot, steps: dict[str, dict[str, Any]], titled: Callable[[str], str]) -> str:
    if slot.after:
        return _("behind “%(step)s”") % {"step": titled(slot.after)}
    if slot.owner:
        path = titles.path_name(steps[slot.owner], slot.path)
        return _("first under %(path)s of “%(step)s”") % {"path": path, "step": titled(slot.owner)}
    return _("at the beginning")


def _change(request: PageRequest, found: Journey, name: str) -> HttpResponse:
    """Save what the drawer's form says; every answer that can be read is kept."""
    answers = Answers(request.POST)
    rows = request.POST.get("rows", "")
    reshapes = bool(rows or request.POST.get("reshapes"))

    def edit(definition: Definition) -> Definition:
        if name == "trigger":
            said = trigger_forms.read(definition.get("trigger") or {}, answers)
            return definition | {"trigger": step_forms.rows_changed(said, rows) if rows else said}
        if name == "settings":
            return definition | {
                "settings": trigger_forms.read_settings(definition.get("settings") or {}, answers)
            }
        step = drawing.find(definition, name)
        if step is None or step.get("kind") not in step_forms.FORMS:
            raise Impossible(_("That step is not there any more."))
        said = step_forms.FORMS[step["kind"]].read(step, answers)
        return drawing.change(definition, name, step_forms.rows_changed(said, rows) if rows else said)

    return changed(request, found, edit, selected=name, drawer=reshapes, answers=answers)


def changed(
    request: PageRequest,
    found: Journey,
    edit: Edit,
    *,
    selected: str = "",
    drawer: bool = False,
    answers: Answers | None = None,
    told: str = "",
    focuses: str = "",
) -> HttpResponse:
    """Apply an edit and answer with all that changed on the page; what cannot be done is told, and nothing changes."""
    if not may_edit(request):
        return HttpResponse(status=403)
    desk = drafting.open_desk(found)
    try:
        _save(request, found, edit(desk.definition))
    except Impossible as problem:
        return answer(request, found, told=str(problem), kind="warning")
    except drafts.Conflict as conflict:
        return answer(request, found, told=_theirs(conflict), kind="warning", drawer=True, selected=selected)
    return answer(
        request,
        found,
        selected=selected,
        drawer=drawer,
        answers=answers,
        told=told,
        kind="undo",
        focuses=focuses,
    )


def _save(request: PageRequest, found: Journey, definition: Definition) -> None:
    now = timezone.now()
    try:
        drafting.save(found, definition, by=request.user, now=now, since=_since(request))
    except drafts.Conflict as conflict:
        # Two quick edits of one's own overtake each other: both were made on what stood when they came.
        if conflict.state is None or conflict.state.saved_by_id != request.user.pk:
            raise
        drafting.save(found, definition, by=request.user, now=now)


def _since(request: HttpRequest) -> int | None:
    text = request.POST.get("since", "")
    return int(text) if text.isdigit() and len(text) < 9 else None


def _theirs(conflict: drafts.Conflict) -> str:
    who = (
        conflict.state.saved_by.get_username()
        if conflict.state and conflict.state.saved_by
        else _("Somebody")
    )
    return _(
        "%(who)s changed this journey meanwhile. This is how it is now; your last change was not made."
    ) % {"who": who}


def answer(
    request: PageRequest,
    found: Journey,
    *,
    selected: str = "",
    drawer: bool = False,
    answers: Answers | None = None,
    told: str = "",
    kind: str = "success",
    focuses: str = "",
) -> HttpResponse:
    """The page's moving parts after an edit; the drawer anew where it looks different now."""
    bench = _bench(request, found)
    context = _context(request, bench) | {"selected": selected}
    shown = _drawer(bench, selected, answers) if selected else None
    if shown:
        sections: list[Section] = with_errors(shown["sections"], answers.errors if answers else {})
        context |= shown | {"sections": sections, "drawer": drawer, "focuses": focuses}
    response = render(request, "journeys/canvas/changed.html", context)
    if told:
        at = bench.desk.place.number
        response["HX-Trigger"] = json.dumps({"told": {"words": told, "kind": kind, "at": at}})
    return response
