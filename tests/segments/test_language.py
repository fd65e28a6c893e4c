"""The segment language is read strictly, and what is wrong is said in a marketer's words."""

from decimal import Decimal
from typing import Any

import pytest

from segments.ast import (
    All,
    Attribute,
    Comparison,
    InvalidSegment,
    Operator,
    digest,
    dump,
    leaves,
    live,
    load,
)


def attribute(**said: Any) -> dict[str, Any]:
    return {"type": "attribute", "key": "plan", "operator": "is", "value": "gold", **said}


def event(**said: Any) -> dict[str, Any]:
    return {"type": "event", "name": "Order Completed", "frequency": "at_least", "count": 3, **said}


@pytest.mark.parametrize(
    ("tree", "path", "words"),
    [
        ({}, "", "no conditions yet"),
        ({"type": "all", "children": []}, "", "group is empty"),
        ({"type": "any", "children": [attribute(value="")]}, "children.0.value", "Fill in a text"),
        (attribute(operator="between", value=[5, 1]), "value", "Swap them"),
        (attribute(operator="between", value=["2026-02-01", "2026-01-01"]), "value", "Swap them"),
        (attribute(operator="on", value="2026-02-31"), "value", "Fill in a date"),
        (attribute(operator="gt", value=True), "value", "Fill in a number"),
        (attribute(operator="gt", value=float("nan")), "value", "too large"),
        (attribute(operator="like"), "operator", "how to compare"),
        (attribute(key=""), "key", "what this condition is about"),
        (attribute(value="a\0b"), "value", "cannot be stored"),
        (attribute(operator="in_the_last", value={"amount": 9, "unit": "hour"}), "value", "counted in days"),
        (event(count=0), "count", "from 1 to"),
        (event(name=None), "name", "what they did"),
        (
            event(window={"type": "last", "amount": 10**6, "unit": "year"}),
            "window",
            "whole number|hundred years",
        ),
        (event(window={"type": "soon"}), "window", "Choose when"),
        (event(where=[{"property": "total", "operator": "gt"}]), "where.0.value", "Fill in a number"),
        (
            event(where=[{"property": "on", "operator": "in_the_last", "value": {"amount": 1}}]),
            "where.0.operator",
            "fixed dates only",
        ),
        (
            {"type": "purchase", "measure": "orders", "operator": "contains", "value": "5"},
            "operator",
            "with a number",
        ),
        ({"type": "segment", "segment": "seven"}, "segment", "Choose a segment"),
        ({"type": "weather"}, "type", "does not exist"),
        (attribute(off="yes"), "off", "true or false"),
        (attribute(off=True), "", "switched off"),
        (attribute(operator="matches", value="(?=a)"), "value", "Looking ahead"),
        (attribute(operator="anniversary", value={"kind": "someday"}), "value", "Choose when"),
        (attribute(operator="weekday_is", value=[7]), "value", "from 0 to 6"),
        (attribute(operator="length_gte", value=-1), "value", "from 0 to"),
        (event(frequency="on_days", count=0), "count", "from 1 to"),
        ({"type": "bought", "what": "colour"}, "what", "product, category or maker"),
        (
            {"type": "bought", "what": "maker", "operator": "is", "value": "x"},
            "operator",
            "is any of",
        ),
        ({"type": "consent", "state": "subscribed"}, "topic", "Choose a topic"),
        ({"type": "consent", "topic": 1, "state": "maybe"}, "state", "what they said"),
        ({"type": "reach", "channel": "pigeon"}, "channel", "Choose a channel"),
        ({"type": "stage", "value": ["young"]}, "value", "stages that exist"),
        ({"type": "record", "record": "pet", "frequency": "on_days"}, "frequency", "on days"),
        ({"type": "moment", "what": "created", "operator": "is", "value": "x"}, "operator", "with a date"),
        ({"type": "bucket", "from": 5, "to": 4}, "to", "Swap them"),
    ],
)
def test_it_says_what_is_wrong_and_where(tree: Any, path: str, words: str) -> None:
    with pytest.raises(InvalidSegment, match=words) as refused:
        load(tree)

    assert refused.value.path == path


def test_it_refuses_a_bottomless_tree() -> None:
    tree: dict[str, Any] = attribute()
    for _ in range(40):
        tree = {"type": "all", "children": [tree]}

    with pytest.raises(InvalidSegment, match="nested too deeply"):
        load(tree)


def test_it_knows_numbers_from_dates_in_between() -> None:
    assert load(attribute(operator="between", value=[1, 5])) == Attribute(
        "plan", Comparison(Operator.NUMBER_BETWEEN, (Decimal(1), Decimal(5)))
    )
    days = load(attribute(operator="between", value=["2026-01-01", "2026-02-01"]))
    assert isinstance(days, Attribute)
    assert days.comparison.operator is Operator.DATE_BETWEEN


def test_it_shares_a_leaf_however_it_is_spelled() -> None:
    gold, shouted = load(attribute(value="gold")), load(attribute(value="GOLD"))
    some = load(attribute(operator="is_any_of", value=["a", "B"]))
    same = load(attribute(operator="is_any_of", value=["b", "A", "a"]))

    assert digest(gold) == digest(shouted)  # type: ignore[arg-type]
    assert digest(some) == digest(same)  # type: ignore[arg-type]
    assert digest(gold) != digest(load(attribute(key="Plan")))  # type: ignore[arg-type]
    assert len(digest(gold)) == 16  # type: ignore[arg-type]


def test_it_keeps_what_is_switched_off_and_reads_over_it() -> None:
    tree: dict[str, Any] = {
        "type": "all",
        "children": [attribute(), {**event(), "off": True, "window": {"type": "ever"}, "where": []}],
    }

    node = load(tree)

    assert dump(node) == tree
    assert list(leaves(node)) == [load(attribute())]
    assert live(node) == All((load(attribute()),))


def test_it_tells_patterns_apart_by_case() -> None:
    digits, others = (load(attribute(operator="matches", value=value)) for value in (r"\d", r"\D"))

    assert digest(digits) != digest(others)  # type: ignore[arg-type]
