"""Who gets a broadcast: the members of some segments without those of others, and who of them may be written to."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from cdp.lib import db
from profiles import permitted
from profiles.models import Channel
from profiles.permitted import Tally

MEMBERS: Final = """
    SELECT contact.id FROM profiles_contact contact
    WHERE contact.merged_into_id IS NULL AND contact.known_since_at IS NOT NULL AND contact.id > %(after)s
      AND (%(everyone)s OR EXISTS (
          SELECT FROM segments_membership membership
          WHERE membership.contact_id = contact.id AND membership.segment_id = ANY(%(include)s)))
      AND NOT EXISTS (
          SELECT FROM segments_membership membership
          WHERE membership.contact_id = contact.id AND membership.segment_id = ANY(%(exclude)s))
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """Segments to send to and not to. Known contacts only: nobody writes to a visitor."""

    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    everyone: bool = False

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """From a broadcast's draft or version; what is no number of a segment is left out."""
        return cls(
            include=_numbers(said.get("include")),
            exclude=_numbers(said.get("exclude")),
            everyone=said.get("everyone") is True,
        )

    def parameters(self, *, after: int = 0) -> dict[str, Any]:
        """The bound values of MEMBERS."""
        return {
            "after": after,
            "everyone": self.everyone,
            "include": list(self.include),
            "exclude": list(self.exclude),
        }


def _numbers(raw: Any) -> tuple[int, ...]:
    listed = raw if isinstance(raw, list | tuple) else ()
    return tuple(one for one in listed if isinstance(one, int) and not isinstance(one, bool) and one > 0)


def following(audience: Audience, *, after: int, limit: int) -> list[int]:
    """The next contacts of an audience, by their number."""
    rows = db.fetch(
        f"{MEMBERS} ORDER BY contact.id LIMIT %(limit)s", {**audience.parameters(after=after), "limit": limit}
    )
    return [row[0] for row in rows]


def breakdown(audience: Audience, *, topic_id: int | None, purpose: str, now: dt.datetime) -> Tally:
    """Who of them would get an email now, and why not the others."""
    return permitted.tally(
        MEMBERS,
        audience.parameters(),
        channel=Channel.EMAIL,
        topic_id=topic_id,
        purpose=purpose,
        now=now,
    )
