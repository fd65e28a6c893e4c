"""Sending what is owed: claim, commit, call, record.

A claim is a lease: `next_attempt_at` moves behind the longest call, so that what a dead process held is due again.
Receivers know a message that comes twice by its id. No order is promised.
"""

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from cdp.lib import audit, db, failpoints
from cdp.team import mail
from cdp.webhooks import calling, signing
from cdp.webhooks.calling import Answer
from cdp.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

log = structlog.get_logger()

# After the first, second, … failure; three days in all, as Standard Webhooks has it.
BACKOFF: Final = [
    dt.timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
]
JITTER: Final = 0.2
LEASE: Final = dt.timedelta(minutes=2)  # four times the longest call, name servers included
FAILING: Final = dt.timedelta(days=5)  # without any success: then an endpoint is switched off
AT_ONCE: Final = 16
EACH: Final = 4  # of them for one endpoint, so that a slow one does not hold up the others

State = WebhookDelivery.State
Status = WebhookEndpoint.Status

CLAIM: Final = """
    WITH due AS (
        SELECT owed.id
        FROM cdp_webhookendpoint endpoint
        CROSS JOIN LATERAL (
            SELECT id, next_attempt_at FROM cdp_webhookdelivery
            WHERE endpoint_id = endpoint.id AND next_attempt_at <= %(now)s
            ORDER BY next_attempt_at LIMIT %(each)s FOR UPDATE SKIP LOCKED
        ) owed
        WHERE endpoint.status = 'active' AND endpoint.id <> ALL(%(full)s)
        ORDER BY owed.next_attempt_at LIMIT %(limit)s
    )
    UPDATE cdp_webhookdelivery delivery
    SET attempts = attempts + 1, tries = tries + 1, next_attempt_at = %(lease)s
    FROM due, cdp_webhookmessage message
    WHERE delivery.id = due.id AND message.id = delivery.message_id
    RETURNING delivery.id, delivery.endpoint_id, delivery.attempts, delivery.tries, message.key, message.body
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that this process tries to deliver; `attempt` tells it from later claims."""

    delivery_id: int
    endpoint_id: int
    attempt: int
    tries: int
    key: str
    body: str


def claim(*, limit: int, full: Collection[int] = (), now: dt.datetime) -> list[Claimed]:
    """Take what is due, at most `limit`, and nothing for the endpoints in `full`."""
    lease = now + LEASE
    values = {"now": now, "lease": lease, "each": EACH, "full": list(full), "limit": limit}
    with transaction.atomic():
        return [Claimed(*row) for row in db.fetch(CLAIM, values)]


def call(claimed: Claimed, *, now: dt.datetime) -> Answer:
    """One attempt, outside of every transaction."""
    endpoint = WebhookEndpoint.objects.get(pk=claimed.endpoint_id)
    secrets = [endpoint.secret]
    if endpoint.secret_before and endpoint.secret_before_until_at and now < endpoint.secret_before_until_at:
        secrets.append(endpoint.secret_before)
    headers = signing.headers(claimed.key, claimed.body, secrets=secrets, at=now)
    return calling.post(endpoint.url, body=claimed.body, headers=headers)


def record(claimed: Claimed, answer: Answer, *, now: dt.datetime) -> bool:
    """Write down what came of it. False where somebody else has claimed it meanwhile, or it is gone."""
    with transaction.atomic():
        mine = WebhookDelivery.objects.filter(pk=claimed.delivery_id, attempts=claimed.attempt)
        if not mine.update(**_outcome(claimed, answer, now=now)):
            return False
        WebhookAttempt.objects.create(
            delivery_id=claimed.delivery_id,
            number=claimed.attempt,
            attempted_at=now,
            milliseconds=answer.milliseconds,
            status=answer.status,
            error=answer.error,
            answer=answer.body,
        )
        disabled = _note_health(claimed.endpoint_id, answer, now=now)
    if disabled:
        _tell(claimed.endpoint_id)
    return True


