"""The cap: at most so many marketing messages a person in so many days, asked when a message goes.

What went out counts, and what may have gone out; what was not sent does not. Two workers that deliver to one person
in the same moment do not see each other: then one message more than allowed can go.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from cdp.lib import db
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


def sentence(most: int, days: int) -> str:
    """Why somebody gets no more: so many marketing messages in so many days are enough."""
    return f"The workspace allows {most} marketing messages in {days} days, and they had that many."
