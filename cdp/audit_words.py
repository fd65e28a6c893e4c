"""What the audit log's values say to people: fields by their names, moments, choices and conditions in words."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cdp.audit import WORDS, Kind
from segments.catalog import Catalogue
from segments.models import Segment
from segments.shelves import in_words


@dataclass(frozen=True, slots=True)
class Change:
    """One field, with its value before and after, in words."""

    label: str
    before: str
    after: str


def changes(kind: Kind | None, found: dict[str, Any], catalogue: Callable[[], Catalogue]) -> Iterator[Change]:
    """What an entry holds, in the order of the kind's fields; segments are told with the catalogue's names."""
    order = kind.fields if kind else ()
    for name in sorted(found, key=lambda one: order.index(one) if one in order else len(order)):
        pair = found[name]
        if isinstance(pair, dict):
            objects = ", ".join(pair.get("objects", []))
            added = pair.get("operation") == "add"
            yield Change(_label(kind, name), "" if added else objects, objects if added else "")
        elif isinstance(pair[0], dict) and isinstance(pair[1], dict) and name != "definition":
            yield from _inside(_label(kind, name), *pair)
        else:
            before, after = (_said(kind, name, value, catalogue) for value in pair)
            yield Change(_label(kind, name), before, after)


def _inside(label: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """A group of values, one line for each that differs."""
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Change(f"{label}: {key}", _plain(before.get(key)), _plain(after.get(key)))


def _label(kind: Kind | None, name: str) -> str:
    return _labelled(kind and kind.model, name, get_language())


@functools.lru_cache(
    maxsize=2_000
)  # some two hundred fields, times languages; a page names them hundreds of times
def _labelled(model: type[models.Model] | None, name: str, language: str | None) -> str:
    if name in WORDS:
        return str(WORDS[name])
    field = _field(model, name)
    return str(field.verbose_name) if field is not None else name.replace("_", " ")


def _field(model: type[models.Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


@functools.lru_cache(maxsize=2_000)
def _choices(model: type[models.Model] | None, name: str, language: str | None) -> dict[Any, str]:
    """What the values of a field are called, in this language, which is the active one."""
    known = getattr(_field(model, name), "flatchoices", None) or ()
    return {value: str(words) for value, words in known}


def _said(kind: Kind | None, name: str, value: Any, catalogue: Callable[[], Catalogue]) -> str:
    """A value in words, as its field says it."""
    if value is None or value in ("", [], {}):
        return ""
    if name == "definition" and isinstance(value, dict):
        return in_words(Segment(definition=value), catalogue())
    if isinstance(value, bool | dict | list):
        return _plain(value)
    model = kind.model if kind else None
    if isinstance(_field(model, name), models.DateTimeField) and isinstance(value, str):
        return _moment(value)
    return _choices(model, name, get_language()).get(value) or _plain(value)


def _moment(text: str) -> str:
    moment = parse_datetime(text)
    if moment is None:
        return text
    aware = moment if timezone.is_aware(moment) else moment.replace(tzinfo=dt.UTC)
    return formats.date_format(timezone.localtime(aware), "DATETIME_FORMAT")


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case list():
            return ", ".join(_plain(one) for one in value)
        case dict():
            return ", ".join(f"{key}: {_plain(one)}" for key, one in value.items())
        case _:
            return str(value)
