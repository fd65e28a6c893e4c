"""Mail over SMTP, fast: connections are kept, commands pipelined, and each message has its own outcome.

smtplib waits for four answers a message. With PIPELINING (RFC 2920) one round trip carries the end of a message
and the envelope of the next. What must never be mistaken: a message whose last byte has not left is *not sent*;
one that left whole and got no answer is *unknown*.
"""

import atexit
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cdp.lib import failpoints
from journeys.channels.base import Accepted, Envelope, Outcome, Refused, Unknown
from journeys.channels.connections import Connection, Endpoint, Lost
from journeys.channels.replies import refusal

CONNECTIONS: Final = 4  # at once and per server
END: Final = b"\r\n.\r\n"
CLOSING: Final = 421
GO_ON: Final = 354


def stuffed(content: bytes) -> bytes:
    """The content as DATA wants it: no line is a lone dot, and the end is marked."""
    if content.startswith(b"."):
        content = b"." + content
    return content.removesuffix(b"\r\n").replace(b"\r\n.", b"\r\n..") + END


def commands(envelope: Envelope) -> list[bytes]:
    """What opens a message."""
    return [
        f"MAIL FROM:<{envelope.sender}>\r\n".encode("ascii"),
        f"RCPT TO:<{envelope.address}>\r\n".encode("ascii"),
        b"DATA\r\n",
    ]


class Conversation:
    """Sends messages from a shared queue over one connection after another, until the queue or the time is empty."""

    def __init__(
        self,
        endpoint: Endpoint,
        kept: Connection | None,
        queue: deque[Envelope],
        outcomes: dict[int, Outcome],
    ) -> None:
        self.endpoint = endpoint
        self.connection = kept
        self.queue = queue
        self.outcomes = outcomes
        self.unasked: list[bytes] = []  # commands of the message in hand that have not been written yet

    def run(self, *, until: float) -> Connection | None:
        """Send all there is until this moment of the monotonic clock; the connection, when it can be kept."""
        while time.monotonic() < until and (envelope := self._next()) is not None:
            kept = self.connection is not None and self.connection.delivered > 0
            if self.connection is None:
                try:
                    self.connection = Connection(self.endpoint, within_seconds=until - time.monotonic())
                except Lost as lost:
                    # Asking a deaf server once for each message would only take longer.
                    self.outcomes[envelope.key] = Refused("unreachable", f"{lost}.", unreachable=True)
                    break
            try:
                self._chain(self.connection, envelope, until=until)
            except Lost as lost:
                self.connection.close()
                self.connection = None
                if envelope.key not in self.outcomes:
                    if kept:
                        self.queue.appendleft(
                            envelope
                        )  # the kept connection had gone stale: try on a new one
                    else:
                        self.outcomes[envelope.key] = Refused("unreachable", f"{lost}.")
        return self.connection

    def _next(self) -> Envelope | None:
        try:
            return self.queue.popleft()
        except IndexError:
            return None

    def _chain(self, connection: Connection, envelope: Envelope, *, until: float) -> None:
        """Send `envelope` and, while the server keeps up, those behind it. Raises Lost.

        Then every message taken has its outcome or is back in the queue, except perhaps `envelope` itself.
        """
        self._open(connection, envelope, until=until)
        current: Envelope | None = envelope
        while current is not None:
            try:
                refused = self._answers(connection, until=until)
            except Lost:
                if current is not envelope:
                    self.queue.appendleft(current)
                raise
            if refused is None:
                current = self._content(connection, current, until=until)
            else:
                self.outcomes[current.key] = refused
                connection.write(b"RSET\r\n", until=until)
                connection.answer(until=until)
                current = self._open_next(connection, until=until)

    def _open(self, connection: Connection, envelope: Envelope, *, until: float) -> None:
        opening = commands(envelope)
        first = b"".join(opening) if connection.pipelining else opening[0]
        self.unasked = [] if connection.pipelining else opening[1:]
        connection.write_all(first, until=until)

    def _open_next(self, connection: Connection, *, until: float) -> Envelope | None:
        following = self._next()
        if following is None:
            return None
        try:
            self._open(connection, following, until=until)
        except Lost:
            self.queue.appendleft(following)
            raise
        return following

    def _answers(self, connection: Connection, *, until: float) -> Refused | None:
        """Read what the server says to MAIL, RCPT and DATA; None when it waits for the content. Raises Lost."""
        refused: Refused | None = None
        asked = 3 - len(self.unasked)
        for number, name in enumerate(("MAIL", "RCPT", "DATA")):
            if number >= asked:
                if refused is not None:
                    return refused
                connection.write_all(self.unasked.pop(0), until=until)
            code, text = connection.answer(until=until)
            if code == CLOSING:
                raise Lost(f"{self.endpoint.name} closed the connection: {text}")
            if code // 100 not in {2, 3}:
                refused = refused or refusal(name, code, text)
            elif name == "DATA" and code != GO_ON:
                raise Lost(f"{self.endpoint.name} answered {code} to DATA")
            elif name == "DATA" and refused is not None:
                # It takes content although the envelope was refused: give it none.
                connection.write_all(b".\r\n", until=until)
                connection.answer(until=until)
        return refused

    def _content(self, connection: Connection, current: Envelope, *, until: float) -> Envelope | None:
        """Write the content and the envelope of the next message; hear what became of the content.

        The next message, now open. Raises Lost; then the next message is back in the queue.
        """
        content = stuffed(current.content)
        following = self._next() if connection.pipelining else None
        more = b"".join(commands(following)) if following is not None else b""
        sent = connection.write(content + more, until=until)
        try:
            self.outcomes[current.key] = self._verdict(connection, whole=sent >= len(content), until=until)
            if sent < len(content) + len(more):
                raise Lost(f"{self.endpoint.name} hung up")
        except Lost:
            if following is not None:
                self.queue.appendleft(following)
            raise
        return following if connection.pipelining else self._open_next(connection, until=until)

    def _verdict(self, connection: Connection, *, whole: bool, until: float) -> Outcome:
        """What became of the content just written, all of it or not."""
        if not whole:
            return Refused("unreachable", f"{self.endpoint.name} hung up in the middle of the message.")
        try:
            code, text = connection.answer(until=until)
        except Lost as lost:
            return Unknown(f"{lost}, after the whole message had been handed over.")
        if code // 100 == 3:
            return Unknown(
                f"{self.endpoint.name} neither took nor refused the whole message: {code} {text[:200]}"
            )
        if code // 100 != 2:
            return refusal("content", code, text)
        failpoints.hit("delivery.sent")
        connection.delivered += 1
        return Accepted(self.endpoint.name, text[:200])


