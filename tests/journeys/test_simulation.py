"""Chance against the engine: random journeys, people, events and crashes, compared with the oracle.

Time is virtual. The digest and the engine come by in random order and are stopped half-way at random: in the engine
after its work and before its commit, in the digest likewise. Whatever happens, every run has visited each step once,
no wait ended early, and each visit to a mail owes exactly one message.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from journeys.flow import engine, graph
from journeys.models import Message, Run, Version, Visit
from profiles.models import Contact
from tests.journeys.oracle import Walker
from tests.journeys.stories import digest, happening, live, mail, on, person, wait, wait_for

EVENTS = ("Order Completed", "Product Viewed")
TRIGGER = "Cart Updated"


class Crash(Exception):
    """kill -9, as far as the database can tell."""


def random_steps(chance: random.Random) -> list[dict[str, Any]]:
    """One to six steps; an exit may stand in the middle."""
    steps: list[dict[str, Any]] = []
    for number in range(chance.randint(1, 6)):
        match chance.choice(("wait", "wait", "wait_for", "wait_for", "mail", "mail", "exit")):
            case "wait":
                steps.append(wait(f"s{number}", chance.randint(1, 5), chance.choice(("minute", "hour"))))
            case "wait_for":
                steps.append(
                    {**wait_for(f"s{number}", chance.choice(EVENTS), chance.randint(1, 5)), "unit": "hour"}
                )
            case "mail":
                steps.append(mail(f"s{number}"))
            case _ if number > 1:
                steps.append({"id": f"s{number}", "kind": "exit"})
    return steps or [mail("s0")]


class World:
    """One journey, a few people, a clock; and for each run the walker that says what it must have done."""

    def __init__(self, seed: int, now: dt.datetime) -> None:
        self.chance = random.Random(seed)
        self.now = now
        self.people = [person(f"P{seed}x{n}", now=now) for n in range(4)]
        self.steps = random_steps(self.chance)
        self.reentry = self.chance.choice(("never", "after_exit", "always"))
        self.version: Version = live(
            on(TRIGGER), *self.steps, now=now, name=f"Journey {seed}", reentry=self.reentry
        )
        self.walkers: dict[int, list[Walker]] = {one.pk: [] for one in self.people}
        self.counts: Counter[str] = Counter()

    def live_on(self) -> None:
        """One random thing after another."""
        for _ in range(self.chance.randint(10, 25)):
            self.now += dt.timedelta(minutes=self.chance.choice((0, 0, 1, 20, 60, 180)))
            self.chance.choice((self.digest, self.advance, self.advance))()
        for _ in range(len(self.steps) + 1):
            self.now += dt.timedelta(hours=6)
            self.advance(crash=False)

    def digest(self) -> None:
        """A batch of events arrives; the first attempt may die before its commit."""
        batch: list[tuple[Contact, str]] = [
            (self.chance.choice(self.people), self.chance.choice((TRIGGER, TRIGGER, *EVENTS)))
            for _ in range(self.chance.randint(1, 6))
        ]
        events = [happening(one, name, self.now) for one, name in batch]
        if self.chance.random() < 0.2:
            self.counts["crashed digests"] += 1
            _dying(lambda: digest(events, now=self.now))
        digest(events, now=self.now)
        for one, name in batch:
            for walker in self.walkers[one.pk]:
                walker.hear(name)
            if name == TRIGGER and self._may_enter(self.walkers[one.pk]):
                self.walkers[one.pk].append(Walker(self.steps, arrived_at=self.now))

    def _may_enter(self, earlier: list[Walker]) -> bool:
        match self.reentry:
            case "never":
                return not earlier
            case "after_exit":
                return all(walker.ended for walker in earlier)
            case _:
                return True

    def advance(self, *, crash: bool = True) -> None:
        """The engine comes by until nothing is due; now and then it dies first."""
        if crash and self.chance.random() < 0.3:
            self.counts["crashed batches"] += 1
            _dying(lambda: engine.advance(now=self.now, limit=self.chance.randint(1, 5)))
        while engine.advance(now=self.now, limit=self.chance.randint(1, 5)):
            self.counts["batches"] += 1
        for walkers in self.walkers.values():
            for walker in walkers:
                walker.advance(self.now)

    def compare(self) -> None:
        """What the database holds is what the oracle says, run by run."""
        for one in self.people:
            runs = list(Run.objects.filter(version=self.version, contact=one).order_by("id"))
            assert len(runs) == len(self.walkers[one.pk])
            for run, walker in zip(runs, self.walkers[one.pk], strict=True):
                visits = (
                    Visit.objects.filter(run=run).order_by("number").values_list("number", "step", "outcome")
                )
                owed = (
                    Message.objects.filter(run=run)
                    .order_by("visit_number")
                    .values_list("visit_number", "step")
                )
                assert list(visits) == walker.visits
                assert list(owed) == walker.mails
                assert (run.state if run.ended_at else "") == walker.ended
                self.counts["runs"] += 1
                self.counts.update(outcome for _, _, outcome in walker.visits)
                self._never_early(run)

    def _never_early(self, run: Run) -> None:
        lengths = {step.id: step for step in _graph(self.version).values()}
        for visit in Visit.objects.filter(run=run):
            step = lengths[visit.step]
            if visit.outcome == "waited":
                assert visit.left_at - visit.arrived_at >= step.length
            if visit.outcome == "timed_out":
                assert visit.left_at - visit.arrived_at >= step.timeout


def _dying(deed: Callable[[], object]) -> None:
    """Do it, and die before the commit."""
    try:
        with transaction.atomic():
            deed()
            raise Crash
    except Crash:
        pass


def _graph(version: Version) -> dict[str, Any]:
    return dict(graph.load(version.definition).steps)


def simulate(seeds: range, now: dt.datetime) -> Counter[str]:
    """Live through one world for each seed; what happened in them."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        with transaction.atomic():
            world = World(seed, now)
            try:
                world.live_on()
                world.compare()
            except AssertionError as error:
                error.add_note(f"seed {seed}: {world.reentry}, {world.steps}")
                raise
            counts += world.counts
            transaction.set_rollback(True)
    print(f"seeds {seeds}: {dict(counts)}")
    return counts


@pytest.mark.django_db
def test_every_run_walks_as_the_oracle_says(now: dt.datetime) -> None:
    start = random.randrange(1_000_000)

    counts = simulate(range(start, start + 40), now)

    # A generator that has become trivial shows here.
    assert counts["runs"] > 100
    assert min(counts[word] for word in ("waited", "happened", "timed_out", "queued", "crashed batches")) > 10


@pytest.mark.long
@pytest.mark.timeout(900)  # two or three minutes where nothing else runs
@pytest.mark.django_db
def test_every_run_walks_as_the_oracle_says_at_length(now: dt.datetime) -> None:
    start = random.randrange(1_000_000)

    counts = simulate(range(start, start + 500), now)

    assert counts["runs"] > 2000
