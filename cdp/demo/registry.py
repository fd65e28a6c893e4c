"""What the sample shop brought along: found by a key, and told apart from what somebody has changed since."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from django.apps import apps
from django.db import models

from cdp.demo.models import SampleThing
from journeys.models import Content, Journey
from profiles.models import Campaign
from segments.models import Segment

TAG: Final = "Sample"
# What of a thing is somebody's work: when it differs, it is theirs.
LOOKS: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Segment: ("name", "description", "definition", "include_visitors"),
    Journey: ("name", "description", "draft"),
    Content: ("name", "description", "draft"),
    Campaign: ("name", "description", "starts_on", "ends_on"),
}


def number(key: str) -> int | None:
    """The number of the thing under this key."""
    return SampleThing.objects.filter(pk=key).values_list("thing_id", flat=True).first()


def numbers(*, kind: str = "") -> dict[str, int]:
    """The numbers of all of them, or of one kind, by key."""
    rows = SampleThing.objects.filter(kind=kind) if kind else SampleThing.objects.all()
    return dict(rows.values_list("key", "thing_id"))


def find(key: str) -> models.Model | None:
    """The thing under this key; None where it is gone or was never made."""
    row = SampleThing.objects.filter(pk=key).first()
    return row and model(row.kind)._default_manager.filter(pk=row.thing_id).first()


def made[Thing: models.Model](key: str, make: Callable[[], Thing]) -> Thing:
    """The thing under this key: found, or made and remembered in the caller's transaction."""
    there = find(key)
    if there is not None:
        return there  # type: ignore[return-value]  # a key names things of one kind
    thing = make()
    note(key, thing._meta.label_lower, thing.pk, fingerprint(thing))
    return thing


def note(key: str, kind: str, thing_id: int, looks: str = "") -> None:
    """Remember something."""
    SampleThing.objects.update_or_create(
        pk=key, defaults={"kind": kind, "thing_id": thing_id, "fingerprint": looks}
    )


def refresh(key: str) -> None:
    """Remember how the thing under this key looks now."""
    if (thing := find(key)) is not None:
        SampleThing.objects.filter(pk=key).update(fingerprint=fingerprint(thing))


def fingerprint(thing: models.Model) -> str:
    """How it looks, in short; "" for what nobody edits."""
    names = LOOKS.get(type(thing))
    if names is None:
        return ""
    said: dict[str, Any] = {name: getattr(thing, name) for name in names}
    return hashlib.blake2b(json.dumps(said, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def model(kind: str) -> type[models.Model]:
    """The model that a label names."""
    return apps.get_model(kind)


def free(things: models.QuerySet[Any], name: str) -> str:
    """The name, or one beside it where somebody has it already."""
    return f"{name} (Noord & Co)" if things.filter(name=name, archived_at__isnull=True).exists() else name
