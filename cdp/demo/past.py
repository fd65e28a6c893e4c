"""What the journeys did before today, written down in the rows that the engine and delivery leave behind.

Nothing is sent for it: a run that is over, its visits, its message with what became of it, and the events that the
product would have told the timeline, through the inbox. Only these rows are written around the engine, because its
loops run beside us by today's clock; from here on it goes on with whoever still waits.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cdp.demo import registry
from cdp.demo.posting import CAP, CAP_DAYS, WINBACK_LASTS, Posted
from cdp.demo.things import topic
from cdp.lib import db
from journeys.flow import signals
from journeys.messages import capping
from journeys.models import Message, Receipt, Run, Version, Visit
from profiles import ingest
from profiles.ingest import SystemEvent
from profiles.models import IdentityLink, Lane
from segments.models import Membership, MembershipChange

TWO_MINUTES: Final = dt.timedelta(minutes=2)
WHY: Final = {"confirmation": "Order confirmation"}
URL: Final = "https://noord.example/"


@dataclass(frozen=True, slots=True)
class Who:
    """One person as rows name them."""

    contact: int
    persona: int
    email: str


@dataclass
class Written:
    """One portion, ready to be stored."""

    now: dt.datetime
    versions: dict[str, Version]
    people: dict[str, Who]
    topic: int
    events: list[SystemEvent] = field(default_factory=list)

    def store(self, posted: Sequence[Posted]) -> None:
        """Write the runs of these mails, and what each left behind."""
        mails = [mail for mail in posted if mail.person in self.people and mail.name in self.versions]
        groups: dict[tuple[str, str, dt.datetime, str], list[Posted]] = {}
        for mail in mails:
            groups.setdefault((mail.person, mail.name, mail.entered, mail.key), []).append(mail)
        runs = Run.objects.bulk_create(self._run(group) for group in groups.values())
        rows = list(zip(runs, groups.values(), strict=True))
        Visit.objects.bulk_create(visit for run, group in rows for visit in _visits(run, group, self.now))
        pairs = [(run, mail, number) for run, group in rows for number, mail in _numbered(run, group)]
        messages = Message.objects.bulk_create(
            self._message(run, mail, number) for run, mail, number in pairs
        )
        for message, (run, mail, _) in zip(messages, pairs, strict=True):
            self._tell(message, run, mail)
        Receipt.objects.bulk_create(
            receipt
            for message, (_, mail, _) in zip(messages, pairs, strict=True)
            for receipt in _receipts(message, mail)
        )
        for run, group in rows:
            self._tell_way(run, group)
        ingest.record(self.events, now=self.now)

    def _run(self, group: list[Posted]) -> Run:
        last, version = group[-1], self.versions[group[-1].name]
        who = self.people[last.person]
        run = Run(
            journey_id=version.journey_id, version=version, contact_id=who.contact, persona_id=who.persona,
            key=last.key, entered_at=last.entered, step=last.step, arrived_at=last.at, visit_number=len(group),
        )  # fmt: skip
        if last.stays:
            run.step, run.visit_number = "back", 2
            run.state, run.wake_at = Run.State.WAITING, last.entered + WINBACK_LASTS
            run.awaits, run.signal_seq = list(version.awaited_events), signals.latest()
        else:
            run.state, run.exit_reason = Run.State.COMPLETED, "completed"
            run.ended_at = last.at
            run.visit_number = _numbered(run, group)[-1][0]
        return run

    def _message(self, run: Run, mail: Posted, number: int) -> Message:
        who = self.people[mail.person]
        skipped = bool(mail.reason)
        why = WHY.get(mail.name, "")
        detail = capping.sentence(CAP, CAP_DAYS) if skipped else ""
        return Message(
            run_entered_at=run.entered_at, run=run, visit_number=number, version_id=run.version_id,
            step=mail.step, contact_id=who.contact, persona_id=who.persona, channel="email",
            purpose="transactional" if why else "marketing", topic_id=None if why else self.topic, why=why,
            state=Message.State.SKIPPED if skipped else Message.State.SENT, due_at=mail.at, created_at=mail.at,
            address="" if skipped else who.email, sent_at=None if skipped else mail.at, attempts=int(not skipped),
            reason=mail.reason, detail=detail, provider="" if skipped else "sample",
            first_opened_at=mail.opened, first_clicked_at=mail.clicked,
        )  # fmt: skip

    def _tell(self, message: Message, run: Run, mail: Posted) -> None:
        about: dict[str, Any] = {
            "message": message.pk, "message_entered_at": run.entered_at.isoformat(), "version": run.version_id,
            "step": mail.step, "topic": message.topic_id, "journey": self.versions[mail.name].journey.name,
        }  # fmt: skip
        key = f"message:{message.pk}"
        if mail.reason:
            self._event("Email Not Sent", message, mail.at, f"{key}:not_sent",
                        about | {"reason": mail.reason, "detail": message.detail})  # fmt: skip
            return
        self._event("Email Sent", message, mail.at, f"{key}:sent", about)
        if mail.opened:
            self._event("Email Opened", message, mail.opened, f"{key}:opened", about | {"machine": False})
        if mail.clicked:
            told = about | {"machine": False, "url": URL}
            self._event("Email Link Clicked", message, mail.clicked, f"{key}:clicked", told)

    def _tell_way(self, run: Run, group: list[Posted]) -> None:
        version = self.versions[group[-1].name]
        about = {"journey": version.journey.name, "journey_id": version.journey_id, "version": version.number}
        self._event("Journey Entered", run, run.entered_at, f"run:{run.pk}:entered", about)
        if run.ended_at:
            told = {**about, "reason": run.exit_reason}
            self._event("Journey Exited", run, run.ended_at, f"run:{run.pk}:exited", told)

    def _event(
        self, name: str, row: Message | Run, at: dt.datetime, key: str, properties: dict[str, Any]
    ) -> None:
        persona = int(row.persona_id)
        self.events.append(SystemEvent(name, persona, min(at, self.now), key, properties, lane=Lane.BULK))


def write(posted: Sequence[Posted], *, now: dt.datetime) -> None:
    """Write these down, in the caller's transaction."""
    people = _people({mail.person for mail in posted})
    Written(now, _versions(), people, topic().pk).store(posted)
    _since(posted, people)


