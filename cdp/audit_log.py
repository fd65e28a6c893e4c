"""The audit log as people read it: found by word, person, kind and day, each change with its values in words."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp.audit import BY_MODEL, KINDS, WORDS, Kind
from profiles.pages import read_cursor
from segments.models import Segment
from segments.shelves import in_words

ITSELF: Final = "kindred"  # as addresses name Kindred itself
MOST_WORDS: Final = 8
SPECIAL: Final[dict[str, tuple[Promise, Promise]]] = {  # field that holds a moment: set, and taken away
    "archived_at": (lazy("archived"), lazy("took out of the archive")),
    "accepted_at": (lazy("accepted"), lazy("opened again")),
    "withdrawn_at": (lazy("withdrew"), lazy("sent again")),
    "revoked_at": (lazy("revoked"), lazy("allowed again")),
    "disabled_at": (lazy("switched off"), lazy("switched on")),
    "cancelled_at": (lazy("stopped for good"), lazy("took up again")),
}
DONE: Final[dict[str, Promise]] = {  # what `cdp.lib.audit.did` was told
    "encrypted anew": lazy("encrypted anew"),
    "released": lazy("took from stuck workers"),
    "sent in again": lazy("sent in again"),
}
DEEDS: Final[dict[int, Promise]] = {
    LogEntry.Action.CREATE: lazy("made"),
    LogEntry.Action.UPDATE: lazy("changed"),
    LogEntry.Action.DELETE: lazy("deleted"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """What the log is narrowed to; every part of it stands in the page's address."""

    words: str = ""
    who: str = ""  # a user's number, or ITSELF
    kind: str = ""
    thing: str = ""  # a thing's number, with its kind
    since: dt.date | None = None
    until: dt.date | None = None

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """From the page's address; nonsense narrows nothing."""
        who, thing = query.get("who", ""), query.get("thing", "")
        kind = query.get("kind", "")
        return cls(
            words=query.get("q", "").replace("\0", "").strip()[:200],
            who=who if who == ITSELF or _is_number(who) else "",
            kind=kind if any(kind == one.name for one in KINDS) else "",
            thing=thing if _is_number(thing) else "",
            since=_day(query.get("from", "")),
            until=_day(query.get("until", "")),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return self != Search()


@dataclass(frozen=True, slots=True)
class Change:
    """One field, with its value before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words: somebody did something to a thing. `url` is empty where the thing is gone."""

    at: dt.datetime
    who: str
    means: str
    deed: str
    kind: str
    kind_name: str
    thing: str
    url: str
    changes: list[Change]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 18


def _day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def find(search: Search) -> "QuerySet[LogEntry]":
    """The entries a search means, newest first."""
    found: QuerySet[LogEntry] = LogEntry.objects.select_related("actor", "content_type")
    if search.kind:
        kind = next(one for one in KINDS if one.name == search.kind)
        found = found.filter(content_type=ContentType.objects.get_for_model(kind.model))
        if search.thing:
            found = found.filter(object_pk=search.thing)
    if search.who:
        found = found.filter(
            **({"actor": None, "actor_email": None} if search.who == ITSELF else {"actor": int(search.who)})
        )
    for word in search.words.split()[:MOST_WORDS]:
        found = found.filter(changes_text__icontains=word)
    if search.since:
        found = found.filter(timestamp__gte=_midnight(search.since))
    if search.until:
        found = found.filter(timestamp__lt=_midnight(search.until + dt.timedelta(days=1)))
    return found.order_by("-timestamp", "-id")


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def after(found: "QuerySet[LogEntry]", place: str) -> "QuerySet[LogEntry]":
    """What stands behind a place in the list; all of it where the place is none."""
    cursor = read_cursor(place)
    if cursor is None:
        return found
    moment, number = cursor
    return found.filter(Q(timestamp__lt=moment) | Q(timestamp=moment, id__lt=number), timestamp__lte=moment)


def people() -> list[tuple[str, str]]:
    """Who can have changed something: Kindred itself and everybody with an account."""
    team = User.objects.order_by("first_name", "last_name", "username")
    return [(ITSELF, _("Kindred itself")), *((str(one.pk), _name(one)) for one in team[:500])]


def _name(user: User) -> str:
    return user.get_full_name() or user.email or user.get_username()


def lines(entries: Sequence[LogEntry]) -> list[Line]:
    """Entries in words; one question a kind finds out which things are still there."""
    there = _still_there(entries)
    return [line(one, is_there=(one.content_type_id, one.object_pk) in there) for one in entries]


def _still_there(entries: Iterable[LogEntry]) -> set[tuple[int, str]]:
    wanted: dict[ContentType, set[str]] = {}
    for one in entries:
        wanted.setdefault(one.content_type, set()).add(one.object_pk)
    found = set()
    for type_, numbers in wanted.items():
        model = type_.model_class()
        if model is not None and (kind := BY_MODEL.get(model)) and kind.page:
            rows = model._base_manager.filter(pk__in=numbers).values_list("pk", flat=True)
            found |= {(type_.pk, str(number)) for number in rows}
    return found


def line(entry: LogEntry, *, is_there: bool) -> Line:
    """One entry in words."""
    model = entry.content_type.model_class()
    kind = BY_MODEL.get(model) if model else None
    means = str((entry.additional_data or {}).get("means", ""))
    who = _name(entry.actor) if entry.actor else entry.actor_email or means or _("Kindred itself")
    deed = _special(entry)
    shown = [] if deed else [one for one in _changes(kind, entry.changes or {}) if one.before or one.after]
    return Line(
        at=entry.timestamp,
        who=who,
        means="" if means == who else means,
        deed=deed or str(DEEDS.get(entry.action, "")),
        kind=str(kind.label) if kind else entry.content_type.name,
        kind_name=kind.name if kind else "",
        thing=entry.object_repr,
        url=kind.page(int(entry.object_pk)) if kind and kind.page and is_there else "",
        changes=shown,
    )


def _special(entry: LogEntry) -> str:
    """What was done, where one word says more than a field with its values."""
    changes: dict[str, Any] = entry.changes or {}
    names = list(changes)
    said = (entry.additional_data or {}).get("deed", "")
    if said:
        return str(DONE.get(said, said))
    if entry.action == LogEntry.Action.UPDATE and len(names) == 1 and names[0] in SPECIAL:
        given, taken = SPECIAL[names[0]]
        return str(given if changes[names[0]][1] else taken)
    return ""


def _changes(kind: Kind | None, changes: dict[str, Any]) -> Iterator[Change]:
    order = kind.fields if kind else ()
    for name in sorted(changes, key=lambda one: order.index(one) if one in order else len(order)):
        pair = changes[name]
        if isinstance(pair, dict):
            objects = ", ".join(pair.get("objects", []))
            added = pair.get("operation") == "add"
            yield Change(_label(kind, name), "" if added else objects, objects if added else "")
        elif isinstance(pair[0], dict) and isinstance(pair[1], dict) and name != "definition":
            yield from _inside(_label(kind, name), *pair)
        else:
            yield Change(_label(kind, name), _said(kind, name, pair[0]), _said(kind, name, pair[1]))


def _inside(label: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """A group of values, one line for each that differs."""
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Change(f"{label}: {key}", _plain(before.get(key)), _plain(after.get(key)))


def _label(kind: Kind | None, name: str) -> str:
    if name in WORDS:
        return str(WORDS[name])
    field = _field(kind, name)
    return str(field.verbose_name) if field is not None else name.replace("_", " ")


def _field(kind: Kind | None, name: str) -> Any:
    try:
        return kind.model._meta.get_field(name) if kind else None
    except FieldDoesNotExist:
        return None


def _said(kind: Kind | None, name: str, value: Any) -> str:
    """A value in words, as its field says it."""
    if value is None or value in ("", [], {}):
        return ""
    field = _field(kind, name)
    if name == "definition" and isinstance(value, dict):
        return in_words(Segment(definition=value))
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return _moment(value)
    if choices := dict(getattr(field, "flatchoices", None) or ()):
        return str(choices.get(value, value))
    return _plain(value)


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
