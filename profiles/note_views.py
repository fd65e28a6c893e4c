"""Notes on a profile: each answer is the whole card, as it stands then."""

import hashlib
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from profiles import notes, timeline
from profiles.models import Contact, ContactNote
from profiles.pages import PageRequest, page
from profiles.permissions import SEE_PEOPLE
from profiles.shelf import tell, undoable

LONGEST: Final = 4000


def card(request: PageRequest, contact: Contact) -> HttpResponse:
    """The card with all notes about somebody, or back to the profile where there is no script."""
    if not request.htmx:
        return redirect("profile", contact.pk)
    context = {"contact": contact, **told(contact)}
    return tell(request, render(request, "profiles/parts/notes.html", context))


def told(contact: Contact, *, has_some: bool = True) -> dict[str, Any]:
    """The notes about somebody; `notes_state` changes when one of them does."""
    found = notes.of(contact) if has_some else []
    state = str([(note.pk, note.edited_at or note.written_at) for note in found])
    return {"notes": found, "notes_state": hashlib.blake2b(state.encode(), digest_size=8).hexdigest()}


@page(SEE_PEOPLE)
@require_safe
def notes_of(request: PageRequest, contact_id: int) -> HttpResponse:
    """The notes, when they are other ones than the page shows; else 204."""
    contact = timeline.find_bare(contact_id)
    context = {"contact": contact, **told(contact)}
    if context["notes_state"] == request.GET.get("is"):
        return HttpResponse(status=204)
    return render(request, "profiles/parts/notes.html#list", context)


def _text(request: PageRequest) -> str:
    return request.POST.get("text", "").strip()[:LONGEST]


@page(SEE_PEOPLE)
@require_POST
def write_note(request: PageRequest, contact_id: int) -> HttpResponse:
    """Write a note down; an empty one is none."""
    contact = get_object_or_404(Contact, pk=contact_id, merged_into__isnull=True)
    if text := _text(request):
        notes.write(contact, text=text, by=request.user, now=timezone.now())
    return card(request, contact)


@page(SEE_PEOPLE)
@require_POST
def change_note(request: PageRequest, note_id: int) -> HttpResponse:
    """Say a note in other words."""
    note = get_object_or_404(
        ContactNote.objects.select_related("contact"), pk=note_id, deleted_at__isnull=True
    )
    if text := _text(request):
        notes.change(note, text=text, now=timezone.now())
    return card(request, note.contact)


@page(SEE_PEOPLE)
@require_POST
def delete_note(request: PageRequest, note_id: int) -> HttpResponse:
    """Put a note away; a toast brings it back."""
    note = get_object_or_404(ContactNote.objects.select_related("contact"), pk=note_id)
    notes.delete(note, now=timezone.now())
    undoable(request, _("The note was deleted."), url=reverse("note_restore", args=[note.pk]))
    return card(request, note.contact)


@page(SEE_PEOPLE)
@require_POST
def restore_note(request: PageRequest, note_id: int) -> HttpResponse:
    """Bring a deleted note back."""
    note = get_object_or_404(ContactNote.objects.select_related("contact"), pk=note_id)
    notes.restore(note)
    return redirect("profile", note.contact_id)
