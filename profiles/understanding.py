"""Understanding an arrival: from the JSON that was sent to who, what and when, or the reason why not."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from cdp.lib import db
from profiles import identifiers
from profiles.identifiers import Identifier, Rules, Unusable
from profiles.inbox import Batch, Item
from profiles.models import Settings, Source

AHEAD: Final = dt.timedelta(hours=24)  # clocks go wrong; a day is forgiven
LONGEST_NAME: Final = 200
LONGEST_ROLE: Final = 60
VIEWS: Final = {"page": "Page Viewed", "screen": "Screen Viewed"}
# What reading a value of an unexpected kind can raise.
ODD: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
TYPES: Final = ("track", "identify", "page", "screen", "group", "alias")
PAGE: Final = ("url", "path", "title", "referrer", "search")


@dataclass(frozen=True, slots=True)
class Origin:
    """A source, as far as the digest asks."""

    id: int
    kind: str
    party: int
    is_sample: bool = False

    @property
    def is_browser(self) -> bool:
        """Whether anybody can read its key."""
        return self.kind == Source.Kind.BROWSER

    @property
    def is_system(self) -> bool:
        """Whether it is Kindred itself."""
        return self.kind == Source.Kind.SYSTEM


@dataclass(frozen=True, slots=True)
class Belonging:
    """The company that a message says somebody belongs to, and what it says of it."""

    key: str
    fields: dict[str, Any]
    role: str


@dataclass(slots=True)
class Message:
    """One arrival, understood. `persona` is named by Kindred's own items, everybody else names identifiers."""

    item: Item
    origin: Origin
    body: dict[str, Any]
    identifiers: list[Identifier]
    persona: int | None
    country: str
    event: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    is_fresh: bool = True
    previous: list[Identifier] = field(default_factory=list)  # what an alias calls the person's earlier name
    belonging: Belonging | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was not accepted of an arrival (or all of it), and a sentence that says why."""

    item: Item
    reason: str
    detail: str


class NotUnderstood(Exception):
    """Nothing of this arrival can be accepted."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass
class Reader:
    """Reads the arrivals of one batch; what it could not accept is in `rejections`."""

    settings: Settings
    rules: Rules
    origins: dict[int, Origin]
    now: dt.datetime
    rejections: list[Rejection] = field(default_factory=list)
    _told: set[tuple[int, str, str]] = field(default_factory=set)

    def read(self, batch: Batch) -> list[Message]:
        """All that can be understood, in order of arrival."""
        messages = []
        for item in batch.items:
            try:
                messages.append(self._message(item))
            except NotUnderstood as error:
                self.rejections.append(Rejection(item, error.reason, str(error)))
            except ODD as error:
                # Told apart here, one by one: to be found by halving, a thousand of them from anybody with a
                # browser's key would hold the digest lock for minutes.
                detail = f"Kindred could not read this: {error}"
                self.rejections.append(Rejection(item, "not_understood", detail))
        return messages

    def reject(self, item: Item, reason: str, detail: str) -> None:
        """Note that a part of this arrival was not accepted: once a batch for each source and sentence."""
        key = (item.source_id, reason, detail)
        if key not in self._told:
            self._told.add(key)
            self.rejections.append(Rejection(item, reason, detail))

    def _message(self, item: Item) -> Message:
        origin = self.origins.get(item.source_id)
        if origin is None:
            raise NotUnderstood("no_source", "The source that sent this does not exist any more.")
        body = _decoded(item.payload)
        kind = body.get("type")
        if kind not in TYPES:
            raise NotUnderstood(
                "unknown_type", f"“{str(kind)[:40]}” is not a kind of message that Kindred knows."
            )
        self._check_time(item)
        message = Message(
            item=item,
            origin=origin,
            body=body,
            identifiers=[],
            persona=_persona(body) if origin.is_system else None,
            country=identifiers.home_country(body, default=self.settings.country),
            properties=_properties(body, str(kind)),
            traits=_object(body.get("traits")) if kind == "identify" else {},
            event=None if kind in ("identify", "group", "alias") else _name(body, str(kind)),
            is_fresh=is_fresh(item, settings=self.settings, now=self.now),
            belonging=_belonging(body) if kind == "group" else None,
        )
        if kind == "alias":
            message.previous = self._previous(message)
        message.identifiers = self._identifiers(message)
        if message.persona is None and not message.identifiers:
            raise NotUnderstood(
                "no_identifier", "It names nobody: no usable userId, anonymousId, email or phone."
            )
        return message

    def _previous(self, message: Message) -> list[Identifier]:
        """What an earlier name may be: a user id, an address, or (where nobody has it) a visitor's."""
        given, found = message.body.get("previousId"), []
        for namespace in ("user_id", "email", "anonymous_id"):
            try:
                found.append(identifiers.normalised(self.rules[namespace], given, country=message.country))
            except Unusable as error:
                if namespace != "email":  # that it is no address is no fault
                    self.reject(message.item, error.reason, str(error))
                    return []
        return found

    def _check_time(self, item: Item) -> None:
        if item.occurred_at > self.now + AHEAD:
            raise NotUnderstood(
                "in_the_future", f"It says it happened on {item.occurred_at:%Y-%m-%d %H:%M} UTC."
            )
        if item.occurred_at < self.now - self.settings.horizon:
            months = self.settings.retention_months
            raise NotUnderstood(
                "too_old", f"It is from {item.occurred_at:%Y-%m-%d}; events are kept {months} months."
            )

    def _identifiers(self, message: Message) -> list[Identifier]:
        """The usable identifiers, highest rank first; of a hard one only the first value."""
        found: dict[Identifier, int] = {}
        hard: set[str] = set()
        for namespace, given in identifiers.given(message.body, rules=self.rules):
            rule = self.rules.get(namespace)
            if given is None or given == "" or rule is None:
                continue
            try:
                identifier = identifiers.normalised(rule, given, country=message.country)
            except Unusable as error:
                self.reject(message.item, error.reason, str(error))
                if message.traits and namespace in ("email", "phone"):
                    message.traits = {key: value for key, value in message.traits.items() if key != namespace}
                continue
            if rule.is_hard and namespace in hard and identifier not in found:
                self.reject(
                    message.item, "identifier_twice", f"It names two different values of {namespace}."
                )
                continue
            hard.add(namespace)
            found[identifier] = rule.priority
        return sorted(found, key=found.__getitem__)


