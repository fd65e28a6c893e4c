"""Merging two profiles by hand: choose the other one, look at what survives. The roof carries it out."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from profiles import people, uniting
from profiles.models import Contact
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA, SEE_PEOPLE

FOUND: Final = 8


@page(SEE_PEOPLE, MANAGE_DATA)
@require_safe
def choose(request: PageRequest, contact_id: int) -> HttpResponse:
    """Search for the profile that is the same person."""
    contact = get_object_or_404(Contact, pk=contact_id, merged_into__isnull=True)
    words = request.GET.get("q", "").strip()[:200]
    found: list[Contact] = []
    if words:
        search = people.Search(words=words, visitors=True)
        found = list(people.find(search).exclude(pk=contact.pk).order_by("-created_at")[:FOUND])
    part = "#found" if request.htmx and request.htmx.target == "merge-found" else ""
    part = part or ("#inside" if request.htmx else "")
    return render(
        request, f"profiles/merge_choose.html{part}", {"contact": contact, "words": words, "found": found}
    )


@page(SEE_PEOPLE, MANAGE_DATA)
@require_safe
def preview(request: PageRequest, contact_id: int, other_id: int) -> HttpResponse:
    """What the two would be as one."""
    people_ = Contact.objects.filter(merged_into__isnull=True)
    contact, other = (get_object_or_404(people_, pk=number) for number in (contact_id, other_id))
    context = {"contact": contact, "preview": uniting.preview(contact, other)}
    part = "#inside" if request.htmx else ""
    return render(request, f"profiles/merge_preview.html{part}", context)
