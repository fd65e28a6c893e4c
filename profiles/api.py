"""The event API: Segment's public HTTP calls, answered only after what they brought is committed."""

import base64
import binascii
import datetime as dt
from collections.abc import Callable
from functools import wraps

import msgspec
import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from profiles import bodies, ingest, keys, spec
from profiles.models import Lane, Source

log = structlog.get_logger()

type View = Callable[[HttpRequest], HttpResponse]

# Browsers send from the sites of our users, and no cookie counts here: any origin may.
CORS = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Request-Id, X-Retry-Count",
    "Access-Control-Max-Age": "86400",
}
AWAY_SECONDS = 5


def door(view: View) -> View:
    """A view for programs: no CSRF, any origin, POST only, and every refusal is JSON with a code and a sentence."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=PREFLIGHT)
        if request.method != "POST":
            return _error(405, "method_not_allowed", "Send it with POST.", Allow="POST, OPTIONS")
        try:
            return view(request)
        except bodies.BadRequest as error:
            return _error(error.status, error.code, error.detail)
        except keys.UnknownKey:
            # Without WWW-Authenticate: browsers would ask the visitors of a website for a password.
            return _error(
                401, "invalid_key", "No active source has this write key. Give it as the user name (Basic)."
            )
        except keys.TooMuch as error:
            return _error(429, "too_much", error.detail, **{"Retry-After": str(error.retry_after)})
        except (OperationalError, InterfaceError) as error:
            log.warning("door_closed", error=str(error))
            return _error(
                503,
                "unavailable",
                "Nothing was accepted; send it again.",
                **{"Retry-After": str(AWAY_SECONDS)},
            )

    return guarded


@door
def identify(request: HttpRequest) -> HttpResponse:
    """POST /v1/identify: who somebody is."""
    return _one(request, kind="identify", now=timezone.now())


@door
def track(request: HttpRequest) -> HttpResponse:
    """POST /v1/track: what somebody did."""
    return _one(request, kind="track", now=timezone.now())


@door
def page(request: HttpRequest) -> HttpResponse:
    """POST /v1/page: which page of a website somebody looked at."""
    return _one(request, kind="page", now=timezone.now())


@door
def screen(request: HttpRequest) -> HttpResponse:
    """POST /v1/screen: which screen of an app somebody looked at."""
    return _one(request, kind="screen", now=timezone.now())


@door
def group(request: HttpRequest) -> HttpResponse:
    """POST /v1/group: which company somebody belongs to, and what is known of it."""
    return _one(request, kind="group", now=timezone.now())


@door
def alias(request: HttpRequest) -> HttpResponse:
    """POST /v1/alias: two identifiers are one person's."""
    return _one(request, kind="alias", now=timezone.now())


@door
def batch(request: HttpRequest) -> HttpResponse:
    """POST /v1/batch: many messages; those that cannot be accepted are listed, the others are accepted."""
    return _many(request, lane=None, now=timezone.now())


@door
def import_history(request: HttpRequest) -> HttpResponse:
    """POST /v1/import: a batch of what happened long ago. It updates people, and starts no journeys."""
    return _many(request, lane=Lane.BULK, now=timezone.now())


def _many(request: HttpRequest, *, lane: Lane | None, now: dt.datetime) -> HttpResponse:
    body = bodies.read(request)
    source = _named_source(request, now=now)
    try:
        envelope = bodies.batch(body)
    except bodies.BadRequest as error:
        _keep(body, source, error, now=now)
        raise
    source = source or _source(envelope.writeKey, now=now)
    keys.spend(source, len(envelope.batch), now=now)
    sent_at = _sent_at(envelope.sentAt)
    done = ingest.accept(source=source, items=envelope.messages(), sent_at=sent_at, lane=lane, now=now)
    answer: dict[str, object] = {"success": True}
    if done.refused:
        answer["accepted"] = done.accepted
        answer["refused"] = [_told(refusal) for refusal in done.refused]
    return _answer(200, answer)


def _one(request: HttpRequest, *, kind: str, now: dt.datetime) -> HttpResponse:
    body = bodies.read(request)
    source = _named_source(request, now=now)
    try:
        message, write_key = bodies.single(body, kind=kind)
    except bodies.BadRequest as error:
        _keep(body, source, error, now=now)
        raise
    source = source or _source(write_key, now=now)
    keys.spend(source, 1, now=now)
    done = ingest.accept(source=source, items=[message], sent_at=None, now=now)
    for refusal in done.refused:
        return _error(400, refusal.reason, refusal.detail)
    return _answer(200, {"success": True})


def _named_source(request: HttpRequest, *, now: dt.datetime) -> Source | None:
    """Who sends, by Basic authentication; None where the request has none, and its body must say."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "basic":
        raise keys.UnknownKey
    try:
        name = base64.b64decode(given.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        raise keys.UnknownKey from None
    return _source(name, now=now)


def _source(key: object, *, now: dt.datetime) -> Source:
    if not isinstance(key, str) or not key:
        raise keys.UnknownKey
    return keys.source_of(key, now=now)


def _sent_at(value: object) -> dt.datetime | None:
    """When a batch was sent. One that says so wrongly is taken by its items' own times: they are not to blame."""
    try:
        return spec.moment(value, "sentAt") if value is not None else None
    except spec.NotAccepted:
        return None


def _keep(body: bytes, source: Source | None, error: bodies.BadRequest, *, now: dt.datetime) -> None:
    if source and error.status == 400:
        ingest.refuse(source=source, body=body, reason=error.code, detail=error.detail, now=now)


def _told(refusal: ingest.Refusal) -> dict[str, object]:
    return {"index": refusal.index, "code": refusal.reason, "message": refusal.detail}


def _error(status: int, code: str, message: str, **headers: str) -> HttpResponse:
    return _answer(status, {"success": False, "code": code, "message": message}, **headers)


def _answer(status: int, content: dict[str, object], **headers: str) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(content),
        status=status,
        content_type="application/json",
        headers={**CORS, **headers},
    )
