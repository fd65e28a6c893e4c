"""Looking at a mail before anybody gets it: as a computer, a phone, in the dark, without images, as text; and tests."""

import re
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from journeys.channels.base import DeliveryError
from journeys.content.forms import TrialForm
from journeys.content.views import editor
from journeys.messages import contents, trials
from journeys.messages.content import Rendered
from journeys.messages.proofreading import MarkupProblem
from journeys.messages.rendering import TemplateProblem
from journeys.messages.trials import NotSent, Somebody
from journeys.models import Content
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE, SEE_PEOPLE

VIEWS: Final = {
    "desktop": (lazy("Computer"), "device-desktop"),
    "phone": (lazy("Phone"), "device-mobile"),
    "dark": (lazy("Dark"), "moon"),
    "bare": (lazy("Images off"), "photo-off"),
    "text": (lazy("Text"), "align-left"),
}
# It may look however it likes and do nothing. Its images are ours or those of the catalogue's products.
POLICY: Final[dict[str, list[str]]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, settings.PUBLIC_URL, "https:", "data:"],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "sandbox": ["allow-popups"],
}
DARK: Final = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
SOURCES: Final = re.compile(r"(<img\b[^>]*?\s)(src|srcset)\s*=", re.IGNORECASE)
SCRIPTS: Final = re.compile(r"<script\b.*?(</script\s*>|$)", re.IGNORECASE | re.DOTALL)
TURNED: Final = "filter:invert(1) hue-rotate(180deg)"
INVERTED: Final = f"<style>html{{{TURNED};background:#fff}}img{{{TURNED}}}</style>"


@page(SEE)
@require_safe
def preview(request: PageRequest, content_id: int) -> HttpResponse:
    """The mail as somebody sees it."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id)
    context = editor(request, mail)
    people = _people(request, mail)
    person = _chosen(people, request.GET.get("person", ""))
    view = request.GET.get("view", "desktop")
    asked, draft = request.GET.get("language", ""), context["editor"].draft
    context["editor"].language = trials.language_of(draft, person.contact, language=asked)
    rendered, problem = _drawn(mail, draft, person, asked)
    views = [{"key": key, "label": label, "icon": icon} for key, (label, icon) in VIEWS.items()]
    return render(
        request,
        "journeys/content/edit.html",
        {
            **context,
            "tab": "preview",
            "people": people,
            "person": person,
            "view": view if view in VIEWS else "desktop",
            "views": views,
            "rendered": rendered,
            "problem": problem,
        },
    )


@csp_override(POLICY)
@xframe_options_sameorigin
@page(SEE)
@require_safe
def frame(request: PageRequest, content_id: int) -> HttpResponse:
    """The mail alone, for the frame it is shown in."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id)
    person = _chosen(_people(request, mail), request.GET.get("person", ""))
    rendered, problem = _drawn(mail, contents.draft_of(mail), person, request.GET.get("language", ""))
    if rendered is None:
        return HttpResponse(format_html("<p style='font:16px sans-serif;padding:2rem'>{}</p>", problem))
    return HttpResponse(_as_seen(rendered.html, request.GET.get("view", "")))


@page(EDIT)
@require_POST
def send(request: PageRequest, content_id: int) -> HttpResponse:
    """Send a test to one of the team."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id)
    form = TrialForm(request.POST, sender=request.user)
    if not form.is_valid():
        messages.error(request, _("Tests go to people of the workspace only: choose one of them."))
    else:
        _send(request, mail, form.cleaned_data["to"], form.cleaned_data["person"])
    back = request.POST.get("back", "")
    is_safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_safe else reverse("email_edit", args=[mail.pk]))


def _send(request: PageRequest, mail: Content, to: str, chosen: str) -> None:
    person = _chosen(_people(request, mail), chosen)
    rendered, problem = _drawn(mail, contents.draft_of(mail), person, request.POST.get("language", ""))
    if rendered is None:
        messages.error(request, problem)
        return
    try:
        trials.send(mail, rendered, to=to, now=timezone.now())
    except (NotSent, DeliveryError, TemplateProblem) as error:
        messages.error(request, _("The test was not sent: %(problem)s") % {"problem": error})
    else:
        messages.success(request, _("A test is on its way to %(to)s.") % {"to": to})


def _people(request: PageRequest, mail: Content) -> list[Somebody]:
    real = request.user.has_perm(SEE_PEOPLE)
    return trials.somebodies(contents.draft_of(mail), real=real, now=timezone.now())


def _chosen(people: list[Somebody], key: str) -> Somebody:
    return next((one for one in people if one.key == key), people[0])


def _drawn(mail: Content, draft: Any, person: Somebody, language: str) -> tuple[Rendered | None, str]:
    try:
        return trials.draw(mail, draft, person.contact, language=language), ""
    except (TemplateProblem, MarkupProblem) as problem:
        return None, str(problem)


def _as_seen(html: str, view: str) -> str:
    """The HTML as this view shows it. Scripts could not run there anyway; without them nothing complains."""
    html = SCRIPTS.sub("", html).replace(
        f'"{settings.PUBLIC_URL}/i/', '"/i/'
    )  # also under another name of the site
    if view == "bare":
        return SOURCES.sub(r"\1data-\2=", html)
    if view == "dark":
        # Mails that know the dark say how they look there; others are turned round, as some mail programs do.
        return (
            DARK.sub("@media all", html)
            if DARK.search(html)
            else html.replace("</body>", f"{INVERTED}</body>")
        )
    return html
