"""A connection to a mail server: connecting, TLS and sign-in by smtplib, reading and writing with a time limit."""

import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

SLICE: Final = 16_000  # within one TLS record: a write either left whole or did not
CONNECT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server and how to get in."""

    host: str
    port: int
    security: str = "none"  # starttls, tls, none
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What is kept with a message as its provider."""
        return f"{self.host}:{self.port}"[:40]


class Lost(Exception):
    """The connection is gone or cannot be had."""


class Connection:
    """One conversation with a server, good for many messages."""

    def __init__(self, endpoint: Endpoint, *, within_seconds: float) -> None:
        """Connect, secure and sign in. Raises Lost."""
        self.endpoint = endpoint
        self.delivered = 0
        try:
            self.client = _connected(endpoint, timeout=max(0.1, min(within_seconds, CONNECT_SECONDS)))
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(f"{endpoint.name} could not be used: {explained(error)}") from error
        self.pipelining = self.client.has_extn("pipelining")

    def close(self) -> None:
        """Hang up without waiting for a goodbye."""
        self.client.close()

    def write(self, content: bytes, *, until: float) -> int:
        """Write; how many bytes had left when all had, or the connection failed, or the time was over."""
        view, sent = memoryview(content), 0
        try:
            while sent < len(view):
                sent += self._socket(until).send(view[sent : sent + SLICE])
        except OSError:
            self.close()
        return sent

    def write_all(self, content: bytes, *, until: float) -> None:
        """Write. Raises Lost unless all left."""
        if self.write(content, until=until) < len(content):
            raise Lost(f"{self.endpoint.name} hung up")

    def answer(self, *, until: float) -> tuple[int, str]:
        """The next reply: code and text. Raises Lost."""
        try:
            self._socket(until)
            code, text = self.client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Lost(f"{self.endpoint.name} hung up or did not answer in time") from error
        if not 200 <= code < 600:
            # smtplib's -1, say. What follows cannot be told apart either: an answer, or the rest of this one.
            self.close()
            raise Lost(f"{self.endpoint.name} answered something that is no SMTP")
        return code, text.decode("utf-8", "replace")

    def _socket(self, until: float) -> socket.socket:
        """The socket, with as much patience as is left. Raises TimeoutError."""
        left = until - time.monotonic()
        if left <= 0 or self.client.sock is None:
            raise TimeoutError
        self.client.sock.settimeout(left)
        return self.client.sock


def _connected(endpoint: Endpoint, *, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context() if endpoint.security != "none" else None
    # Left alone, smtplib would look up this machine's own name, which can take seconds.
    name = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    client: smtplib.SMTP
    if endpoint.security == "tls":
        client = smtplib.SMTP_SSL(endpoint.host, endpoint.port, name, timeout=timeout, context=context)
    else:
        client = smtplib.SMTP(endpoint.host, endpoint.port, name, timeout=timeout)
    try:
        client.ehlo_or_helo_if_needed()
        if endpoint.security == "starttls":
            client.starttls(context=context)
            client.ehlo()
        if endpoint.username:
            client.login(endpoint.username, endpoint.password)
    except (OSError, smtplib.SMTPException):
        client.close()
        raise
    assert client.sock is not None
    # Without it the end of a message waits for the other side's delayed acknowledgement.
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def explained(error: Exception) -> str:
    """An error of the network or of smtplib in words."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return "it did not accept the user name and password"
        case smtplib.SMTPNotSupportedError():
            return f"it does not offer what is asked of it ({error})"
        case ssl.SSLError():
            return f"no secure connection ({error.reason or error})"
        case ConnectionRefusedError():
            return "nobody listens there"
        case TimeoutError():
            return "it did not answer in time"
        case socket.gaierror():
            return "no server of that name is known"
        case _:
            return str(error) or type(error).__name__
