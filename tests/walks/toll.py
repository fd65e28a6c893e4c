"""The toll: who was killed in a walk, at which fail-point or at random, and what each of them was handing over.

A message may be in doubt only because somebody died who was handing it over. So each kill keeps the messages that its
victim had begun, as a ledger beside the victim or the database tells, and at the end every doubt must be one of them.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from tests.walks.stack import Stack

AT_RANDOM = "random"
DELIVER = """
import os
from django.utils import timezone
from journeys.messages import claims, delivery

begin = claims.begin

def begin_and_tell(*arguments, **named):
    held = begin(*arguments, **named)
    with open(os.environ["LEDGER"], "a") as ledger:
        ledger.writelines(f"{number}\\n" for number in held)
    return held

claims.begin = begin_and_tell
for _ in range(100):
    delivery.deliver(now=timezone.now, limit=100)
"""


@dataclass(frozen=True)
class Kill:
    """One death: where it happened, whether it may leave doubt, and which messages its victim had begun."""

    at: str
    may_leave_doubt: bool
    begun: frozenset[int]


@dataclass
class Toll:
    """All kills of one walk, one after another."""

    stack: Stack
    kills: list[Kill] = field(default_factory=list)

    def deliverer_at(self, failpoint: str, *, may_leave_doubt: bool) -> None:
        """Run a deliverer beside the product that dies at this fail-point."""
        ledger = self.stack.folder / f"ledger-{len(self.kills)}"
        ledger.touch()
        died = self.stack.beside(DELIVER, KINDRED_FAILPOINT=failpoint, LEDGER=str(ledger))
        assert died == -9, f"{failpoint} was not reached"
        self.kills.append(Kill(failpoint, may_leave_doubt, numbers(ledger)))

    def worker(self, name: str) -> None:
        """kill -9 one of the product's workers, wherever it is in its work; nothing when it is just starting."""
        if not self.stack.kill("worker", name):
            return
        delivers = name == "delivery"
        begun = self._left_in_hand_over() if delivers else frozenset[int]()
        self.kills.append(Kill(AT_RANDOM, delivers, begun))

    def _left_in_hand_over(self) -> frozenset[int]:
        """What the one that just died had begun, and no earlier one."""
        killed_at: dt.datetime = self.stack.one("SELECT clock_timestamp()")
        # Its last commit may still be under way in the server.
        under_way = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start <= %s
        """
        self.stack.wait_for(lambda: self.stack.one(under_way, killed_at) == 0, "the end of its transactions")
        # A later lease is one of its successor.
        lease = dt.timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
        rows = self.stack.rows(
            "SELECT id FROM journeys_message WHERE state = 'handing_over' AND lease_until_at <= %s",
            killed_at + lease,
        )
        return frozenset(number for (number,) in rows).difference(*(kill.begun for kill in self.kills))

    def explain(self, doubtful: Collection[int], *, window: int) -> list[tuple[str, int]]:
        """Where each kill happened and how many messages it left in doubt.

        Raises AssertionError when a doubt belongs to no kill or to two, when one kill left more than a window, or
        when a doubt comes from where none can come from.
        """
        told = []
        for kill in self.kills:
            left = kill.begun & set(doubtful)
            assert len(left) <= window, f"{len(left)} in doubt after one kill at {kill.at}"
            assert kill.may_leave_doubt or not left, f"{len(left)} in doubt after a kill at {kill.at}"
            if kill.may_leave_doubt and kill.at != AT_RANDOM:
                assert left, f"none in doubt after a kill at {kill.at}"
            told.append((kill.at, len(left)))
        owners = [sum(number in kill.begun for kill in self.kills) for number in doubtful]
        assert owners == [1] * len(doubtful), "in doubt without a death that explains it"
        return told


def numbers(ledger: Path) -> frozenset[int]:
    """The messages of a ledger."""
    return frozenset(int(line) for line in ledger.read_text().splitlines())
