"""The list of contacts."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from profiles import people
from profiles.models import Contact
from profiles.pages import PageRequest, page, paged, read_cursor
from profiles.permissions import SEE_PEOPLE


@page(SEE_PEOPLE)
@require_safe
def contacts(request: PageRequest) -> HttpResponse:
    """Known contacts, newest first; the search and the filters stand in the address."""
    search = people.Search.read(request.GET)
    found = people.find(search)
    after = read_cursor(request.GET.get("after"))
    rows = people.page_of(found, after=after, visitors=search.visitors)
    context = {
        "search": search,
        "page": paged(rows, size=people.PAGE, after=after, cursor=lambda one: _place(one, search)),
        "count": people.count(found),
        "most": people.MOST_COUNTED,
        "countries": _countries(),
    }
    part = "#results" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"profiles/contacts.html{part}", context)


def _place(contact: Contact, search: people.Search) -> Any:
    return (contact.created_at if search.visitors else contact.known_since_at), contact.pk


def _countries() -> list[str]:
    known = Contact.objects.filter(known_since_at__isnull=False, merged_into__isnull=True).exclude(country="")
    return list(known.order_by("country").values_list("country", flat=True).distinct()[:250])
