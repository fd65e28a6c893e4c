"""The test mailbox's server: takes every mail over real SMTP and keeps it as rows, so that nothing leaves here.

Mails that arrive together are stored in one transaction, and each is answered "250" only after its commit. The
numbers of the rows are taken beforehand, so that a commit whose answer was lost can be repeated without a twin.
"""

import asyncio
import datetime as dt
import email.parser
import email.policy
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, InterfaceError, connection

from cdp.lib import db

LARGEST: Final = 25 * 1024 * 1024  # bytes of one mail
KEEP_MAILS: Final = 10_000
KEEP: Final = dt.timedelta(days=30)
BATCH: Final = 200
RETRY_SECONDS: Final = 10.0  # a killed PostgreSQL is back within this
SWEEP_SECONDS: Final = 60.0

log = structlog.get_logger(__name__)


class Away(Exception):
    """The mails could not be kept because the database does not answer; the sender may try again."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it came in, for all of its recipients."""

    mail_from: str
    recipients: tuple[str, ...]
    content: bytes
    received_at: dt.datetime

    @property
    def subject(self) -> str:
        """The decoded subject on one line; "" where there is none or it cannot be read."""
        try:
            headers = email.parser.BytesHeaderParser(policy=email.policy.default).parsebytes(self.content)
            subject = str(headers.get("Subject", ""))
        except (
            ValueError,
            LookupError,
            IndexError,
            AttributeError,
        ):  # the parser's own errors on hostile headers
            return ""
        return _printable(" ".join(subject.split()), 998)


def store(mails: Sequence[Mail], *, patience: float = RETRY_SECONDS) -> int:
    """Keep every mail, one row a recipient, and commit; how many rows.

    Raises Away at once when the database does not answer, and after `patience` seconds when it went away half-way
    (it may have committed: the same row numbers are tried until we know).
    """
    owed = [(mail, recipient, mail.subject) for mail in mails for recipient in mail.recipients]
    try:
        ids = db.next_ids("cdp_testmail_id_seq", len(owed))
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        raise Away from error
    rows = [
        (
            number,
            _printable(mail.mail_from, 254),
            _printable(recipient, 254),
            subject,
            mail.content,
            mail.received_at,
        )
        for number, (mail, recipient, subject) in zip(ids, owed, strict=True)
    ]
    deadline = time.monotonic() + patience
    while True:
        try:
            _insert(rows)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if time.monotonic() > deadline:
                raise Away from error
            time.sleep(0.2)
        else:
            return len(rows)


def sweep(*, now: dt.datetime) -> int:
    """Drop mails older than 30 days, and all but the newest 10,000; how many."""
    return db.execute(
        """
        DELETE FROM cdp_testmail WHERE received_at < %s OR id <= (
            SELECT id FROM cdp_testmail ORDER BY id DESC OFFSET %s LIMIT 1
        )
        """,
        [now - KEEP, KEEP_MAILS],
    )


class Handler:
    """What aiosmtpd asks of us: takes a mail, answers when it is kept."""

    def __init__(
        self, *, clock: Callable[[], dt.datetime], keep: Callable[[Sequence[Mail]], Any] = store
    ) -> None:
        self.clock = clock
        self.keep = keep
        self.waiting: asyncio.Queue[tuple[Mail, asyncio.Future[str]]] = asyncio.Queue(maxsize=2 * BATCH)
        # One thread, hence one connection: what arrives during a commit makes the next batch.
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mailbox")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Wait for the commit and answer as RFC 5321 has it: 250 kept, 451 try again."""
        content = envelope.original_content or b""
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, self.clock())
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        await self.waiting.put((mail, answer))
        return await answer

    async def work(self) -> None:
        """Keep what waits, batch after batch, until cancelled; sweep once a minute."""
        loop = asyncio.get_running_loop()
        swept_at = float("-inf")
        while True:
            batch = [await self.waiting.get()]
            while len(batch) < BATCH and not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            answer = await loop.run_in_executor(self.thread, self._keep, [mail for mail, _ in batch])
            for _, future in batch:
                if not future.done():  # its sender hung up
                    future.set_result(answer)
            if loop.time() - swept_at > SWEEP_SECONDS:
                swept_at = loop.time()
                await loop.run_in_executor(self.thread, self._sweep)

    def _keep(self, mails: list[Mail]) -> str:
        try:
            self.keep(mails)
        except Away:
            log.warning("mailbox.away", mails=len(mails))
            return "451 4.3.0 The mailbox cannot store mail at the moment; try again"
        log.info("mailbox.kept", mails=len(mails), bytes=sum(len(mail.content) for mail in mails))
        return "250 2.0.0 Kept"

    def _sweep(self) -> None:
        try:
            if gone := sweep(now=self.clock()):
                log.info("mailbox.swept", mails=gone)
        except (DatabaseError, InterfaceError):
            connection.close()
            log.warning("mailbox.sweep_failed")


async def serve(
    host: str, port: int, *, handler: Handler, started: Callable[[int], None] = lambda port: None
) -> None:
    """Take mail on `host` and `port` (0: any free one, told to `started`) until cancelled.

    Raises OSError when the port is taken.
    """
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            handler, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="mailbox.localhost", loop=loop
        )

    server = await loop.create_server(session, host, port, backlog=256)
    worker = asyncio.create_task(handler.work())
    started(server.sockets[0].getsockname()[1])
    try:
        await worker
    finally:
        worker.cancel()
        server.close()
        handler.thread.shutdown(wait=False, cancel_futures=True)


def _insert(rows: list[tuple[Any, ...]]) -> None:
    places = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(rows))
    db.execute(
        f"""
        INSERT INTO cdp_testmail (id, mail_from, recipient, subject, content, received_at) VALUES {places}
        ON CONFLICT (id) DO NOTHING
        """,
        [value for row in rows for value in row],
    )


def _printable(text: str, length: int) -> str:
    # PostgreSQL stores no NUL, and no half of a surrogate pair.
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:length]
