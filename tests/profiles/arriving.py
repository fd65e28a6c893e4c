"""Arrivals for tests: what a shop or a website sends, put into the inbox and digested as the pipeline does."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count
from typing import Any

from django.db import transaction

from profiles import digest, inbox
from profiles.arrivals import Arrivals
from profiles.models import Contact, IdentityLink, InboxItem, Lane, Source

_ids = count(1)


@dataclass
class Sender:
    """Sends messages from one source, at one moment unless told otherwise."""

    source: Source
    now: dt.datetime
    sent: list[str] = field(default_factory=list)

    def send(
        self,
        *,
        at: dt.datetime | None = None,
        lane: Lane = Lane.LIVE,
        message_id: str | None = None,
        **body: Any,
    ) -> str:
        """Put one message into the inbox; its id."""
        message_id = message_id or f"message-{next(_ids)}"
        InboxItem.objects.create(
            lane=lane,
            source=self.source,
            message_hash=blake2b(message_id.encode(), digest_size=16).digest(),
            occurred_at=at or self.now,
            received_at=self.now,
            payload=json.dumps({"messageId": message_id, **body}),
        )
        return message_id

    def track(self, event: str, properties: dict[str, Any] | None = None, **rest: Any) -> str:
        """Something happened."""
        return self.send(type="track", event=event, properties=properties or {}, **rest)

    def identify(self, traits: dict[str, Any] | None = None, **rest: Any) -> str:
        """Somebody said who they are."""
        return self.send(type="identify", traits=traits or {}, **rest)

    def group(self, key: str, traits: dict[str, Any] | None = None, **rest: Any) -> str:
        """Somebody belongs to a company."""
        return self.send(type="group", groupId=key, traits=traits or {}, **rest)

    def alias(self, user: str, previous: str, **rest: Any) -> str:
        """Somebody had another name before."""
        return self.send(type="alias", userId=user, previousId=previous, **rest)


def digested(*, now: dt.datetime, limit: int = inbox.LIMIT) -> Arrivals:
    """Digest one batch of what is waiting."""
    batch = inbox.take(limit=limit, now=now)
    digest.prepare(batch, now=now)
    with transaction.atomic():
        arrivals = digest.digest(batch, now=now)
        inbox.remove(batch)
    return arrivals


def contact(namespace: str, value: str) -> Contact:
    """Whom this identifier names now."""
    return (
        IdentityLink.objects.select_related("persona__contact")
        .get(namespace=namespace, value=value)
        .persona.contact
    )


def names(arrivals: Arrivals) -> Sequence[str]:
    """The names of the stored events."""
    return [event.name for event in arrivals.events]
