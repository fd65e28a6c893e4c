"""Copies of steps, in one drawing or from another: under new ids, for people may still stand on the old ones."""

import copy
from collections.abc import Callable, Container

from journeys.editor import drawing
from journeys.editor.drawing import Definition, Impossible, Slot, Step

type Naming = Callable[[str], str]  # kind -> an id that no step has ever had


def duplicate(definition: Definition, name: str, *, naming: Naming) -> tuple[Definition, str]:
    """With a copy of the step, and all in it, behind it; and the copy's id."""
    step = drawing.find(definition, name)
    if step is None:
        raise Impossible("That step is not there any more.")
    if step.get("kind") in drawing.ENDS:
        raise Impossible("Nothing can stand behind an end.")
    fresh = renamed(step, naming=naming)
    return drawing.insert(definition, Slot(after=name), fresh), fresh["id"]


def renamed(step: Step, *, naming: Naming) -> Step:
    """A copy of the step under new ids, inside too; go-tos within the copy lead within the copy."""
    fresh = copy.deepcopy(step)
    names: dict[str, str] = {}
    for one in drawing.walk([fresh]):
        old = str(one.get("id"))
        one["id"] = names[old] = naming(str(one.get("kind")))
    for one in drawing.walk([fresh]):
        if one.get("kind") == "goto" and one.get("step") in names:
            one["step"] = names[one["step"]]
    return fresh


def adopted(raw: object, *, kinds: Container[str], naming: Naming) -> Step:
    """A step that was copied elsewhere, under new ids. Raises Impossible where this is no step."""
    if not _is_step(raw, kinds, depth=0):
        raise Impossible("What was copied is not a step.")
    assert isinstance(raw, dict)
    return renamed(raw, naming=naming)


def _is_step(raw: object, kinds: Container[str], *, depth: int) -> bool:
    if not isinstance(raw, dict) or raw.get("kind") not in kinds or depth > drawing.DEEPEST:
        return False
    inner = drawing.branches(raw)
    if raw.get("kind") == "random" and len(inner) != len(raw.get("branches") or []):
        return False
    return all(_is_step(one, kinds, depth=depth + 1) for _, steps in inner for one in steps)
