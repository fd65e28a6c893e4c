"""Edits of a drawing: adding, moving, deleting, pasting, undoing; each answers with the canvas as it is now."""

import json
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from journeys.editor import copies, drafting, drawing, step_forms, titles
from journeys.editor.drawing import Definition, Impossible
from journeys.views.editor import answer, changed, journey_of
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT

LARGEST_COPY: Final = 200_000  # characters of a step that is pasted


@page(EDIT)
@require_POST
def add(request: PageRequest, journey_id: int) -> HttpResponse:
    """A new step at a slot, its drawer open."""
    kind = request.POST.get("kind", "")
    if kind not in step_forms.FORMS:
        return HttpResponse(status=400)
    fresh = drafting.fresh(kind)
    return changed(
        request,
        journey_of(journey_id),
        lambda definition: drawing.insert(definition, drawing.read_slot(request.POST.get("slot", "")), fresh),
        selected=fresh["id"],
        drawer=True,
        focuses="field",
    )


@page(EDIT)
@require_POST
def move(request: PageRequest, journey_id: int) -> HttpResponse:
    """A step somewhere else: to a slot, or one up or down."""
    name, way = request.POST.get("step", ""), request.POST.get("way", "")

    def edit(definition: Definition) -> Definition:
        if way in ("up", "down"):
            slot = (drawing.up if way == "up" else drawing.down)(definition, name)
            if slot is None:
                raise Impossible(_("There is nowhere further to go."))
        else:
            slot = drawing.read_slot(request.POST.get("slot", ""))
        return drawing.move(definition, name, slot)

    return changed(request, journey_of(journey_id), edit, selected=name, drawer=True, told=_("Moved."))


@page(EDIT)
@require_POST
def delete(request: PageRequest, journey_id: int) -> HttpResponse:
    """Without a step; of a split, one path may stay."""
    name, keep = request.POST.get("step", ""), request.POST.get("keep", "")
    return changed(
        request,
        journey_of(journey_id),
        lambda definition: drawing.delete(definition, name, keep=keep),
        told=_("Deleted."),
    )


@page(EDIT)
@require_safe
def ask_delete(request: PageRequest, journey_id: int, name: str) -> HttpResponse:
    """Which of a split's paths to keep, asked before it is deleted."""
    found = journey_of(journey_id)
    step = drawing.find(drafting.draft(found), name)
    if step is None:
        return HttpResponse(status=404)
    paths = [
        (path, titles.path_name(step, path), sum(1 for _step in drawing.walk(inner)))
        for path, inner in drawing.branches(step)
    ]
    return render(request, "journeys/canvas/delete.html", {"journey": found, "name": name, "paths": paths})


@page(EDIT)
@require_POST
def duplicate(request: PageRequest, journey_id: int) -> HttpResponse:
    """A copy of a step behind it."""
    made: list[str] = []

    def edit(definition: Definition) -> Definition:
        changed, name = copies.duplicate(definition, request.POST.get("step", ""), naming=drafting.naming)
        made.append(name)
        return changed

    # The copy's id is known only after the edit, so the answer is put together here.
    found = journey_of(journey_id)
    response = changed(request, found, edit, told=_("Duplicated."))
    return answer(request, found, selected=made[0], drawer=True) if made else response


@page(EDIT)
@require_POST
def paste(request: PageRequest, journey_id: int) -> HttpResponse:
    """A copied step, of this journey or another, at a slot."""
    text = request.POST.get("copied", "")
    try:
        raw = json.loads(text) if len(text) <= LARGEST_COPY else None
        fresh = copies.adopted(raw, kinds=step_forms.FORMS, naming=drafting.naming)
    except (ValueError, RecursionError, Impossible):
        return answer(
            request, journey_of(journey_id), told=_("What was copied is not a step."), kind="warning"
        )
    return changed(
        request,
        journey_of(journey_id),
        lambda definition: drawing.insert(definition, drawing.read_slot(request.POST.get("slot", "")), fresh),
        selected=fresh["id"],
        drawer=True,
        told=_("Pasted."),
    )


@page(EDIT)
@require_POST
def undo(request: PageRequest, journey_id: int) -> HttpResponse:
    """One state back."""
    return _stepped(request, journey_id, drafting.undo, _("Undone."))


@page(EDIT)
@require_POST
def redo(request: PageRequest, journey_id: int) -> HttpResponse:
    """One state forward."""
    return _stepped(request, journey_id, drafting.redo, _("Done again."))


def _stepped(request: PageRequest, journey_id: int, verb: Any, told: str) -> HttpResponse:
    found = journey_of(journey_id)
    selected, at = request.POST.get("selected", ""), request.POST.get("at", "")
    if at and at != str(
        drafting.open_desk(found).place.number
    ):  # a toast's: undone already, or not the last change
        told = _("That is not the last change any more.")
        return answer(request, found, selected=selected, drawer=True, told=told, kind="warning")
    place = verb(found, by=request.user)
    words, kind = (told, "quiet") if place else (_("There is nothing more."), "quiet")
    return answer(request, found, selected=selected, drawer=True, told=words, kind=kind)


@page(EDIT)
@require_POST
def discard(request: PageRequest, journey_id: int) -> HttpResponse:
    """Back to what is live; undo brings the draft back."""
    found = journey_of(journey_id)
    version = drafting.live_version(found)
    if version is None:
        return HttpResponse(status=400)
    return changed(
        request,
        found,
        lambda definition: drafting.draft_of(version),
        told=_("The draft is as the live version."),
    )


@page(EDIT)
@require_POST
def write(request: PageRequest, journey_id: int) -> HttpResponse:
    """A new mail for an email step."""
    found, name = journey_of(journey_id), request.POST.get("step", "")
    content = drafting.new_content(found.name, by=request.user, now=timezone.now())

    def edit(definition: Definition) -> Definition:
        step = drawing.find(definition, name)
        if step is None:
            raise Impossible(_("That step is not there any more."))
        return drawing.change(definition, name, step | {"content": content.pk})

    return changed(
        request,
        found,
        edit,
        selected=name,
        drawer=True,
        told=_("“%(name)s” is there to be written.") % {"name": content},
    )
