"""Pages about journeys: the plain form, one journey with its people, and its parts of a profile."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journeys import board, words
from journeys.flow import publishing
from journeys.flow.graph import InvalidJourney
from journeys.forms import JourneyForm
from journeys.models import Journey, Message, Run
from profiles.models import Contact
from profiles.pages import PageRequest, page, paged
from profiles.permissions import EDIT, PUBLISH, SEE, SEE_PEOPLE

LAST: Final = 100  # messages and journeys shown of one person


@page(SEE, SEE_PEOPLE)
@require_safe
def journey(request: PageRequest, journey_id: int) -> HttpResponse:
    """One journey: its drawing with numbers, and its people."""
    shown = _journey(journey_id)
    version = shown.versions.exclude(state="over").order_by("-number").first()
    before = request.GET.get("after", "")
    number = int(before) if before.isdigit() and len(before) < 18 else None
    context = {
        "journey": shown,
        "version": version,
        "is_changed": version is not None and version.definition != shown.draft,
        "cards": board.cards(shown, version.definition if version else shown.draft),
        "problems": publishing.problems(shown) if shown.draft else [],
        "page": paged(
            board.people(shown, before=number), size=board.PAGE, after=number, cursor=lambda one: one.run.pk
        ),
    }
    return render(request, "journeys/journey.html" + ("#now" if request.htmx else ""), context)


def _journey(journey_id: int) -> Journey:
    return get_object_or_404(Journey, pk=journey_id, archived_at=None, kind=Journey.Kind.JOURNEY)


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new journey."""
    return _form(request, Journey())


@page(EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, journey_id: int) -> HttpResponse:
    """Change a journey's drawing; people inside stay on the version they are in."""
    return _form(request, _journey(journey_id))


def _form(request: PageRequest, subject: Journey) -> HttpResponse:
    form = JourneyForm(request.POST or None, journey=subject)
    if request.method == "POST" and form.is_valid():
        saved = form.save(by=request.user)
        messages.success(request, _("Saved. Nothing is sent before you publish it."))
        return redirect("journey", saved.pk)
    context = {"form": form, "journey": subject}
    return render(request, "journeys/form.html", context, status=422 if form.errors else 200)


@page(PUBLISH)
@require_POST
def publish(request: PageRequest, journey_id: int) -> HttpResponse:
    """Freeze the draft and let people in."""
    try:
        version = publishing.publish(_journey(journey_id), by=request.user, now=timezone.now())
    except InvalidJourney as error:
        for problem in error.problems:
            messages.error(request, problem.sentence)
    else:
        messages.success(request, _("Version %(number)d is live.") % {"number": version.number})
    return redirect("journey", journey_id)


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
    verb(_journey(journey_id))
    messages.success(request, sentence)
    return redirect("journey", journey_id)


@page(SEE, SEE_PEOPLE)
@require_safe
def of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """Somebody's messages and journeys: a part of the profile."""
    contact = get_object_or_404(Contact, pk=contact_id)
    sent = Message.objects.filter(contact=contact).select_related("version__journey", "topic")
    runs = Run.objects.filter(contact=contact).select_related("journey", "version")
    context: dict[str, Any] = {
        "sent": [
            (one, words.outcome(one), words.because(one))
            for one in sent.order_by("-created_at", "-id")[:LAST]
        ],
        "travels": board.travellers(list(runs.order_by("-pk")[:LAST])),
    }
    return render(request, "journeys/of_contact.html", context)


@page(SEE, SEE_PEOPLE)
@require_safe
def next_of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """What happens next with somebody: a part of the profile."""
    contact = get_object_or_404(Contact, pk=contact_id)
    inside = Run.objects.filter(contact=contact, state__in=["active", "waiting"]).select_related(
        "journey", "version"
    )
    return render(
        request,
        "journeys/next_of_contact.html",
        {"travels": board.travellers(list(inside.order_by("wake_at")[:LAST]))},
    )
