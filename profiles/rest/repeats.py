"""Requests that are sent again: whoever names a POST with an Idempotency-Key has it done once, and hears the same.

After Stripe's rules. The answer is written in the transaction of the deed, so that both are there or neither is;
what was refused did nothing and may be sent again. Answers are kept for a day.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Final

from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.lib import db
from profiles.models import ApiAnswer, ApiKey
from profiles.rest.problems import Problem

HEADER: Final = "Idempotency-Key"
LONGEST: Final = 255
KEPT: Final = dt.timedelta(hours=24)
TOLD: Final = ("Location", "ETag")  # of the first answer, told again


def once(
    request: Request, key: ApiKey, *, name: str, do: Callable[[], Response], now: dt.datetime
) -> Response:
    """Do it, or say again what was said when it was done. Raises Problem: 400, 409 while it is being done, 422."""
    if not 0 < len(name) <= LONGEST or not name.isascii() or not name.isprintable():
        detail = f"{HEADER} has 1 to {LONGEST} printable ASCII characters."
        raise Problem(400, "bad_header", detail, errors=[{"detail": detail, "header": HEADER}])
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        if not _alone(key, name):
            raise Problem(
                409, "in_progress", "A request with this Idempotency-Key is being done right now.",
                headers={"Retry-After": "1"},
            )  # fmt: skip
        known = ApiAnswer.objects.filter(key=key, name=name).first()
        if known and known.answered_at > now - KEPT:
            return _again(known, fingerprint)
        response = do()
        if response.status_code < 300:
            _keep(key, name, fingerprint, response, now=now)
        return response


def forget(*, before: dt.datetime) -> int:
    """Drop the answers from before a moment; how many."""
    return ApiAnswer.objects.filter(answered_at__lt=before).delete()[0]


def _fingerprint(request: Request) -> bytes:
    return hashlib.sha256(
        b"\n".join(((request.method or "").encode(), request.get_full_path().encode(), request.body))
    ).digest()


def _alone(key: ApiKey, name: str) -> bool:
    """Whether nobody else is at it: a lock that ends with the transaction."""
    return bool(db.fetch("SELECT pg_try_advisory_xact_lock(%s)", [lock(key, name)])[0][0])


def lock(key: ApiKey, name: str) -> int:
    """The number of the lock that whoever does a named request holds."""
    digest = hashlib.blake2b(f"{key.pk}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _again(known: ApiAnswer, fingerprint: bytes) -> Response:
    if bytes(known.fingerprint) != fingerprint:
        detail = "This Idempotency-Key was used for another request; take a new one."
        raise Problem(422, "key_reused", detail, errors=[{"detail": detail, "header": HEADER}])
    headers = {**known.headers, "Idempotent-Replayed": "true"}
    return Response(known.body, status=known.status, headers=headers)


def _keep(key: ApiKey, name: str, fingerprint: bytes, response: Response, *, now: dt.datetime) -> None:
    body = json.loads(JSONRenderer().render(response.data)) if response.data is not None else None
    ApiAnswer.objects.update_or_create(
        key=key,
        name=name,
        defaults={
            "fingerprint": fingerprint,
            "status": response.status_code,
            "headers": {name: response[name] for name in TOLD if response.has_header(name)},
            "body": body,
            "answered_at": now,
        },
    )
