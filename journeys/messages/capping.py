"""The cap: at most so many marketing messages a person in so many days, asked when a message goes.

What went out counts, and what may have gone out; what was not sent does not. It is asked twice: with consent, when a
reason can be given; and as messages are handed over, in turn with every other worker that writes to the same people.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from cdp.lib import db
from journeys.messages.claims import Claimed
from journeys.models import Message
from profiles import workspace

# How long a message may have lain in the queue before it went: keeps the search to the newest of each person.
QUEUED: Final = dt.timedelta(days=30)
# Found through message_of_contact (contact, -created_at).
SENT: Final = """
    SELECT contact_id, count(*) FROM journeys_message
    WHERE contact_id = ANY(%(contacts)s) AND created_at > %(earliest)s AND purpose = 'marketing'
      AND state IN ('sent', 'handing_over', 'uncertain') AND coalesce(sent_at, due_at) > %(since)s
    GROUP BY contact_id
"""
# One lock a person, in the order of their numbers so that two workers never wait for each other. Their numbers are
# below 2³²; locks of two numbers take signed ones.
IN_TURN: Final = """
    SELECT pg_advisory_xact_lock(719, (person - 2147483648)::int)
    FROM (SELECT person FROM unnest(%s::bigint[]) AS person ORDER BY person) AS person
"""


@dataclass
class Cap:
    """How many a person may get, and how many each has had; `most` is None where there is no cap."""

    most: int | None = None
    days: int = 7
    had: Counter[int] = field(default_factory=Counter)

    def is_full(self, contact_id: int) -> bool:
        """Whether this person has had enough."""
        return self.most is not None and self.had[contact_id] >= self.most

    def add(self, contact_id: int) -> None:
        """One more goes to this person now."""
        self.had[contact_id] += 1

    @property
    def sentence(self) -> str:
        """Why somebody gets no more."""
        return sentence(self.most or 0, self.days)


def asked(contact_ids: Collection[int], *, now: dt.datetime) -> Cap:
    """The workspace's cap, and what these people have had. At most two statements."""
    settings = workspace.current()
    cap = Cap(settings.cap_messages, settings.cap_days)
    if cap.most is not None and contact_ids:
        since = now - dt.timedelta(days=cap.days)
        rows = db.fetch(SENT, {"contacts": list(contact_ids), "since": since, "earliest": since - QUEUED})
        cap.had.update(dict(rows))
    return cap


def within(people: Sequence[tuple[Claimed, int]], *, now: dt.datetime) -> set[int]:
    """Those of these messages, each with whom it goes to, that may be handed over, in the caller's transaction.

    Other workers wait until it ends before they ask about the same people, and then see what is being handed over. Who
    is over the cap by now is left out; asked again, they hear why.
    """
    numbers = {person for one, person in people if one.purpose == Message.Purpose.MARKETING}
    if not numbers or workspace.current().cap_messages is None:
        return {one.id for one, _person in people}
    db.fetch(IN_TURN, [sorted(numbers)])
    cap, allowed = asked(numbers, now=now), set()
    for one, person in people:
        if one.purpose == Message.Purpose.MARKETING:
            if cap.is_full(person):
                continue
            cap.add(person)
        allowed.add(one.id)
    return allowed


def sentence(most: int, days: int) -> str:
    """Why somebody gets no more: so many marketing messages in so many days are enough."""
    return f"The workspace allows {most} marketing messages in {days} days, and they had that many."
