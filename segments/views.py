"""Pages about segments: the editor with its count, who is in and since when."""

import contextlib
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError as BrokerAway

from profiles import people
from profiles.models import Contact
from profiles.pages import PageRequest, page, paged
from profiles.permissions import EDIT, SEE, SEE_PEOPLE
from segments import ast, catalog, describe, preview, tasks
from segments.forms import NotYet, SegmentForm, read
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


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new segment."""
    return _form(request, Segment(owner=request.user))


@page(EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, segment_id: int) -> HttpResponse:
    """Change a segment's question."""
    return _form(
        request, get_object_or_404(Segment, pk=segment_id, archived_at=None, kind=Segment.Kind.DYNAMIC)
    )


def _form(request: PageRequest, subject: Segment) -> HttpResponse:
    form = SegmentForm(request.POST or None, instance=subject)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        _build(saved)
        messages.success(request, _("Saved. “%(name)s” is being counted.") % {"name": saved.name})
        return redirect("segment", saved.pk)
    context = {
        "form": form,
        "segment": subject,
        "catalogue": catalog.catalogue(),
        **_counted(str(form["definition"].value()), include_visitors=bool(form["include_visitors"].value())),
    }
    return render(request, "segments/form.html", context, status=422 if form.errors else 200)


def _build(segment: Segment) -> None:
    if segment.built_at is not None:
        return
    with contextlib.suppress(BrokerAway):  # only a nudge: the timetable builds what was left unbuilt
        tasks.build.apply_async((segment.pk,), retry=False)


@page(SEE, SEE_PEOPLE)
@require_POST
def preview_definition(request: PageRequest) -> HttpResponse:
    """How many people the definition means as it stands in the form, ten of them, and the whole in words."""
    context = _counted(
        request.POST.get("definition", ""), include_visitors=request.POST.get("include_visitors") == "on"
    )
    return render(request, "segments/form.html#preview", {**context, "is_preview": True})


def _counted(text: str, *, include_visitors: bool) -> dict[str, Any]:
    try:
        node = read(text)
    except NotYet as error:
        return {"problem": str(error)}
    now = timezone.now()
    counted = preview.count(node, now=now, include_visitors=include_visitors)
    sample = Contact.objects.in_bulk(counted.sample)
    everyone = people.count(people.find(people.Search(visitors=include_visitors)))
    return {
        "counted": counted,
        "everyone": everyone if everyone <= people.MOST_COUNTED else None,
        "share": round(100 * counted.count / everyone, 1) if 0 < everyone <= people.MOST_COUNTED else None,
        "sample": [sample[number] for number in counted.sample if number in sample],
        "words": describe.in_words(node, catalog.catalogue()),
        "as_of": now,
    }


@page(SEE, SEE_PEOPLE)
@require_safe
def of_contact(request: PageRequest, contact_id: int) -> HttpResponse:
    """The segments that somebody is in, since when: a part of the profile."""
    contact = get_object_or_404(Contact, pk=contact_id)
    inside = Membership.objects.filter(contact=contact, segment__archived_at=None).select_related("segment")
    return render(request, "segments/of_contact.html", {"inside": inside.order_by("-entered_at")})
