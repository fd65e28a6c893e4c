"""Pages of a broadcast: who, what, when, check and send; then how it goes and what came of it."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from journeys import words
from journeys.broadcasts import results
from journeys.broadcasts.forms import NewForm, StepForm, WhatForm, WhenForm, WhoForm
from journeys.flow import audience, broadcasting
from journeys.flow.audience import Audience
from journeys.flow.broadcasting import NotNow
from journeys.flow.graph import InvalidJourney
from journeys.messages import contents
from journeys.models import Broadcast, Content, Journey
from profiles.models import Settings
from profiles.pages import PageRequest, page, paged
from profiles.permissions import EDIT, PUBLISH, SEE, SEE_PEOPLE, SEND_LARGE
from profiles.permitted import Tally
from segments.models import Segment

PEOPLE: Final = 50
STEPS: Final = {
    "who": (lazy("Who"), WhoForm),
    "what": (lazy("What"), WhatForm),
    "when": (lazy("When"), WhenForm),
}


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new broadcast, by its name."""
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = Journey.objects.create(
            name=form.cleaned_data["name"],
            kind=Journey.Kind.BROADCAST,
            owner=request.user,
            edited_by=request.user,
        )
        return redirect("broadcast_step", made.pk, "who")
    return render(request, "journeys/broadcasts/new.html", {"form": form}, status=422 if form.errors else 200)