def _outcome(claimed: Claimed, answer: Answer, *, now: dt.datetime) -> dict[str, object]:
    if answer.is_good:
        return {"state": State.DELIVERED, "next_attempt_at": None, "delivered_at": now}
    if claimed.tries > len(BACKOFF):
        return {"state": State.FAILED, "next_attempt_at": None}
    return {"state": State.WAITING, "next_attempt_at": now + pause(claimed.tries, answer.retry_after)}


def pause(tries: int, retry_after: int = 0) -> dt.timedelta:
    """How long to wait after so many failures: longer each time, never all at the same moment."""
    spread = 1 + random.uniform(-JITTER, JITTER)  # noqa: S311  # nobody gains by guessing it
    return max(BACKOFF[tries - 1] * spread, dt.timedelta(seconds=retry_after))


def _note_health(endpoint_id: int, answer: Answer, *, now: dt.datetime) -> bool:
    """Since when nothing succeeds; whether the endpoint was switched off for it just now."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id)
    if answer.is_good:
        endpoint.filter(failing_since_at__isnull=False).update(failing_since_at=None)
        return False
    endpoint.filter(failing_since_at__isnull=True).update(failing_since_at=now)
    active = endpoint.filter(status=Status.ACTIVE)
    if answer.status != calling.GONE:  # a receiver that says it is gone means it
        active = active.filter(failing_since_at__lte=now - FAILING)
    return bool(audit.update(active, status=Status.DISABLED, disabled_at=now))


def _tell(endpoint_id: int) -> None:
    """A notice to whoever made it; Home and the page of webhooks show it to everybody."""
    endpoint = WebhookEndpoint.objects.select_related("made_by").filter(pk=endpoint_id).first()
    log.warning("webhook_disabled", endpoint=endpoint_id)
    if endpoint and endpoint.made_by and endpoint.made_by.email:
        subject = _("The webhook “%(name)s” was switched off") % {"name": endpoint.name}
        link = settings.PUBLIC_URL.rstrip("/") + reverse("webhook", args=[endpoint.pk])
        context = {"endpoint": endpoint, "link": link}
        mail.send("webhook_disabled", to=endpoint.made_by.email, subject=subject, context=context)


def send(claimed: Claimed, *, clock: Callable[[], dt.datetime]) -> bool:
    """Call and record one claim; whether it was taken."""
    try:
        answer = call(claimed, now=clock())
    except WebhookEndpoint.DoesNotExist:  # deleted meanwhile, and what was owed to it with it
        return False
    failpoints.hit("webhooks.called")
    record(claimed, answer, now=clock())
    return answer.is_good


def deliver(*, clock: Callable[[], dt.datetime], limit: int = AT_ONCE) -> int:
    """Claim and send one after the other; how many. The loop uses `begin`, which does not wait."""
    claims = claim(limit=limit, now=clock())
    for one in claims:
        send(one, clock=clock)
    return len(claims)


class _Threads:
    """Calls under way in this process; losing them costs a lease."""

    pool: ThreadPoolExecutor | None = None
    busy: Counter[int] = Counter()  # by endpoint
    lock = threading.Lock()


def begin(*, clock: Callable[[], dt.datetime]) -> int:
    """Start as many calls as there is room for, without waiting for any; how many were started."""
    with _Threads.lock:
        room = AT_ONCE - _Threads.busy.total()
        full = [endpoint for endpoint, calls in _Threads.busy.items() if calls >= EACH]
    if room <= 0:
        return 0
    claims = claim(limit=room, full=full, now=clock())
    failpoints.hit("webhooks.claimed")
    _start(claims, clock)
    return len(claims)


def _start(claims: Sequence[Claimed], clock: Callable[[], dt.datetime]) -> None:
    if not claims:
        return
    if _Threads.pool is None:
        _Threads.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
    for one in claims:
        with _Threads.lock:
            _Threads.busy[one.endpoint_id] += 1
        _Threads.pool.submit(_send_apart, one, clock)


def _send_apart(claimed: Claimed, clock: Callable[[], dt.datetime]) -> None:
    try:
        send(claimed, clock=clock)
    except Exception:
        # Not recorded: the lease ends and it is tried again.
        log.exception("webhook_call_broke", delivery=claimed.delivery_id)
    finally:
        connection.close()  # this thread's own
        with _Threads.lock:
            _Threads.busy[claimed.endpoint_id] -= 1
