"""Letting go of messages that a worker holds and does nothing about, by hand: delivery does it by itself in time."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from cdp.lib import db
from journeys.messages import outcomes
from journeys.messages.claims import Doubtful
from journeys.models import Message

# Whoever still holds it finds it gone: nothing is handed over that is not claimed, and the next claim has a new fence.
RELEASE: Final = """
    UPDATE journeys_message message SET state = 'queued', lease_until_at = NULL, due_at = %(now)s
    FROM unnest(%(ids)s::bigint[], %(entered)s::timestamptz[]) AS chosen (id, entered)
    WHERE message.id = chosen.id AND message.run_entered_at = chosen.entered AND message.state = 'claimed'
    RETURNING message.id
"""
# Only once its worker's time is over: before that it may be answering at this moment.
DOUBT: Final = """
    UPDATE journeys_message message
    SET state = 'uncertain', lease_until_at = NULL, reason = 'interrupted',
        detail = 'The worker stopped while handing it over, so it may have been sent.'
    FROM unnest(%(ids)s::bigint[], %(entered)s::timestamptz[]) AS chosen (id, entered)
    WHERE message.id = chosen.id AND message.run_entered_at = chosen.entered
      AND message.state = 'handing_over' AND message.lease_until_at < %(now)s
    RETURNING message.id, message.run_entered_at, message.persona_id, message.version_id, message.step,
        message.purpose, message.topic_id, message.reason, message.detail
"""


@dataclass(frozen=True, slots=True)
class Released:
    """How many wait to be sent again, how many may have been sent, and how many were left as they are."""

    queued: int
    doubtful: int
    left: int


def release(messages: Sequence[Message], *, now: dt.datetime) -> Released:
    """Take these messages from the workers that hold them.

    What was only being prepared is sent as if nothing had been. What was being handed over may have been sent, and
    is said to be so; while its worker still has time, it is left alone.
    """
    chosen = {
        "ids": [message.pk for message in messages],
        "entered": [message.run_entered_at for message in messages],
        "now": now,
    }
    with transaction.atomic():
        queued = db.fetch(RELEASE, chosen)
        doubtful = [Doubtful(*row) for row in db.fetch(DOUBT, chosen)]
        outcomes.record_doubt(doubtful, now=now)
    return Released(len(queued), len(doubtful), len(messages) - len(queued) - len(doubtful))
