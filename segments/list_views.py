"""Lists: made, filled by search, by pasting or from a segment, and emptied again, each with Undo."""

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from profiles import people
from profiles.models import Contact
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE_PEOPLE
from profiles.shelf import undoable
from segments import lists
from segments.forms import ListForm
from segments.models import Membership, Segment

FOUND: Final = 8  # people that a search offers
UNDONE: Final = 500  # people whom one Undo puts back
UNKNOWN: Final = 200  # names told that nobody has


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new list, with nobody on it."""
    form = ListForm(request.POST or None, instance=Segment(owner=request.user, kind=Segment.Kind.STATIC))
    if request.method == "POST" and form.is_valid():
        form.instance.edited_by = request.user
        made = form.save()
        messages.success(request, _("“%(name)s” is there. Put people on it.") % {"name": made.name})
        return redirect("segment", made.pk)
    return render(request, "segments/list_form.html", {"form": form}, status=422 if form.errors else 200)


def _list(list_id: int) -> Segment:
    return get_object_or_404(Segment, pk=list_id, archived_at=None, kind=Segment.Kind.STATIC)


@page(EDIT, SEE_PEOPLE)
@require_safe
def find(request: PageRequest, list_id: int) -> HttpResponse:
    """People whom one may mean, with who is on the list already."""
    chosen, words = _list(list_id), request.GET.get("q", "").strip()[:200]
    search = people.Search(words=words, visitors=True)
    found = list(people.find(search).order_by("-pk")[:FOUND]) if words else []
    on_it = set(
        Membership.objects.filter(segment=chosen, contact__in=found).values_list("contact", flat=True)
    )
    rows = [(contact, contact.pk in on_it) for contact in found]
    return render(request, "segments/list_find.html", {"segment": chosen, "rows": rows, "words": words})


@page(EDIT, SEE_PEOPLE)
@require_POST
def add(request: PageRequest, list_id: int) -> HttpResponse:
    """Put people on the list, by their numbers."""
    chosen = _list(list_id)
    added = lists.add(chosen, _numbers(request), by=request.user, now=timezone.now())
    _tell_added(request, chosen, added)
    return redirect("segment", chosen.pk)


@page(EDIT, SEE_PEOPLE)
@require_POST
def remove(request: PageRequest, list_id: int) -> HttpResponse:
    """Take people off the list."""
    chosen = _list(list_id)
    gone = lists.remove(chosen, _numbers(request), by=request.user, now=timezone.now())
    sentence = _someone(gone, _("%(name)s is off the list."), _("%(count)d people are off the list."))
    _tell(request, sentence, "list_add", chosen, gone)
    return redirect("segment", chosen.pk)


@page(EDIT, SEE_PEOPLE)
@require_POST
def paste(request: PageRequest, list_id: int) -> HttpResponse:
    """Put whoever is named on the list: by e-mail, phone or user id; tell who is not known."""
    chosen = _list(list_id)
    named = lists.named(request.POST.get("text", ""))
    added = lists.add(chosen, named.contact_ids, by=request.user, now=timezone.now())
    _tell_added(request, chosen, added, already=len(named.contact_ids) - len(added))
    if not named.unknown:
        return redirect("segment", chosen.pk)
    context = {"segment": chosen, "unknown": named.unknown[:UNKNOWN], "count": len(named.unknown)}
    return render(request, "segments/list_unknown.html", context)


@page(EDIT)
@require_POST
def fill(request: PageRequest, list_id: int) -> HttpResponse:
    """Put everybody on the list who is in a segment now."""
    chosen = _list(list_id)
    said = request.POST.get("segment", "")
    source = get_object_or_404(Segment, pk=said if said.isdigit() else 0, archived_at=None)
    added = lists.add_members_of(chosen, source, by=request.user, now=timezone.now())
    sentence = ngettext(
        "%(count)d person of “%(name)s” came onto the list.",
        "%(count)d people of “%(name)s” came onto the list.",
        added,
    )
    messages.success(request, sentence % {"count": added, "name": source.name})
    return redirect("segment", chosen.pk)


def _numbers(request: PageRequest) -> list[int]:
    said = ",".join(request.POST.getlist("contact")).split(",")
    return [int(number) for number in said if number.isdigit() and len(number) < 11]


def _tell_added(request: PageRequest, chosen: Segment, added: Sequence[int], *, already: int = 0) -> None:
    sentence = _someone(added, _("%(name)s is on the list."), _("%(count)d people came onto the list."))
    if already:
        sentence += " " + _("%(count)d were on it already.") % {"count": already}
    _tell(request, sentence, "list_remove", chosen, added)


def _someone(contacts: Sequence[int], one: str, several: str) -> str:
    if len(contacts) == 1:
        return one % {"name": Contact.objects.get(pk=contacts[0]).name}
    return several % {"count": len(contacts)}


def _tell(request: PageRequest, sentence: str, undo: str, chosen: Segment, contacts: Sequence[int]) -> None:
    if 0 < len(contacts) <= UNDONE:
        numbers = ",".join(map(str, contacts))
        undoable(request, sentence, url=reverse(undo, args=[chosen.pk]), contact=numbers)
    else:
        messages.success(request, sentence)
