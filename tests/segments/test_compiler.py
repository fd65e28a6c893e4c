"""The compiled statement and the plain meaning agree, on any tree and any world."""

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from cdp.lib import db
from segments import catalog, compiler
from segments.ast import All, Attribute, Node, NoneOf, dump, leaves, load
from segments.models import Membership, Segment
from tests.conftest import NOW
from tests.segments import generate, oracle
from tests.segments.conftest import cases
from tests.segments.world import World, base, store


def compare(world: World, trees: list[Node], only: list[int], tally: Counter[str]) -> None:
    """Write the world, ask both, and undo it."""
    with transaction.atomic():
        store(world, source=base(), now=NOW)
        for number, contacts in world.members.items():
            Segment.objects.create(pk=number, name=f"List {number}", kind=Segment.Kind.STATIC)
            Membership.objects.bulk_create(
                Membership(segment_id=number, contact_id=contact, entered_at=NOW, cause="by_hand")
                for contact in sorted(contacts)
            )
        context = catalog.context(trees, now=NOW)
        for n, tree in enumerate(trees):
            include_visitors = n % 2 == 1
            wanted = oracle.members(tree, world, NOW, include_visitors=include_visitors)
            assert ask(tree, context, include_visitors, None) == wanted
            assert ask(tree, context, include_visitors, only) == wanted & set(only)
            note(tree, wanted, world, tally)
        transaction.set_rollback(True)


def ask(tree: Node, context: compiler.Context, include_visitors: bool, only: list[int] | None) -> set[int]:
    """The contacts that the statement gives; each but once."""
    sql, parameters = compiler.members(tree, context=context, include_visitors=include_visitors, only=only)
    rows = [row[0] for row in db.fetch(sql, parameters)]
    assert len(rows) == len(set(rows))
    return set(rows)


def note(tree: Node, wanted: set[int], world: World, tally: Counter[str]) -> None:
    """Count what kind of case this was."""
    said = list(leaves(tree))
    tally["trees"] += 1
    tally["3 or more leaves"] += len(said) >= 3
    tally["somebody"] += bool(wanted)
    tally["not everybody"] += len(wanted) < sum(one["merged_into"] is None for one in world.contacts.values())
    tally["merges moving"] += bool(world.stale)
    tally["NULLs"] += any(None in one["attributes"].values() for one in world.contacts.values())
    tally["switched off"] += "Off(" in repr(tree)
    for leaf in said:
        tally[f"leaf {type(leaf).__name__}"] += 1


def agree(number: int, tally: Counter[str]) -> None:
    """Compare in so many worlds."""

    @cases(number)
    @given(
        generate.worlds(),
        st.lists(generate.trees(), min_size=3, max_size=3),
        st.sets(st.integers(1001, 1006)),
    )
    def holds(world: World, trees: list[Node], only: set[int]) -> None:
        compare(world, trees, sorted(only), tally)

    holds()

    assert tally["3 or more leaves"] > tally["trees"] / 10
    assert tally["somebody"] > tally["trees"] / 5
    assert tally["not everybody"] > tally["trees"] / 4
    assert tally["merges moving"] > tally["trees"] / 10
    assert tally["switched off"] > 0


@pytest.mark.django_db
def test_it_means_what_the_oracle_says(tally: Counter[str]) -> None:
    agree(60, tally)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.django_db
def test_it_means_what_the_oracle_says_at_length(tally: Counter[str]) -> None:
    agree(3000, tally)

    assert tally["NULLs"] > 0
    assert all(tally[f"leaf {leaf.__name__}"] for leaf in generate.LEAVES)


@pytest.mark.django_db
def test_every_operator_means_what_the_oracle_says_of_every_value(tally: Counter[str]) -> None:
    @cases(4)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        world = World()
        for number, value in enumerate(generate.VALUES, start=1001):
            world.contacts[number] = {
                "known": True,
                "columns": {},
                "attributes": {"it's": value},
                "merged_into": None,
            }
            world.owner[number] = number
        trees: list[Node] = [
            Attribute("it's", data.draw(generate.comparisons([operator]))) for operator in generate.ARGUMENTS
        ]
        compare(world, trees, [1001, 1002], tally)

    holds()


def test_it_survives_being_written_down() -> None:
    @cases(100)
    @given(generate.trees())
    def holds(tree: Node) -> None:
        assert load(dump(tree)) == tree

    holds()


@pytest.mark.django_db
def test_it_binds_every_name_a_customer_chose() -> None:
    evil = "x'); DROP TABLE profiles_contact; --"
    tree = All(
        (
            NoneOf((load({"type": "attribute", "key": evil, "operator": "is", "value": evil}),)),
            load(
                {
                    "type": "event",
                    "name": evil,
                    "where": [{"property": evil, "operator": "is", "value": evil}],
                }
            ),
        )
    )

    sql, parameters = compiler.members(tree, context=compiler.Context(now=NOW))

    assert "DROP" not in sql
    assert list(parameters.values()).count(evil) >= 4
    assert db.fetch(sql, parameters) == []


def test_it_joins_a_repeated_condition_once() -> None:
    leaf = load({"type": "event", "name": "Order Completed", "count": 2})

    sql, _ = compiler.members(All((leaf, NoneOf((leaf,)))), context=compiler.Context(now=NOW))

    assert sql.count("LEFT JOIN") == 1
