"""The journey language: what can be drawn, and what is said about what cannot."""

import datetime as dt
from typing import Any

import pytest

from journeys.flow import graph, kinds, steps
from journeys.flow.graph import Email, EventTrigger, Exit, InvalidJourney, Wait, WaitFor
from segments import ast
from tests.journeys.stories import wait

EVER = {"type": "ever"}
HAS_PLAN: dict[str, Any] = {"type": "attribute", "key": "plan", "operator": "is_set"}
SPLIT: dict[str, Any] = {"id": "split", "kind": "split", "condition": HAS_PLAN}
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


EXAMPLES: list[dict[str, Any]] = [
    {"id": "wait", "kind": "wait", "amount": 1, "unit": "day"},
    {"id": "wait_for", "kind": "wait_for", "event": "X", "amount": 1, "unit": "day"},
    {"id": "window", "kind": "window", "days": [0, 4], "from": "09:00", "until": "17:30"},
    {"id": "split", "kind": "split", "condition": HAS_PLAN},
    {
        "id": "random",
        "kind": "random",
        "branches": [{"name": "A", "weight": 50}, {"name": "B", "weight": 50}],
    },
    {"id": "set", "kind": "set", "attribute": "plan", "value": "gold"},
    {**MAIL, "id": "email"},
    {"id": "goto", "kind": "goto", "step": "exit"},
    {"id": "exit", "kind": "exit"},
]
TRIGGERS: list[dict[str, Any]] = [
    {"kind": "event", "event": "Signed Up"},
    {"kind": "segment", "segment": 1},
    {"kind": "date", "attribute": "birth_date"},
    {"kind": "by_hand"},
    {"kind": "api"},
]


def test_every_kind_of_step_can_be_read_and_done() -> None:
    assert [one["kind"] for one in EXAMPLES] == list(graph.KINDS), "a kind of step has no example here"

    read = graph.load(definition(*EXAMPLES))

    assert {type(step) for step in read.steps.values()} == set(steps.STEPS)


def test_every_kind_of_trigger_can_be_read_with_and_without_a_condition() -> None:
    assert [one["kind"] for one in TRIGGERS] == list(kinds.TRIGGERS), "a kind of trigger has no example here"

    for trigger in TRIGGERS:
        assert graph.load(definition(MAIL, trigger=trigger)).trigger.condition is None
        asked = graph.load(definition(MAIL, trigger={**trigger, "condition": HAS_PLAN})).trigger
        assert asked.condition == ast.load(HAS_PLAN)


def test_branches_meet_again_at_what_follows_in_the_list() -> None:
    read = graph.load(
        definition(
            {
                **SPLIT,
                "yes": [wait("a"), {**SPLIT, "id": "inner", "yes": [wait("b")]}],
                "no": [wait("c"), {"id": "out", "kind": "exit"}],
            },
            {
                "id": "order",
                "kind": "wait_for",
                "event": "Order Completed",
                "amount": 3,
                "happened": [wait("d")],
            },
            {
                "id": "chance",
                "kind": "random",
                "branches": [
                    {"name": "A", "weight": 1, "steps": [wait("e")]},
                    {"name": "B", "weight": 0.5},
                ],
            },
            {"id": "end", "kind": "exit"},
        )
    )

    ways = {name: {step: read.following(name, step) for step in on} for name, on in read.ways.items()}
    assert ways == {
        "split": {"yes": "a", "no": "c"},
        "inner": {"yes": "b", "no": "order"},
        "order": {"happened": "d", "timed_out": "chance"},
        "chance": {"branch_1": "e", "branch_2": "end"},
    }
    assert {name: read.after[name] for name in "abcde"} == {
        "a": "inner",
        "b": "order",
        "c": "out",
        "d": "chance",
        "e": "end",
    }
    assert read.onward("out") == {""}


