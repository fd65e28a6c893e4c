"""The segment builder: its page, its rows as they are edited, its count, and what saving would do."""

import contextlib
import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.lib.json import Json
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE, SEE_PEOPLE
from profiles.shelf.forms import person
from segments import arranging, ast, builder, impact, pickers, rail, references, tasks, versions
from segments.builder import Draft
from segments.forms import NotYet, SegmentForm, tree_of
from segments.models import Segment
from segments.offers import Offers, offers
from segments.presets import PRESETS
from segments.rows import board


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new segment: empty, from an example, or from a definition that a link brings."""
    return _page(request, Segment(owner=request.user))


@page(EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, segment_id: int) -> HttpResponse:
    """Change a segment's question."""
    return _page(request, _segment(segment_id))


def _segment(segment_id: int) -> Segment:
    return get_object_or_404(Segment, pk=segment_id, archived_at=None, kind=Segment.Kind.DYNAMIC)


def _page(request: PageRequest, subject: Segment) -> HttpResponse:
    offered = offers()
    draft, problem = _draft(request, subject, offered)
    if request.POST.get("as_new"):
        subject = Segment(owner=request.user)
    initial = {} if subject.pk else {"name": request.GET.get("name", "")[:120]}
    form = SegmentForm(_named(request), instance=subject, initial=initial)
    if request.method == "POST" and "action" not in request.POST:
        problem = problem or _circle(subject, draft) or _meanwhile(request, subject)
        if not builder.finished(draft):
            problem = problem or _("Add a condition first: nothing is asked yet.")
        elif form.is_valid() and not problem:
            return _save(request, form, builder.finished(draft, keep_off=True))
    else:
        _act(request, draft)
    context = {
        "form": form,
        "segment": subject,
        "problem": problem,
        "saved": builder.opened(subject.definition).dump(),
        **_rows(draft, offered),
    }
    is_refused = request.method == "POST" and bool(form.errors or problem)
    return render(request, "segments/builder.html", context, status=422 if is_refused else 200)


def _circle(subject: Segment, draft: Draft) -> str:
    """What is wrong with a question that asks itself through others; "" for all others."""
    if subject.pk is None or not (asked := builder.finished(draft)):
        return ""
    other = references.path_back(subject.pk, ast.load(asked))
    return (
        _("Through “%(name)s” this segment would ask itself. Take that condition out.") % {"name": other}
        if other
        else ""
    )


def _meanwhile(request: PageRequest, subject: Segment) -> str:
    """Who saved another question since this one was opened; "" when nobody did."""
    began = request.POST.get("version")
    if subject.pk is None or began is None or began == str(subject.version):
        return ""
    return _(
        "%(name)s saved another version of this segment while you were editing. Saving now puts yours in its "
        "place; theirs stays among the versions."
    ) % {"name": person(subject.edited_by) if subject.edited_by else _("Somebody")}


def _named(request: PageRequest) -> Any:
    """The posted form; with "save as new", under its new name."""
    if request.method != "POST":
        return None
    posted = request.POST.copy()
    if posted.get("as_new"):
        posted["name"] = posted.get("new_name", "")
    return posted


def _draft(request: PageRequest, subject: Segment, offered: Offers) -> tuple[Draft, str]:
    """The draft that a request carries, and what is wrong with the JSON that it came as."""
    carried = request.POST if request.method == "POST" else request.GET
    try:
        if "draft" in carried:
            draft = builder.read(carried["draft"])
            if not carried.get("restored"):
                builder.fill(draft, carried, offered)
            return draft, ""
        if "definition" in carried:
            tree = tree_of(carried["definition"])
            return builder.opened(tree), ""
    except NotYet as error:
        return builder.opened({}), str(error)
    return builder.opened(subject.definition), ""


def _act(request: PageRequest, draft: Draft) -> str:
    """Do what a button asked; the id of what to look at next."""
    said = request.POST.get("action", "")
    node: Json = None
    with contextlib.suppress(json.JSONDecodeError, RecursionError):
        node = json.loads(request.POST.get("node", "null"))
    return arranging.act(draft, said, node=node) or ""


def _rows(draft: Draft, offered: Offers) -> dict[str, Any]:
    return {
        "draft": draft.dump(),
        "is_empty": not (draft.people["children"] or draft.leave_out["children"]),
        "presets": [(one, json.dumps(one.definition)) for one in PRESETS],
        "board": board(draft, offered),
        "counted": rail.fingerprint(builder.finished(draft)),
    }


def _save(request: PageRequest, form: SegmentForm, definition: dict[str, Json]) -> HttpResponse:
    form.instance.edited_by = request.user
    saved = form.save_as(ast.dump(ast.load(definition)))
    versions.keep(saved, by=request.user, now=timezone.now())
    tasks.build_soon(saved)
    messages.success(request, _("Saved. “%(name)s” is being counted.") % {"name": saved.name})
    return redirect("segment", saved.pk)


@page(EDIT)
@require_POST
def rows(request: PageRequest) -> HttpResponse:
    """The conditions after an edit."""
    offered = offers()
    draft, _problem = _draft(request, Segment(), offered)
    shown = _act(request, draft)
    return render(request, "segments/builder.html#rows", {**_rows(draft, offered), "shown": shown})


@page(SEE)
@require_POST
def count(request: PageRequest) -> HttpResponse:
    """How many people the conditions mean, the reach, the funnel, ten of them, and the whole in words."""
    offered = offers()
    draft, problem = _draft(request, Segment(), offered)
    sees_people = request.user.has_perm(SEE_PEOPLE)
    include_visitors = request.POST.get("include_visitors") == "on"
    shown = rail.rail(
        draft, offered, now=timezone.now(), include_visitors=include_visitors, sees_people=sees_people
    )
    return render(request, "segments/builder.html#rail", {"rail": shown, "problem": problem})


@page(EDIT)
@require_safe
def picker(request: PageRequest) -> HttpResponse:
    """Everything that can be added as a condition."""
    return render(request, "segments/picker.html", {"shelves": pickers.shelves(offers())})


@page(EDIT)
@require_safe
def values(request: PageRequest) -> HttpResponse:
    """What is known to be said of an attribute, a detail of an event, or bought things."""
    sees_people = request.user.has_perm(SEE_PEOPLE)
    known = pickers.known_values(request.GET.dict(), personal=offers().personal, sees_people=sees_people)
    return render(request, "segments/values.html", {"values": known})


@page(EDIT)
@require_POST
def before_saving(request: PageRequest, segment_id: int = 0) -> HttpResponse:
    """What saving would do: who comes in, who leaves; asked before it is done."""
    subject = _segment(segment_id) if segment_id else Segment(owner=request.user)
    offered = offers()
    draft, _problem = _draft(request, subject, offered)
    definition = builder.finished(draft)
    form = SegmentForm(request.POST, instance=subject)
    include_visitors = request.POST.get("include_visitors") == "on"
    context = {
        "segment": subject,
        "form": form,
        "is_named": form.is_valid(),
        "name": request.POST.get("name", ""),
        "unfinished": len(builder.problems(draft)),
        "meanwhile": _meanwhile(request, subject),
        "impact": impact.of(
            subject, ast.load(definition), now=timezone.now(), include_visitors=include_visitors
        )
        if definition
        else None,
        "is_asked": bool(definition),
        "definition": json.dumps(definition),
        "include_visitors": include_visitors,
    }
    return render(request, "segments/saving.html", context)
