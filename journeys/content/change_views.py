"""Where every edit of a mail arrives: applied to the draft, kept with undo, answered with what changed on the page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys import drafts
from journeys.content.changes import OPERATIONS, Asked, Change
from journeys.content.views import editor
from journeys.content.workbench import Editor
from journeys.messages import contents
from journeys.messages.blocks import BlockProblem
from journeys.messages.proofreading import MarkupProblem
from journeys.models import Content
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT
from profiles.shelf import tell, undoable

# After these only the canvas and the bar are drawn anew: somebody is typing in the rest.
QUIET = {"write", "subject", "source"}


@page(EDIT)
@require_POST
def change(request: PageRequest, content_id: int) -> HttpResponse:
    """Do one thing to the mail. Somebody else's save in between is told, and nothing of it overwritten."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id, archived_at=None)
    wanted = request.POST.get("op", "")
    try:
        if not _is_last(request, mail):
            return _told(request, mail, _("That is not the last change any more."))
        done = _step(request, mail, wanted) if wanted in ("undo", "redo") else _do(request, mail, wanted)
    except drafts.Conflict as conflict:
        return _told(request, mail, _conflict(conflict))
    except (BlockProblem, MarkupProblem) as problem:
        return _told(request, mail, str(problem))
    if done.told:
        place = drafts.place(contents.KIND, mail.pk)
        undoable(
            request,
            done.told,
            url=reverse("email_change", args=[mail.pk]),
            op="undo",
            at=str(place.number if place else ""),
        )
    return _answer(request, mail, done, is_quiet=wanted in QUIET)


def _is_last(request: PageRequest, mail: Content) -> bool:
    """Whether the change that a toast offers to undo is the last one: it may be undone already, or not be the last."""
    said = request.POST.get("at", "") if request.POST.get("op") == "undo" else ""
    place = drafts.place(contents.KIND, mail.pk) if said else None
    return not said or (place is not None and said == str(place.number))


def _do(request: PageRequest, mail: Content, wanted: str) -> Change:
    if wanted not in OPERATIONS:
        raise BlockProblem(_("Nothing of that name can be done."))
    draft = contents.draft_of(mail)
    language = request.POST.get("language", draft.fallback)
    done = OPERATIONS[wanted](
        Asked(draft, language, request.POST.dict(), lambda: contents.look_of(mail, draft))
    )
    since = request.POST.get("since", "")
    contents.keep(
        mail, done.draft, by=request.user, now=timezone.now(), since=int(since) if since.isdecimal() else None
    )
    return done


def _step(request: PageRequest, mail: Content, wanted: str) -> Change:
    contents.step(mail, forward=wanted == "redo", by=request.user)
    return Change(contents.draft_of(mail), request.POST.get("block", ""))


def _conflict(conflict: drafts.Conflict) -> str:
    by = conflict.state.saved_by
    clock = formats.time_format(timezone.localtime(conflict.state.saved_at), "H:i")
    return _(
        "%(who)s changed this mail at %(clock)s. Your last change was not saved: load the mail again."
    ) % {
        "who": (by.get_full_name() or by.get_username()) if by else _("Somebody"),
        "clock": clock,
    }


def _answer(request: PageRequest, mail: Content, done: Change, *, is_quiet: bool) -> HttpResponse:
    language = request.POST.get("add", "") or request.POST.get("language", "")
    if not request.htmx:
        url = reverse("email_edit", args=[mail.pk])
        tab = "code" if request.POST.get("op") == "code" else request.POST.get("tab", "write")
        return redirect(f"{url}?tab={tab}&language={language}&block={done.selected}")
    selected = done.selected or request.POST.get("open", "")
    context = {**editor(request, mail, language=language, selected=selected), "is_answer": True}
    context["tab"] = request.POST.get("tab", "write")
    names = _parts(context["editor"], is_quiet=is_quiet, tab=context["tab"])
    if not names:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return tell(request, HttpResponse("".join(_part(request, name, context) for name in names)))


def _parts(editor: Editor, *, is_quiet: bool, tab: str) -> list[str]:
    """What is drawn anew; nothing of it means the whole page."""
    if editor.draft.mode == "blocks" and tab == "write":
        if is_quiet:
            return ["state", "canvas", "todo" if editor.open else "drawer"]
        return ["state", "canvas", "words", "drawer"]
    return ["state", "problems"] if is_quiet else []


def _part(request: PageRequest, name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"journeys/content/edit.html#{name}", context, request)


def _told(request: PageRequest, mail: Content, sentence: str) -> HttpResponse:
    """Nothing was done, and why."""
    if not request.htmx:
        messages.error(request, sentence)
        return redirect("email_edit", mail.pk)
    return render(request, "journeys/content/edit.html#refused", {"sentence": sentence, "content": mail})
