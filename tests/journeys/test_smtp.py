"""SMTP: each message has an outcome of its own, whatever the server does in between."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Received
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from journeys.channels.base import Accepted, Envelope, Outcome, Refused, Unknown
from journeys.channels.connections import Endpoint
from journeys.channels.smtp import Pool, stuffed
from tests import smtp_sink
from tests.smtp_sink import Mischief, Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink.running() as server:
        yield server


@pytest.fixture
def pool() -> Iterator[Pool]:
    kept = Pool()
    yield kept
    kept.close()
    kept.threads.shutdown()


def envelope(key: int, content: bytes = b"hello") -> Envelope:
    text = b"Message-ID: <%d@shop.example>\r\n\r\n%s\r\n" % (key, content)
    return Envelope(key, "shop@shop.example", f"c{key}@example.com", text)


def send(pool: Pool, sink: Sink, keys: range, *, seconds: float = 5) -> dict[int, Outcome]:
    return pool.send(Endpoint(sink.host, sink.port), [envelope(key) for key in keys], within_seconds=seconds)


@pytest.mark.parametrize("pipelining", [True, False])
def test_it_delivers_each_message_once(sink: Sink, pool: Pool, pipelining: bool) -> None:
    sink.pipelining = pipelining

    outcomes = send(pool, sink, range(1, 41))

    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert set(outcomes) == set(range(1, 41))
    assert sorted(sink.times_received().values()) == [1] * 40


def test_it_keeps_connections_between_batches(sink: Sink, pool: Pool) -> None:
    send(pool, sink, range(1, 5))
    send(pool, sink, range(5, 9))

    assert (sink.connections, len(sink.mails)) == (1, 8)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("mischief", "reason", "permanent", "suppress"),
    [
        (Mischief.UNKNOWN_USER, "bounced", True, True),
        (Mischief.POLICY, "refused", True, False),
        (Mischief.DEFER, "deferred", False, False),
        (Mischief.REFUSE_CONTENT, "refused", True, False),
    ],
)
def test_it_tells_refusals_apart_and_sends_the_others(
    sink: Sink, pool: Pool, pipelining: bool, mischief: Mischief, reason: str, permanent: bool, suppress: bool
) -> None:
    sink.pipelining = pipelining
    sink.mischief = {"c2@example.com": mischief}

    outcomes = send(pool, sink, range(1, 5))

    refused = outcomes.pop(2)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.permanent, refused.suppress) == (reason, permanent, suppress)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert len(sink.mails) == 3


@pytest.mark.parametrize("pipelining", [True, False])
def test_it_does_not_know_what_became_of_a_whole_message_without_an_answer(
    sink: Sink, pool: Pool, pipelining: bool
) -> None:
    sink.pipelining = pipelining
    sink.mischief = {"c2@example.com": Mischief.DROP_AFTER_DATA}

    outcomes = send(pool, sink, range(1, 5))

    assert isinstance(outcomes[2], Unknown)
    assert [isinstance(outcomes[key], Accepted) for key in (1, 3, 4)] == [True] * 3
    assert set(sink.times_received().values()) == {1}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("answer", ["ok, kept it", "-50 kept", "199 kept", "354 go on"])
def test_it_does_not_know_what_became_of_a_message_after_an_answer_that_is_none(
    sink: Sink, pool: Pool, monkeypatch: pytest.MonkeyPatch, pipelining: bool, answer: str
) -> None:
    sink.pipelining = pipelining
    take = sink.handle_DATA

    async def babble(server: SMTP, session: Session, envelope: Received) -> str:
        said = await take(server, session, envelope)
        return answer if envelope.rcpt_tos == ["c2@example.com"] else said

    monkeypatch.setattr(sink, "handle_DATA", babble)

    outcomes = send(pool, sink, range(1, 5))

    assert isinstance(outcomes[2], Unknown)
    assert [isinstance(outcomes[key], Accepted) for key in (1, 3, 4)] == [True] * 3
    assert set(sink.times_received().values()) == {1}


def test_it_gives_up_waiting_in_time(sink: Sink, pool: Pool) -> None:
    sink.mischief = {"c2@example.com": Mischief.HANG}

    outcomes = send(pool, sink, range(1, 4), seconds=1)

    assert isinstance(outcomes[1], Accepted)
    assert isinstance(outcomes[2], Unknown)
    late = outcomes[3]
    assert isinstance(late, Refused)
    assert not late.permanent
    assert not late.unreachable


def test_it_knows_that_nothing_was_sent_when_the_server_left_before_the_content(
    sink: Sink, pool: Pool
) -> None:
    sink.mischief = {"c2@example.com": Mischief.DROP_AT_RCPT}

    outcomes = send(pool, sink, range(1, 5))

    dropped = outcomes[2]
    assert isinstance(dropped, Refused)
    assert not dropped.permanent
    assert [isinstance(outcomes[key], Accepted) for key in (1, 3, 4)] == [True] * 3


def test_it_goes_on_over_a_new_connection_after_a_yes_and_a_hang_up(sink: Sink, pool: Pool) -> None:
    sink.mischief = {"c4@example.com": Mischief.DROP_AFTER_250}
    first = send(pool, sink, range(1, 5))

    second = send(pool, sink, range(5, 9))

    assert all(isinstance(outcome, Accepted) for outcome in [*first.values(), *second.values()])
    assert set(sink.times_received().values()) == {1}


def test_it_says_when_nobody_listens(pool: Pool) -> None:
    with smtp_sink.running() as gone:
        pass

    outcomes = send(pool, gone, range(1, 9))

    assert {type(outcome) for outcome in outcomes.values()} == {Refused}
    assert all(
        isinstance(one, Refused) and one.unreachable and not one.permanent for one in outcomes.values()
    )
    assert "nobody listens there" in str(outcomes[1])


def test_it_keeps_lines_of_dots() -> None:
    assert stuffed(b".\r\n..\r\na.\r\n") == b"..\r\n...\r\na.\r\n.\r\n"


def test_it_brings_dots_through(sink: Sink, pool: Pool) -> None:
    content = b".begins\r\n.\r\n..\r\nends."

    pool.send(Endpoint(sink.host, sink.port), [envelope(1, content)], within_seconds=5)

    assert sink.mails[0].content.endswith(content + b"\r\n")


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def test_it_secures_the_connection_and_signs_in(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, public = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))

    with smtp_sink.running(tls=context, password=(b"ada", b"secret")) as sink:
        right = Endpoint(sink.host, sink.port, "starttls", "ada", "secret")
        wrong = Endpoint(sink.host, sink.port, "starttls", "ada", "guess")
        sent = pool.send(right, [envelope(1)], within_seconds=5)
        refused = pool.send(wrong, [envelope(2)], within_seconds=5)
        pool.close()

    assert isinstance(sent[1], Accepted)
    assert "user name and password" in str(refused[2])
    assert len(sink.mails) == 1


def test_it_trusts_no_certificate_of_strangers(tmp_path: Path, pool: Pool) -> None:
    context, _ = certificate(tmp_path)

    with smtp_sink.running(tls=context) as sink:
        outcomes = pool.send(Endpoint(sink.host, sink.port, "starttls"), [envelope(1)], within_seconds=5)

    assert "no secure connection" in str(outcomes[1])
    assert sink.mails == []
