"""What stands beside the builder is what the oracle says: the number, the funnel, the reach, ten of the people."""

import random
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from segments import catalog, nodes, preview
from segments.ast import All, AnyOf, Node, Off, Reach, Reachable, load
from tests.conftest import NOW
from tests.segments import generate, oracle
from tests.segments.conftest import cases
from tests.segments.world import World, base, contact, store

pytestmark = pytest.mark.django_db

GOLD: dict[str, Any] = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
DUTCH: dict[str, Any] = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}
ADA, GRACE, LINUS, VISITOR = 1001, 1002, 1003, 1004


@pytest.fixture
def world() -> World:
    """Ada is gold and Dutch, Grace is gold, Linus is Dutch; a visitor has nothing."""
    people = {
        ADA: contact(plan="gold", country="NL", email="ada@example.com"),
        GRACE: contact(plan="gold", email="grace@example.com", phone="+31612345678"),
        LINUS: contact(country="NL"),
        VISITOR: contact(known=False),
    }
    world = World(people, {one: one for one in people})
    world.blocked["email", "grace@example.com"] = None
    store(world, source=base(), now=NOW)
    return world


def test_it_counts_people_reach_and_what_is_left_after_each_condition(world: World) -> None:
    tree = load({"type": "all", "children": [GOLD, DUTCH]})

    seen = preview.look(tree, now=NOW)

    assert (seen.count, seen.known, seen.is_exact, seen.as_of) == (1, 3, True, NOW)
    assert seen.funnel == [preview.Step("children.0.", 2), preview.Step("children.1.", 1)]
    assert seen.reach == {"email": 1, "sms": 0}
    assert seen.sample == [ADA]


def test_it_asks_visitors_when_told_so(world: World) -> None:
    seen = preview.look(load({"type": "none", "children": [GOLD]}), now=NOW, include_visitors=True)

    assert (seen.count, seen.known) == (2, 4)
    assert seen.funnel == [preview.Step("", 2)]


def test_it_reads_over_what_is_switched_off(world: World) -> None:
    tree = load({"type": "all", "children": [GOLD, {**DUTCH, "off": True}]})

    seen = preview.look(tree, now=NOW)

    assert seen.count == 2
    assert len(seen.funnel) == 1


def test_it_guesses_from_a_sample_and_says_so(world: World) -> None:
    tree = load({"type": "any", "children": [GOLD]})

    guess = preview._estimate(tree, catalog.context([tree], now=NOW), False, random.Random(1))

    assert (guess.count, guess.is_exact) == (2, False)
    assert set(guess.sample) == {ADA, GRACE}


def test_it_counts_what_the_oracle_counts(tally: Counter[str]) -> None:
    @cases(25)
    @given(generate.worlds(), st.lists(generate.trees(max_leaves=3), min_size=3, max_size=3), st.booleans())
    def holds(world: World, parts: list[Node], is_off: bool) -> None:
        with transaction.atomic():
            world.members.clear()
            store(world, source=base(), now=NOW)
            first, second, third = parts
            compare(All((AnyOf((first, second)), Off(third) if is_off else third)), world, tally)
            transaction.set_rollback(True)

    holds()

    assert tally["somebody"] > 0


def compare(tree: Node, world: World, tally: Counter[str]) -> None:
    """Look, and count by hand."""
    seen = preview.look(tree, now=NOW)
    wanted = oracle.members(tree, world, NOW)
    assert isinstance(tree, All)
    live = [child for child in tree.children if oracle.is_on(child)]
    assert seen.count == len(wanted)
    assert set(seen.sample) == wanted
    assert [step.count for step in seen.funnel] == [
        len(oracle.members(All(tuple(live[: n + 1])), world, NOW)) for n in range(len(live))
    ]
    assert seen.reach == {
        one.value: len(wanted & oracle.members(Reach(one), world, NOW)) for one in Reachable
    }
    asked = nodes.live(tree) or All(())
    guessed = preview._estimate(asked, catalog.context([tree], now=NOW), False, random.Random(1))
    assert guessed.rows == seen.rows  # everybody was drawn
    tally["trees"] += 1
    tally["somebody"] += bool(wanted)
    tally["switched off"] += any(isinstance(child, Off) for child in tree.children)
