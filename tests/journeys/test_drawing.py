"""Edits of a drawing: whatever is done to it, it stays a drawing, and nothing gets lost on the way."""

import copy
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.editor import copies, drawing
from journeys.editor.drawing import Impossible, Slot

KINDS = ("wait", "wait_for", "window", "split", "random", "email", "set", "goto", "exit")


def naming() -> Callable[[str], str]:
    """Ids in a row."""
    numbers = itertools.count(1)
    return lambda kind: f"{kind}-new-{next(numbers)}"


def wait(name: str) -> dict[str, Any]:
    return {"id": name, "kind": "wait", "amount": 1, "unit": "day"}


def split(name: str, yes: list[Any], no: list[Any]) -> dict[str, Any]:
    return {"id": name, "kind": "split", "condition": {}, "yes": yes, "no": no}


def drawn() -> dict[str, Any]:
    """wait a, a split with b on Yes and a nested split on No, then z."""
    inner = split("inner", [wait("c")], [])
    return {"trigger": {}, "steps": [wait("a"), split("fork", [wait("b")], [inner]), wait("z")]}


def names(definition: dict[str, Any]) -> list[str]:
    return [step["id"] for step in drawing.walk(definition["steps"])]


def test_it_puts_a_step_behind_another_and_at_the_head_of_a_path() -> None:
    once = drawing.insert(drawn(), Slot(after="a"), wait("new"))
    twice = drawing.insert(once, Slot(owner="inner", path="no"), wait("deep"))

    assert names(twice) == ["a", "new", "fork", "b", "inner", "c", "deep", "z"]


def test_it_puts_the_first_step_on_an_empty_canvas() -> None:
    assert names(drawing.insert({"steps": []}, Slot(), wait("new"))) == ["new"]


def test_it_leaves_the_drawing_it_was_given_alone() -> None:
    before = drawn()
    kept = copy.deepcopy(before)

    drawing.delete(drawing.move(before, "z", Slot()), "fork")

    assert before == kept


def test_it_moves_a_split_with_its_paths() -> None:
    moved = drawing.move(drawn(), "fork", Slot())

    assert names(moved) == ["fork", "b", "inner", "c", "a", "z"]


@pytest.mark.parametrize("slot", [Slot(after="fork"), Slot(after="b"), Slot(owner="inner", path="no")])
def test_it_moves_no_step_into_itself(slot: Slot) -> None:
    with pytest.raises(Impossible):
        drawing.move(drawn(), "fork", slot)


@pytest.mark.parametrize(
    ("keep", "left"), [("", ["a", "z"]), ("yes", ["a", "b", "z"]), ("no", ["a", "inner", "c", "z"])]
)
def test_it_keeps_the_path_that_was_asked_for(keep: str, left: list[str]) -> None:
    assert names(drawing.delete(drawn(), "fork", keep=keep)) == left


def test_it_lets_nothing_stand_behind_an_end() -> None:
    ended = drawing.insert(drawn(), Slot(after="z"), {"id": "end", "kind": "exit"})

    with pytest.raises(Impossible):
        drawing.insert(ended, Slot(after="end"), wait("late"))
    with pytest.raises(Impossible):
        drawing.insert(ended, Slot(after="a"), {"id": "early", "kind": "exit"})
    with pytest.raises(Impossible):
        drawing.move(ended, "end", Slot(after="a"))


def test_it_copies_a_split_under_new_names_with_its_go_tos() -> None:
    loop = {"id": "back", "kind": "goto", "step": "c"}
    looped = drawing.insert(drawn(), Slot(after="b"), loop)

    copied, name = copies.duplicate(looped, "fork", naming=naming())

    inside = list(drawing.walk([drawing.find(copied, name) or {}]))
    assert len(set(names(copied))) == len(names(copied))
    assert [step["step"] for step in inside if step["kind"] == "goto"] == [
        step["id"] for step in inside if step["kind"] == "wait" and step["id"] == "wait-new-5"
    ]


def test_it_moves_up_and_down_and_out_of_a_path() -> None:
    assert drawing.up(drawn(), "z") == Slot(after="a")
    assert drawing.up(drawn(), "b") == Slot(after="a")
    assert drawing.up(drawn(), "a") is None
    assert drawing.down(drawn(), "a") == Slot(after="fork")
    assert drawing.down(drawn(), "c") == Slot(after="inner")
    assert drawing.down(drawn(), "z") is None


