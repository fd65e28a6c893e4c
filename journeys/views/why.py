"""Why (not)? asked on a journey's page about a person, and on a profile about a journey."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from journeys import why
from journeys.models import Journey
from profiles import people as everyone
from profiles.models import Contact
from profiles.pages import PageRequest, page
from profiles.permissions import SEE, SEE_PEOPLE

FOUND = 8


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 11 else 0


@page(SEE, SEE_PEOPLE)
@require_safe
def of_journey(request: PageRequest, journey_id: int) -> HttpResponse:
    """A journey's drawer: find a person, and read why they are in it or not."""
    journey = get_object_or_404(Journey, pk=journey_id, archived_at=None)
    words = request.GET.get("q", "").strip()
    contact = Contact.objects.filter(pk=_number(request.GET.get("contact", ""))).first()
    context = {
        "journey": journey,
        "q": words,
        "found": everyone.find(everyone.Search(words=words))[:FOUND] if words else [],
        "contact": contact,
        "answer": why.ask(contact, journey, now=timezone.now()) if contact else None,
    }
    part = "#found" if "q" in request.GET else ""
    return render(request, f"journeys/canvas/why.html{part}", context)


@page(SEE, SEE_PEOPLE)
@require_safe
def of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """A profile's answer about one journey."""
    contact = get_object_or_404(Contact, pk=contact_id)
    journey = Journey.objects.filter(pk=_number(request.GET.get("journey", "")), archived_at=None).first()
    answer = why.ask(contact, journey, now=timezone.now()) if journey else None
    return render(
        request, "journeys/canvas/answer.html", {"journey": journey, "contact": contact, "answer": answer}
    )
