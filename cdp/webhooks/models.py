"""Rows of webhooks: who wants to be told, what happened, what is owed to whom, and every attempt to tell it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.lib.crypto import EncryptedTextField


class WebhookEndpoint(models.Model):
    """An address outside that is told what happens, and what of it."""

    class Status(models.TextChoices):
        """Whether it is told now. What happens meanwhile waits: nothing is dropped before its 30 days."""

        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DISABLED = "disabled", _("Switched off after failures")

    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("address"), max_length=1000)
    wants = ArrayField(models.CharField(max_length=40), verbose_name=_("tell it when"))
    event_names = ArrayField(  # none: every event
        models.CharField(max_length=200), verbose_name=_("events"), default=list, blank=True
    )
    secret = EncryptedTextField()
    # After a change of secret both sign for a while, so that the receiver can change over without a gap.
    secret_before = EncryptedTextField(default="", blank=True)
    secret_before_until_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    failing_since_at = models.DateTimeField(null=True, blank=True)  # no success since
    disabled_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class WebhookMessage(models.Model):
    """Something that happened, in the very bytes that are signed and sent to everybody who wants it."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=40, unique=True)  # "webhook-id": the same at every attempt and replay
    kind = models.CharField(max_length=40)
    contact_id = models.BigIntegerField(null=True)
    happened_at = models.DateTimeField()
    body = models.TextField()

    class Meta:
        indexes = [
            # upkeep: what is older than its days
            models.Index(fields=["happened_at"], name="webhook_message_age")
        ]

    def __str__(self) -> str:
        return self.key


class WebhookDelivery(models.Model):
    """One message owed to one endpoint. While it is owed, `next_attempt_at` says when it is tried (again)."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False)
    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING, db_default=State.WAITING)
    attempts = models.PositiveIntegerField(
        default=0, db_default=0
    )  # ever: an attempt's number, and its fence
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)  # since it was last asked for
    # While an attempt is under way: when its lease ends.
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="one_delivery_an_endpoint"),
            models.CheckConstraint(
                condition=models.Q(state="waiting") ^ models.Q(next_attempt_at__isnull=True),
                name="webhook_delivery_waits_for_a_moment",
            ),
        ]
        indexes = [
            # "what is due to this endpoint"
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                name="webhook_delivery_due",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
            # the log of an endpoint, newest first
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_log"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.endpoint_id}"


class WebhookAttempt(models.Model):
    """One call and its answer, cut to a readable length; without secrets and signatures."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="log")
    number = models.PositiveIntegerField()
    attempted_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)  # None: no answer, `error` says why
    error = models.CharField(max_length=300, default="")
    answer = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.delivery_id}:{self.number}"
