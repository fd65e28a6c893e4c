"""What tests of the door share: a key for a source, calls with it, the inbox as its messages."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cdp.lib import crypto
from profiles.models import InboxItem, Source, WriteKey

CLIENT = Client()  # one for all: each new one loads the middleware again, which costs more than the call


def key_for(source: Source) -> str:
    """A fresh write key of this source."""
    key = crypto.new_key("ks")
    WriteKey.objects.create(source=source, digest=crypto.hashed(key), hint=key[:8])
    return key


def basic(key: str) -> str:
    """The Authorization header for this key."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def post(
    call: str,
    body: bytes | dict[str, Any],
    *,
    key: str | None = None,
    packed: bool = False,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Send a call as Segment's libraries do."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **(headers or {})}
    if packed:
        sent, given["Content-Encoding"] = gzip.compress(sent), "gzip"
    if key:
        given.setdefault("Authorization", basic(key))
    kind = given.pop("Content-Type")
    return CLIENT.post(f"/v1/{call}", sent, content_type=kind, headers=given)  # type: ignore[return-value]


def answer(response: HttpResponse) -> dict[str, Any]:
    """The JSON of an answer."""
    content: dict[str, Any] = json.loads(response.content)
    return content


def arrived() -> list[dict[str, Any]]:
    """The messages in the inbox, in order of arrival."""
    return [json.loads(item.payload) for item in InboxItem.objects.order_by("id")]


def visit(**parts: Any) -> dict[str, Any]:
    """A track message of Ada's."""
    return {"type": "track", "event": "Page Visited", "userId": "ada", **parts}