def is_fresh(item: Item, *, settings: Settings, now: dt.datetime) -> bool:
    """Whether this is news: neither in bulk nor older than what starts journeys."""
    return item.lane != item.lane.BULK and item.occurred_at >= now - dt.timedelta(
        hours=settings.freshness_hours
    )


def origins(source_ids: Iterable[int]) -> dict[int, Origin]:
    """The sources of a batch."""
    rows = db.fetch(
        "SELECT id, kind, party, is_sample FROM profiles_source WHERE id = ANY(%s)", [list(set(source_ids))]
    )
    return {row[0]: Origin(*row) for row in rows}


def _decoded(payload: str) -> dict[str, Any]:
    if "\\u0000" in payload:  # PostgreSQL keeps no such character
        payload = payload.replace("\\u0000", "")
    try:
        body = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise NotUnderstood("not_json", f"It is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise NotUnderstood("not_an_object", "It is JSON, but not an object.")
    return body


def _object(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _properties(body: dict[str, Any], kind: str) -> dict[str, Any]:
    """The properties of an event; of a view also its name, and what the context says of the page."""
    given = _object(body.get("properties"))
    if kind not in VIEWS:
        return given
    called = {key: body[key] for key in ("name", "category") if isinstance(body.get(key), str) and body[key]}
    page = _object(_object(body.get("context")).get("page")) if kind == "page" else {}
    return {key: page[key] for key in PAGE if page.get(key)} | called | given


def _belonging(body: dict[str, Any]) -> Belonging:
    key = body.get("groupId")
    text = str(key).strip() if isinstance(key, str | int) and not isinstance(key, bool) else ""
    if not text or len(text) > LONGEST_NAME:
        raise NotUnderstood(
            "no_group", "A group message names no company: its groupId is missing or too long."
        )
    fields = dict(_object(body.get("traits")))
    role = fields.pop("role", None)
    return Belonging(text, fields, role.strip()[:LONGEST_ROLE] if isinstance(role, str) else "")


def _persona(body: dict[str, Any]) -> int | None:
    persona = body.get("personaId")
    return (
        persona
        if isinstance(persona, int) and not isinstance(persona, bool) and 0 < persona < 2**63
        else None
    )


def _name(body: dict[str, Any], kind: str) -> str:
    name = VIEWS.get(kind) or body.get("event")
    if not isinstance(name, str) or not name.strip():
        raise NotUnderstood("no_event_name", "A track message names no event.")
    if len(name.strip()) > LONGEST_NAME:
        raise NotUnderstood("long_event_name", f"The event's name is longer than {LONGEST_NAME} characters.")
    return name.strip()
