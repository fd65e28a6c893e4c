"""Delivery: claim what is due, ask whether it may go, hand it over, write down what became of it.

What a crash can leave behind, at most: messages that were claimed and not begun go back to the queue, and fail
when that happens again and again; the W messages (`settings.DELIVERY_WINDOW`) that were being handed over are
*uncertain*, and are not sent again by themselves.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from cdp.lib import failpoints
from journeys.channels.base import Channel, Outcome, Refused
from journeys.channels.email import EmailChannel
from journeys.messages import capping, claims, letters, limits, outcomes
from journeys.messages.claims import Claimed, Doubtful, Settled
from journeys.messages.letters import Letter, Stationery
from journeys.messages.limits import Allowed, Forbidden, Held
from profiles import workspace
from profiles.models import Channel as Kind

type Clock = Callable[[], dt.datetime]

PATIENCE: Final = 0.6  # the share of a lease that a hand-over may take; the rest is for writing down
BREATHER_SECONDS: Final = 0.2  # before writing down again what the database did not take


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one batch came to."""

    claimed: int = 0
    sent: int = 0
    skipped: int = 0
    failed: int = 0
    held: int = 0  # not at this hour
    retried: int = 0  # will be tried again
    uncertain: int = 0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found of workers that went silent."""

    requeued: int
    uncertain: int
    failed: int = 0


def deliver(*, now: Clock, limit: int = 500) -> Delivered:
    """Bring one batch of due messages to its end; nothing foreign happens inside a transaction.

    Several processes may do this at once. Raises django.db.OperationalError when the database goes away; then
    `recover` finds what was left.
    """
    with transaction.atomic():
        claims.wake(now=now(), limit=limit)
        claimed = claims.claim(channel=Kind.EMAIL, limit=limit, now=now())
    if not claimed:
        return Delivered()
    failpoints.hit("delivery.claimed")
    return _Batch(claimed, now).run()


def recover(*, now: dt.datetime) -> Recovered:
    """Give back what silent workers had claimed; mark as uncertain what they were handing over."""
    with transaction.atomic():
        given_up = claims.give_up_expired(now=now)
        outcomes.record_given_up(given_up, now=now)
        requeued = claims.requeue_expired(now=now)
        doubtful = claims.doubt_expired(now=now)
        outcomes.record_doubt([one for one in doubtful if not resend(one)], now=now)
    return Recovered(requeued, len(doubtful), len(given_up))


def resend(message: Doubtful) -> bool:
    """Whether an uncertain message may be tried again: one day, where at-least-once was asked for. Now never."""
    return False


def next_due(*, now: dt.datetime) -> dt.datetime | None:
    """When there is something to do next: a message due or a lease over; None when nothing is under way.

    A moment before `now` means at once.
    """
    return claims.next_moment()


class _Batch:
    """One claimed batch on its way, a window at a time."""

    def __init__(self, claimed: list[Claimed], now: Clock) -> None:
        self.now = now
        self.claimed = claimed
        self.waiting = {message.id: message for message in claimed}  # neither begun nor settled
        self.channel: Channel = EmailChannel()
        self.stationery = Stationery()
        self.tally: Counter[str] = Counter()
        self.renewed_at = now()
        self.deaf = ""  # what the server said, or did not, when nobody answered at all

    def run(self) -> Delivered:
        """Every message to its end, or back to the queue."""
        window = settings.DELIVERY_WINDOW
        # Whole windows, so that what was asked together also goes out together.
        at_once = max(1, limits.AT_ONCE // window) * window if window <= limits.AT_ONCE else limits.AT_ONCE
        for start in range(0, len(self.claimed), at_once):
            if self.deaf:
                self._release(self.claimed[start:])
                break
            with workspace.held():
                self._chunk(self.claimed[start : start + at_once], window)
        return self._delivered()

    def _chunk(self, messages: Sequence[Claimed], window: int) -> None:
        """Ask for these, write them, hand them over."""
        now = self.now()
        verdicts = limits.check(messages, now=now)
        allowed = [verdict for verdict in verdicts if isinstance(verdict, Allowed)]
        refused = [verdict for verdict in verdicts if isinstance(verdict, Forbidden)]
        held = [outcomes.of_hold(verdict) for verdict in verdicts if isinstance(verdict, Held)]
        ready, unwritten = letters.write(allowed, self.stationery, now=now)
        finished = held + [outcomes.of_refusal(forbidden) for forbidden in [*refused, *unwritten]]
        for portion in letters.by_window(ready, min(window, limits.AT_ONCE)):
            if self.deaf:
                now = self.now()
                finished += [outcomes.released(one.message, detail=self.deaf, now=now) for one in portion]
                continue
            ours = self._turn(finished, portion)
            finished = self._hand_over(ours)
        self._turn(finished, ())

    def _turn(self, finished: Sequence[Settled], following: Sequence[Letter]) -> list[Letter]:
        """In one transaction write down what is finished and that the following are being handed over.

        One transaction, not two: never more than one window is in hand-over, and it halves the commits. The
        letters that are still ours to hand over.
        """
        for settled in finished:
            self.waiting.pop(settled.message.id, None)
        for letter in following:
            self.waiting.pop(letter.message.id, None)
        held = self._insist(finished, following)
        if finished:
            failpoints.hit("delivery.recorded")
        if held:
            failpoints.hit("delivery.handing_over")
        return [letter for letter in following if letter.message.id in held]

    def _insist(self, finished: Sequence[Settled], following: Sequence[Letter]) -> set[int]:
        """Write down, again and again while the lease lasts: after a deadlock or a restart of the database, what
        was sent would else be uncertain.

        Harmless where an attempt did happen whose answer was lost: claims are fenced.
        """
        until = time.monotonic() + settings.DELIVERY_LEASE_SECONDS * (1 - PATIENCE)
        while True:
            try:
                return self._write_down(finished, following)
            except (OperationalError, InterfaceError):
                if time.monotonic() >= until:
                    raise
                time.sleep(BREATHER_SECONDS)

    def _write_down(self, finished: Sequence[Settled], following: Sequence[Letter]) -> set[int]:
        now = self.now()
        with transaction.atomic():
            tally = outcomes.record(finished, now=now)
            within = capping.within([(letter.message, letter.contact_id) for letter in following], now=now)
            claims.put_back([letter.message for letter in following if letter.message.id not in within])
            begun = [letter for letter in following if letter.message.id in within]
            held = claims.begin([one.message for one in begun], [one.email for one in begun], now=now)
            if now - self.renewed_at > dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS / 3):
                claims.renew(list(self.waiting.values()), now=now)
                self.renewed_at = now
        self.tally += tally
        return held

    def _hand_over(self, ours: Sequence[Letter]) -> list[Settled]:
        if not ours:
            return []
        within = settings.DELIVERY_LEASE_SECONDS * PATIENCE
        answers = self.channel.hand_over([letter.envelope for letter in ours], within_seconds=within)
        now = self.now()
        self._listen(answers.values())
        return [
            outcomes.of_hand_over(
                letter.message,
                answers[letter.message.id],
                email=letter.email,
                subject=letter.subject,
                now=now,
            )
            for letter in ours
        ]

    def _listen(self, answers: Iterable[Outcome]) -> None:
        for answer in answers:
            if isinstance(answer, Refused) and answer.unreachable:
                self.deaf = answer.detail

    def _release(self, messages: Sequence[Claimed]) -> None:
        """Nobody answers: back to the queue with these, untried."""
        now = self.now()
        self._turn([outcomes.released(message, detail=self.deaf, now=now) for message in messages], ())

    def _delivered(self) -> Delivered:
        return Delivered(
            claimed=len(self.claimed),
            sent=self.tally["sent"],
            skipped=self.tally["skipped"],
            failed=self.tally["failed"],
            held=self.tally["held"],
            retried=self.tally["queued"],
            uncertain=self.tally["uncertain"],
        )
