"""The email editor's pages: a new mail, writing it, its code, its saved versions."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journeys.content import history, workbench
from journeys.content.forms import NewMailForm, team
from journeys.messages import contents, starts
from journeys.models import Content, ContentRevision
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE

# How every form of the editor asks: one after the other, with where the draft stood when the page was drawn.
ASKS: Final = (
    'hx-post="{}" hx-swap="none" hx-sync="#mail-editor:queue all" '
    'hx-include="#mail-since, #mail-language, #mail-tab, #mail-open"'
)
TABS: Final = ("write", "code")


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new mail from a starting layout."""
    form = NewMailForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        mail = contents.begin(said["name"], said["start"], by=request.user, now=timezone.now())
        return redirect("email_edit", mail.pk)
    layouts = [
        {"key": key, "label": label, "sentence": sentence, "icon": icon}
        for key, (label, sentence, icon) in starts.STARTS.items()
    ]
    chosen = form["start"].value()
    return render(request, "journeys/content/new.html", {"form": form, "layouts": layouts, "chosen": chosen})


@page(SEE)
@require_safe
def edit(request: PageRequest, content_id: int) -> HttpResponse:
    """The mail in the editor; for those who may not edit, the same to look at."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id)
    tab = request.GET.get("tab", "write")
    return render(
        request,
        "journeys/content/edit.html",
        {**editor(request, mail), "tab": tab if tab in TABS else "write"},
    )


@page(SEE)
@require_safe
def drawer(request: PageRequest, content_id: int) -> HttpResponse:
    """What stands beside the canvas: the selected block's form, or what is left to finish."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id)
    return render(request, "journeys/content/edit.html#drawer", editor(request, mail))


def editor(request: PageRequest, mail: Content, *, language: str = "", selected: str = "") -> dict[str, Any]:
    """What every part of the editor is drawn from."""
    language = language or request.GET.get("language", "")
    selected = selected or request.GET.get("block", "")
    return {
        "content": mail,
        "editor": workbench.opened(mail, language=language, selected=selected),
        "may_edit": request.user.has_perm(EDIT) and mail.archived_at is None,
        "team": team(request.user),
        "hx": format_html(ASKS, reverse("email_change", args=[mail.pk])),
        "here": reverse("email_edit", args=[mail.pk]),
    }


@page(SEE)
@require_safe
def versions(request: PageRequest, content_id: int) -> HttpResponse:
    """The saved versions, newest first, with what changed from one to the next."""
    mail = get_object_or_404(Content, pk=content_id)
    context = {
        "content": mail,
        "versions": history.history(mail),
        "may_edit": request.user.has_perm(EDIT),
        "is_fragment": bool(request.htmx),
    }
    return render(request, "journeys/content/versions.html", context)


@page(EDIT)
@require_POST
def keep_version(request: PageRequest, content_id: int) -> HttpResponse:
    """Save the draft as a version that can be gone back to."""
    mail = get_object_or_404(Content, pk=content_id)
    try:
        revision = contents.freeze(mail, by=request.user, now=timezone.now())
    except contents.ContentProblem as problem:
        messages.warning(
            request, _("No version yet. %(problems)s") % {"problems": " ".join(problem.sentences[:3])}
        )
    else:
        messages.success(request, _("This is version %(number)d now.") % {"number": revision.number})
    return redirect("email_edit", mail.pk)


@page(EDIT)
@require_POST
def restore_version(request: PageRequest, content_id: int, number: int) -> HttpResponse:
    """Go on from a saved version; what was there before is one undo away."""
    mail = get_object_or_404(Content, pk=content_id)
    revision = get_object_or_404(ContentRevision, content=mail, number=number)
    contents.keep(mail, contents.of_revision(revision), by=request.user, now=timezone.now())
    messages.success(request, _("The mail is as in version %(number)d again.") % {"number": number})
    return redirect("email_edit", mail.pk)
