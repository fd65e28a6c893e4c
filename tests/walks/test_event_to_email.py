"""The first walk, whole: an event becomes an email. Real processes, PostgreSQL, HTTP and SMTP."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.walks import drawing
from tests.walks.stack import Stack, free_port

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]


@contextmanager
def _a_redis_of_somebody(folder: Path) -> Iterator[Mapping[str, str]]:
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.5)
        yield {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _folders(folder: Path) -> Iterator[Mapping[str, str]]:
    """A PATH on which no redis-server lies."""
    bare = folder / "bin"
    bare.mkdir()
    for program in ("sh", "env", "ps"):
        (bare / program).symlink_to(str(shutil.which(program)))
    yield {"PATH": str(bare)}


def test_it_turns_an_event_into_a_mail_and_a_line_on_the_timeline(product: Stack) -> None:
    if not shutil.which("redis-server"):
        pytest.skip("needs Redis")
    turns_an_event_into_a_mail(product)


@pytest.mark.long
def test_it_does_so_with_a_redis_of_somebody_from_nothing_at_all(ground: Path) -> None:
    with (
        _a_redis_of_somebody(ground) as environment,
        Stack(ground / "kindred", environment=environment, bare=True) as stack,
    ):
        turns_an_event_into_a_mail(stack)


@pytest.mark.long
def test_it_does_so_without_redis(ground: Path) -> None:
    with (
        _folders(ground) as environment,
        Stack(ground / "kindred", environment=environment) as stack,
    ):
        turns_an_event_into_a_mail(stack)
        assert "folders on disk" in stack.log.read_text()
    assert os.path.exists(ground / "kindred" / "data")


def turns_an_event_into_a_mail(stack: Stack) -> None:
    """Ada orders; Ada is thanked."""
    stack.python(drawing.WELCOME)
    key = stack.key("Webshop")

    stack.post("/v1/identify", key=key, body={
        "userId": "ada", "traits": {"email": "ada@example.com", "firstName": "Ada"},
    }).raise_for_status()  # fmt: skip
    stack.post("/v1/track", key=key, body={
        "userId": "ada", "event": "Order Completed", "messageId": "order-1",
        "properties": {"order_id": "1", "total": 42.5, "currency": "EUR"},
    }).raise_for_status()  # fmt: skip
    stack.wait_for(lambda: stack.one("SELECT count(*) FROM cdp_testmail") == 1, "Ada's mail", seconds=30)
    stack.wait_for(
        lambda: stack.one("""
            SELECT count(*) FROM profiles_event event JOIN profiles_eventdefinition definition
            ON definition.id = event.definition_id WHERE definition.name = 'Email Sent'
        """) == 1,
        "the mail on the timeline",
    )  # fmt: skip

    mail = message_from_bytes(stack.one("SELECT content FROM cdp_testmail"), policy=policy.default)
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "Thank you, Ada"
    assert "Dear Ada" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert stack.one("SELECT state FROM journeys_message") == "sent"
    assert stack.one("SELECT sum(amount_base)::text FROM profiles_purchase") == "42.50"
