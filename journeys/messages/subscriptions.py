"""What people decide by the unsubscribe link: written to the ledger at once, told to the timeline after."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q

from cdp.lib import db
from journeys.messages.links import BadLink, Subscription
from profiles import consent, ingest
from profiles.consent import Statement
from profiles.ingest import SystemEvent
from profiles.models import Brand, Channel, Consent, ConsentState, Contact, Lane, Persona, Topic

LOCK: Final = 0x4B_05
TICK: Final = dt.timedelta(microseconds=1)
EVENTS: Final = {ConsentState.UNSUBSCRIBED: "Unsubscribed", ConsentState.SUBSCRIBED: "Subscribed"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with whoever holds a link."""

    link: Subscription
    contact: Contact
    topic: Topic | None
    brand: Brand
    last: Consent | None  # their latest word about this topic, or about all

    @property
    def is_unsubscribed(self) -> bool:
        """From this topic, or from everything."""
        return self.last is not None and self.last.state == ConsentState.UNSUBSCRIBED

    @property
    def is_out_of_all(self) -> bool:
        """From everything."""
        return self.is_unsubscribed and self.last is not None and self.last.topic_id is None


def standing(link: Subscription) -> Standing:
    """Who this is about and what they last said. Raises BadLink when that person was erased."""
    persona = Persona.objects.select_related("contact__merged_into").filter(pk=link.persona_id).first()
    if persona is None:
        raise BadLink
    contact = persona.contact
    while contact.merged_into is not None:
        contact = contact.merged_into
    topic = Topic.objects.select_related("brand").filter(pk=link.topic_id or 0).first()
    brand = topic.brand if topic else Brand.objects.get(is_default=True)
    return Standing(link, contact, topic, brand, _last(contact, topic))


def _last(contact: Contact, topic: Topic | None) -> Consent | None:
    about = Q(topic=None) | Q(topic=topic) if topic else Q(topic=None)
    said = Consent.objects.filter(about, contact=contact, channel=Channel.EMAIL)
    return said.order_by("-at", "-id").first()


def leave(link: Subscription, *, everything: bool, proof: dict[str, str], now: dt.datetime) -> Standing:
    """Unsubscribe from the link's topic or from everything; doing so again changes nothing. Raises BadLink."""
    with transaction.atomic():
        here = _alone(link)
        topic = None if everything else here.topic
        done = here.is_out_of_all if topic is None else here.is_unsubscribed
        if not done:
            _say(here, [topic], ConsentState.UNSUBSCRIBED, proof=proof, now=now)
        return standing(link)


def come_back(link: Subscription, *, proof: dict[str, str], now: dt.datetime) -> Standing:
    """Take the unsubscribing back: the link's topic, and after "everything" the others that they had before."""
    with transaction.atomic():
        here = _alone(link)
        if here.is_unsubscribed and here.topic is not None:
            topics = [here.topic, *(_had(here) if here.is_out_of_all else [])]
            _say(here, topics, ConsentState.SUBSCRIBED, proof=proof, now=now)
        return standing(link)


def _alone(link: Subscription) -> Standing:
    """How things stand, with nobody else deciding for the same person until the transaction ends."""
    db.fetch("SELECT pg_advisory_xact_lock(%s, (%s %% 2147483647)::int)", [LOCK, link.persona_id])
    return standing(link)


def _had(here: Standing) -> list[Topic]:
    """The other topics whose last word, before all were left, was yes."""
    said = (
        Consent.objects.filter(contact=here.contact, channel=Channel.EMAIL, topic__isnull=False)
        .exclude(topic=here.topic)
        .order_by("topic", "-at", "-id")
        .distinct("topic")
        .select_related("topic")
    )
    return [one.topic for one in said if one.topic is not None and one.state == ConsentState.SUBSCRIBED]


def _say(
    here: Standing,
    topics: Iterable[Topic | None],
    state: ConsentState,
    *,
    proof: dict[str, str],
    now: dt.datetime,
) -> None:
    # A row from a clock that runs ahead must not outvote what they say now.
    at = now if here.last is None else max(now, here.last.at + TICK)
    statements, events = [], []
    for topic in topics:
        key = (
            f"message:{here.link.message.message_id}:{state}:{topic.pk if topic else 'all'}:{at.timestamp()}"
        )
        statements.append(
            Statement(
                contact_id=here.contact.pk,
                persona_id=here.link.persona_id,
                channel=Channel.EMAIL,
                state=state,
                at=at,
                topic_id=topic.pk if topic else None,
                proof={**proof, "sent_message": here.link.message.message_id},
                key=key,
            )
        )
        properties = {
            "topic": topic.key if topic else "all",
            "channel": Channel.EMAIL,
            "message": here.link.message.message_id,
        }
        events.append(SystemEvent(EVENTS[state], here.link.persona_id, at, key, properties, lane=Lane.URGENT))
    consent.record(statements, now=now)
    ingest.record(events, now=now)
