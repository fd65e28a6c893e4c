"""The whole story of the shop, as it stands at one moment: the same for the same seed and moment."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from cdp.demo import cast
from cdp.demo.crowd import Crowd
from cdp.demo.posting import Post, Posted
from cdp.demo.telling import Call, Person, raw


@dataclass(frozen=True, slots=True)
class Story:
    """Everybody, the longest there first, and what they were sent."""

    now: dt.datetime
    people: list[Person]
    posted: list[Posted]

    @property
    def calls(self) -> int:
        """How many messages go through the door."""
        return sum(len(one.calls) for one in self.people)

    def told(self, number: int) -> list[bytes]:
        """The calls of the person at this place, oldest first; the ids are the same whenever it is told."""
        one = self.people[number]
        name = one.key or one.anonymous
        stamp = int(self.now.timestamp())
        calls = sorted(one.calls, key=lambda call: call.at)
        return [raw(call, f"{name}-{stamp}-{place}") for place, call in enumerate(calls)]

    def partings(self) -> list[bytes]:
        """Who said no to the news, and when; told last, because such a word overtakes everything else."""
        stamp = int(self.now.timestamp())
        body = {"type": "track", "event": "Unsubscribed", "properties": {"topic": "news", "channel": "email"}}
        return [
            raw(Call(one.opted_out, {**body, "userId": one.key}), f"{one.key}-{stamp}-parting")
            for one in self.people
            if one.opted_out is not None
        ]


@lru_cache(maxsize=2)
def tell(*, seed: int, now: dt.datetime, size: int) -> Story:
    """The story: drawn in a second or two, and kept for whoever asks next."""
    crowd = list(Crowd(seed=seed, now=now, size=size - len(cast.LIVES)).people())
    named = cast.everybody(now)
    post = Post(seed=seed, now=now)
    everyone = sorted(crowd, key=lambda one: one.began)
    return Story(now, [*named, *everyone], [mail for one in [*named, *everyone] for mail in post.of(one)])
