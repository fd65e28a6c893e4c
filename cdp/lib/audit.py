"""Who changed what: completes the entries of the audit log, and writes those that no signal would.

django-auditlog hears of rows that are saved one by one. Whatever changes configuration in bulk says so here, with
`update` in place of a queryset's own. Nothing about people (events, consents, messages) is ever an entry.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import structlog
from auditlog.context import auditlog_disabled, disable_auditlog
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse

HIDDEN: Final = "••••••••"
MOST_WORDS: Final = 20_000  # characters of an entry that the search looks through
MOST_OF_A_VALUE: Final = 2_000  # characters of one value that the search looks through

# Whose request this is. Only the request is kept: who sent it is asked when something is changed.
_request: ContextVar[HttpRequest | None] = ContextVar("audit_request", default=None)
_on_behalf: ContextVar[str] = ContextVar("audit_on_behalf", default="")

# What a thing is called whose own name says little: a version by its journey. The roof fills it.
titles: dict[type[models.Model], Callable[[Any], str]] = {}

silence = disable_auditlog  # a context: what is done in it was nobody's change


class Acting:
    """Middleware: what is changed during a request was changed by whoever sent it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Remember the request while it is answered."""
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


@contextmanager
def on_behalf(words: str) -> Iterator[None]:
    """Entries made inside say by what means: "API key kp_x1…", "the command rotate_secrets"."""
    token = _on_behalf.set(words)
    try:
        yield
    finally:
        _on_behalf.reset(token)


def mask(value: str) -> str:
    """What the log keeps of a secret: that there was one."""
    return "" if value in ("", "None") else HIDDEN


def complete(entry: LogEntry, **_: Any) -> None:
    """Fill in who, by what means, the names of related things, and the words that the search looks through.

    Heard before each entry is saved.
    """
    request = _request.get()
    user = getattr(request, "user", None)
    if entry.actor_id is None and user is not None and user.is_authenticated:
        entry.actor, entry.actor_email = user, user.email or user.get_username()
    key = getattr(request, "auth", None)  # what an API key's owner signed the request with
    if means := _on_behalf.get() or (f"API key {key}" if key is not None else ""):
        entry.additional_data = {**(entry.additional_data or {}), "means": means[:200]}
    entry.cid = entry.cid or structlog.contextvars.get_contextvars().get("request_id")
    model = entry.content_type.model_class()
    if model is not None and isinstance(entry.changes, dict):
        entry.changes = {name: _named(model, name, pair) for name, pair in entry.changes.items()}
    if model in titles:
        entry.object_repr = titles[model](entry.object_pk) or entry.object_repr
    entry.changes_text = _words(entry)


def _named(model: type[models.Model], name: str, pair: Any) -> Any:
    """The two values of a field, with names in place of the numbers of related things."""
    field = _field(model, name)
    if not isinstance(field, models.ForeignKey) or not isinstance(pair, list | tuple):
        return pair
    related = field.related_model
    wanted = [one for one in pair if one is not None]
    found = {one.pk: str(one) for one in related._base_manager.filter(pk__in=wanted)}
    return [None if one is None else found.get(one, str(one)) for one in pair]


def _field(model: type[models.Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _words(entry: LogEntry) -> str:
    said = [entry.object_repr, entry.actor_email or "", str((entry.additional_data or {}).get("means", ""))]
    for name, pair in (entry.changes or {}).items():
        values = pair.get("objects", []) if isinstance(pair, Mapping) else pair
        said += [name, *(str(value)[:MOST_OF_A_VALUE] for value in values if value is not None)]
    return "\n".join(filter(None, said))[:MOST_WORDS]


def did(model: type[models.Model], deed: str, what: str) -> None:
    """Write down something done to things of a kind that are not configuration: "sent in again", "12 items".

    `deed` is a word in English, marked for translation where it is said.
    """
    entry = LogEntry(
        content_type=ContentType.objects.get_for_model(model),
        object_pk="",
        object_repr=what[:2000],
        action=LogEntry.Action.UPDATE,
        additional_data={"deed": deed},
    )
    entry.save()


def update[T: models.Model](found: "models.QuerySet[T]", **fields: Any) -> int:
    """As `found.update(**fields)`, with an entry for each row that this changes; how many rows were there.

    Fields that the log does not follow for this kind of thing (who edited it, when) are updated in silence.
    """
    followed = (
        auditlog.get_model_fields(found.model)["include_fields"] if auditlog.contains(found.model) else []
    )
    wanted = {name: value for name, value in fields.items() if name in followed}
    if not wanted or auditlog_disabled.get():
        return found.update(**fields)
    with transaction.atomic():
        heavy = [one.name for one in found.model._meta.fields if isinstance(one, models.BinaryField)]
        before = list(found.select_for_update(of=("self",), no_key=True).defer(*heavy))
        touched = found.model._base_manager.filter(pk__in=[thing.pk for thing in before]).update(**fields)
        _write(
            (thing, {name: (_value(thing, name), _plain(value)) for name, value in wanted.items()})
            for thing in before
        )
    return touched


def _value(thing: models.Model, name: str) -> Any:
    field = thing._meta.get_field(name)
    return _plain(getattr(thing, field.attname if isinstance(field, models.ForeignKey) else name))


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    return value if isinstance(value, bool | int | float | str | list | dict | None) else str(value)


def _write(changed: Iterable[tuple[models.Model, Mapping[str, tuple[Any, Any]]]]) -> None:
    entries = []
    for thing, changes in changed:
        different = {name: list(pair) for name, pair in changes.items() if pair[0] != pair[1]}
        if different:
            entry = LogEntry(
                content_type=ContentType.objects.get_for_model(thing),
                object_pk=str(thing.pk),
                object_id=thing.pk if isinstance(thing.pk, int) else None,
                object_repr=str(thing),
                action=LogEntry.Action.UPDATE,
                changes=different,
            )
            complete(entry)
            entries.append(entry)
    LogEntry.objects.bulk_create(entries)
