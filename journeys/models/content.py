"""What messages say: the mails that people of the workspace write, their saved states, and the images in them."""

import secrets

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from profiles.models import Channel, Named


class Content(Named):
    """What a message says. Published journeys hold on to the revision they were published with."""

    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    # As `journeys.messages.drafting` reads it: {mode, fallback, languages}; {} before the first save.
    draft = models.JSONField(default=dict, db_default={}, blank=True)


class ContentRevision(models.Model):
    """One saved state of a content in every language: {language: {subject, preheader, html, text, …}}.

    `is_inlined` beside the words says that styles stand on the elements already, so that delivery need not.
    """

    content = models.ForeignKey(Content, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    languages = models.JSONField()
    fallback = models.CharField(max_length=10, default="en")
    saved_at = models.DateTimeField(db_default=Now())
    saved_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content", "number"], name="one_revision_a_number")]

    def __str__(self) -> str:
        return f"{self.content_id} r{self.number}"


def new_token() -> str:
    """Part of an image's address: 128 bits, so that nobody finds an image by trying."""
    return secrets.token_urlsafe(16)


class Image(models.Model):
    """A picture of the library, as we wrote it ourselves after decoding what was uploaded.

    The bytes lie in the database: every web server can answer with them, and one backup holds everything.
    """

    token = models.CharField(max_length=22, unique=True, default=new_token)
    name = models.CharField(_("name"), max_length=120)
    alt = models.CharField(_("what it shows"), max_length=300)
    extension = models.CharField(max_length=4)  # png, jpg, gif
    content = models.BinaryField()
    thumbnail = models.BinaryField()  # PNG or JPEG as `extension` says; of a GIF its first picture as PNG
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # bytes
    digest = models.BinaryField(max_length=32)  # of `content`: the same picture twice is one row
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="one_image_a_content")]
        indexes = [models.Index(fields=["-uploaded_at", "-id"], name="image_newest")]  # the library

    def __str__(self) -> str:
        return self.name
