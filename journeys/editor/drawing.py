"""Edits of a drawing: steps are put in, moved, copied and taken out, each edit a new definition beside the old one.

A definition is a tree: a list of steps, some of which hold branches, which are lists again. A place in it is a slot:
behind a step, or at the head of the drawing or of a branch. Nothing here knows rows or the clock.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

type Definition = dict[str, Any]
type Step = dict[str, Any]
type Steps = list[Step]

PATHS: Final[Mapping[str, tuple[str, ...]]] = {"split": ("yes", "no"), "wait_for": ("happened", "timed_out")}
ENDS: Final = ("exit", "goto")  # steps that nothing follows
MOST_STEPS: Final = 500
DEEPEST: Final = 12


class Impossible(Exception):
    """The edit makes no sense in this drawing; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a step: behind `after`; else at the head of `owner`'s branch `path`; else of the drawing."""

    after: str = ""
    owner: str = ""
    path: str = ""

    def __str__(self) -> str:
        if self.after:
            return f"after:{self.after}"
        return f"into:{self.owner}:{self.path}" if self.owner else "start"


def read_slot(text: str) -> Slot:
    """The slot that a page named. Raises Impossible where the text names none."""
    word, _, rest = text.partition(":")
    if word == "after" and rest:
        return Slot(after=rest)
    owner, _, path = rest.rpartition(":")
    if word == "into" and owner and path:
        return Slot(owner=owner, path=path)
    if text == "start":
        return Slot()
    raise Impossible("There is no such place in the drawing.")


def branches(step: Mapping[str, Any]) -> list[tuple[str, Steps]]:
    """A step's branches with their keys, in order; none where people simply go on."""
    if step.get("kind") == "random":
        found = step.get("branches")
        listed = found if isinstance(found, list) else []
        return [(str(number), branch["steps"]) for number, branch in enumerate(listed) if _is_branch(branch)]
    paths = PATHS.get(str(step.get("kind")), ())
    return [(path, step[path]) for path in paths if isinstance(step.get(path), list)]


def _is_branch(branch: object) -> bool:
    return isinstance(branch, dict) and isinstance(branch.get("steps"), list)


def walk(steps: Steps) -> Iterator[Step]:
    """Every step in the order of the drawing, those inside branches after their split."""
    for step in steps:
        yield step
        for _, inner in branches(step):
            yield from walk(inner)


def mapped(steps: Steps, change: Callable[[Step], Step]) -> Steps:
    """Every step as `change` makes it, those inside branches too; all else is shared with these steps."""
    return [change(_with_branches(step, change)) for step in steps]


def _with_branches(step: Step, change: Callable[[Step], Step]) -> Step:
    if step.get("kind") == "random" and isinstance(step.get("branches"), list):
        inner = [
            branch | {"steps": mapped(branch["steps"], change)} if _is_branch(branch) else branch
            for branch in step["branches"]
        ]
        return step | {"branches": inner}
    return step | {path: mapped(inner, change) for path, inner in branches(step)}


def find(definition: Definition, name: str) -> Step | None:
    """The step of this id; None where there is none."""
    return next((step for step in walk(definition.get("steps") or []) if step.get("id") == name), None)


def ends(steps: Steps) -> bool:
    """Whether nobody comes out at the end of these steps: an exit, a go-to, or a split all of whose paths end."""
    if not steps:
        return False
    last = steps[-1]
    inner = branches(last)
    return last.get("kind") in ENDS or (bool(inner) and all(ends(branch) for _, branch in inner))


def insert(definition: Definition, slot: Slot, *steps: Step) -> Definition:
    """These steps in order, at the slot."""
    changed = _copied(definition)
    where, index = _place(changed, slot)
    _fit(where, index, steps[-1])
    where[index:index] = copy.deepcopy(list(steps))
    return _checked(changed)


def change(definition: Definition, name: str, step: Step) -> Definition:
    """The step replaced by another state of itself."""
    changed = _copied(definition)
    where, index = _spot(changed, name)
    where[index] = copy.deepcopy(step) | {"id": name}
    return changed


def move(definition: Definition, name: str, slot: Slot) -> Definition:
    """The step, with its branches, somewhere else."""
    step = find(definition, name)
    if step is None:
        raise Impossible("That step is not there any more.")
    if slot.after == name or slot.owner == name or _holds(step, slot):
        raise Impossible("A step cannot move into itself.")
    changed = _copied(definition)
    where, index = _spot(changed, name)
    taken = where.pop(index)
    target, at = _place(changed, slot)
    _fit(target, at, taken)
    target.insert(at, taken)
    return _checked(changed)


