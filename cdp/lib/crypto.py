"""Secrets at rest: a text field that the database only sees encrypted, and keys that are kept as hashes."""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def new_key(prefix: str) -> str:
    """A fresh random key of 192 bits that starts with `prefix`, so that people recognise what it opens."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"


def hashed(key: str) -> bytes:
    """What is stored of a key: a plain SHA-256 is enough for 192 random bits."""
    return hashlib.sha256(key.encode()).digest()


def derived(purpose: str, secret: str | None = None) -> bytes:
    """A 32-byte key for one purpose, derived from the installation's secret."""
    return hmac.new((secret or settings.SECRET_KEY).encode(), purpose.encode(), hashlib.sha256).digest()


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derived("field", key))) for key in keys])


def sealed(text: str) -> str:
    """The text as it may lie in the database."""
    return _fernet().encrypt(text.encode()).decode()


def opened(text: str) -> str:
    """What was sealed. Raises ImproperlyConfigured when it opens with none of the installation's keys."""
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "A stored secret cannot be read with SECRET_KEY or SECRET_KEY_FALLBACKS: "
            "put the key it was saved with into SECRET_KEY_FALLBACKS."
        ) from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is encrypted on its way to the database; "" stays "".

    Raises ImproperlyConfigured when a stored value opens with none of the installation's keys.
    """

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt."""
        return sealed(value) if value else value

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt."""
        return opened(value) if value else value
