"""Who may use the partner API: keys, what each may still ask, and the answers that are kept for repeated requests."""

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """What lets a partner's program ask and write. Only the secret's hash is kept.

    What it writes counts as coming from `source`, which is made with it.
    """

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("begins with"), max_length=16, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    source = models.ForeignKey("profiles.Source", models.PROTECT, related_name="api_keys")
    per_minute = models.PositiveIntegerField(_("requests a minute"), null=True, blank=True)
    made_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)  # exact to a minute
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    def is_open(self, *, now: dt.datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class ApiAllowance(models.Model):
    """How many requests a key has left of one kind: a bucket that fills steadily. One row, shared by all workers."""

    pk = models.CompositePrimaryKey("key", "name")
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=10)
    tokens = models.FloatField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key_id} {self.name}"


class ApiAnswer(models.Model):
    """The answer to a request that named an Idempotency-Key, given again for a day to whoever repeats it."""

    pk = models.CompositePrimaryKey("key", "name")
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)
    answered_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["answered_at"], name="api_answer_age")
        ]  # hourly: what is a day old goes

    def __str__(self) -> str:
        return self.name
