"""Segments stay true: after every arrival at once, and after time has passed as soon as the sweep has run."""

import datetime as dt
from collections import Counter

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from segments.ast import leaves
from segments.membership import Change
from segments.models import Segment
from tests.conftest import NOW
from tests.segments import generate
from tests.segments.conftest import cases
from tests.segments.history import History
from tests.segments.world import World

SPANS = [dt.timedelta(seconds=1), dt.timedelta(minutes=90), dt.timedelta(hours=5), dt.timedelta(days=1)] + [
    dt.timedelta(days=days) for days in (2, 6, 7, 14, 29, 30)
]
STEPS = [
    *("do", "do", "buy", "cancel", "learn", "see", "age", "address", "say", "block", "book", "meet"),
    *("merge", "undo", "move", "time", "time", "time", "time"),
]


def step(history: History, data: st.DataObject, tally: Counter[str]) -> None:
    """One thing happens."""
    kind = data.draw(st.sampled_from(STEPS))
    tally[f"step {kind}"] += 1
    world, living = history.world, history.living()
    personas = sorted(world.owner)
    changes: list[Change] = []
    match kind:
        case "do":
            changes = history.do(
                data.draw(generate.events(personas, history.now)), backfill=data.draw(st.booleans())
            )
        case "buy":
            changes = history.buy(data.draw(generate.purchases(personas, history.now)))
        case "cancel" if world.purchases:
            changes = history.cancel(data.draw(st.sampled_from(world.purchases)))
        case "learn":
            key = data.draw(st.sampled_from(generate.CUSTOM[:3]))
            changes = history.learn(
                data.draw(st.sampled_from(living)), key, data.draw(st.sampled_from(generate.VALUES))
            )
        case "see" | "age" | "address" | "say" | "block" | "book":
            changes = learn_otherwise(kind, history, data, living)
        case "meet":
            visitors = [one for one in living if not world.contacts[one]["known"]]
            becomes_known: bool = data.draw(st.booleans())
            if visitors and becomes_known:
                changes = history.meet(visitors[0], {**world.contacts[visitors[0]], "known": True})
            else:
                changes = history.meet(max(world.contacts) + 1, data.draw(generate.contacts()))
        case "merge" if len(living) > 1:
            survivor, absorbed = data.draw(st.permutations(living))[:2]
            at_once: bool = data.draw(st.booleans())
            changes = history.merge(survivor, absorbed, moved=at_once)
        case "undo" if history.merges:
            changes = history.undo()
        case "move":
            history.finish_moving()
        case "time":
            history.pass_time(data.draw(st.sampled_from(SPANS)))
            changes = history.sweep(limit=data.draw(st.sampled_from([1, 3, 1000])))
            tally["changes by time"] += len(changes)
    tally["changes"] += len(changes)


def learn_otherwise(kind: str, history: History, data: st.DataObject, living: list[int]) -> list[Change]:
    """Something about a contact changes, other than by an event or an attribute of its own."""
    personas = sorted(history.world.owner)
    somebody: int = data.draw(st.sampled_from(living))
    match kind:
        case "see":
            return history.see(somebody, data.draw(generate.moments(history.now)))
        case "age":
            return history.age(somebody, data.draw(st.sampled_from(generate.STAGES)))
        case "address":
            key, some = data.draw(st.sampled_from([("email", generate.EMAILS), ("phone", generate.PHONES)]))
            return history.move_house(somebody, key, data.draw(st.sampled_from([*some, ""])))
        case "say":
            return history.say(data.draw(generate.consents(personas, history.now)))
        case "book":
            return history.book(data.draw(generate.records(personas)))
        case _:
            (channel, address), until = data.draw(generate.blocks(history.now))
            return history.block(channel, address, until)


def follow(number: int, tally: Counter[str]) -> None:
    """So many histories of eight steps, with three segments that are kept."""

    @cases(number)
    @given(generate.worlds(merges=False), st.data())
    def holds(world: World, data: st.DataObject) -> None:
        with transaction.atomic():
            world.members.clear()
            history = History(world, now=NOW)
            for number in (801, 802, 803):
                # The middle one is referred to by others; it may refer to nothing but a list that stays empty.
                others = (901,) if number == 801 else (801, 901)
                tree = data.draw(generate.trees(others, max_leaves=4))
                tally["3 or more leaves"] += len(list(leaves(tree))) >= 3
                if number == 801:
                    Segment.objects.create(pk=901, name="Empty", kind=Segment.Kind.STATIC)
                history.keep(number, tree, include_visitors=data.draw(st.booleans()))
            history.check()
            for _ in range(8):
                step(history, data, tally)
                # Time goes on within the same second only: what is due now is swept, as in production.
                history.sweep()
                history.check()
            transaction.set_rollback(True)

    holds()


@pytest.mark.django_db
def test_it_follows_any_history(tally: Counter[str]) -> None:
    follow(15, tally)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.django_db
def test_it_follows_any_history_at_length(tally: Counter[str]) -> None:
    follow(1000, tally)

    assert tally["changes by time"] > 0
    assert tally["changes"] > tally["changes by time"]
