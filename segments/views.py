"""Pages about one segment: who is in and since when."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from profiles.models import Contact
from profiles.pages import PageRequest, page, paged
from profiles.permissions import SEE, SEE_PEOPLE
from segments import ast, catalog, describe
from segments.models import Membership, Segment

PAGE: Final = 50


def _words(segment: Segment, catalogue: catalog.Catalogue) -> str:
    try:
        return describe.in_words(ast.load(segment.definition), catalogue)
    except ast.InvalidSegment as error:
        return error.message


@page(SEE, SEE_PEOPLE)
@require_safe
def segment(request: PageRequest, segment_id: int) -> HttpResponse:
    """One segment: what it asks, how many answer yes, and who, since when."""
    asked = get_object_or_404(Segment, pk=segment_id, archived_at=None)
    after = request.GET.get("after", "")
    members = Membership.objects.filter(segment=asked).select_related("contact")
    # By contact, because that is the order the table is kept in: no page costs more than another.
    found = members.filter(contact__lt=int(after)) if after.isdigit() and len(after) < 11 else members
    rows = list(found.order_by("-contact")[: PAGE + 1])
    context = {
        "segment": asked,
        "size": members.count(),
        "words": _words(asked, catalog.catalogue()),
        "page": paged(rows, size=PAGE, after=after or None, cursor=lambda one: one.contact_id),
    }
    return render(request, "segments/segment.html" + ("#members" if request.htmx else ""), context)


@page(SEE, SEE_PEOPLE)
@require_safe
def of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """The segments that somebody is in, since when: a part of the profile."""
    contact = get_object_or_404(Contact, pk=contact_id)
    inside = Membership.objects.filter(contact=contact, segment__archived_at=None).select_related("segment")
    return render(request, "segments/of_contact.html", {"inside": inside.order_by("-entered_at")})
