"""What is kept beside a segment: the definitions it had, changes the apps above have yet to hear of, sets to count."""

from django.conf import settings
from django.db import models

from profiles.models import Contact
from segments.models.segments import Cause, Segment


class SegmentVersion(models.Model):
    """A definition as it was saved, so that an older one can be looked at and brought back."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    include_visitors = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.segment_id} v{self.number}"


class UntoldChange(models.Model):
    """Somebody entered or left a segment outside the digest: written with the membership, gone once it was carried on.

    Edits and changes by hand are made here, where journeys are not known; `cdp.pipeline` tells them.
    """

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False)
    contact = models.ForeignKey(Contact, models.DO_NOTHING, db_constraint=False, db_index=False)
    entered = models.BooleanField()
    cause = models.CharField(max_length=8, choices=Cause)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.segment_id}"


class KeptSet(models.Model):
    """Who answers yes to a condition at one moment, so that counting need not ask again.

    Disposable: the table is unlogged, empty after a crash, and may be emptied at any time (`segments.leafsets`).
    """

    key = models.BinaryField(primary_key=True, max_length=16)
    as_of = models.DateTimeField()
    ids = models.BinaryField()  # a serialised roaring bitmap of contacts, or their numbers

    def __str__(self) -> str:
        return f"{bytes(self.key).hex()} {self.as_of}"


class Footing(models.Model):
    """The settings that segments stand on as they are built: one row, compared with what is set now."""

    time_zone = models.CharField(max_length=63)
    bases = models.JSONField(default=dict)  # topic -> lawful basis

    def __str__(self) -> str:
        return self.time_zone