def _versions() -> dict[str, Version]:
    """By the key of a journey its newest version."""
    keys = {number: key for key, number in registry.numbers(kind="journeys.journey").items()}
    found = Version.objects.filter(journey__tags__contains=[registry.TAG]).select_related("journey")
    return {keys[one.journey_id]: one for one in found.order_by("number") if one.journey_id in keys}


def _people(users: set[str]) -> dict[str, Who]:
    links = IdentityLink.objects.filter(namespace="user_id", value__in=users)
    rows = links.values_list("value", "persona__contact_id", "persona_id", "persona__contact__email")
    return {user: Who(contact, persona, email) for user, contact, persona, email in rows}


def _numbered(run: Run, group: list[Posted]) -> list[tuple[int, Posted]]:
    """Each mail with the number of its visit: a wait lies before a reminder and between the two of win-back."""
    steps = {"miss": 1, "offer": 3, "reminder": 2, "hello": 2}
    return [(steps.get(mail.step, 1), mail) for mail in group]


def _visits(run: Run, group: list[Posted], now: dt.datetime) -> list[Visit]:
    """The steps that are over."""
    found = []

    def add(
        number: int, step: str, came: dt.datetime, left: dt.datetime, outcome: str, following: str
    ) -> None:
        found.append(
            Visit(run=run, number=number, version_id=run.version_id, step=step, arrived_at=came, left_at=left,
                  outcome=outcome, next_step=following)
        )  # fmt: skip

    for number, mail in _numbered(run, group):
        if mail.step == "reminder":
            add(1, "order", mail.entered, mail.at, "timed_out", "reminder")
        elif mail.step == "hello":
            add(1, "breath", mail.entered, mail.at, "waited", "hello")
        elif mail.step == "offer":
            add(2, "back", mail.entered, mail.at, "timed_out", "offer")
        following = "back" if mail.step == "miss" else ""
        add(number, mail.step, mail.entered if number == 1 else mail.at, mail.at, "queued", following)
    return found


def _receipts(message: Message, mail: Posted) -> list[Receipt]:
    told = [(Receipt.Kind.OPENED, mail.opened, ""), (Receipt.Kind.CLICKED, mail.clicked, URL)]
    return [
        Receipt(message_id=message.pk, message_entered_at=message.run_entered_at, kind=kind, at=at,
                received_at=at, url=url, detail={})
        for kind, at, url in told
        if at is not None
    ]  # fmt: skip


def _since(posted: Sequence[Posted], people: dict[str, Who]) -> None:
    """Whoever slipped did so on the day on which the journey took them in, not on the day of loading."""
    slipping = registry.number("slipping") or 0
    entered = {
        people[mail.person].contact: mail.entered
        for mail in posted
        if mail.name == "winback" and mail.person in people
    }
    for contact, at in entered.items():
        Membership.objects.filter(segment_id=slipping, contact_id=contact).update(entered_at=at)
        MembershipChange.objects.filter(segment_id=slipping, contact_id=contact).update(cause="time")


def months(posted: Sequence[Posted]) -> list[dt.date]:
    """The months whose partitions these rows need."""
    moments = [moment for mail in posted for moment in (mail.entered, mail.at)]
    return sorted({db.month_of(moment) for moment in moments})
