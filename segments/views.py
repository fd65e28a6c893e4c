"""Pages about one segment or list: how large it is and was, who is in it, where it is used, what it asked before."""

from typing import Any, Final, cast

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cdp.lib import charts, db
from profiles.models import Contact
from profiles.pages import PageRequest, page, paged
from profiles.permissions import EDIT, EXPORT_PEOPLE, SEE, SEE_PEOPLE
from segments import ast, catalog, describe, history, members, tasks, versions
from segments.history import Day
from segments.models import Membership, Segment, SegmentVersion

RECENTLY: Final = 30  # days over which coming and going are summed up
FEWEST: Final = 3  # days that make a line

ASKED_BY: Final = """
SELECT s.id, s.name FROM segments_segment s
WHERE s.archived_at IS NULL
AND jsonb_path_exists(s.definition, 'lax $.**.segment ? (@ == $number)', jsonb_build_object('number', %s::bigint))
ORDER BY s.name
"""


@page(SEE)
@require_safe
def segment(request: PageRequest, segment_id: int) -> HttpResponse:
    """One segment or list; people by name only for those who may see them."""
    asked = get_object_or_404(Segment, pk=segment_id, archived_at=None)
    if request.htmx:
        size = Membership.objects.filter(segment=asked).count()
        context = {"segment": asked, "size": size, **_members(request, asked)}
        return render(request, "segments/members.html", context)
    days = history.daily(asked, now=timezone.now())
    context = {
        "segment": asked,
        "size": days[-1].members,  # its end is now
        **_members(request, asked),
        "chart": _chart([day for day in days if day.on >= asked.created_at.date()]),
        "came": sum(day.entered for day in days[-RECENTLY:]),
        "went": sum(day.left for day in days[-RECENTLY:]),
        "days": RECENTLY,
        "asked_by": db.fetch(ASKED_BY, [asked.pk]),
        **(_of_segment(asked) if asked.kind == Segment.Kind.DYNAMIC else _of_list()),
    }
    return render(request, f"segments/{asked.kind}.html", context)


def _members(request: PageRequest, asked: Segment) -> dict[str, Any]:
    if not request.user.has_perm(SEE_PEOPLE):
        return {"page": None}
    after, words = request.GET.get("after", ""), request.GET.get("q", "").strip()[:200]
    rows = members.page_of(members.find(asked, words), after)
    shown = paged(rows, size=members.PAGE, after=after or None, cursor=lambda one: one.contact_id)
    return {"words": words, "page": shown}


def _of_segment(asked: Segment) -> dict[str, Any]:
    catalogue = catalog.catalogue()
    sentence = in_words(asked.definition, catalogue)
    former = [
        (one, sentence if one.definition == asked.definition else in_words(one.definition, catalogue))
        for one in versions.of(asked)
    ]
    return {"sentence": sentence, "versions": former}


def _of_list() -> dict[str, Any]:
    others = Segment.objects.filter(archived_at=None, kind=Segment.Kind.DYNAMIC)
    return {"sources": list(others.order_by("name").values_list("pk", "name"))}


def in_words(definition: Any, catalogue: catalog.Catalogue) -> str:
    """What a definition asks, in a sentence; what is wrong with it where it asks nothing."""
    try:
        return describe.in_words(ast.load(definition), catalogue)
    except ast.InvalidSegment as error:
        return error.message


def _chart(days: list[Day]) -> charts.Chart | None:
    """The size since there is one; nothing yet on the first days."""
    if len(days) < FEWEST:
        return None
    first, last = days[0].members, days[-1].members
    rows: list[list[charts.Cell]] = [
        [day.on.isoformat(), day.members, day.entered, day.left] for day in reversed(days)
    ]
    return charts.Chart(
        id="size",
        title=_("Size over time"),
        sentence=ngettext(
            "From %(first)s to %(last)s person in %(days)d days.",
            "From %(first)s to %(last)s people in %(days)d days.",
            last,
        )
        % {"first": f"{first:,}", "last": f"{last:,}", "days": len(days)},
        figure=charts.lines(
            [day.on for day in days],
            [charts.Series(_("People"), [day.members for day in days])],
            form="count",
        ),
        table=charts.Table([_("Day"), _("People"), _("Entered"), _("Left")], rows),
        height="sm",
    )


@page(SEE, SEE_PEOPLE, EXPORT_PEOPLE)
@require_safe
def export(request: PageRequest, segment_id: int) -> HttpResponse:
    """Everybody in it as a file."""
    asked = get_object_or_404(Segment, pk=segment_id, archived_at=None)
    found = members.find(asked, request.GET.get("q", "").strip()[:200])
    file = StreamingHttpResponse(
        members.as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="people-{asked.pk}.csv"'},
    )
    return cast(HttpResponse, file)


@page(EDIT)
@require_POST
def restore(request: PageRequest, segment_id: int, number: int) -> HttpResponse:
    """Bring back what the segment asked before."""
    asked = get_object_or_404(Segment, pk=segment_id, archived_at=None, kind=Segment.Kind.DYNAMIC)
    former = get_object_or_404(SegmentVersion, segment=asked, number=number)
    versions.restore(asked, former.number, by=request.user, now=timezone.now())
    tasks.build_soon(asked)
    messages.success(request, _("Version %(number)d is back. It is being counted.") % {"number": number})
    return redirect("segment", segment_id)


@page(SEE, SEE_PEOPLE)
@require_safe
def of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """The segments that somebody is in, since when: a part of the profile."""
    contact = get_object_or_404(Contact, pk=contact_id)
    inside = Membership.objects.filter(contact=contact, segment__archived_at=None).select_related("segment")
    return render(request, "segments/of_contact.html", {"inside": inside.order_by("-entered_at")})
