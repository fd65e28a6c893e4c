"""One call to an address outside: never a redirect, never a proxy, a deadline, and a short memory of the answer."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import certifi
import httpcore
from django.conf import settings

from cdp.webhooks.guard import Forbidden, Guard, Limits

SECONDS: Final = 15.0
KEPT: Final = 2_000  # characters of an answer
GONE: Final = 410
AGENT: Final = "Kindred-Webhooks/1.0"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a status, or an error that says why there is none."""

    status: int | None
    milliseconds: int
    error: str = ""
    body: str = ""
    retry_after: int = 0  # seconds

    @property
    def is_good(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


def check(url: str) -> None:
    """Raises Forbidden, with a sentence, where webhooks cannot go to this address whatever it resolves to."""
    parts = urlsplit(url)
    schemes = ("https", "http") if settings.WEBHOOKS_PRIVATE_NETWORKS else ("https",)
    if parts.scheme not in schemes or not parts.hostname:
        raise Forbidden("A webhook goes to an address that begins with https://.")
    if parts.username or parts.password:
        raise Forbidden("An address must not hold a user name or a password.")


def post(url: str, *, body: str, headers: Mapping[str, str], within_seconds: float = SECONDS) -> Answer:
    """Send it once. Never raises for what the other side does."""
    began = time.monotonic()
    limits = Limits(began + within_seconds)
    try:
        check(url)
        status, told, retry_after = _exchange(url, body.encode(), headers, limits)
    except Forbidden as error:
        return Answer(None, _since(began), error=str(error)[:300])
    except httpcore.TimeoutException:
        return Answer(None, _since(began), error=f"No answer within {within_seconds:g} seconds.")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
        return Answer(None, _since(began), error=f"No connection: {error}"[:300])
    turned = "It answers with another address; webhooks follow none." if 300 <= status < 400 else ""
    return Answer(status, _since(began), turned, told, retry_after)


def _exchange(url: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> tuple[int, str, int]:
    backend = Guard(limits, may_be_private=settings.WEBHOOKS_PRIVATE_NETWORKS)
    sent = {"content-type": "application/json", "user-agent": AGENT, "connection": "close", **headers}
    with (
        httpcore.ConnectionPool(ssl_context=_trust(), network_backend=backend, retries=0) as pool,
        pool.stream("POST", url, headers=list(sent.items()), content=body) as response,
    ):
        kept = b""
        for piece in response.iter_stream():
            kept += piece
            if len(kept) >= KEPT * 4:
                break
        told = kept.decode(errors="replace").replace("\0", "�")[:KEPT]
        return response.status, told, _retry_after(response)


def _retry_after(response: httpcore.Response) -> int:
    given = {name.lower(): value for name, value in response.headers}.get(b"retry-after", b"")
    return min(int(given), 86_400) if given.isdigit() and len(given) < 8 else 0


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
