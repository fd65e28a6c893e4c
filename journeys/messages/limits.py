"""May this message go, now, to this person, at this address: asked last, for at most 50 messages at a time."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cdp.lib import db
from journeys.channels.base import DeliveryError
from journeys.channels.email import wire_address
from journeys.messages import capping, quiet
from journeys.messages.capping import Cap
from journeys.messages.claims import Claimed
from journeys.messages.quiet import Quiet
from journeys.models import Message
from profiles import consent
from profiles.models import Channel, Contact

AT_ONCE: Final = 50

SURVIVORS: Final = """
    WITH RECURSIVE way (asked, id, merged_into_id) AS (
        SELECT id, id, merged_into_id FROM profiles_contact WHERE id = ANY(%s)
        UNION ALL
        SELECT way.asked, contact.id, contact.merged_into_id
        FROM way JOIN profiles_contact contact ON contact.id = way.merged_into_id
    )
    SELECT asked, id FROM way WHERE merged_into_id IS NULL
"""

REASONS: Final = {
    "unsubscribed": "They unsubscribed.",
    "not_subscribed": "They are not subscribed to this topic.",
    "pending": "They have not confirmed their subscription yet.",
    "suppressed": "This address must not be written to: mail bounced, somebody complained, or it was blocked by hand.",
    "do_not_track": "They asked not to be tracked.",
    "unknown_contact": "This contact no longer exists.",
    "no_address": "This contact has no e-mail address.",
    "capped": "They had as many marketing messages lately as the workspace allows.",
    "quiet_hours": "It was a quiet hour where they are, and this is not sent later.",
    "expired": "It was no longer worth sending when its turn came.",
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """A message that may go out at this moment."""

    message: Claimed
    contact: Contact
    address: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A message that may not, and why."""

    message: Claimed
    reason: str
    detail: str
    failed: bool = False  # something is wrong, as opposed to somebody having said no


@dataclass(frozen=True, slots=True)
class Held:
    """A message that may not go yet, until when, and why."""

    message: Claimed
    until: dt.datetime
    reason: str
    detail: str


def survivors(contact_ids: Iterable[int]) -> dict[int, Contact]:
    """For each number the contact it stands for now, merges followed; none for who was erased. Two statements."""
    stands_for: dict[int, int] = dict(db.fetch(SURVIVORS, [list(set(contact_ids))]))
    contacts = Contact.objects.in_bulk(set(stands_for.values()))
    return {asked: contacts[number] for asked, number in stands_for.items() if number in contacts}


def check(
    messages: Sequence[Claimed],
    *,
    now: dt.datetime,
    contacts: Mapping[int, Contact] | None = None,
    hours: Quiet | None = None,
) -> list[Allowed | Held | Forbidden]:
    """Ask for each of these, in their order. A handful of statements however many there are.

    `contacts` by the messages' numbers, and `hours`, the quiet hours with what each version does in them, are asked
    for where they are not given.
    """
    assert len(messages) <= AT_ONCE, "what was allowed too long ago may be forbidden by now"
    if contacts is None:
        contacts = survivors(message.contact_id for message in messages)
    requests = [
        (contacts[message.contact_id].pk, message.topic_id, message.purpose)
        for message in messages
        if message.contact_id in contacts
    ]
    answers = consent.allowed(channel=Channel.EMAIL, requests=requests, now=now) if requests else {}
    cap = capping.asked({contact.pk for contact in contacts.values()}, now=now)
    hours = hours or quiet.asked({message.version_id for message in messages})
    verdicts: list[Allowed | Held | Forbidden] = []
    for message in messages:
        contact = contacts.get(message.contact_id)
        if contact is None:
            verdicts.append(_forbidden(message, "unknown_contact"))
        elif message.expires_at is not None and message.expires_at <= now:
            verdicts.append(_forbidden(message, "expired"))
        elif refusal := answers[contact.pk, message.topic_id, message.purpose]:
            verdicts.append(_forbidden(message, str(refusal)))
        elif not contact.email:
            verdicts.append(_forbidden(message, "no_address"))
        else:
            verdicts.append(_not_now(message, contact, cap, hours, now=now) or _addressed(message, contact))
    return verdicts


def _forbidden(message: Claimed, reason: str) -> Forbidden:
    return Forbidden(message, reason, REASONS.get(reason, reason))


def _not_now(
    message: Claimed, contact: Contact, cap: Cap, hours: Quiet, *, now: dt.datetime
) -> Forbidden | Held | None:
    """Nothing where the message may go; it counts from then on."""
    if message.purpose != Message.Purpose.MARKETING:
        return None
    if cap.is_full(contact.pk):
        return Forbidden(message, "capped", cap.sentence)
    way = hours.way(message.version_id)
    if way != "send" and (over := hours.over_at(contact, now=now)):
        if way == "skip" or (message.expires_at is not None and message.expires_at <= over):
            return _forbidden(message, "quiet_hours")
        return Held(message, over, "quiet_hours", quiet.sentence(over, hours.zone(contact)))
    cap.add(contact.pk)
    return None


def _addressed(message: Claimed, contact: Contact) -> Allowed | Forbidden:
    try:
        return Allowed(message, contact, wire_address(contact.email))
    except DeliveryError as error:
        return Forbidden(message, error.reason, str(error), failed=True)