def test_it_lists_every_step_as_drawn() -> None:
    drawn = [{**SPLIT, "yes": [wait("a"), {**SPLIT, "id": "b", "no": [wait("c")]}]}, wait("d")]

    assert [step["id"] for step in graph.each(drawn)] == ["split", "a", "b", "c", "d"]
    assert list(graph.each(None)) == []


def test_it_refuses_a_loop_that_never_waits() -> None:
    back = {"id": "back", "kind": "goto", "step": "split"}
    window = {"id": "window", "kind": "window", "days": [0]}

    assert "in circles" in faults(definition({**SPLIT, "yes": [MAIL, window, back]}))["back"]
    graph.load(definition({**SPLIT, "yes": [wait("w"), back]}))  # with a wait it is a loop like any other


def test_it_refuses_to_go_to_nowhere_or_to_itself() -> None:
    assert "not exist" in faults(definition(wait("w"), {"id": "g", "kind": "goto", "step": "x"}))["g"]
    assert "itself" in faults(definition({"id": "g", "kind": "goto", "step": "g"}))["g"]


def test_a_goto_may_lead_into_a_branch() -> None:
    read = graph.load(
        definition({**SPLIT, "yes": [wait("w")], "no": [{"id": "g", "kind": "goto", "step": "w"}]}, MAIL)
    )

    assert read.following("g", "went") == "w"
    assert read.following("w", "waited") == "c"


def test_it_warns_of_what_is_odd_and_publishes_it_all_the_same() -> None:
    opened = {"type": "event", "name": "Email Opened", "frequency": "at_least", "count": 1, "window": EVER}
    gold = {"id": "gold", "kind": "set", "attribute": "plan", "value": "gold"}
    drawn = definition(
        MAIL,
        {**SPLIT, "id": "early", "condition": {"type": "all", "children": [opened, HAS_PLAN]}},
        wait("w"),
        {**SPLIT, "id": "in_time", "condition": opened},
        gold,
        {**SPLIT, "id": "gold?", "yes": [wait("v"), {"id": "loop", "kind": "goto", "step": "v"}]},
        {"id": "end", "kind": "exit"},
        wait("lost"),
        trigger={"kind": "date", "attribute": "birth_date", "yearly": True},
    )

    told = graph.check(drawn)

    assert {one.severity for one in told} == {"warning"}
    assert [one.step for one in told] == ["", "early", "gold?", "loop", "lost"]
    assert told[1].sentence == "Nobody has had time to open it yet."
    assert graph.load(drawn)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        "x",
        {"trigger": 1, "settings": 2, "steps": 3},
        {"steps": [1, None, {"id": 1}, {"id": "a"}, {"id": "b", "kind": []}]},
        {
            "steps": [
                {"id": "a", "kind": "random", "branches": [{"weight": float("nan")}, 7, {"weight": "x"}]}
            ]
        },
        {"steps": [{"id": "a", "kind": "split", "condition": {"type": "all"}, "yes": 7, "no": {"id": 1}}]},
        {"steps": [{"id": "a", "kind": "window", "days": "x", "from": 9, "until": None}]},
        {"steps": [{"id": "a", "kind": "wait", "amount": 10**400, "unit": []}]},
        {"steps": [{"id": "a", "kind": "set", "attribute": "email", "value": {}}]},
        {"trigger": {"kind": "date", "record": [], "days": 1.5, "at": "9"}, "settings": {"reentry": {}}},
    ],
)
def test_checking_says_something_about_every_odd_drawing_and_never_raises(odd: Any) -> None:
    assert [one for one in graph.check(odd) if one.severity == "error"]


def test_it_reads_no_tree_that_is_too_deep_or_too_wide() -> None:
    deep: list[dict[str, Any]] = [wait("w")]
    for number in range(25):
        deep = [{**SPLIT, "id": f"s{number}", "yes": deep}]

    assert "too deeply" in str([one.sentence for one in graph.check(definition(*deep))])
    wide = definition(*(wait(f"w{number}") for number in range(501)))
    assert "at most 500" in graph.check(wide)[0].sentence