@pytest.mark.parametrize(
    "raw", [None, [], {}, {"kind": "bomb"}, {"kind": "split", "yes": [1], "no": []}, "wait"]
)
def test_it_pastes_nothing_that_is_not_a_step(raw: object) -> None:
    with pytest.raises(Impossible):
        copies.adopted(raw, kinds=KINDS, naming=naming())


@pytest.mark.parametrize("text", ["", "after:", "into:x", "into::yes", "somewhere", "start:x:y"])
def test_it_knows_no_place_of_that_name(text: str) -> None:
    with pytest.raises(Impossible):
        drawing.read_slot(text)


# Edits by chance: (verb, number, number) chosen against whatever the drawing is by then.
edits = st.lists(
    st.tuples(st.sampled_from(["insert", "move", "delete", "duplicate", "up", "down"]),
              st.integers(0, 10_000), st.integers(0, 10_000)),
    min_size=1, max_size=12,
)  # fmt: skip


def fresh(kind: str, name: str) -> dict[str, Any]:
    """A new step of a kind, with its empty paths."""
    paths: dict[str, Any] = {path: [] for path in drawing.PATHS.get(kind, ())}
    if kind == "random":
        paths = {
            "branches": [{"name": "A", "weight": 1, "steps": []}, {"name": "B", "weight": 1, "steps": []}]
        }
    return {"id": name, "kind": kind, **paths}


def edited(definition: Any, verb: str, one: int, other: int, name: Callable[[str], str]) -> Any:
    """The drawing after an edit; as it was where the edit makes no sense."""
    there = [*drawing.walk(definition["steps"])]
    if verb == "insert" or not there:
        kind, slots = KINDS[one % len(KINDS)], drawing.slots(definition)
        return (
            drawing.insert(definition, slots[other % len(slots)], fresh(kind, name(kind)))
            if slots
            else definition
        )
    step = there[one % len(there)]
    if verb == "move":
        slots = drawing.slots(definition, moving=step["id"])
        return drawing.move(definition, step["id"], slots[other % len(slots)]) if slots else definition
    if verb == "delete":
        paths = ["", *(path for path, _ in drawing.branches(step))]
        return drawing.delete(definition, step["id"], keep=paths[other % len(paths)])
    if verb == "duplicate":
        return copies.duplicate(definition, step["id"], naming=name)[0]
    slot = (drawing.up if verb == "up" else drawing.down)(definition, step["id"])
    return drawing.move(definition, step["id"], slot) if slot else definition


def is_drawing(definition: Any) -> bool:
    """Ids are there once, branches are lists, an end stands last."""
    ids = names(definition)
    lists = [steps for _, steps in drawing.lanes(definition)]
    return (
        len(ids) == len(set(ids))
        and all(step["kind"] not in drawing.ENDS for steps in lists for step in steps[:-1])
        and json.loads(json.dumps(definition)) == definition
    )


@settings(max_examples=150, deadline=None)
@given(edits=edits)
def test_it_stays_a_drawing_whatever_is_done_to_it(edits: list[tuple[str, int, int]]) -> None:
    definition, name = drawn(), naming()
    for verb, one, other in edits:
        before, kept = set(names(definition)), copy.deepcopy(definition)
        try:
            changed = edited(definition, verb, one, other, name)
        except Impossible:
            changed = definition

        assert definition == kept  # so that undo is the state before
        assert is_drawing(changed)
        if verb in ("insert", "move", "duplicate", "up", "down"):
            assert before <= set(names(changed))
        if verb == "insert" and changed is not definition:
            assert len(names(changed)) == len(before) + 1
        definition = changed


@settings(max_examples=100, deadline=None)
@given(edits=edits, one=st.integers(0, 1000), other=st.integers(0, 1000))
def test_it_comes_back_when_it_is_moved_back(edits: list[tuple[str, int, int]], one: int, other: int) -> None:
    definition, name = drawn(), naming()
    for edit in edits:
        try:
            definition = edited(definition, *edit, name)
        except Impossible:
            continue
    there = names(definition)
    if not there:
        return
    moving = there[one % len(there)]
    slots = drawing.slots(definition, moving=moving)
    if not slots:
        return
    home = drawing.slot_of(definition, moving)

    moved = drawing.move(definition, moving, slots[other % len(slots)])

    assert drawing.move(moved, moving, home) == definition
