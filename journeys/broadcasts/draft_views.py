"""Pages of a broadcast that is drafted: who, what, when; then it is checked and confirmed."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from journeys.broadcasts import breakdown, drafting, nights
from journeys.broadcasts.forms import NewForm, StepForm, WhatForm, WhenForm, WhoForm
from journeys.flow import broadcasting
from journeys.flow.broadcasting import NotNow
from journeys.flow.graph import InvalidJourney
from journeys.messages import contents, fillings
from journeys.models import Content, Journey
from profiles import workspace
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, PUBLISH, SEE, SEND_LARGE
from profiles.permitted import Tally

PEOPLE: Final = 50
STEPS: Final = {
    "who": (lazy("Who"), WhoForm),
    "what": (lazy("What"), WhatForm),
    "when": (lazy("When"), WhenForm),
}


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new broadcast, by its name; ?day=2026-11-27 drafts it for that day."""
    form = NewForm(request.POST or None)
    at = drafting.planned(request.GET.get("day", ""), now=timezone.now())
    if request.method == "POST" and form.is_valid():
        made = Journey.objects.create(
            name=form.cleaned_data["name"],
            kind=Journey.Kind.BROADCAST,
            owner=request.user,
            edited_by=request.user,
            draft={"at": at.isoformat()} if at else {},
        )
        return redirect("broadcast_step", made.pk, "who")
    return render(request, "journeys/broadcasts/new.html", {"form": form, "at": at})


@page(SEE)
@require_http_methods(["GET", "POST"])
def step(request: PageRequest, broadcast_id: int, name: str) -> HttpResponse:
    """One step of a draft; saving it goes on to the next one."""
    journey = drafting.broadcast(broadcast_id)
    if journey.status != Journey.Status.DRAFT:
        return redirect("broadcast", journey.pk)
    if name == "check":
        return _check(request, journey)
    if request.method == "POST" and not request.user.has_perm(EDIT):
        raise PermissionDenied
    form = _form(journey, name, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        journey.draft, journey.edited_by = form.draft, request.user
        journey.save(update_fields=["draft", "edited_by", "updated_at"])
        return redirect("broadcast_step", journey.pk, _after(name))
    context = {"form": form, **_frame(journey, name), **_beside(request, journey, name)}
    return render(request, f"journeys/broadcasts/{name}.html", context)


def _form(journey: Journey, name: str, posted: QueryDict | None) -> StepForm:
    if name == "when":
        return WhenForm(posted, journey=journey, now=timezone.now())
    form: type[StepForm] = STEPS[name][1]
    return form(posted, journey=journey)


def _after(name: str) -> str:
    names = [*STEPS, "check"]
    return names[names.index(name) + 1]


def _frame(journey: Journey, name: str) -> dict[str, Any]:
    done = {one: not drafting.missing(journey, one) for one in STEPS}
    steps = [
        {"name": one, "label": label, "is_done": done[one], "is_now": one == name}
        for one, (label, _f) in STEPS.items()
    ]
    check = {"name": "check", "label": _("Check"), "is_done": False, "is_now": name == "check"}
    return {"journey": journey, "steps": [*steps, check], "step": name}


def _beside(request: PageRequest, journey: Journey, name: str) -> dict[str, Any]:
    if name == "who":
        return _counted(journey.draft)
    if name == "what":
        return {"mails": _mails(), "chosen": journey.draft.get("content")}
    hours = workspace.current() if nights.matter(journey.draft) else None
    return {"zone": timezone.get_current_timezone_name(), "hours": hours}


def _counted(draft: Mapping[str, Any]) -> dict[str, Any]:
    """How many get it, why others do not, and as of when."""
    tally, as_of = drafting.lately(draft, now=timezone.now())
    told = breakdown.sentence(tally) if tally else ""
    return {"tally": tally, "told": told, "reasons": drafting.reasons(tally), "as_of": as_of}


def _mails() -> list[dict[str, Any]]:
    """What a mail could say, the latest first, each with its subject."""
    found = Content.objects.filter(channel="email", archived_at=None).order_by("-updated_at")[:200]
    labels = fillings.labels()
    return [{"content": one, "subject": drafting.subject(one, labels)} for one in found]


@page(SEE)
@require_POST
def count(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """The numbers beside the first step, while somebody still chooses; saves nothing."""
    journey = drafting.draft(broadcast_id)
    form = WhoForm(request.POST, journey=journey)
    form.is_valid()  # a half-filled form is counted as far as it is filled in
    said = {name: form.cleaned_data.get(name) for name in form.names}
    context = {**_counted(said), "journey": journey}
    return render(request, "journeys/broadcasts/who.html#count", context)


def _check(request: PageRequest, journey: Journey) -> HttpResponse:
    unfinished = [STEPS[name][0] for name in STEPS if drafting.missing(journey, name)]
    content = Content.objects.filter(pk=journey.draft.get("content") or 0).first()
    found = contents.check(content) if content else []
    counted = _counted(journey.draft)
    context = {
        **_frame(journey, "check"),
        **counted,
        "unfinished": unfinished,
        "content": content,
        "subject": drafting.subject(content, fillings.labels()) if content else "",
        "problems": [one for one in found if not one.is_warning],
        "warnings": [one for one in found if one.is_warning],
        "at": drafting.at(journey),
        "asleep": nights.asleep(journey, counted["tally"], now=timezone.now()),
        "zone": timezone.get_current_timezone_name(),
        "needs_more": _needs_more(request, counted["tally"]),
        "large": drafting.large(),
    }
    return render(request, "journeys/broadcasts/check.html", context)


def _needs_more(request: PageRequest, tally: Tally | None) -> bool:
    """Whether so many people want the right to send to very many."""
    return bool(tally and tally.allowed > drafting.large() and not request.user.has_perm(SEND_LARGE))


@page(PUBLISH)
@require_POST
def send(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Confirm it: from its moment on it goes out."""
    journey, now = drafting.draft(broadcast_id), timezone.now()
    tally = drafting.tally(journey.draft, now=timezone.now())
    content = Content.objects.filter(pk=journey.draft.get("content") or 0, archived_at=None).first()
    if drafting.unfinished(journey) or tally is None or content is None:
        messages.error(request, _("Something is still missing; nothing was sent."))
        return redirect("broadcast_step", journey.pk, drafting.unfinished(journey) or "what")
    if _needs_more(request, tally):
        raise PermissionDenied
    try:
        revision = contents.freeze(content, by=request.user, now=now)
        broadcasting.confirm(
            journey,
            revision=revision.pk,
            expected=tally,
            at=drafting.at(journey) or now,
            by=request.user,
            now=now,
        )
    except (contents.ContentProblem, InvalidJourney, NotNow) as error:
        messages.error(request, str(error))
        return redirect("broadcast_step", journey.pk, "check")
    at = drafting.at(journey)
    messages.success(request, _("It is scheduled.") if at and at > now else _("It is on its way."))
    return redirect("broadcast", journey.pk)