def delete(definition: Definition, name: str, *, keep: str = "") -> Definition:
    """Without the step; of a split, the steps of its path `keep` take its place ("": none do)."""
    changed = _copied(definition)
    where, index = _spot(changed, name)
    kept = dict(branches(where[index])).get(keep, []) if keep else []
    if kept and ends(kept) and index + 1 < len(where):
        # What follows would never be reached: the end inside the kept path gives way.
        kept = kept[:-1] if kept[-1].get("kind") in ENDS else kept
    where[index : index + 1] = kept
    return changed


def slot_of(definition: Definition, name: str) -> Slot:
    """The slot in which a step stands now."""
    for slot, steps in lanes(definition):
        for index, step in enumerate(steps):
            if step.get("id") == name:
                return Slot(after=steps[index - 1]["id"]) if index else slot
    raise Impossible("That step is not there any more.")


def lanes(definition: Definition) -> Iterator[tuple[Slot, Steps]]:
    """Every list of the drawing with the slot at its head."""
    yield Slot(), definition.get("steps", [])
    for step in walk(definition.get("steps") or []):
        for path, inner in branches(step):
            yield Slot(owner=step["id"], path=path), inner


def slots(definition: Definition, *, moving: str = "") -> list[Slot]:
    """Every place where a new step, or the step that moves, may be put; but not where it stands."""
    step = find(definition, moving) if moving else {"id": "", "kind": "wait"}
    if step is None:
        return []
    rest = delete(definition, moving) if moving else {"steps": [], **definition}
    if _size(rest["steps"]) + _size([step]) > MOST_STEPS:
        return []
    here = slot_of(definition, moving) if moving else None
    found = [slot for slot in _gaps(rest, step) if slot != here]
    is_shallow = _depth(rest["steps"]) + _depth([step]) <= DEEPEST + 1  # wherever it goes
    return found if is_shallow else [slot for slot in found if _takes(rest, slot, step)]


def _gaps(definition: Definition, coming: Step) -> Iterator[Slot]:
    """The slots between two steps that both may stand beside this one."""
    for head, steps in lanes(definition):
        for index in range(len(steps) + 1):
            if _fits(steps, index, coming):
                yield Slot(after=str(steps[index - 1]["id"])) if index else head


def _takes(definition: Definition, slot: Slot, step: Step) -> bool:
    """Whether the drawing may be as deep as it is with this step there; by trying."""
    try:
        insert(definition, slot, step)
    except Impossible:
        return False
    return True


def up(definition: Definition, name: str) -> Slot | None:
    """Where the step goes when it moves one up: before the step above, or out of its branch."""
    here = slot_of(definition, name)
    if here.after:
        return slot_of(definition, here.after)
    return slot_of(definition, here.owner) if here.owner else None


def down(definition: Definition, name: str) -> Slot | None:
    """Where the step goes when it moves one down: behind the step below, or out of its branch."""
    for head, steps in lanes(definition):
        names = [step["id"] for step in steps]
        if name in names:
            index = names.index(name)
            if index + 1 < len(names):
                return Slot(after=names[index + 1])
            return Slot(after=head.owner) if head.owner else None
    return None


def _copied(definition: Definition) -> Definition:
    changed = copy.deepcopy(definition)
    changed.setdefault("steps", [])
    return changed


def _spot(definition: Definition, name: str) -> tuple[Steps, int]:
    for _, steps in lanes(definition):
        for index, step in enumerate(steps):
            if step.get("id") == name:
                return steps, index
    raise Impossible("That step is not there any more.")


def _place(definition: Definition, slot: Slot) -> tuple[Steps, int]:
    if slot.after:
        steps, index = _spot(definition, slot.after)
        return steps, index + 1
    for head, steps in lanes(definition):
        if head == slot:
            return steps, 0
    raise Impossible("That place is not there any more.")


def _fit(steps: Steps, index: int, coming: Step) -> None:
    if index and steps[index - 1].get("kind") in ENDS:
        raise Impossible("Nobody comes by there: the step before ends the way.")
    if not _fits(steps, index, coming):
        raise Impossible("An end can only stand last: the steps behind it would never be reached.")


def _fits(steps: Steps, index: int, coming: Step) -> bool:
    """Whether people come by there, and the steps behind it would still be reached."""
    is_reached = not index or steps[index - 1].get("kind") not in ENDS
    return is_reached and (coming.get("kind") not in ENDS or index == len(steps))


def _holds(step: Step, slot: Slot) -> bool:
    return any(one.get("id") in (slot.after, slot.owner) for one in walk([step]) if one is not step)


def _checked(definition: Definition) -> Definition:
    if _size(definition["steps"]) > MOST_STEPS:
        raise Impossible(f"A journey has at most {MOST_STEPS} steps.")
    if _depth(definition["steps"]) > DEEPEST:
        raise Impossible(f"Paths can be nested {DEEPEST} deep.")
    return definition


def _size(steps: Steps) -> int:
    return sum(1 for _ in walk(steps))


def _depth(steps: Steps) -> int:
    return 1 + max((_depth(inner) for step in steps for _, inner in branches(step)), default=0)
