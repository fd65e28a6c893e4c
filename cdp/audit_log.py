"""The audit log as people read it: found by word, person, kind and day, each change with its values in words."""

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp import audit_words
from cdp.audit import BY_MODEL, KINDS, Kind
from cdp.audit_words import Change
from cdp.lib import db
from profiles.pages import read_cursor
from segments import catalog
from segments.catalog import Catalogue

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
    shown = LogEntry.objects.defer("serialized_data", "changes_text")  # what is searched is long
    found: QuerySet[LogEntry] = shown.select_related("actor", "content_type")
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
    """Entries in words; one statement finds out which things are still there."""
    there, catalogue = _still_there(entries), functools.cache(catalog.catalogue)
    return [
        line(one, page=there.get((one.content_type_id, one.object_pk)), catalogue=catalogue)
        for one in entries
    ]


def _still_there(entries: Iterable[LogEntry]) -> Mapping[tuple[int, str], int]:
    """By kind and number of what is still there and has a page: the number that its page goes by."""
    wanted: dict[ContentType, set[int]] = {}
    for one in entries:
        kind = _kind(one.content_type)
        if kind and kind.page and one.object_pk.isdecimal():
            wanted.setdefault(one.content_type, set()).add(int(one.object_pk))
    parts, said = [], []
    for type_, numbers in wanted.items():
        parts.append(_pages_of(type_))
        said += [type_.pk, list(numbers)]
    rows = db.fetch(" UNION ALL ".join(parts), said) if parts else []
    return {(type_, str(number)): page for type_, number, page in rows}


def _pages_of(type_: ContentType) -> str:
    kind = _kind(type_)
    assert kind is not None
    options = kind.model._meta
    number = options.pk.column
    page = options.get_field(kind.page_of).column if kind.page_of else number  # type: ignore[union-attr]
    return f"SELECT %s, {number}, {page} FROM {options.db_table} WHERE {number} = ANY(%s)"


def _kind(type_: ContentType) -> Kind | None:
    model = type_.model_class()
    return BY_MODEL.get(model) if model else None


def line(entry: LogEntry, *, page: int | None, catalogue: Callable[[], Catalogue]) -> Line:
    """One entry in words; `page` is the number that the thing's page goes by, where it is still there."""
    kind = _kind(entry.content_type)
    means = str((entry.additional_data or {}).get("means", ""))
    who = _name(entry.actor) if entry.actor else entry.actor_email or means or _("Kindred itself")
    deed = _special(entry)
    changes = () if deed else audit_words.changes(kind, entry.changes or {}, catalogue)
    return Line(
        at=entry.timestamp,
        who=who,
        means="" if means == who else means,
        deed=deed or str(DEEDS.get(entry.action, "")),
        kind=str(kind.label) if kind else entry.content_type.name,
        kind_name=kind.name if kind else "",
        thing=entry.object_repr,
        url=kind.page(page) if kind and kind.page and page is not None else "",
        changes=[one for one in changes if one.before or one.after],
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
