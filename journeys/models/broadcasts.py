"""Broadcasts: one message to one set of people at one time, running on the journey engine."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from journeys.models.flow import Journey, Version


class Broadcast(models.Model):
    """How far a broadcast has come. What it says, and to whom, stands in its journey's draft and version.

    People come in by the number of their contact: everybody up to `reached` was looked at. With a throttle,
    `counted` of them had come in at `counts_from_at`, and since then at most `per_hour` each hour.
    """

    journey = models.OneToOneField(Journey, models.CASCADE, primary_key=True, related_name="broadcast")
    version = models.ForeignKey(Version, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    per_hour = models.PositiveIntegerField(_("at most an hour"), null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    taken_in_at = models.DateTimeField(null=True, blank=True)  # everybody has come in
    cancelled_at = models.DateTimeField(null=True, blank=True)  # what has not gone out is being put away
    reached = models.BigIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    counts_from_at = models.DateTimeField(null=True, blank=True)
    counted = models.PositiveIntegerField(default=0)
    expected = models.JSONField(
        default=dict, blank=True
    )  # {"gets": n, "unsubscribed": n, …} when it was confirmed

    class Meta:
        indexes = [
            # the engine: what is under way or due to start
            models.Index(
                fields=["starts_at"],
                name="broadcast_under_way",
                condition=models.Q(taken_in_at__isnull=True, version__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"broadcast {self.pk}"
