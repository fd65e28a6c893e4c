"""Every node and operator has a form in JSON, SQL, words, an oracle and a generator."""

import typing
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import find
from hypothesis import strategies as st

from profiles.models import AttributeDefinition, Contact
from segments import ast, catalog, compiler, describe, flips, operators, reading
from segments.ast import Attribute, Comparison, Operator
from segments.operators import Kind
from tests.conftest import NOW
from tests.segments import generate, oracle
from tests.segments.world import World, contact

LEAVES = set(typing.get_args(ast.Leaf.__value__))


@pytest.mark.parametrize("operator", Operator)
def test_it_has_everything_for_an_operator(operator: Operator) -> None:
    comparison = find(generate.comparisons([operator]), lambda _: True)
    world = World({1: contact(plan="gold")}, {1: 1})
    leaf = Attribute("plan", comparison)

    row = operators.ROWS[operator]
    assert row.label
    assert operator in reading.VALUES
    assert ast.load(ast.dump(leaf)) == leaf
    assert describe.in_words(leaf, catalog.Catalogue()).startswith("People whose plan ")
    assert oracle.holds(leaf, 1, world, NOW) in (True, False)
    assert "{x}" not in compiler.members(leaf, context=compiler.Context(now=NOW))[0]
    assert row.opposite == (operator in oracle.OPPOSITES)


def test_it_offers_operators_for_every_type_of_attribute() -> None:
    assert set(catalog.KINDS) == set(AttributeDefinition.Type)
    offered = {operator for type_ in AttributeDefinition.Type for operator in catalog.operators(type_)}
    assert offered == set(Operator)


def test_it_reads_every_kind_from_a_key() -> None:
    read = {
        compiler.JsonKey("c.attributes", "plan").read(kind, _context(), compiler.Parameters())
        for kind in Kind
    }
    assert len(read) == len(Kind)


def test_it_knows_every_leaf_everywhere() -> None:
    drawn = {type(find(generate.trees(), _is_a(leaf))) for leaf in LEAVES}
    assert drawn == LEAVES
    assert len(reading.LEAVES) == len(LEAVES)
    for leaf in LEAVES:
        example = find(generate.trees(), _is_a(leaf))
        assert flips.is_timed(example) in (True, False)  # type: ignore[arg-type]


def test_it_takes_its_columns_from_the_contact() -> None:
    fields = {field.name for field in Contact._meta.get_fields()}
    assert compiler.COLUMNS.keys() <= fields


def test_it_says_a_tree_in_words() -> None:
    tree = ast.load(
        {
            "type": "all",
            "children": [
                {"type": "attribute", "key": "country", "operator": "is_any_of", "value": ["NL", "{BE}"]},
                {
                    "type": "none",
                    "children": [
                        {
                            "type": "event",
                            "name": "Order Completed",
                            "window": {"type": "last", "amount": 90, "unit": "day"},
                        }
                    ],
                },
                {"type": "purchase", "measure": "revenue", "operator": "gt", "value": 1250.5},
            ],
        }
    )

    words = describe.in_words(tree, catalog.Catalogue(events={"Order Completed": "placed an order"}))

    assert words == (
        "People whose country is any of “NL” or “{BE}” and (other than those who did “placed an order” at least once "
        "in the last 90 days) and whose revenue is more than 1,250.5."
    )


def test_it_shows_numbers_as_people_write_them() -> None:
    leaf = Attribute("visits", Comparison(Operator.EQ, Decimal("100")))
    assert describe.in_words(leaf, catalog.Catalogue()) == "People whose visits is 100."


def _is_a(leaf: type) -> Callable[[ast.Node], bool]:
    return lambda tree: isinstance(tree, leaf)


def _context() -> compiler.Context:
    return compiler.Context(now=NOW)


def test_it_fits_a_value_to_every_operator() -> None:
    assert generate.ARGUMENTS.keys() == set(Operator)
    assert all(isinstance(one, st.SearchStrategy) for one in generate.ARGUMENTS.values())
