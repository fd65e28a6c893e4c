"""People of the sample shop: marked from their first row on, and as old as their history says.

What a sample source tells in bulk is a life that is told at one go. A real history that is imported dates what it
says, too, but we knew nobody before it came; the people of the sample shop are to look as if we always had.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from profiles.identifiers import Rules
from profiles.models import Lane
from profiles.present import Present
from profiles.understanding import Message


@dataclass(frozen=True, slots=True)
class Samples:
    """The sample contacts of a batch: since when each is there, and since when it is known."""

    began: dict[int, dt.datetime] = field(default_factory=dict)
    named: dict[int, dt.datetime] = field(default_factory=dict)

    def age(self, contact: Present, *, is_new: bool, now: dt.datetime) -> None:
        """Mark a contact that is new, and date what the batch found out about it."""
        if is_new and contact.id in self.began:
            contact.is_sample = True
            contact.created_at = min(self.began[contact.id], now)
        if contact.known_since_at == now and contact.id in self.named:
            contact.known_since_at = min(self.named[contact.id], now)


def of(owned: Iterable[tuple[Message, tuple[int, int]]], *, rules: Rules) -> Samples:
    """Of these messages, each beside its (contact, persona), what sample sources say."""
    found = Samples()
    for message, (contact, persona) in owned:
        if not message.origin.is_sample:
            continue
        at = message.item.occurred_at if message.item.lane != Lane.LIVE else message.item.received_at
        for number in (contact, persona):  # who is merged in the batch that founds him was a contact, too
            found.began[number] = min(at, found.began.get(number, at))
        if any(rules[one.namespace].makes_known for one in message.identifiers):
            found.named[contact] = min(at, found.named.get(contact, at))
    return found
