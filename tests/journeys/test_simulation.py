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

from cdp.lib import db
from journeys.flow import engine, graph
from journeys.flow.shapes import Wait, WaitFor
from journeys.models import Message, Run, Version, Visit
from profiles.models import Contact
from tests.journeys.oracle import Somebody, Steps, Walker
from tests.journeys.stories import (
    digest,
    happening,
    live,
    mail,
    on,
    person,
    shuffle,
    split,
    store,
    wait,
    wait_for,
)

EVENTS = ("Order Completed", "Product Viewed")
TRIGGER = "Cart Updated"


WORDS = (
    "waited", "happened", "timed_out", "open", "yes", "no", "branch_1", "branch_2", "set", "went", "queued", "exit",
    "crashed batches",
)  # fmt: skip


class Crash(Exception):
    """kill -9, as far as the database can tell."""


GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu")
KINDS = (
    "wait",
    "wait",
    "wait_for",
    "wait_for",
    "window",
    "split",
    "random",
    "set",
    "mail",
    "mail",
    "goto",
    "exit",
)


class Drawer:
    """Draws random journeys: branches in branches, loops that wait, exits in the middle."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.names: list[str] = []

    def drawing(self) -> Steps:
        """Steps that can be walked; a loop that never waits is drawn anew."""
        while True:
            self.names = []
            steps = self.steps(1, 6, depth=0)
            for step in graph.each(steps):
                if step["kind"] == "goto":
                    step["step"] = self.chance.choice(self.names)
            drawn = {"trigger": on(TRIGGER), "steps": steps}
            if steps and not [one for one in graph.check(drawn) if one.severity == "error"]:
                return steps

    def steps(self, least: int, most: int, *, depth: int) -> Steps:
        """A list of steps."""
        made = [self.step(depth) for _ in range(self.chance.randint(least, most))]
        return [step for step in made if step]

    def step(self, depth: int) -> dict[str, Any]:
        """One step; {} where none fits."""
        kind = self.chance.choice(KINDS)
        if depth > 1 and kind in ("split", "random"):
            return {}
        self.names.append(name := f"s{len(self.names)}")
        match kind:
            case "wait":
                return wait(name, self.chance.randint(1, 5), self.chance.choice(("minute", "hour")))
            case "wait_for":
                return self.wait_for(name, depth)
            case "window":
                return self.window(name)
            case "split":
                return split(
                    GOLD, name, yes=self.steps(0, 2, depth=depth + 1), no=self.steps(0, 2, depth=depth + 1)
                )
            case "random":
                weights = (self.chance.choice((1, 2.5)), 1, 0)
                inside = [
                    (f"B{n}", weight, self.steps(0, 2, depth=depth + 1)) for n, weight in enumerate(weights)
                ]
                return shuffle(*inside, step=name)
            case "set":
                return {"id": name, "kind": "set", "attribute": "colour", "value": self.chance.choice("rgb")}
            case "mail":
                return mail(name)
            case "goto":
                return {"id": name, "kind": "goto", "step": ""}
            case _:
                return {"id": name, "kind": "exit"}

    def wait_for(self, name: str, depth: int) -> dict[str, Any]:
        """A wait for an event, with or without a filter, with or without paths."""
        step = {**wait_for(name, self.chance.choice(EVENTS), self.chance.randint(1, 5)), "unit": "hour"}
        if self.chance.random() < 0.4:
            step["where"] = [{"property": "total", "operator": "gte", "value": 50}]
        if depth < 2 and self.chance.random() < 0.4:
            step |= {word: self.steps(0, 2, depth=depth + 1) for word in ("happened", "timed_out")}
        return step

    def window(self, name: str) -> dict[str, Any]:
        """Some hours on some days."""
        days = sorted(self.chance.sample(range(7), self.chance.randint(3, 7)))
        first, last = self.chance.choice((("00:00", "12:30"), ("09:00", "17:00"), ("20:15", "24:00")))
        return {"id": name, "kind": "window", "days": days, "from": first, "until": last}


class World:
    """One journey, a few people, a clock; and for each run the walker that says what it must have done."""

    def __init__(self, seed: int, now: dt.datetime) -> None:
        self.chance = random.Random(seed)
        self.now = now
        self.people = [person(f"P{seed}x{n}", now=now) for n in range(4)]
        self.known = {one.pk: Somebody(zone=self.chance.choice(ZONES)) for one in self.people}
        for one in self.people:
            who = self.known[one.pk]
            who.plan = self.chance.choice(("gold", "silver"))
            Contact.objects.filter(pk=one.pk).update(timezone=who.zone, attributes={"plan": who.plan})
        self.steps = Drawer(self.chance).drawing()
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
            self.chance.choice((self.digest, self.advance, self.advance, self.change))()
        for _ in range(len(self.steps) + 1):
            self.now += dt.timedelta(hours=6)
            self.advance(crash=False)

    def digest(self) -> None:
        """A batch of events arrives; the first attempt may die before its commit."""
        batch: list[tuple[Contact, str]] = [
            (self.chance.choice(self.people), self.chance.choice((TRIGGER, TRIGGER, *EVENTS)))
            for _ in range(self.chance.randint(1, 6))
        ]
        events = [happening(one, name, self.now, total=self.chance.choice((10, 90))) for one, name in batch]
        store(events)
        if self.chance.random() < 0.2:
            self.counts["crashed digests"] += 1
            _dying(lambda: digest(events, now=self.now))
        digest(events, now=self.now)
        for (one, name), event in zip(batch, events, strict=True):
            walkers = self.walkers[one.pk]
            for walker in walkers:
                walker.hear(name, event.properties["total"])
            if name == TRIGGER and self._may_enter(walkers):
                walkers.append(Walker(self.steps, arrived_at=self.now, who=self.known[one.pk]))
        runs = Run.objects.filter(version=self.version).order_by("id").values_list("contact_id", "id")
        for contact, walkers in self.walkers.items():
            for walker, run in zip(walkers, [run for who, run in runs if who == contact], strict=True):
                walker.run = run

    def change(self) -> None:
        """Somebody's plan becomes another one."""
        one = self.chance.choice(self.people)
        plan = self.known[one.pk].plan = self.chance.choice(("gold", "silver"))
        Contact.objects.filter(pk=one.pk).update(attributes={"plan": plan})

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
        stated = _stated()
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
                assert stated.get(run.pk, []) == walker.set
                assert (run.state if run.ended_at else "") == walker.ended
                self.counts["runs"] += 1
                self.counts.update(outcome for _, _, outcome in walker.visits)
                self._never_early(run)

    def _never_early(self, run: Run) -> None:
        lengths = {step.id: step for step in _graph(self.version).values()}
        for visit in Visit.objects.filter(run=run):
            step = lengths[visit.step]
            if visit.outcome == "waited":
                assert isinstance(step, Wait)
                assert visit.left_at - visit.arrived_at >= step.length
            if visit.outcome == "timed_out":
                assert isinstance(step, WaitFor)
                assert visit.left_at - visit.arrived_at >= step.timeout


def _dying(deed: Callable[[], object]) -> None:
    """Do it, and die before the commit."""
    try:
        with transaction.atomic():
            deed()
            raise Crash
    except Crash:
        pass


def _stated() -> dict[int, list[tuple[int, str]]]:
    """What journeys have written down about people, by run: at which visit, and what."""
    rows = db.fetch(
        "SELECT payload::jsonb ->> 'messageId', payload::jsonb -> 'traits' ->> 'colour' FROM profiles_inboxitem "
        "WHERE payload::jsonb ->> 'type' = 'identify' ORDER BY id"
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for key, value in rows:
        _, run, visit, _ = key.split(":")
        found.setdefault(int(run), []).append((int(visit), value))
    return found


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

    counts = simulate(range(start, start + 25), now)

    # A generator that has become trivial shows here.
    assert counts["runs"] > 60
    assert [word for word in WORDS if not counts[word]] == []


@pytest.mark.long
@pytest.mark.timeout(900)  # two or three minutes where nothing else runs
@pytest.mark.django_db
def test_every_run_walks_as_the_oracle_says_at_length(now: dt.datetime) -> None:
    start = random.randrange(1_000_000)

    counts = simulate(range(start, start + 500), now)

    assert counts["runs"] > 2000
