"""Segments, who is in them and since when, and the moments at which time alone will change that."""

from typing import Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.lib.db import PartitionedModel
from profiles.models import Contact, Named


class Segment(Named):
    """A question about contacts (a tree of conditions), or a list picked by hand."""

    class Kind(models.TextChoices):
        """Who decides who belongs: the definition, or a person."""

        DYNAMIC = "dynamic", _("segment")
        STATIC = "static", _("list")

    kind = models.CharField(max_length=7, choices=Kind, default=Kind.DYNAMIC)
    definition = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    include_visitors = models.BooleanField(_("include visitors"), default=False)
    # The definition's membership was last made whole at this moment; null while it is first built.
    built_at = models.DateTimeField(null=True, blank=True)
    # The list whose people are still being put on this one, a copy of it.
    filled_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "kind", "name", condition=models.Q(archived_at__isnull=True), name="segment_name_unique"
            )
        ]


class Cause(models.TextChoices):
    """Why somebody entered or left a segment. Only `fact` and `time` are news about the person."""

    FACT = "fact", _("something happened")
    TIME = "time", _("time passed")
    MADE = "made", _("the segment was made")
    EDIT = "edit", _("the segment was changed")
    SETTINGS = "settings", _("the settings of the workspace were changed")
    MERGE = "merge", _("profiles were merged or separated")
    BACKFILL = "backfill", _("older data arrived")
    BY_HAND = "by_hand", _("by hand")


# What somebody set about the segment, and no news about its people.
SET: Final = frozenset({Cause.MADE, Cause.EDIT, Cause.SETTINGS})
# Django's own way to a label takes as long as the rest of a row, and lists show fifty.
CAUSES: Final = dict(Cause.choices)


class Membership(models.Model):
    """A contact in a segment, since when."""

    pk = models.CompositePrimaryKey("segment", "contact")
    segment = models.ForeignKey(Segment, models.CASCADE, db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, db_index=False)
    entered_at = models.DateTimeField()
    cause = models.CharField(max_length=8, choices=Cause)

    class Meta:
        indexes = [models.Index(fields=["contact"], name="membership_of_contact")]  # a profile's segments

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.segment_id}"

    @property
    def because(self) -> str:
        """Why they entered, in words."""
        return str(CAUSES[self.cause])


class MembershipChange(PartitionedModel):
    """The history of entering and leaving. Monthly partitions by `changed_at`."""

    partition_key = "changed_at"

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.DO_NOTHING, db_constraint=False, db_index=False)
    contact = models.ForeignKey(Contact, models.DO_NOTHING, db_constraint=False, db_index=False)
    entered = models.BooleanField()
    changed_at = models.DateTimeField()
    cause = models.CharField(max_length=8, choices=Cause)

    class Meta:
        indexes = [
            models.Index(fields=["segment", "changed_at"], name="change_of_segment"),  # size over time
            models.Index(fields=["contact", "changed_at"], name="change_of_contact"),  # a profile's history
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}"


class Leaf(models.Model):
    """A condition in canonical form, shared by every segment that says it."""

    digest = models.BinaryField(max_length=16, unique=True)
    definition = models.JSONField()
    segments = models.ManyToManyField(Segment, related_name="leaves")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class Flip(models.Model):
    """A lower bound for the next moment when time alone may change a leaf for a contact, either way."""

    pk = models.CompositePrimaryKey("leaf", "contact")
    leaf = models.ForeignKey(Leaf, models.CASCADE, db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, db_constraint=False, db_index=False)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="flip_due")]  # the sweep

    def __str__(self) -> str:
        return f"{self.contact_id} {self.due_at}"


class MembershipMerge(models.Model):
    """What the undo of a merge needs here: the memberships that each side had."""

    merge = models.OneToOneField("profiles.Merge", models.CASCADE, primary_key=True)
    survivor_segments = models.JSONField(default=dict)  # segment -> entered_at
    absorbed_segments = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.pk)
