"""What people of the workspace write down about a contact."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.models.identity import Fact


class ContactNote(Fact):
    """A note about a contact. Deleting only hides it, so that it can be undone."""

    id = models.BigAutoField(primary_key=True)
    text = models.TextField(_("note"), max_length=4000)
    written_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, related_name="+")
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["contact", "-written_at"], name="note_of_contact")]

    def __str__(self) -> str:
        return self.text[:60]
