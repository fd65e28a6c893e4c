"""Where facts come from, and the raw rows they arrive as."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Lane(models.IntegerChoices):
    """How soon an arrival is digested."""

    URGENT = 0, _("at once")
    LIVE = 1, _("live")
    BULK = 2, _("in bulk")


class Party(models.IntegerChoices):
    """Whose data it is: what a person told us ourselves beats what others tell about them."""

    FIRST = 1, _("first-party")
    SECOND = 2, _("second-party")
    THIRD = 3, _("third-party")


class Source(models.Model):
    """A touchpoint that sends facts: a website, a server, an import, a partner, or Kindred itself."""

    class Kind(models.TextChoices):
        """What sends, which decides how far it is trusted: anybody can read a browser's key."""

        SERVER = "server", _("server")
        BROWSER = "browser", _("browser or app")
        IMPORT = "import", _("import")
        FORM = "form", _("form")
        PARTNER = "partner", _("partner")
        SYSTEM = "system", _("Kindred itself")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    party = models.PositiveSmallIntegerField(_("party"), choices=Party, default=Party.FIRST)
    lane = models.PositiveSmallIntegerField(_("lane"), choices=Lane, default=Lane.LIVE)
    brand = models.ForeignKey("profiles.Brand", models.PROTECT, null=True, blank=True)
    events_per_second = models.PositiveIntegerField(
        _("at most this many events a second"), null=True, blank=True
    )
    created_at = models.DateTimeField(db_default=Now())
    disabled_at = models.DateTimeField(null=True, blank=True)
    # Whom it tells about first is nobody real: mail to them never leaves the test mailbox.
    is_sample = models.BooleanField(default=False, db_default=False, editable=False)

    def __str__(self) -> str:
        return self.name


class WriteKey(models.Model):
    """What lets a source send. Only its hash is kept; a source has two while a key is being changed."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="write_keys")
    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(_("begins with"), max_length=12)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}…"


class InboxItem(models.Model):
    """One arrival as it was sent, from its acceptance until the digest has understood it."""

    id = models.BigAutoField(primary_key=True)
    lane = models.PositiveSmallIntegerField(choices=Lane)
    source = models.ForeignKey(Source, models.CASCADE, db_constraint=False, db_index=False)
    message_hash = models.BinaryField(max_length=16)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    # Text, not jsonb: COPY of jsonb costs twice as much, and the digest parses it anyway.
    payload = models.TextField()

    class Meta:
        indexes = [
            # "the oldest items of this source in this lane": how the digest deals fairly
            models.Index(fields=["lane", "source", "id"], name="inbox_by_lane")
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.id}"


class RejectedItem(models.Model):
    """An arrival that was not accepted, with the reason, until somebody replays or dismisses it."""

    source = models.ForeignKey(Source, models.CASCADE, null=True)
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    detail = models.TextField(default="")
    payload = models.TextField()
    message_hash = models.BinaryField(max_length=16, null=True)
    replayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # the page Not accepted: newest first
            models.Index(fields=["-received_at"], name="rejected_newest")
        ]

    def __str__(self) -> str:
        return self.reason


class SeenMessage(models.Model):
    """The message ids of the last 30 days, so that nothing is stored twice. Weekly partitions by `seen_on`."""

    pk = models.CompositePrimaryKey("source", "message_hash", "seen_on")
    source = models.ForeignKey(Source, models.DO_NOTHING, db_constraint=False, db_index=False)
    message_hash = models.BinaryField(max_length=16)
    seen_on = models.DateField()

    def __str__(self) -> str:
        return bytes(self.message_hash).hex()
