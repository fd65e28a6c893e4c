"""Every node and operator has a form in JSON, SQL, words, an oracle and a generator."""

import typing
from decimal import Decimal
from typing import Any

import pytest

from cdp.lib.json import JsonObject
from profiles.models import AttributeDefinition, Contact
from segments import arguments, ast, catalog, compiler, describe, flips, operators, phrases, reading, watching
from segments.ast import Attribute, Comparison, Operator
from segments.operators import Kind
from segments.scopes import Scope
from tests.conftest import NOW
from tests.segments import generate, oracle
from tests.segments.world import World, contact

LEAVES = set(typing.get_args(ast.Leaf.__value__))
WORD: list[Any] = ["gold"]
WEEK: JsonObject = {"type": "last", "amount": 1, "unit": "week"}

# Every operator with a value, and every condition: as the builder writes it, and in words.
VALUES: dict[Operator, Any] = {
    **{one: "gold" for one, row in operators.ROWS.items() if row.kind is Kind.TEXT},
    **{one: 5 for one, row in operators.ROWS.items() if row.kind is Kind.NUMBER},
    **{one: "2026-11-18" for one, row in operators.ROWS.items() if row.kind is Kind.DATE},
    **{one: WORD for one, row in operators.ROWS.items() if row.kind is Kind.LIST},
    **dict.fromkeys(ast.LENGTH_OPERATORS, 2),
    **{key: {"amount": 7, "unit": "day"} for key in ast.CALENDAR_OPERATORS},
    **dict.fromkeys((Operator.IS_ANY_OF, Operator.IS_NONE_OF), WORD),
    **{key: [1, 5] for key in (Operator.NUMBER_BETWEEN, Operator.NUMBER_NOT_BETWEEN)},
    Operator.DATE_BETWEEN: ["2026-11-01", "2026-11-18"],
    Operator.ANNIVERSARY: {"kind": "in_days", "days": 3},
    Operator.WEEKDAY_IS: [0, 5],
}
EXAMPLES: dict[type, tuple[JsonObject, str]] = {
    ast.Attribute: (
        {"type": "attribute", "key": "birth_date", "operator": "anniversary", "value": {"kind": "today"}},
        "whose birth_date has its anniversary today",
    ),
    ast.Event: (
        {"type": "event", "name": "Page Viewed", "frequency": "on_days", "count": 3, "window": WEEK, "where": []},
        "who did “Page Viewed” on at least 3 different days in the last 1 week",
    ),
    ast.Purchase: (
        {"type": "purchase", "measure": "average_order", "operator": "gte", "value": 40, "window": WEEK},
        "whose average order in the last 1 week is at least 40",
    ),
    ast.Bought: (
        {"type": "bought", "what": "category", "operator": "contains", "value": "Tents", "frequency": "never",
         "window": {"type": "ever"}},
        "who never bought something of a category that contains “Tents”",
    ),
    ast.Consent: (
        {"type": "consent", "topic": 7, "channel": "email", "state": "never_asked"},
        "who were never asked about “News” by email",
    ),
    ast.Reach: (
        {"type": "reach", "channel": "sms", "topic": None, "operator": "cannot"},
        "who cannot be reached by SMS",
    ),
    ast.Stage: (
        {"type": "stage", "operator": "is_none_of", "value": ["at_risk", "lapsed"]},
        "whose stage is not at risk or lapsed",
    ),
    ast.Record: (
        {"type": "record", "record": "booking", "frequency": "at_least", "count": 1,
         "where": [{"property": "departs", "operator": "in_the_next", "value": {"amount": 30, "unit": "day"}}]},
        "who have at least 1 “Booking” where Departure is in the next 30 days",
    ),
    ast.Moment: (
        {"type": "moment", "what": "last_seen", "operator": "more_than_ago", "value": {"amount": 1, "unit": "year"}},
        "whose latest activity is more than 1 year ago",
    ),
    ast.Bucket: ({"type": "bucket", "from": 0, "to": 4999}, "in the random share 0–4999 of 10,000"),
    ast.InSegment: ({"type": "segment", "segment": 3, "operator": "not_in"}, "who are not in “VIPs”"),
}  # fmt: skip
CATALOGUE = catalog.Catalogue(
    segments={3: "VIPs"},
    topics={7: "News"},
    records={"booking": catalog.RecordFields("Booking", {"departs": ("Departure", "date")})},
)


@pytest.mark.parametrize("operator", Operator)
def test_it_has_everything_for_an_operator(operator: Operator) -> None:
    said = {"type": "attribute", "key": "plan", "operator": operator.value, "value": VALUES.get(operator)}
    leaf = ast.load(said)
    assert isinstance(leaf, Attribute)
    world = World({1: contact(plan="gold")}, {1: 1})

    row = operators.ROWS[operator]
    assert row.label
    assert operator in arguments.VALUES
    assert operator in generate.ARGUMENTS
    assert ast.load(ast.dump(leaf)) == leaf
    assert describe.in_words(leaf, catalog.Catalogue()).startswith("People whose plan ")
    assert oracle.holds(leaf, 1, world, NOW) in (True, False)
    assert "{x}" not in compiler.members(leaf, context=compiler.Context(now=NOW))[0]
    assert row.opposite == (operator in oracle.OPPOSITES)


@pytest.mark.parametrize("leaf", sorted(LEAVES, key=str), ids=lambda one: one.__name__)
def test_it_has_everything_for_a_condition(leaf: type) -> None:
    said, words = EXAMPLES[leaf]

    (node,) = ast.leaves(ast.load(said))

    assert isinstance(node, leaf)
    assert ast.dump(node) == said
    assert describe.in_words(node, CATALOGUE) == f"People {words}."
    assert compiler.members(node, context=_context())[0].startswith("SELECT c.id")
    assert flips.is_timed(node) == bool(flips.moments({node: 1}, Scope(_context(), compiler.Parameters())))
    assert isinstance(watching.needs(node), watching.Needs)
    assert oracle.holds(node, 1, World({1: contact()}, {1: 1}), NOW) in (True, False)
    assert leaf in generate.LEAVES or leaf is ast.InSegment


def test_it_reads_a_condition_of_each_kind() -> None:
    assert EXAMPLES.keys() == LEAVES
    assert reading.LEAVES.keys() == {said["type"] for said, _ in EXAMPLES.values()}


def test_it_offers_operators_for_every_type_of_attribute() -> None:
    assert set(catalog.KINDS) == set(AttributeDefinition.Type)
    offered = {operator for type_ in AttributeDefinition.Type for operator in catalog.operators(type_)}
    assert offered == set(Operator)


def test_it_has_words_for_everything_that_is_closed() -> None:
    assert phrases.MEASURES.keys() == set(ast.Measure)
    assert phrases.DID.keys() == phrases.BOUGHT.keys() == phrases.HAVE.keys() == set(ast.Frequency)
    assert phrases.GOODS.keys() == set(ast.Goods)
    assert phrases.SAID.keys() == set(ast.Said)
    assert phrases.CHANNELS.keys() == set(ast.Reachable)
    assert phrases.STAGES.keys() == set(ast.StageName)
    assert phrases.MOMENTS.keys() == set(ast.When)
    assert phrases.UNITS.keys() == set(ast.Unit)


def test_it_reads_every_kind_from_a_key() -> None:
    read = {
        compiler.JsonKey("c.attributes", "plan").read(kind, _context(), compiler.Parameters())
        for kind in Kind
    }
    assert len(read) == len(Kind)


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


def _context() -> compiler.Context:
    return compiler.Context(now=NOW)
