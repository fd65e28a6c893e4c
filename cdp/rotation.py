"""Secrets at rest under a new key: every stored secret encrypted with today's SECRET_KEY."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models, transaction

from cdp.lib import audit
from cdp.lib.crypto import EncryptedTextField
from cdp.team import factors

type Places = Iterator[tuple[type[models.Model], str]]


def places() -> Places:
    """Where secrets are stored: models with the names of their fields."""
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField):
                    yield model, field.name


def rotate() -> dict[str, int]:
    """Encrypt every stored secret anew; how many of each kind.

    Afterwards nothing needs SECRET_KEY_FALLBACKS any more, as far as stored secrets go. Raises
    ImproperlyConfigured, and changes nothing, where one opens with none of the keys.
    """
    done: dict[str, int] = {}
    with transaction.atomic():
        for model, name in places():
            done[f"{model._meta.label}.{name}"] = _rotate(model, name)
        done["mfa.Authenticator.data"] = factors.seal_anew()
        for label, count in done.items():
            if count:
                audit.did(apps.get_model(label.rpartition(".")[0]), "encrypted anew", f"{count} × {label}")
    return done


def _rotate(model: type[Any], name: str) -> int:
    rows = model._base_manager.select_for_update().exclude(**{name: ""}).values_list("pk", name)
    count = 0
    for number, secret in rows:
        if secret:
            model._base_manager.filter(pk=number).update(**{name: secret})
            count += 1
    return count
