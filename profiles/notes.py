"""Notes about a contact: written, changed, deleted and brought back by people of the workspace."""

import datetime as dt

from django.contrib.auth.models import User

from profiles import timeline
from profiles.models import Contact, ContactNote


def of(contact: Contact) -> list[ContactNote]:
    """The notes about somebody, newest first."""
    notes = ContactNote.objects.filter(contact__in=timeline.contacts_of(contact), deleted_at__isnull=True)
    return list(notes.select_related("written_by").order_by("-written_at", "-id"))


def write(contact: Contact, *, text: str, by: User, now: dt.datetime) -> ContactNote:
    """Write a note down."""
    return ContactNote.objects.create(
        contact=contact,
        persona_id=contact.pk,  # a contact has its first persona's number
        text=text,
        written_by=by,
        written_at=now,
    )


def change(note: ContactNote, *, text: str, now: dt.datetime) -> None:
    """Say it in other words."""
    note.text, note.edited_at = text, now
    note.save(update_fields=["text", "edited_at"])


def delete(note: ContactNote, *, now: dt.datetime) -> None:
    """Put a note away."""
    ContactNote.objects.filter(pk=note.pk, deleted_at__isnull=True).update(deleted_at=now)


def restore(note: ContactNote) -> None:
    """Bring a deleted note back."""
    ContactNote.objects.filter(pk=note.pk).update(deleted_at=None)
