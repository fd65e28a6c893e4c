"""What one person allows, topic by topic and channel by channel, and how somebody of the workspace changes it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from profiles import consent, ingest, proofs, timeline
from profiles.consent import Statement
from profiles.ingest import SystemEvent
from profiles.models import Channel, Consent, ConsentState, Contact, Lane, Suppression, Topic

ASKED: Final = (Channel.EMAIL, Channel.SMS)  # the channels that a topic is always shown for
EVENTS: Final = {ConsentState.SUBSCRIBED: "Subscribed", ConsentState.UNSUBSCRIBED: "Unsubscribed"}
HISTORY: Final = 200


@dataclass(frozen=True, slots=True)
class Permission:
    """One topic on one channel (topic None: all topics of the channel): the latest word, and all before it."""

    topic: Topic | None
    channel: str
    latest: Consent | None
    history: list[Consent]

    @property
    def channel_words(self) -> str:
        """The channel as it is called."""
        return str(Channel(self.channel).label)

    @property
    def told(self) -> list[tuple[Consent, list[tuple[str, str | dt.datetime]]]]:
        """All that was said, each with its proof in words."""
        return [(said, proofs.tell(said.proof)) for said in self.history]


def standing(contact: Contact, *, now: dt.datetime) -> dict[str, Any]:
    """All that a contact allows, and the addresses that are blocked."""
    ledger = list(
        Consent.objects.filter(contact__in=timeline.contacts_of(contact))
        .select_related("topic", "source")
        .order_by("-at", "-id")[:HISTORY]
    )
    addresses = {Channel.EMAIL: contact.email.lower(), Channel.SMS: contact.phone}
    blocked = [
        one
        for channel, address in addresses.items()
        if address
        for one in Suppression.objects.filter(channel=channel, address=address)
        if one.until_at is None or one.until_at > now
    ]
    return {"permissions": _permissions(ledger, contact), "ledger": ledger, "blocked": blocked}


def _permissions(ledger: Iterable[Consent], contact: Contact) -> list[Permission]:
    said: dict[tuple[int | None, str], list[Consent]] = {}
    for one in ledger:
        said.setdefault((one.topic_id, one.channel), []).append(one)
    topics = {topic.pk: topic for topic in Topic.objects.filter(archived_at__isnull=True).order_by("name")}
    channels = [channel for channel in ASKED if channel == Channel.EMAIL or contact.phone]
    wanted: dict[tuple[int | None, str], None] = dict.fromkeys(
        (topic, str(channel)) for channel in channels for topic in topics
    )
    alone = [key for key in said if key not in wanted]
    found = []
    for topic, channel in [*sorted(alone, key=lambda key: (key[1], key[0] or 0)), *wanted]:
        history = said.get((topic, channel), [])
        named = topics.get(topic or 0) or (history[0].topic if history else None)
        found.append(Permission(named, channel, history[0] if history else None, history))
    return found


def change(
    contact: Contact,
    *,
    topic: Topic | None,
    channel: str,
    state: ConsentState,
    reason: str,
    by: User,
    now: dt.datetime,
) -> None:
    """Write down by hand what somebody said, with the reason; the ledger knows it at once, the timeline follows."""
    key = f"by_hand:{contact.pk}:{topic.pk if topic else 'all'}:{channel}:{state}:{now.isoformat()}"
    statement = Statement(
        contact_id=contact.pk,
        persona_id=contact.pk,  # a contact has its first persona's number
        channel=channel,
        state=state,
        at=now,
        topic_id=topic.pk if topic else None,
        proof={"by": by.get_username(), "reason": reason},
        key=key,
    )
    properties = {"topic": topic.key if topic else "all", "channel": channel, "reason": reason}
    event = SystemEvent(EVENTS[state], contact.pk, now, key, properties, lane=Lane.URGENT)
    with transaction.atomic():
        consent.record([statement], now=now)
        ingest.record([event], now=now)
