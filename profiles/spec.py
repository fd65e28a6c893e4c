"""What one message must look like: Segment's public HTTP spec, and the limits that keep us standing.

Pure: bytes in, a `Message` or a `NotAccepted` out. Where a key stands twice in an object the last one counts, here
as in the digest and in PostgreSQL.
"""

import datetime as dt
import json
import re
from typing import Any, Final, NamedTuple, Never

import msgspec

MESSAGE_BYTES: Final = 32 * 1024
EVENT_NAME_LENGTH: Final = 200
IDENTIFIER_LENGTH: Final = 200
DEPTH: Final = 32
FUTURE: Final = dt.timedelta(hours=24)
KINDS: Final = frozenset(
    {"track", "identify", "page", "screen", "group", "alias"}
)  # what the digest understands

# A NUL that is escaped an odd number of times, which is a NUL: PostgreSQL stores none in text or jsonb.
NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

_decode: Final = msgspec.json.Decoder().decode


class NotAccepted(Exception):
    """A message that cannot be accepted: a code for programs, a sentence for people. Sending it again is no use."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Message(NamedTuple):
    """The parts of a message that the door looks at. Ids are None where the sender gave none."""

    kind: str
    event: str
    message_id: str | None
    user_id: str | None
    anonymous_id: str | None
    timestamp: dt.datetime | None
    sent_at: dt.datetime | None
    properties: dict[str, Any]
    numeric_user_id: bool


def read(raw: bytes, *, kinds: frozenset[str] = KINDS) -> Message:
    """Check one message and take it apart. Raises NotAccepted."""
    item = _object(raw)
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        _refuse_kind(kind)
    event = _event_name(item) if kind == "track" else ""
    _check_kind(item, kind)
    user_id, anonymous_id = _identifier(item, "userId"), _identifier(item, "anonymousId")
    if user_id is None and anonymous_id is None:
        raise NotAccepted(
            "no_identifier", 'Say who it is about: "userId" or "anonymousId" is missing or empty.'
        )
    for key in ("properties", "traits", "context"):
        value = item.get(key)
        if value is not None and type(value) is not dict:
            raise NotAccepted("wrong_type", f'"{key}" must be an object, not {_called(value)}.')
    timestamp = _moment(item, "timestamp")
    if timestamp is None:
        timestamp = _moment(item, "originalTimestamp")
    return Message(
        kind,
        event,
        _identifier(item, "messageId"),
        user_id,
        anonymous_id,
        timestamp,
        _moment(item, "sentAt"),
        item.get("properties") or {},
        type(item.get("userId")) is int,
    )


def moment(value: object, key: str) -> dt.datetime:
    """A time as ISO 8601 text; without a zone it is UTC. Raises NotAccepted."""
    try:
        when = dt.datetime.fromisoformat(value)  # type: ignore[arg-type]
        return when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        raise NotAccepted(
            "bad_time", f'"{key}" must be a time as ISO 8601 text, such as "2026-11-22T10:00:00Z".'
        ) from None


def occurrence(
    message: Message, *, sent_at: dt.datetime | None, received_at: dt.datetime, horizon: dt.timedelta
) -> dt.datetime:
    """When it happened, by our clock: the sender's clock is as wrong as its "sentAt" is.

    Raises NotAccepted when that lies more than 24 hours ahead, or longer ago than `horizon`.
    """
    if message.timestamp is None:
        return received_at
    sent_at = message.sent_at or sent_at
    age = (sent_at or received_at) - message.timestamp
    if age < -FUTURE:
        raise NotAccepted(
            "in_the_future", f"It is dated {message.timestamp:%Y-%m-%d %H:%M} UTC, more than 24 hours ahead."
        )
    if age > horizon:
        raise NotAccepted(
            "too_old",
            f"It is dated {message.timestamp:%Y-%m-%d %H:%M} UTC; events are kept for {horizon.days} days.",
        )
    return received_at - age


def with_parts(raw: bytes, parts: dict[str, object]) -> bytes:
    """The message with these parts at its end, where they overrule earlier ones of the same name."""
    return b"%s,%s" % (raw.rstrip()[:-1], msgspec.json.encode(parts)[1:])


def without_nul(raw: bytes) -> bytes:
    """The JSON text without escaped NULs."""
    return NUL.sub(rb"\1", raw)


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MESSAGE_BYTES:
        raise NotAccepted("too_large", f"It has {len(raw):,} bytes; a message may have {MESSAGE_BYTES:,}.")
    try:
        raw.decode()
        item = _decode(raw)
    except RecursionError:
        _refuse_depth()
    except ValueError as error:  # msgspec's errors and bad UTF-8
        raise NotAccepted("malformed", _explained(raw, error)) from None
    if type(item) is not dict:
        raise NotAccepted("malformed", f"A message must be a JSON object, not {_called(item)}.")
    if b"\\u0000" in raw and NUL.search(raw):
        raise NotAccepted("nul_character", 'It holds a NUL character ("\\u0000"), which no text may have.')
    if raw.count(b"{") + raw.count(b"[") > DEPTH and _depth_of(item) > DEPTH:
        _refuse_depth()
    return item


def _event_name(item: dict[str, Any]) -> str:
    name = item.get("event")
    if not isinstance(name, str) or not name.strip():
        raise NotAccepted(
            "no_event_name", 'A track message needs the name of what happened in "event", as text.'
        )
    if len(name) > EVENT_NAME_LENGTH:
        raise NotAccepted(
            "too_long", f'"event" may have {EVENT_NAME_LENGTH} characters, it has {len(name):,}.'
        )
    return name


def _check_kind(item: dict[str, Any], kind: str) -> None:
    """What only some kinds of message have."""
    if kind == "group" and _identifier(item, "groupId") is None:
        raise NotAccepted("no_group", 'A group message needs "groupId": which company it is about.')
    if kind == "alias":
        _check_alias(_identifier(item, "userId"), _identifier(item, "previousId"))
    if kind in ("page", "screen"):
        for key in ("name", "category"):
            value = item.get(key)
            if value is not None and type(value) is not str:
                raise NotAccepted("wrong_type", f'"{key}" must be text, not {_called(value)}.')


def _check_alias(user_id: str | None, previous_id: str | None) -> None:
    if user_id is None or previous_id is None:
        missing = "userId" if user_id is None else "previousId"
        raise NotAccepted(
            "no_alias", f'An alias message joins "previousId" to "userId": "{missing}" is missing or empty.'
        )
    if user_id == previous_id:
        raise NotAccepted("no_alias", '"previousId" and "userId" are the same: there is nothing to join.')


def _identifier(item: dict[str, Any], key: str) -> str | None:
    value = item.get(key)
    if value is None or value == "":
        return None
    if type(value) is int:  # many senders give the number of their own table
        value = str(value)
    if type(value) is not str:
        raise NotAccepted("wrong_type", f'"{key}" must be text, not {_called(value)}.')
    if len(value) > IDENTIFIER_LENGTH:
        raise NotAccepted(
            "too_long", f'"{key}" may have {IDENTIFIER_LENGTH} characters, it has {len(value):,}.'
        )
    return value


def _moment(item: dict[str, Any], key: str) -> dt.datetime | None:
    value = item.get(key)
    return None if value is None else moment(value, key)


def _depth_of(item: object) -> int:
    """How deep lists and objects nest; level by level, because recursion is what a depth bomb aims at."""
    depth, level = 0, [item]
    while level:
        depth += 1
        inside: list[object] = []
        for value in level:
            if isinstance(value, dict):
                inside.extend(value.values())
            elif isinstance(value, list):
                inside.extend(value)
        level = [value for value in inside if isinstance(value, dict | list)]
    return depth


def _explained(raw: bytes, error: ValueError) -> str:
    """Why it does not parse, for the mistakes that JSON libraries make and msgspec describes by their bytes only."""
    if isinstance(error, UnicodeDecodeError):
        return "It is not UTF-8 text."
    strange: list[str] = []
    try:
        json.loads(raw, parse_constant=strange.append)
    except (ValueError, RecursionError):
        return f"It is not JSON: {error}."
    if strange:
        return f"{strange[0]} is not a number in JSON; leave the value out or send null."
    if "range" in str(error):
        return "It holds a number that is too large."
    return "It holds half a character (a lone surrogate); send text as UTF-8."


def _refuse_kind(kind: object) -> Never:
    known = ", ".join(sorted(KINDS))
    if kind is None:
        raise NotAccepted("unknown_type", f'"type" is missing: it must be one of {known}.')
    raise NotAccepted("unknown_type", f'"type" must be one of {known}.')


def _refuse_depth() -> Never:
    raise NotAccepted("too_deep", f"Its objects and lists nest deeper than {DEPTH} levels.")


def _called(value: object) -> str:
    """What JSON calls this kind of value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "that")
