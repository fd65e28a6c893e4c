"""Mails a second: the delivery of what is owed, against Django's own mail classes (`send_baseline.py`).

Both sides ask for consent and suppression, render the same message for the same people, give it to the same SMTP
server process, and write the outcome to the same durable PostgreSQL. Run as `python benchmarks/send.py [N]`.
"""

import datetime as dt
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import harness
from benchmarks.harness import Measure

if TYPE_CHECKING:
    from journeys.models import Message

LINKS = "".join(
    f'<p><a href="https://shop.example/product/{n}?utm_source=mail">Product {n}</a></p>' for n in range(3)
)
FILLER = "<p>" + "Warm, made to last, and back in stock since this morning. " * 30 + "</p>"
HTML = f"<html><body><h1>Hello {{{{ contact.first_name }}}}</h1>{FILLER * 4}{LINKS}"
SUBJECT = "{{ contact.first_name }}, it is back"
TEXT = (
    "Hello {{ contact.first_name }}\n\n" + "Warm, made to last, and back in stock since this morning.\n" * 30
)
# The baseline writes by hand what the product adds to every marketing mail.
BY_HAND = (
    '<p><a href="http://localhost:8000/u/{{ token }}">Unsubscribe</a> Shop, Veldstraat 1, Ghent</p>'
    '<img src="http://localhost:8000/t/o/{{ token }}.gif" width="1" height="1"></body></html>'
)


def now() -> dt.datetime:
    """The clock."""
    return dt.datetime.now(dt.UTC)


class Bench:
    """The database's contents and the server that both sides use."""

    def __init__(self, count: int, port: int) -> None:
        self.count = count
        self.port = port
        self.batch = 0
        self._people()

    def _people(self) -> None:
        from cdp.lib import db
        from profiles import partitions

        partitions.ensure([], now=now())
        statements = [
            "INSERT INTO profiles_contact (email, phone, first_name, last_name, gender, language, timezone, country,"
            " region, city, postal_code, lifecycle_stage, attributes, provenance, created_at, known_since_at,"
            " random_bucket, is_sample)"
            " SELECT 'c' || n || '@example.com', '', 'Ada' || n, '', '', '', '', '', '', '', '', '', '{}', '{}',"
            " now(), now(), 0, false FROM generate_series(1, %s) n",
            "INSERT INTO profiles_persona (id, contact_id, created_at) SELECT id, id, now() FROM profiles_contact",
            "INSERT INTO profiles_consent (persona_id, contact_id, topic_id, channel, basis, state, at,"
            " wording_version, proof)"
            " SELECT id, id, (SELECT min(id) FROM profiles_topic), 'email', 'consent', 'subscribed', now(), '', '{}'"
            " FROM profiles_contact",
            "ANALYZE",
        ]
        for statement in statements:
            db.execute(statement, [self.count] if "%s" in statement else [])

    def owe(self) -> None:
        """A mail to everybody, on a new version each time; the inbox empty."""
        from cdp.lib import db
        from journeys.messages import outbox
        from journeys.messages.outbox import Owed
        from journeys.models import Content, ContentRevision, Journey, Version
        from profiles.models import Contact, Topic

        self.batch += 1
        moment = now()
        db.execute("TRUNCATE journeys_message, journeys_run CASCADE")
        db.execute("TRUNCATE profiles_inboxitem")
        content = Content.objects.create(name=f"Offer {self.batch}")
        words = {"subject": SUBJECT, "html": HTML, "text": TEXT}
        revision = ContentRevision.objects.create(content=content, number=1, languages={"en": words})
        journey = Journey.objects.create(name=f"Offer {self.batch}", status="live")
        steps = [{"id": "a", "kind": "email", "revision": revision.pk, "purpose": "marketing"}]
        version = Version.objects.create(
            journey=journey, number=1, definition={"steps": steps}, published_at=moment
        )
        topic_id = Topic.objects.values_list("pk", flat=True)[0]
        people = Contact.objects.values_list("pk", flat=True)
        owed = [
            Owed(one, moment, 1, version.pk, "a", one, one, due_at=moment, topic_id=topic_id)
            for one in people
        ]
        assert outbox.queue(owed, now=moment) == self.count
        db.execute("VACUUM ANALYZE journeys_message")
        db.execute("CHECKPOINT")
        self.counted()

    def counted(self) -> tuple[int, int, int]:
        """Mails, distinct Message-IDs and bytes that the server took since the last time."""
        with socket.create_connection(("127.0.0.1", self.port)) as talk, talk.makefile("rb") as lines:
            lines.readline()
            talk.sendall(b"COUNT\r\n")
            mails, distinct, size = (int(figure) for figure in lines.readline().split())
        return mails, distinct, size

    def verified(self, seconds: float, *, cpu: float) -> Measure:
        """What one side did, after looking whether it did."""
        from journeys.models import Message

        mails, distinct, size = self.counted()
        assert mails == distinct == self.count, f"{mails} mails, {distinct} different, {self.count} owed"
        assert Message.objects.filter(state="sent", sent_at__isnull=False).count() == self.count
        return Measure(
            self.count, seconds, {"bytes_a_mail": size / self.count, "server_cpu_share": cpu / seconds}
        )

    def baseline(self, server: int) -> Measure:
        """Django's own mail classes."""
        from benchmarks import send_baseline

        messages: list[Message] = list(_all_messages())
        html = HTML + BY_HAND
        before, start = harness.cpu_seconds(server), time.perf_counter()
        send_baseline.send(messages, subject=SUBJECT, html=html, text=TEXT, host="127.0.0.1", port=self.port)
        seconds = time.perf_counter() - start
        return self.verified(seconds, cpu=harness.cpu_seconds(server) - before)

    def ours(self, server: int) -> Measure:
        """What is owed, delivered."""
        from journeys.messages import delivery

        before, start = harness.cpu_seconds(server), time.perf_counter()
        while delivery.deliver(now=now).claimed:
            pass
        seconds = time.perf_counter() - start
        return self.verified(seconds, cpu=harness.cpu_seconds(server) - before)


def _all_messages() -> "list[Message]":
    from journeys.models import Message

    return list(Message.objects.order_by("pk"))


def main(count: int) -> None:
    """Both sides, five times each, in turn."""
    sink = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("mail_sink.py"))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        with harness.start_postgres():
            from django.conf import settings

            settings.TEST_MAILBOX = f"127.0.0.1:{port}"
            print(harness.durability())
            bench = Bench(count, port)
            sides = {
                "EmailMultiAlternatives": lambda: bench.baseline(sink.pid),
                "delivery": lambda: bench.ours(sink.pid),
            }
            measured = harness.interleave(sides, before=bench.owe)
            harness.report(f"{count:,} mails each", measured, unit="mails", baseline="EmailMultiAlternatives")
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
