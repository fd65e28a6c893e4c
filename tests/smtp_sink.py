"""A real SMTP server for tests that keeps what it gets, and misbehaves towards addresses it is told about."""

import asyncio
import email
import email.policy
import re
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Mischief(StrEnum):
    """What the server does to a recipient's mail."""

    REFUSE_SENDER = "550 5.7.1 sender not welcome"
    UNKNOWN_USER = "550 5.1.1 no such user"
    POLICY = "550 5.7.1 blocked by policy"
    DEFER = "451 4.3.0 try again later"
    REFUSE_CONTENT = "554 5.6.0 not this content"
    HANG = "takes all of it, keeps it, and never answers"
    DROP_AFTER_DATA = "takes all of it, keeps it, and hangs up without an answer"
    DROP_AT_RCPT = "hangs up when it hears the recipient"
    DROP_AFTER_250 = "says yes and hangs up"


@dataclass(frozen=True)
class Received:
    """One mail that the server took."""

    sender: str
    recipient: str
    content: bytes

    @property
    def parsed(self) -> EmailMessage:
        """As the standard library reads it."""
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def message_id(self) -> str:
        """Without parsing all of it."""
        found = re.search(rb"^Message-ID: (\S+)", self.content, re.MULTILINE)
        assert found, "a mail without Message-ID"
        return found[1].decode()


class Sink:
    """The server's memory, and its hooks."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.connections = 0
        self.pipelining = True
        self.mail_seconds = 0.0  # how long it takes over each mail
        self.mischief: dict[str, Mischief] = {}  # by recipient
        self.password: tuple[bytes, bytes] | None = None
        self.host = "127.0.0.1"
        self.port = 0

    @property
    def address(self) -> str:
        """As TEST_MAILBOX says it."""
        return f"{self.host}:{self.port}"

    def times_received(self) -> Counter[str]:
        """How often each message came, by Message-ID."""
        return Counter(mail.message_id for mail in self.mails)

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """One user name with one password."""
        right = isinstance(data, LoginPassword) and (data.login, data.password) == self.password
        return AuthResult(success=right, handled=right)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING."""
        self.connections += 1
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        match self.mischief.get(address):
            case Mischief.UNKNOWN_USER | Mischief.POLICY | Mischief.DEFER as mischief:
                return str(mischief)
            case Mischief.DROP_AT_RCPT:
                hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse a mail."""
        (recipient,) = envelope.rcpt_tos
        mischief = self.mischief.get(recipient)
        if mischief in {Mischief.REFUSE_CONTENT, Mischief.REFUSE_SENDER}:
            return str(mischief)
        await asyncio.sleep(self.mail_seconds)
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        self.mails.append(Received(envelope.mail_from, recipient, envelope.content))
        match mischief:
            case Mischief.HANG:
                await asyncio.sleep(60)
            case Mischief.DROP_AFTER_DATA:
                hang_up(server)
            case Mischief.DROP_AFTER_250:
                asyncio.get_running_loop().call_later(0.01, hang_up, server)
        return "250 2.0.0 kept"


def hang_up(server: SMTP) -> None:
    """Close the connection at once."""
    if server.transport is not None:
        server.transport.close()


@contextmanager
def running(
    *, tls: ssl.SSLContext | None = None, password: tuple[bytes, bytes] | None = None
) -> Iterator[Sink]:
    """The server, listening on a free port of this machine until the end of the block."""
    sink = Sink()
    sink.password = password
    with socket.socket() as probe:
        probe.bind((sink.host, 0))
        sink.port = probe.getsockname()[1]
    controller = Controller(
        sink,
        hostname=sink.host,
        port=sink.port,
        tls_context=tls,
        require_starttls=tls is not None,
        auth_required=password is not None,
        authenticator=sink.authenticate,
    )
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
