"""The page Settings → Audit log."""

import csv
import functools
from typing import Final

from auditlog.models import LogEntry
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cdp import audit_log
from cdp.audit import KINDS
from cdp.audit_log import Search
from cdp.audit_words import Change
from profiles.pages import Page, PageRequest, page, write_cursor
from profiles.permissions import MANAGE_TEAM
from segments import catalog

PAGE: Final = 50
MOST_EXPORTED: Final = 20_000


@page(MANAGE_TEAM)
@require_safe
def log(request: PageRequest) -> HttpResponse:
    """Who changed what, newest first."""
    search = Search.read(request.GET)
    place = request.GET.get("after", "")
    found = list(audit_log.after(audit_log.find(search), place)[: PAGE + 1])
    following = _place(found[PAGE - 1]) if len(found) > PAGE else None
    context = {
        "page": Page(audit_log.lines(found[:PAGE]), following, bool(place)),
        "search": search,
        "kinds": sorted(((one.name, str(one.label)) for one in KINDS), key=lambda one: one[1]),
        "people": audit_log.people(),
    }
    part = "#results" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"cdp/audit.html{part}", context)


def _place(entry: LogEntry) -> str:
    return write_cursor((entry.timestamp, entry.pk))


@page(MANAGE_TEAM)
@require_safe
def export(request: PageRequest) -> HttpResponse:
    """The log as it is filtered, one line a field, as CSV."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-log-{timezone.localdate():%Y-%m-%d}.csv"'
    writer = csv.writer(response)
    writer.writerow(
        [_("When"), _("Who"), _("By"), _("Did"), _("Kind"), _("What"), _("Field"), _("Before"), _("After")]
    )
    catalogue = functools.cache(catalog.catalogue)
    for entry in audit_log.find(Search.read(request.GET))[:MOST_EXPORTED].iterator(chunk_size=500):
        said = audit_log.line(entry, page=None, catalogue=catalogue)
        begin = [
            timezone.localtime(said.at).isoformat(),
            said.who,
            said.means,
            said.deed,
            said.kind,
            said.thing,
        ]
        for change in said.changes or [Change("", "", "")]:
            values = [change.label, change.before, change.after]
            writer.writerow([_harmless(word) for word in [*begin, *values]])
    return response


def _harmless(word: str) -> str:
    """Spreadsheets take what begins like a formula for one."""
    return f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t", "\r") else word