class Pool:
    """The connections that this process keeps between batches, and the threads that talk over them."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.kept: defaultdict[Endpoint, list[Connection]] = defaultdict(list)
        self.threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="smtp")

    def send(
        self, endpoint: Endpoint, envelopes: Sequence[Envelope], *, within_seconds: float
    ) -> dict[int, Outcome]:
        """Send all over at most CONNECTIONS connections; an outcome for each key."""
        queue, outcomes = deque(envelopes), dict[int, Outcome]()
        until = time.monotonic() + within_seconds
        # A connection more pays only when it has a few messages to carry.
        count = min(CONNECTIONS, (len(envelopes) + 3) // 4)
        talks = [self.threads.submit(self._talk, endpoint, queue, outcomes, until) for _ in range(count)]
        for talk in talks:
            talk.result()
        deaf = any(isinstance(outcome, Refused) and outcome.unreachable for outcome in outcomes.values())
        for envelope in queue:
            outcomes[envelope.key] = Refused(
                "unreachable", f"{endpoint.name} was too slow or could not be reached.", unreachable=deaf
            )
        return outcomes

    def _talk(
        self, endpoint: Endpoint, queue: deque[Envelope], outcomes: dict[int, Outcome], until: float
    ) -> None:
        with self.lock:
            kept = self.kept[endpoint].pop() if self.kept[endpoint] else None
        connection = Conversation(endpoint, kept, queue, outcomes).run(until=until)
        if connection is not None:
            with self.lock:
                self.kept[endpoint].append(connection)

    def close(self) -> None:
        """Hang up everywhere."""
        with self.lock:
            for connections in self.kept.values():
                for connection in connections:
                    connection.close()
            self.kept.clear()


_pool: Pool | None = None


def pool() -> Pool:
    """This process's pool; a forked worker starts with none of its parent's connections."""
    global _pool
    if _pool is None or _pool.process != os.getpid():
        _pool = Pool()
        atexit.register(_pool.close)
    return _pool
