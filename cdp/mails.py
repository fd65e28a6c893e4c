"""Reads a kept mail: its headers, its text and its HTML."""

import email
import email.message
import email.policy
import re
from dataclasses import dataclass
from typing import Final

HEADERS: Final = (
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
_HEAD: Final = re.compile(r"(<head[^>]*>)", re.IGNORECASE)
_PIXEL: Final = re.compile(r'<img [^>]*/t/o/[^>]*\.gif"[^>]*>')
_BASE: Final = '<base target="_blank" rel="noopener noreferrer">'


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, taken apart. `html` opens links in a new window, being in a frame, and reports no opening."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    size: int

    @property
    def sender(self) -> str:
        """Who it is from."""
        return dict(self.headers).get("From", "")


def read(content: bytes) -> Letter:
    """Take a mail apart; what cannot be read of it is left out."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Letter(
        headers=[(name, value) for name in HEADERS if (value := _header(message, name))],
        text=_part(message, "plain"),
        html=_framed(_PIXEL.sub("", _part(message, "html"))),
        size=len(content),
    )


def _header(message: email.message.EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, LookupError, AttributeError):  # the parser's own errors on broken headers
        return ""


def _part(message: email.message.EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (ValueError, LookupError):  # an unknown charset
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _framed(html: str) -> str:
    """Ready for the frame: links open elsewhere. Scripts could not run there anyway; without them nothing complains."""
    if not html:
        return ""
    silent = re.sub(r"<script\b.*?(</script\s*>|$)", "", html, flags=re.IGNORECASE | re.DOTALL)
    return f"{_BASE}{silent}" if "<head" not in silent.lower() else _HEAD.sub(rf"\1{_BASE}", silent, count=1)
