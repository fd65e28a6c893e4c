"""What a request to the door holds: unpacked, within its limits, taken apart into messages.

The messages stay slices of what was sent: nobody decodes and encodes them again.
"""

import re
import zlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

MOST_BODY_BYTES: Final = 4 * 1024 * 1024
BATCH_ITEMS: Final = 10_000
# What browsers and Segment's libraries say; "text/plain" spares a browser the question beforehand (CORS).
CONTENT_TYPES: Final = frozenset({"", "application/json", "text/plain"})
GZIP: Final = 31  # zlib's window bits for gzip

# Strings (closed or not: an open one must not be tried again from each of its quotes), brackets, commas, colons.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},:]', re.DOTALL)


class BadRequest(Exception):
    """A request that cannot be read: HTTP status, a code for programs, a sentence for people."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Envelope(msgspec.Struct):
    """The body of a batch. Everything but the items may be of any type: a mistake there must not cost the items."""

    batch: list[msgspec.Raw]
    sentAt: Any = None
    writeKey: Any = None
    context: Any = None

    def messages(self) -> Sequence[msgspec.Raw | bytes]:
        """The items; those without a context of their own have the batch's."""
        if not isinstance(self.context, dict) or not self.context:
            return self.batch
        return [_in_context(item, self.context) for item in self.batch]


_batch: Final = msgspec.json.Decoder(Envelope).decode
_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def limit() -> int:
    """How many bytes a body may have, unpacked (`settings.INGEST_BODY_BYTES`, 4 MB at most)."""
    return min(settings.INGEST_BODY_BYTES, MOST_BODY_BYTES)


def read(request: HttpRequest, *, most: int | None = None) -> bytes:
    """The body, unpacked; `most` bytes where that is not the event API's limit.

    Raises BadRequest: 411, 413, 415, or 400 when it arrived broken.
    """
    if request.content_type not in CONTENT_TYPES:
        raise BadRequest(415, "unsupported_type", "Send JSON, with Content-Type: application/json.")
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise BadRequest(415, "unsupported_encoding", "A body may be sent as it is or with gzip.")
    if "chunked" in request.headers.get("Transfer-Encoding", ""):
        raise BadRequest(411, "length_required", "Send the body with a Content-Length, not in chunks.")
    most = limit() if most is None else most
    if _length(request) > most:
        raise _too_large(most)
    try:
        body = request.body
    except UnreadablePostError as error:
        raise BadRequest(400, "incomplete", "The body ended before its Content-Length.") from error
    return _unpacked(body, most) if encoding == "gzip" else body


def batch(body: bytes) -> Envelope:
    """A batch taken apart. Raises BadRequest when it is no batch.

    One broken item (a NaN, half a character, a thousand brackets) makes the body as a whole invalid JSON; then the
    items are told apart by their brackets, so that it does not take its neighbours with it.
    """
    try:
        envelope = _batch(body)
    except msgspec.ValidationError as error:
        raise BadRequest(400, "malformed", f'A batch is an object with a list "batch": {error}.') from None
    except (ValueError, RecursionError) as error:
        envelope = _salvaged(body, error)
    if len(envelope.batch) > BATCH_ITEMS:
        raise BadRequest(413, "too_many", f"A batch may hold {BATCH_ITEMS:,} messages.")
    return envelope


def single(body: bytes, *, kind: str) -> tuple[bytes, object]:
    """The one message of a body, as a batch would hold it, and the write key beside it. Raises BadRequest."""
    try:
        parts = _object(body)
    except msgspec.ValidationError:
        raise BadRequest(400, "malformed", "The body must be a JSON object.") from None
    except (ValueError, RecursionError) as error:
        raise _malformed(error) from None
    write_key = value(parts.pop("writeKey", None))
    parts["type"] = msgspec.Raw(b'"%s"' % kind.encode())
    return msgspec.json.encode(parts), write_key


def value(part: msgspec.Raw | bytes | None) -> object:
    """A part of a body as Python has it; None where it is missing or broken."""
    try:
        return msgspec.json.decode(part) if part is not None else None
    except (ValueError, RecursionError):
        return None


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadRequest(400, "bad_length", "The Content-Length is not a number.") from None


def _in_context(item: msgspec.Raw, context: dict[str, Any]) -> msgspec.Raw | bytes:
    try:
        parts = _object(item)
    except (ValueError, RecursionError):  # the door will say what is wrong with it
        return item
    if value(parts.get("context")) is not None:
        return item
    return msgspec.json.encode({**parts, "context": context})


def _unpacked(packed: bytes, most: int) -> bytes:
    unpacked = bytearray()
    try:
        while packed:  # a gzip file may have several members
            member = zlib.decompressobj(GZIP)
            unpacked += member.decompress(packed, most + 1 - len(unpacked))
            if len(unpacked) > most:
                raise _too_large(most)
            if not member.eof:
                raise BadRequest(400, "incomplete", "The gzip body ends too early.")
            packed = member.unused_data
    except zlib.error:
        raise BadRequest(
            400, "malformed", "The body is not gzip, although Content-Encoding says so."
        ) from None
    return bytes(unpacked)


def _salvaged(body: bytes, error: Exception) -> Envelope:
    """The parts of a batch by its brackets alone. Raises BadRequest when those do not match either."""
    slices = _slices(body)
    if slices is None:
        raise _malformed(error)
    parts, items = slices
    if items is None:
        raise BadRequest(400, "malformed", 'A batch is an object with a list "batch".')
    others = {name: value(parts.get(name)) for name in ("sentAt", "writeKey", "context")}
    return Envelope(batch=[msgspec.Raw(item) for item in items], **others)


def _slices(body: bytes) -> tuple[dict[str, bytes], list[bytes] | None] | None:
    """The values of the outermost object and the items of its list "batch"; None where brackets do not match."""
    parts: dict[str, bytes] = {}
    items: list[bytes] | None = None
    key, last, depth, start = "", b"", 0, 0
    in_batch, ended = False, False
    for token in _TOKEN.finditer(body):
        mark, at = token.group(), token.start()
        if ended or (depth == 0 and mark != b"{"):
            return None
        if mark in b"{[":
            depth += 1
            if depth == 2 and key == "batch" and mark == b"[":
                items, in_batch, start = [], True, at + 1
        elif mark in b"}]":
            if depth == 2 and in_batch and items is not None:
                items += [rest] if (rest := body[start:at].strip()) or items else []
                in_batch = False
            if depth == 1:
                parts[key] = body[start:at]
                ended = True
            depth -= 1
        elif mark == b"," and depth == 2 and in_batch and items is not None:
            items.append(body[start:at].strip())
            start = at + 1
        elif mark == b"," and depth == 1:
            parts[key], key = body[start:at], ""
        elif mark == b":" and depth == 1:
            key, start = str(value(last)), at + 1
        last = mark
    return (parts, items) if ended else None


def _malformed(error: Exception) -> BadRequest:
    reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
    return BadRequest(400, "malformed", f"The body is not JSON: {reason}.")


def _too_large(most: int) -> BadRequest:
    return BadRequest(413, "too_large", f"A body may have {most:,} bytes, unpacked.")