@page(SEE)
@require_safe
def broadcast(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """A draft opens where it is unfinished; anything else shows how it goes."""
    journey = _broadcast(broadcast_id)
    if journey.status == Journey.Status.DRAFT:
        return redirect("broadcast_step", journey.pk, _unfinished(journey) or "check")
    return render(request, "journeys/broadcasts/results.html", _results(request, journey))


def _broadcast(broadcast_id: int) -> Journey:
    return get_object_or_404(
        Journey.objects.select_related("broadcast"), pk=broadcast_id, kind=Journey.Kind.BROADCAST
    )


def _draft(broadcast_id: int) -> Journey:
    return get_object_or_404(
        Journey, pk=broadcast_id, kind=Journey.Kind.BROADCAST, status=Journey.Status.DRAFT, archived_at=None
    )


@page(SEE)
@require_http_methods(["GET", "POST"])
def step(request: PageRequest, broadcast_id: int, name: str) -> HttpResponse:
    """One step of a draft; saving it goes on to the next one."""
    journey = _broadcast(broadcast_id)
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
    return render(request, f"journeys/broadcasts/{name}.html", context, status=422 if form.errors else 200)


def _form(journey: Journey, name: str, posted: QueryDict | None) -> StepForm:
    if name == "when":
        return WhenForm(posted, journey=journey, now=timezone.now())
    form: type[StepForm] = STEPS[name][1]
    return form(posted, journey=journey)


def _after(name: str) -> str:
    names = [*STEPS, "check"]
    return names[names.index(name) + 1]


def _frame(journey: Journey, name: str) -> dict[str, Any]:
    done = {one: not _missing(journey, one) for one in STEPS}
    steps = [
        {"name": one, "label": label, "is_done": done[one], "is_now": one == name}
        for one, (label, _f) in STEPS.items()
    ]
    check = {"name": "check", "label": _("Check"), "is_done": False, "is_now": name == "check"}
    return {"journey": journey, "steps": [*steps, check], "step": name}


def _missing(journey: Journey, name: str) -> bool:
    draft = journey.draft
    match name:
        case "who":
            return not (draft.get("everyone") or draft.get("include"))
        case "what":
            return not (draft.get("content") and draft.get("sender"))
        case _:
            return "at" not in draft


def _unfinished(journey: Journey) -> str:
    return next((name for name in STEPS if _missing(journey, name)), "")


def _beside(request: PageRequest, journey: Journey, name: str) -> dict[str, Any]:
    if name == "who":
        tally = _tally(journey.draft)
        return {"tally": tally, "reasons": _reasons(tally)}
    if name == "what":
        return {"mails": _mails(), "chosen": journey.draft.get("content")}
    return {"zone": timezone.get_current_timezone_name()}


def _mails() -> list[dict[str, Any]]:
    """What a mail could say, the latest first, each with its subject."""
    found = Content.objects.filter(channel="email", archived_at=None).order_by("-updated_at")[:200]
    return [{"content": one, "subject": _subject(one)} for one in found]


def _subject(content: Content) -> str:
    draft = contents.draft_of(content)
    return draft.words(draft.fallback).subject


def _tally(draft: Mapping[str, Any]) -> Tally | None:
    wanted = Audience.read(draft)
    if not wanted.include and not wanted.everyone:
        return None
    return audience.breakdown(
        wanted, topic_id=draft.get("topic"), purpose=draft.get("purpose") or "marketing", now=timezone.now()
    )


@page(SEE)
@require_POST
def count(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """The numbers beside the first step, while somebody still chooses; saves nothing."""
    journey = _draft(broadcast_id)
    form = WhoForm(request.POST, journey=journey)
    form.is_valid()  # a half-filled form is counted as far as it is filled in
    said = {name: form.cleaned_data.get(name) for name in form.names}
    tally = _tally(said)
    context = {"tally": tally, "reasons": _reasons(tally), "journey": journey}
    return render(request, "journeys/broadcasts/who.html#count", context)


def _check(request: PageRequest, journey: Journey) -> HttpResponse:
    unfinished = [STEPS[name][0] for name in STEPS if _missing(journey, name)]
    content = Content.objects.filter(pk=journey.draft.get("content") or 0).first()
    found = contents.check(content) if content else []
    tally = _tally(journey.draft)
    context = {
        **_frame(journey, "check"),
        "unfinished": unfinished,
        "content": content,
        "subject": _subject(content) if content else "",
        "problems": [one for one in found if not one.is_warning],
        "warnings": [one for one in found if one.is_warning],
        "tally": tally,
        "reasons": _reasons(tally),
        "at": _at(journey),
        "zone": timezone.get_current_timezone_name(),
        "needs_more": _needs_more(request, tally),
        "large": _large(),
    }
    return render(request, "journeys/broadcasts/check.html", context)


def _reasons(tally: Tally | None) -> list[tuple[str, int]]:
    return [(words.not_sent(code), number) for code, number in (tally.refused if tally else {}).items()]


def _at(journey: Journey) -> dt.datetime | None:
    said = journey.draft.get("at")
    return dt.datetime.fromisoformat(said) if said else None


def _large() -> int:
    return Settings.objects.values_list("large_send", flat=True).get()


def _needs_more(request: PageRequest, tally: Tally | None) -> bool:
    """Whether so many people want the right to send to very many."""
    return bool(tally and tally.allowed > _large() and not request.user.has_perm(SEND_LARGE))


@page(PUBLISH)
@require_POST
def send(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Confirm it: from its moment on it goes out."""
    journey, now = _draft(broadcast_id), timezone.now()
    tally = _tally(journey.draft)
    content = Content.objects.filter(pk=journey.draft.get("content") or 0, archived_at=None).first()
    if _unfinished(journey) or tally is None or content is None:
        messages.error(request, _("Something is still missing; nothing was sent."))
        return redirect("broadcast_step", journey.pk, _unfinished(journey) or "what")
    if _needs_more(request, tally):
        raise PermissionDenied
    try:
        revision = contents.freeze(content, by=request.user, now=now)
        broadcasting.confirm(
            journey, revision=revision.pk, expected=tally, at=_at(journey) or now, by=request.user, now=now
        )
    except (contents.ContentProblem, InvalidJourney, NotNow) as error:
        messages.error(request, str(error))
        return redirect("broadcast_step", journey.pk, "check")
    at = _at(journey)
    messages.success(request, _("It is scheduled.") if at and at > now else _("It is on its way."))
    return redirect("broadcast", journey.pk)


def _switch(
    request: PageRequest, broadcast_id: int, verb: Callable[[Journey], None], sentence: str
) -> HttpResponse:
    journey = _broadcast(broadcast_id)
    try:
        verb(journey)
    except NotNow as error:
        messages.error(request, str(error))
    else:
        messages.success(request, sentence)
    return redirect("broadcast", journey.pk)


@page(PUBLISH)
@require_POST
def unschedule(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Make a draft of it again."""
    return _switch(request, broadcast_id, broadcasting.unschedule, _("A draft again: nothing goes out."))


@page(PUBLISH)
@require_POST
def stop(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Hold what has not gone out."""
    return _switch(request, broadcast_id, broadcasting.stop, _("Stopped. Nothing more goes out."))


@page(PUBLISH)
@require_POST
def resume(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Go on where it was stopped."""
    now = timezone.now()
    return _switch(request, broadcast_id, lambda one: broadcasting.resume(one, now=now), _("Going on."))


@page(PUBLISH)
@require_POST
def cancel(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """Stop it for good."""
    now = timezone.now()
    sentence = _("Stopped for good. Who has not got it will not get it.")
    return _switch(request, broadcast_id, lambda one: broadcasting.cancel(one, now=now), sentence)


def _results(request: PageRequest, journey: Journey) -> dict[str, Any]:
    found = Broadcast.objects.get(pk=journey.pk)
    came_of = results.of(journey)
    currency = Settings.objects.values_list("currency", flat=True).first()
    group = request.GET.get("show", "")
    return {
        "journey": journey,
        "broadcast": found,
        "results": came_of,
        "progress": results.progress(journey, found, came_of),
        "currency": currency,
        "group": group,
        "topic_words": _audience_words(journey),
        "zone": timezone.get_current_timezone_name(),
        **(_people(request, journey, group) if request.user.has_perm(SEE_PEOPLE) else {}),
    }


def _audience_words(journey: Journey) -> dict[str, Any]:
    """Names of the segments it goes to and does not go to."""
    draft = journey.draft
    names = dict(Segment.objects.values_list("pk", "name"))
    return {
        "everyone": draft.get("everyone"),
        "include": [names[one] for one in draft.get("include") or [] if one in names],
        "exclude": [names[one] for one in draft.get("exclude") or [] if one in names],
    }


def _people(request: PageRequest, journey: Journey, group: str) -> dict[str, Any]:
    said = request.GET.get("after", "")
    after = int(said) if said.isdigit() and len(said) < 18 else None
    rows = results.people(journey, group=group, after=after, limit=PEOPLE + 1)
    shown = paged(rows, size=PEOPLE, after=after, cursor=lambda one: one.pk)
    told = [(one, words.outcome(one), words.because(one)) for one in shown.rows]
    return {"page": shown, "rows": told}


@page(SEE)
@require_safe
def progress(request: PageRequest, broadcast_id: int) -> HttpResponse:
    """The numbers of a results page, again."""
    journey = _broadcast(broadcast_id)
    if journey.status == Journey.Status.DRAFT:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("broadcast", args=[journey.pk])
        return response
    return render(request, "journeys/broadcasts/results.html#numbers", _results(request, journey))
