"""The test mailbox: a real SMTP server that keeps mail, or says that the sender shall try again."""

import asyncio
import datetime as dt
import smtplib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import OperationalError

from cdp import mailbox, models
from cdp.mailbox import Away, Mail

GREETING = b"From: shop@kindred.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello Ada\r\n"


def mail(now: dt.datetime, *recipients: str, content: bytes = GREETING) -> Mail:
    return Mail("shop@kindred.example", recipients or ("ada@kindred.example",), content, now)


def through_smtp(
    talk: Callable[[smtplib.SMTP], Any], *, keep: Callable[[Sequence[Mail]], Any], now: dt.datetime
) -> Any:
    """Run the server on any free port, let `talk` talk to it, and stop it."""

    async def session() -> Any:
        loop = asyncio.get_running_loop()
        port: asyncio.Future[int] = loop.create_future()
        handler = mailbox.Handler(clock=lambda: now, keep=keep)
        server = asyncio.create_task(mailbox.serve("127.0.0.1", 0, handler=handler, started=port.set_result))

        def client() -> Any:
            with smtplib.SMTP("127.0.0.1", port.result(), timeout=10) as smtp:
                return talk(smtp)

        await port
        try:
            return await asyncio.to_thread(client)
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)

    return asyncio.run(session())


@pytest.fixture(autouse=True)
def no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's thread has a connection of its own, which must not meet the test's database."""
    monkeypatch.setattr(mailbox.Handler, "_sweep", lambda self: None)


def send(smtp: smtplib.SMTP) -> Any:
    return smtp.sendmail("shop@kindred.example", ["ada@kindred.example", "grace@kindred.example"], GREETING)


def test_it_takes_a_mail_over_smtp_as_it_was_sent(now: dt.datetime) -> None:
    kept: list[Mail] = []

    refused = through_smtp(send, keep=kept.extend, now=now)

    assert refused == {}
    assert kept == [mail(now, "ada@kindred.example", "grace@kindred.example")]


def test_it_asks_the_sender_to_try_again_while_the_database_is_away(now: dt.datetime) -> None:
    def away(mails: Sequence[Mail]) -> None:
        raise Away

    with pytest.raises(smtplib.SMTPDataError) as caught:
        through_smtp(send, keep=away, now=now)

    assert caught.value.smtp_code == 451


def test_it_refuses_a_mail_of_more_than_25_megabytes(now: dt.datetime) -> None:
    kept: list[Mail] = []
    large = b"Subject: large\r\n\r\n" + b"x" * 900 + b"\r\n"
    large += (b"y" * 998 + b"\r\n") * (mailbox.LARGEST // 1000 + 1)

    with pytest.raises(smtplib.SMTPResponseException) as caught:
        through_smtp(
            lambda smtp: smtp.sendmail("a@kindred.example", ["b@kindred.example"], large),
            keep=kept.extend,
            now=now,
        )

    assert caught.value.smtp_code == 552
    assert kept == []


@pytest.mark.django_db
def test_it_keeps_one_row_a_recipient_with_the_subject_in_words(now: dt.datetime) -> None:
    rows = mailbox.store([mail(now, "ada@kindred.example", "grace@kindred.example"), mail(now)])

    assert rows == 3
    first = models.TestMail.objects.order_by("id")[0]
    assert (first.recipient, first.subject, first.received_at) == ("ada@kindred.example", "Grüße", now)
    assert bytes(first.content) == GREETING


@pytest.mark.django_db
@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Subject: a\x00b",
        b"Subject: =?utf-8?b?////?=",
        b"Subject: " + b"x" * 5000,
        b"\xff\xfe: \xff",
        b"Subject",
    ],
)
def test_it_keeps_mails_with_hostile_headers(head: bytes, now: dt.datetime) -> None:
    assert mailbox.store([mail(now, content=head + b"\r\n\r\nbody")]) == 1


@pytest.mark.django_db
def test_it_stores_nothing_twice_when_the_answer_to_a_commit_was_lost(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, calls = mailbox._insert, []

    def losing(rows: list[tuple[Any, ...]]) -> None:
        calls.append(rows)
        insert(rows)
        if len(calls) == 1:
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(mailbox, "_insert", losing)
    monkeypatch.setattr("cdp.mailbox.connection.close", lambda: None)

    mailbox.store([mail(now)])

    assert len(calls) == 2
    assert models.TestMail.objects.count() == 1


@pytest.mark.django_db
def test_it_keeps_30_days_and_the_newest_10_000(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "KEEP_MAILS", 2)
    mailbox.store([mail(now - dt.timedelta(days=31)), mail(now)])
    mailbox.store([mail(now, "grace@kindred.example"), mail(now, "linus@kindred.example")])

    gone = mailbox.sweep(now=now)

    assert gone == 2
    assert {kept.recipient for kept in models.TestMail.objects.all()} == {
        "grace@kindred.example",
        "linus@kindred.example",
    }
