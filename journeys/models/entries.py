"""How people came into journeys, as far as that must be remembered: occasions that count once, and whole segments."""

from django.db import models
from django.db.models.functions import Now

from journeys.models.flow import Journey, Run, Version
from profiles.models import Contact
from segments.models import Segment


class Occasion(models.Model):
    """Something that led, or would have led, a contact into a journey, and does so once: a date, a program's key."""

    id = models.BigAutoField(primary_key=True)
    journey = models.ForeignKey(Journey, models.CASCADE, db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, db_index=False)
    name = models.CharField(max_length=240)  # "date:2026-11-22", "record:7:2026-11-22", "api:<key>"
    run = models.ForeignKey(Run, models.CASCADE, null=True, db_index=False, db_constraint=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "journey", "name"], name="an_occasion_counts_once")
        ]

    def __str__(self) -> str:
        return self.name


class Intake(models.Model):
    """A segment's members put into a version by hand: taken in by portions, up to `reached`."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(Version, models.CASCADE)
    segment = models.ForeignKey(Segment, models.CASCADE)
    requested_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    requested_at = models.DateTimeField(db_default=Now())
    reached = models.BigIntegerField(default=0)  # contacts up to this one have been looked at
    entered = models.PositiveIntegerField(default=0)  # people who came in
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # what is to be taken in now
            models.Index(fields=["id"], name="intake_open", condition=models.Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} into {self.version_id}"
