"""Rows of the roof: signs of life of our processes, and the mails that the test mailbox kept."""

from django.db import models
from django.db.models.functions import Now

from cdp.demo.models import Demo as Demo
from cdp.demo.models import SampleThing as SampleThing
from cdp.team.models import Invitation as Invitation
from cdp.team.models import Preference as Preference
from cdp.team.models import SharedCache as SharedCache
from cdp.team.models import SignInRules as SignInRules
from cdp.webhooks.models import WebhookAttempt as WebhookAttempt
from cdp.webhooks.models import WebhookDelivery as WebhookDelivery
from cdp.webhooks.models import WebhookEndpoint as WebhookEndpoint
from cdp.webhooks.models import WebhookMessage as WebhookMessage


class Heartbeat(models.Model):
    """A process's sign of life; readiness asks these rows, not the broker."""

    name = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()
    details = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class TestMail(models.Model):
    """A mail that the test mailbox received, whole, as it came over SMTP."""

    mail_from = models.CharField(max_length=254)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=998, default="")
    content = models.BinaryField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="test_mail_newest"),
            models.Index(fields=["recipient", "-received_at"], name="test_mail_of_recipient"),
        ]

    def __str__(self) -> str:
        return self.subject


class DailyFigure(models.Model):
    """What one of Home's figures came to on a day of the workspace; today's is counted again and again."""

    pk = models.CompositePrimaryKey("name", "on")
    name = models.CharField(max_length=20)
    on = models.DateField()
    value = models.DecimalField(max_digits=20, decimal_places=2)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.on}"
