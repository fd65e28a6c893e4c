"""What the profile shows of journeys: somebody's messages, journeys, and what happens next."""

from typing import Any, Final

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from journeys import board, words
from journeys.models import Journey, Message, Run, Version
from profiles import foresight
from profiles.models import Contact
from profiles.pages import PageRequest, page, zone
from profiles.permissions import SEE, SEE_PEOPLE

LAST: Final = 100  # messages and journeys shown of one person
# What is said of messages.
SENT: Final = (
    *("state", "reason", "detail", "channel", "why", "created_at", "sent_at", "first_opened_at"),
    *("first_clicked_at", "topic__name", "version__journey__name"),
)
INSIDE: Final = (
    "contact", "state", "step", "entered_at", "wake_at", "ended_at", "exit_reason", "error", "journey__name",
    "version__definition",
)  # fmt: skip
HELD: Final = ("contact", "version", "run_entered_at", "state", "reason", "detail", "due_at")
IN_JOURNEY: Final = Prefetch(
    "version",
    Version.objects.select_related("journey").only("journey__name", "journey__kind"),
)


@page(SEE, SEE_PEOPLE)
@require_safe
def of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """Somebody's messages and journeys: a part of the profile."""
    contact = get_object_or_404(Contact.objects.only("pk"), pk=contact_id)
    # Without the drawings: each message would bring its own along.
    sent = Message.objects.filter(contact=contact_id).select_related("version__journey", "topic").only(*SENT)
    runs = Run.objects.filter(contact=contact_id).select_related("journey", "version").only(*INSIDE)
    journeys = Journey.objects.filter(kind=Journey.Kind.JOURNEY, archived_at=None).order_by("name")
    context: dict[str, Any] = {
        "contact": contact,
        "sent": [
            (one, words.outcome(one), words.because(one))
            for one in sent.order_by("-created_at", "-id")[:LAST]
        ],
        "travels": board.travellers(list(runs.order_by("-pk")[:LAST]), states=()),  # messages stand above
        "journeys": list(journeys.values_list("pk", "name")),
    }
    return render(request, "journeys/of_contact.html", context)


@page(SEE, SEE_PEOPLE)
@require_safe
def next_of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """What happens next with somebody: a part of the profile."""
    prospects = foresight.of(contact_id, now=timezone.now(), zone=zone())
    inside = Run.objects.filter(contact=contact_id, state__in=["active", "waiting"]).select_related(
        "journey", "version"
    )
    held = Message.objects.filter(contact=contact_id, state=Message.State.HELD).only(*HELD)
    context = {
        "travels": board.travellers(list(inside.only(*INSIDE).order_by("wake_at")[:LAST]), states=()),
        # Asked for by themselves: most people have none, and each table beside them takes time for each month.
        "held": [
            (one, words.because(one)) for one in held.prefetch_related(IN_JOURNEY).order_by("due_at")[:LAST]
        ],
        "prospects": prospects,
    }
    return render(request, "journeys/next_of_contact.html", context)
