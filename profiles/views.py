"""The list of contacts, on screen and as a file."""

import csv
import functools
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cdp.lib import db, shortly
from profiles import people
from profiles.models import Contact, Source
from profiles.pages import PageRequest, page, paged
from profiles.people import COLUMNS, ORDERS, Search
from profiles.permissions import EXPORT_PEOPLE, SEE_PEOPLE
from profiles.stages import Stage


@page(SEE_PEOPLE)
@require_safe
def contacts(request: PageRequest) -> HttpResponse:
    """Known contacts, newest first; the search and the filters stand in the address."""
    search = Search.read(request.GET)
    after = request.GET.get("after", "")
    rows, count = people.listed(search, after=after)
    context = {
        "search": search,
        "page": paged(
            rows, size=people.PAGE, after=after or None, cursor=lambda one: people.place(one, search)
        ),
        "count": count,
        "most": people.MOST_COUNTED,
        "countries": functools.cache(_countries),  # asked for by the form alone, as are the sources
        "stages": Stage.choices,
        "sources": functools.cache(_sources),
        "orders": ORDERS,
        "columns": COLUMNS,
    }
    part = "#results" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"profiles/contacts.html{part}", context)


def _sources() -> list[tuple[int, str]]:
    """Number and name of what people come from."""
    return db.fetch(
        "SELECT id, name FROM profiles_source WHERE kind <> %s ORDER BY name LIMIT 100", [Source.Kind.SYSTEM]
    )


def _countries() -> list[str]:
    return shortly.kept("countries", (), _known_countries, now=timezone.now())[0]


def _known_countries() -> list[str]:
    known = Contact.objects.filter(known_since_at__isnull=False, merged_into__isnull=True).exclude(country="")
    return list(known.order_by("country").values_list("country", flat=True).distinct()[:250])


@page(SEE_PEOPLE, EXPORT_PEOPLE)
@require_safe
def export_contacts(request: PageRequest) -> HttpResponse:
    """The list as it is narrowed, with the columns that are shown, as a file for spreadsheets."""
    search = Search.read(request.GET)
    found = people.find(search).select_related("activity").order_by("id")
    response = StreamingHttpResponse(_lines(found, search), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="contacts.csv"'
    return response  # type: ignore[return-value]  # Django's answers have no common type but their base


def _lines(found: Any, search: Search) -> Iterator[str]:
    head = [_("Number"), _("First name"), _("Last name"), _("E-mail")]
    yield _line([*head, *(str(COLUMNS[name]) for name in search.columns)])
    for one in found.iterator(chunk_size=2_000):
        cells = [one.pk, one.first_name, one.last_name, one.email]
        yield _line([*cells, *(_cell(one, name) for name in search.columns)])


def _cell(contact: Contact, name: str) -> Any:
    activity = getattr(contact, "activity", None)
    match name:
        case "stage":
            return contact.lifecycle_stage
        case "known":
            return contact.known_since_at
        case "events":
            return activity.event_count if activity else 0
        case "seen":
            return activity.last_seen_at if activity else ""
        case _:
            return getattr(contact, name)


def _line(cells: Iterable[Any]) -> str:
    """One line of a CSV file; a cell is never taken for a formula."""
    file = io.StringIO()
    # A phone number begins with +, and stays as it is: digits alone are no formula that does anything.
    csv.writer(file).writerow([_harmless(cell) for cell in cells])
    return file.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "-", "@", "\t", "\r") else cell
