"""Signatures after Standard Webhooks: HMAC-SHA256 over id, time and body, with a secret both sides know."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A fresh secret, as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(key: str, body: str, *, secrets: Iterable[str], at: dt.datetime) -> dict[str, str]:
    """The three headers of a message; while a secret is being changed, signed with both."""
    timestamp = str(int(at.timestamp()))
    signed = f"{key}.{timestamp}.{body}".encode()
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
