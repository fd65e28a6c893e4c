"""What became of messages, written down: the state, the event on the timeline, the suppression of a dead address."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from cdp.lib import db
from journeys.channels.base import Accepted, Outcome, Refused, Unknown
from journeys.messages import claims
from journeys.messages.claims import Claimed, Doubtful, Settled
from journeys.messages.limits import Forbidden, Held
from journeys.models import Message
from profiles import ingest, suppressions
from profiles.ingest import SystemEvent
from profiles.models import Channel, Suppression

State = Message.State
# How long to wait after the first, second, … temporary failure; after the last one we give up.
BACKOFF: Final = [dt.timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14400)]


def of_refusal(forbidden: Forbidden) -> Settled:
    """A message that may not go."""
    state = State.FAILED if forbidden.failed else State.SKIPPED
    message = forbidden.message
    return Settled(message, state, forbidden.reason, forbidden.detail, attempts=message.attempts)


def of_hold(held: Held) -> Settled:
    """A message that may not go yet."""
    message = held.message
    return Settled(
        message, State.HELD, held.reason, held.detail, due_at=held.until, attempts=message.attempts
    )


def of_hand_over(
    message: Claimed, outcome: Outcome, *, email: str, subject: str = "", now: dt.datetime
) -> Settled:
    """A message that the channel tried to hand over."""
    attempts = message.attempts + 1
    match outcome:
        case Accepted(provider):
            return Settled(
                message, State.SENT, sent_at=now, attempts=attempts, provider=provider, subject=subject
            )
        case Unknown(detail):
            return Settled(message, State.UNCERTAIN, "no_answer", detail, attempts=attempts)
        case Refused(reason, detail, permanent=True, suppress=suppress):
            bad = email if suppress else ""
            return Settled(
                message, State.FAILED, reason, detail, attempts=attempts, suppress=bad, subject=subject
            )
        case Refused(reason, detail):
            if attempts > len(BACKOFF):
                detail = f"Given up after {attempts} attempts. {detail}"
                return Settled(message, State.FAILED, "gave_up", detail, attempts=attempts)
            due_at = now + BACKOFF[attempts - 1]
            return Settled(message, State.QUEUED, reason, detail, due_at=due_at, attempts=attempts)


def released(message: Claimed, *, detail: str, now: dt.datetime) -> Settled:
    """A message that was not tried, because nobody answers at present."""
    due_at = now + BACKOFF[0]
    return Settled(message, State.QUEUED, "unreachable", detail, due_at=due_at, attempts=message.attempts)


def record(settled: Sequence[Settled], *, now: dt.datetime) -> Counter[str]:
    """Write these down, in the caller's transaction, where our claim still held; how many by state."""
    held = claims.settle(settled)
    mine = [one for one in settled if one.message.id in held]
    told = [event for one in mine if (event := _event(one, now=now))]
    names = _journeys({one.message.version_id for one in mine}) if told else {}
    ingest.record([_named(event, names) for event in told], now=now)
    for one in mine:
        if one.suppress:
            suppressions.block(
                channel=Channel.EMAIL,
                address=one.suppress,
                reason=Suppression.Reason.BOUNCED,
                detail=one.detail,
                now=now,
            )
    return Counter(one.state for one in mine)


def _journeys(versions: set[int]) -> dict[int, str]:
    """What the journeys of these versions are called."""
    rows = db.fetch(
        "SELECT version.id, journey.name FROM journeys_version version"
        " JOIN journeys_journey journey ON journey.id = version.journey_id WHERE version.id = ANY(%s)",
        [list(versions)],
    )
    return dict(rows)


def _named(event: SystemEvent, names: dict[int, str]) -> SystemEvent:
    """The event with the name of its journey, for whoever reads the timeline."""
    name = names.get(event.properties["version"], "")
    return replace(event, properties={**event.properties, "journey": name}) if name else event


def record_doubt(doubtful: Sequence[Doubtful], *, now: dt.datetime) -> None:
    """Put it on the timeline that these may have been sent."""
    ingest.record([_maybe(one, now=now) for one in doubtful], now=now)


def record_given_up(given_up: Sequence[Doubtful], *, now: dt.datetime) -> None:
    """Put it on the timeline that these were not sent."""
    ingest.record([_not_sent(one, one.reason, one.detail, now=now) for one in given_up], now=now)


def _event(settled: Settled, *, now: dt.datetime) -> SystemEvent | None:
    message, properties = settled.message, about(settled.message)
    if settled.subject:
        properties["subject"] = settled.subject
    reason = {"reason": settled.reason, "detail": settled.detail}
    match settled.state:
        case State.SENT:
            return SystemEvent(
                "Email Sent", message.persona_id, now, f"message:{message.id}:sent", properties
            )
        case State.UNCERTAIN:
            return _maybe(message, now=now)
        case State.FAILED if settled.reason == "bounced":
            key = f"message:{message.id}:bounced"
            return SystemEvent(
                "Email Bounced", message.persona_id, now, key, properties | reason | {"hard": True}
            )
        case State.SKIPPED | State.FAILED:
            return _not_sent(message, settled.reason, settled.detail, now=now)
        case _:
            return None  # it will be tried again


def _maybe(message: Claimed | Doubtful, *, now: dt.datetime) -> SystemEvent:
    key = f"message:{message.id}:maybe"
    return SystemEvent("Email Maybe Sent", message.persona_id, now, key, about(message))


def _not_sent(message: Claimed | Doubtful, reason: str, detail: str, *, now: dt.datetime) -> SystemEvent:
    key, why = f"message:{message.id}:not_sent", {"reason": reason, "detail": detail}
    return SystemEvent("Email Not Sent", message.persona_id, now, key, about(message) | why)


def about(message: Claimed | Doubtful) -> dict[str, Any]:
    """What every event about a message says of it."""
    return {
        "message": message.id,
        "message_entered_at": message.run_entered_at.isoformat(),
        "version": message.version_id,
        "step": message.step,
        "topic": message.topic_id,
    }
