"""What people do with webhooks: change a secret, pause, go on, send again; and what upkeep forgets."""

import datetime as dt
from typing import Final

from django.db.models import QuerySet

from cdp.lib import audit
from cdp.webhooks import signing
from cdp.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookMessage

BOTH_SIGN: Final = dt.timedelta(hours=24)
KEPT: Final = dt.timedelta(days=30)
AT_ONCE: Final = 10_000

State = WebhookDelivery.State
Status = WebhookEndpoint.Status


def rotate(endpoint: WebhookEndpoint, *, now: dt.datetime) -> str:
    """A new secret; for a day the one before signs too."""
    secret = signing.new_secret()
    endpoint.secret_before, endpoint.secret = endpoint.secret, secret
    endpoint.secret_before_until_at = now + BOTH_SIGN
    endpoint.save(update_fields=["secret", "secret_before", "secret_before_until_at"])
    return secret


def pause(endpoint: WebhookEndpoint) -> None:
    """Tell it nothing for now; what is owed waits."""
    audit.update(WebhookEndpoint.objects.filter(pk=endpoint.pk, status=Status.ACTIVE), status=Status.PAUSED)


def go_on(endpoint: WebhookEndpoint) -> None:
    """Tell it again, from what has waited."""
    audit.update(
        WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(status=Status.ACTIVE),
        status=Status.ACTIVE,
        failing_since_at=None,
        disabled_at=None,
    )


def replay(deliveries: "QuerySet[WebhookDelivery]", *, now: dt.datetime) -> int:
    """Send these again, from the first attempt; how many. What is under way or waits anyway is left alone."""
    chosen = deliveries.exclude(state=State.WAITING).order_by("id").values("pk")[:AT_ONCE]
    return WebhookDelivery.objects.filter(pk__in=chosen).update(
        state=State.WAITING, tries=0, next_attempt_at=now, delivered_at=None
    )


def retry_now(delivery: WebhookDelivery, *, now: dt.datetime) -> bool:
    """Send it again at once, also where it waits for its next attempt anyway."""
    return bool(
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            state=State.WAITING, tries=0, next_attempt_at=now, delivered_at=None
        )
    )


def forget(*, before: dt.datetime) -> int:
    """Drop what is older, with its log: bodies hold personal data. How many messages."""
    old = WebhookMessage.objects.filter(happened_at__lt=before).values("pk")[:AT_ONCE]
    return WebhookMessage.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
