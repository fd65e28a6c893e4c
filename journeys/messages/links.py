"""Signed links in messages: what was clicked, which message was opened, who wants to be left alone.

A link carries what it means and a signature, so it works long after its message's row is gone, nobody can make
one up, and nothing can be redirected to but what a message of ours linked to.
"""

import base64
import binascii
import datetime as dt
import hmac
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from django.conf import settings

from cdp.lib import crypto

type Kind = Literal["click", "open", "unsubscribe"]

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SIGNATURE_BYTES: Final = 16
NAMED: Final = struct.Struct(">qq")  # message, microseconds of run_entered_at
SUBSCRIBED: Final = struct.Struct(">qqqq")  # the same, persona, topic (0: none)
SAFE_SCHEMES: Final = ("http://", "https://")


class BadLink(Exception):
    """Not a link of ours, or one that somebody changed."""


@dataclass(frozen=True, slots=True)
class Named:
    """The message that a link stood in: its number, and the moment that names its partition."""

    message_id: int
    run_entered_at: dt.datetime

    def packed(self) -> tuple[int, int]:
        """As two integers."""
        return self.message_id, (self.run_entered_at - EPOCH) // dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an unsubscribe link is about: everything it takes even when the message's row is gone."""

    message: Named
    persona_id: int
    topic_id: int | None


@lru_cache(maxsize=16)
def _key(kind: str, secret: str) -> bytes:
    return crypto.derived(f"link:{kind}", secret)


def _signature(kind: Kind, payload: bytes, secret: str) -> bytes:
    return hmac.digest(_key(kind, secret), payload, "sha256")[:SIGNATURE_BYTES]


def _sealed(kind: Kind, payload: bytes) -> str:
    token = _signature(kind, payload, settings.SECRET_KEY) + payload
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _opened(kind: Kind, token: str) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadLink from error
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(signature, _signature(kind, payload, secret)):
            return payload
    raise BadLink


def _named(number: int, micros: int) -> Named:
    return Named(number, EPOCH + dt.timedelta(microseconds=micros))


def click(message: Named, url: str) -> str:
    """The tracked address for `url`, which begins with http:// or https://."""
    return f"{settings.PUBLIC_URL}/t/c/{_sealed('click', NAMED.pack(*message.packed()) + url.encode())}"


def read_click(token: str) -> tuple[Named, str]:
    """The message and the target. Raises BadLink."""
    payload = _opened("click", token)
    url = payload[NAMED.size :].decode()
    if not url.lower().startswith(SAFE_SCHEMES):
        raise BadLink
    return _named(*NAMED.unpack_from(payload)), url


def pixel(message: Named) -> str:
    """The address of the picture that tells of an opening."""
    return f"{settings.PUBLIC_URL}/t/o/{_sealed('open', NAMED.pack(*message.packed()))}.gif"


def read_pixel(token: str) -> Named:
    """The message that was opened. Raises BadLink."""
    payload = _opened("open", token)
    return _named(*NAMED.unpack(payload))


def unsubscribe(subscription: Subscription) -> str:
    """The address of the unsubscribe page."""
    payload = SUBSCRIBED.pack(
        *subscription.message.packed(), subscription.persona_id, subscription.topic_id or 0
    )
    return f"{settings.PUBLIC_URL}/u/{_sealed('unsubscribe', payload)}"


def read_unsubscribe(token: str) -> Subscription:
    """Who wants out of what. Raises BadLink."""
    number, micros, persona_id, topic_id = SUBSCRIBED.unpack(_opened("unsubscribe", token))
    return Subscription(_named(number, micros), persona_id, topic_id or None)


def proof(message: Named) -> str:
    """Eight characters that nobody can guess, for the message's own id."""
    payload = NAMED.pack(*message.packed())
    return (
        base64.b32encode(hmac.digest(_key("id", settings.SECRET_KEY), payload, "sha256")[:5]).decode().lower()
    )
