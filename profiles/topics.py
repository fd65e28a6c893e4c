"""Topics as people look after them: how many subscribed to each, and what a new one is called in code."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.text import slugify

from cdp.lib import db
from profiles.models import Channel, Topic

# The latest word of each person on each channel counts, whether about this topic or about all.
SAID: Final = """
    SELECT channel, state, count(*) FROM (
        SELECT DISTINCT ON (consent.contact_id, consent.channel) consent.channel, consent.state
        FROM profiles_consent consent JOIN profiles_contact contact ON contact.id = consent.contact_id
        WHERE (consent.topic_id = %(topic)s OR consent.topic_id IS NULL) AND contact.merged_into_id IS NULL
          AND contact.known_since_at IS NOT NULL
        ORDER BY consent.contact_id, consent.channel, consent.at DESC, consent.id DESC
    ) said GROUP BY channel, state
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What people said about a topic: how many subscribed on each channel, and how many wait or left in all."""

    subscribed: Mapping[str, int]
    pending: int = 0
    unsubscribed: int = 0

    @property
    def channels(self) -> list[tuple[str, int]]:
        """The channels by name with how many subscribed there; email always."""
        return [
            (str(Channel(name).label), number)
            for name, number in sorted({"email": 0, **self.subscribed}.items())
        ]


def said(topic: Topic) -> Said:
    """What known people said about it last. One statement, over everything they ever said about it."""
    counts: dict[str, Counter[str]] = {}
    for channel, state, number in db.fetch(SAID, {"topic": topic.pk}):
        counts.setdefault(state, Counter())[channel] = number
    return Said(
        counts.get("subscribed", Counter()),
        sum(counts.get("pending", Counter()).values()),
        sum(counts.get("unsubscribed", Counter()).values()),
    )


def key(name: str) -> str:
    """What programs call a new topic of this name: short, and nobody else's."""
    plain = slugify(name)[:50] or "topic"
    taken = set(Topic.objects.filter(key__startswith=plain).values_list("key", flat=True))
    number = 1
    while (wanted := plain if number == 1 else f"{plain}-{number}") in taken:
        number += 1
    return wanted
