"""The journey language: what can be drawn, and what is said about what cannot."""

import datetime as dt
from typing import Any

import pytest

from journeys.flow import graph, steps
from journeys.flow.graph import Email, EventTrigger, Exit, InvalidJourney, Wait, WaitFor

TRIGGER = {"kind": "event", "event": "Signed Up"}
MAIL = {"id": "c", "kind": "email", "revision": 7, "purpose": "marketing", "topic": 3}


def definition(*drawn: Any, trigger: Any = TRIGGER, **settings: Any) -> dict[str, Any]:
    return {"trigger": trigger, "settings": settings, "steps": list(drawn)}


def faults(drawn: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidJourney) as caught:
        graph.load(drawn)
    return {problem.step: problem.sentence for problem in caught.value.problems}


def test_it_reads_a_drawing() -> None:
    drawn = graph.load(
        definition(
            {"id": "a", "kind": "wait", "amount": 2, "unit": "hour"},
            {"id": "b", "kind": "wait_for", "event": "Order Completed", "amount": 3, "unit": "day"},
            MAIL,
            {"id": "d", "kind": "exit"},
        )
    )

    assert drawn.trigger == EventTrigger("Signed Up")
    assert drawn.first == "a"
    assert dict(drawn.steps) == {
        "a": Wait("a", dt.timedelta(hours=2)),
        "b": WaitFor("b", "Order Completed", dt.timedelta(days=3)),
        "c": Email("c", 7, "marketing", topic=3),
        "d": Exit("d"),
    }
    assert drawn.after == {"a": "b", "b": "c", "c": "d", "d": ""}
    assert drawn.awaited == {"Order Completed"}


def test_it_names_every_fault_beside_its_step() -> None:
    found = faults(
        definition(
            {"id": "a", "kind": "wait", "amount": 0, "unit": "hour"},
            {"id": "b", "kind": "wait_for", "amount": 3, "unit": "day"},
            {"id": "c", "kind": "email", "revision": 7, "purpose": "marketing"},
            {"id": "d", "kind": "email", "revision": 7, "purpose": "transactional"},
            {"id": "e", "kind": "fax"},
            trigger=None,
        )
    )

    assert found.keys() == {"", "a", "b", "c", "d", "e"}
    assert "topic" in found["c"]
    assert "whole number" in found["a"]


@pytest.mark.parametrize(
    "drawn",
    [
        {},
        definition(),
        definition(MAIL, MAIL),
        definition({"kind": "exit"}),
        definition({"id": "x" * 41, "kind": "exit"}),
        definition({"id": "a", "kind": "wait", "amount": 200, "unit": "week"}),
        definition({"id": "a", "kind": "wait", "amount": 1, "unit": "month"}),
        definition({"id": "a", "kind": "wait", "amount": True, "unit": "day"}),
        definition(MAIL, trigger={"kind": "event"}),
        definition(MAIL, trigger={"kind": "segment"}),
        definition(MAIL, trigger={"kind": "event", "event": "X", "where": [{"operator": "is", "value": 1}]}),
        definition(MAIL, reentry="sometimes"),
        definition(MAIL, reentry="after_days"),
    ],
)
def test_it_refuses_what_cannot_be_walked(drawn: dict[str, Any]) -> None:
    assert faults(drawn)


def test_every_kind_of_step_can_be_read_and_done() -> None:
    drawn: list[dict[str, Any]] = [
        {"id": "wait", "kind": "wait", "amount": 1, "unit": "day"},
        {"id": "wait_for", "kind": "wait_for", "event": "X", "amount": 1, "unit": "day"},
        {**MAIL, "id": "email"},
        {"id": "exit", "kind": "exit"},
    ]
    assert [one["kind"] for one in drawn] == list(graph.KINDS), "a kind of step has no example here"

    read = graph.load(definition(*drawn))

    assert {type(step) for step in read.steps.values()} == set(steps.STEPS)
