"""One event all the way to one delivered mail, with things of our own that are gone afterwards.

Every name carries a random mark, so that a check that was killed half-way disturbs neither the next check nor
anything of the user's.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from cdp.lib import db
from cdp.lib.json import JsonObject
from cdp.models import TestMail
from journeys.flow import publishing
from journeys.models import Content, ContentRevision, Journey, Message, Run, SmtpServer
from profiles import keys
from profiles.models import Contact, InboxItem, RejectedItem, Source

DOMAIN: Final = "check.kindred.example"


class CannotCheck(Exception):
    """The check would not stay on this machine; the message says why."""


@dataclass(frozen=True)
class Trial:
    """What one check made, and the marks by which its traces are found again."""

    mark: str
    key: str
    source: int
    journey: int
    content: int

    @property
    def event(self) -> str:
        """The event that starts its journey; nobody else sends one of this name."""
        return f"Kindred Check {self.mark}"

    @property
    def address(self) -> str:
        """Whom its mail is for, in a domain that is reserved for examples."""
        return f"ada-{self.mark}@{DOMAIN}"

    @property
    def messages(self) -> JsonObject:
        """The body for POST /v1/batch: somebody is introduced, and something happens to her."""
        person = f"kindred-check-{self.mark}"
        return {
            "batch": [
                {"type": "identify", "userId": person, "traits": {"email": self.address, "firstName": "Ada"}},
                {"type": "track", "userId": person, "event": self.event, "properties": {}},
            ]
        }


def arrange(*, now: dt.datetime) -> Trial:
    """Make a source, a mail and a live journey for one check.

    Raises CannotCheck while real mail is set up: a check must not leave this machine.
    """
    if SmtpServer.objects.filter(is_active=True).exists():
        raise CannotCheck(
            "Real mail is set up, so a check would send a real mail. Switch the SMTP server off first."
        )
    mark = secrets.token_hex(6)
    name = f"Kindred Check {mark}"
    with transaction.atomic():
        source = Source.objects.create(name=name, kind=Source.Kind.SERVER)
        key = keys.issue(source)
        content = Content.objects.create(name=name)
        words = {"subject": name, "html": "<p>Hello {{ contact.first_name }}</p>", "text": "Hello"}
        revision = ContentRevision.objects.create(content=content, number=1, languages={"en": words})
        draft = {
            "trigger": {"kind": "event", "event": name, "where": []},
            "settings": {"reentry": "never"},
            "steps": [
                {
                    "id": "mail",
                    "kind": "email",
                    "revision": revision.pk,
                    "purpose": "transactional",
                    "why": "Check",
                }
            ],
        }
        journey = Journey.objects.create(name=name, kind=Journey.Kind.TRANSACTIONAL, draft=draft)
        publishing.publish(journey, by=None, now=now)
    return Trial(mark, key, source.pk, journey.pk, content.pk)


def delivered(trial: Trial) -> bool:
    """Whether the mail lies in the test mailbox and the timeline knows that it was sent."""
    if not TestMail.objects.filter(recipient=trial.address).exists():
        return False
    sent = """
        SELECT 1 FROM profiles_event event JOIN profiles_eventdefinition definition ON definition.id = definition_id
        WHERE definition.name = 'Email Sent' AND contact_id = ANY(%s)
    """
    return bool(db.fetch(sent, [_contacts(trial)]))


def stuck(trial: Trial) -> str:
    """How far the event came, in a sentence."""
    refused = RejectedItem.objects.filter(source_id=trial.source).order_by("id").first()
    if refused:
        return f"The event was not accepted: {refused.detail or refused.reason}"
    contacts = _contacts(trial)
    if InboxItem.objects.filter(source_id=trial.source).exists() or not contacts:
        return "The event lies in the inbox and was not digested. See logs/worker-ingest.log."
    run = Run.objects.filter(journey_id=trial.journey).first()
    if run is None:
        return "The event was digested, but nobody entered the journey. See logs/worker-ingest.log."
    message = Message.objects.filter(run_id=run.pk).first()
    if message is None:
        return (
            f"Somebody entered the journey, but no mail was queued {run.error}. See logs/worker-journeys.log."
        )
    if message.state in (Message.State.SKIPPED, Message.State.FAILED, Message.State.UNCERTAIN):
        return f"The mail was not sent ({message.get_state_display()}): {message.detail or message.reason}"
    if not TestMail.objects.filter(recipient=trial.address).exists():
        return f"The mail is {message.get_state_display()}, and did not arrive. See logs/worker-delivery.log."
    return "The mail arrived, but its timeline does not say so. See logs/worker-ingest.log."


def erase(trial: Trial) -> None:
    """Remove everything the check made and caused, in one transaction."""
    contacts = _contacts(trial)
    with transaction.atomic():
        messages = list(Message.objects.filter(contact_id__in=contacts).values_list("pk", flat=True))
        runs = list(Run.objects.filter(journey_id=trial.journey).values_list("pk", flat=True))
        personas = [
            row[0]
            for row in db.fetch("SELECT id FROM profiles_persona WHERE contact_id = ANY(%s)", [contacts])
        ]
        _delete("journeys_receipt", "message_id", messages)
        _delete("journeys_visit", "run_id", runs)
        _delete("profiles_identitylink", "persona_id", personas)
        # Foreign keys are checked at commit, so the order does not matter.
        for table in _tables_with("contact_id"):
            _delete(table, "contact_id", contacts)
        _delete("profiles_contact", "id", contacts)
        for table, column, number in (
            ("journeys_version", "journey_id", trial.journey),
            ("journeys_journey", "id", trial.journey),
            ("journeys_contentrevision", "content_id", trial.content),
            ("journeys_content", "id", trial.content),
            ("profiles_inboxitem", "source_id", trial.source),
            ("profiles_rejecteditem", "source_id", trial.source),
            ("profiles_seenmessage", "source_id", trial.source),
            ("profiles_writekey", "source_id", trial.source),
            ("profiles_source", "id", trial.source),
        ):
            _delete(table, column, [number])
        db.execute("DELETE FROM profiles_eventdefinition WHERE name = %s", [trial.event])
        TestMail.objects.filter(recipient=trial.address).delete()


def _contacts(trial: Trial) -> list[int]:
    return list(Contact.objects.filter(email=trial.address).values_list("pk", flat=True))


def _delete(table: str, column: str, numbers: Sequence[int]) -> None:
    db.execute(f'DELETE FROM "{table}" WHERE "{column}" = ANY(%s)', [list(numbers)])


def _tables_with(column: str) -> list[str]:
    """Our tables that have this column; a partitioned table once, without its months."""
    rows = db.fetch(
        """
        SELECT class.relname FROM pg_class class JOIN pg_attribute attribute ON attribute.attrelid = class.oid
        WHERE class.relkind IN ('r', 'p') AND NOT class.relispartition AND attribute.attname = %s
          AND class.relnamespace = 'public'::regnamespace
        ORDER BY class.relname
        """,
        [column],
    )
    return [row[0] for row in rows]
