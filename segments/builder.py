"""A segment while it is being built: two groups of conditions, each of which may still be half filled in.

The whole state is JSON that travels with the form, so that no edit is lost and every state can be undone. Each
condition and group in it carries an `id` that it keeps while it moves, so that focus and numbers find it again.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict

from cdp.lib.json import Json, JsonObject
from segments import ast
from segments.controls import Control, Kind, found, put, spelled
from segments.offers import Offers
from segments.sentences import FAMILIES, details, operators_of_detail, sentence
from segments.shapes import fit
from segments.tidying import tidy

GROUPS: Final = ("all", "any", "none")
LEVELS: Final = 3  # of groups on the screen; what lies deeper is shown in words
MOST: Final = 200  # conditions and groups that a draft may hold: no more than the language reads


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a condition is not counted yet: the name of the control at fault, and what to do."""

    name: str
    sentence: str


@dataclass(slots=True)
class Draft:
    """Who belongs, and who is left out of them."""

    people: JsonObject
    leave_out: JsonObject

    def everything(self) -> Iterator[JsonObject]:
        """Every group and condition, from the top."""
        yield from _walk(self.people)
        yield from _walk(self.leave_out)

    def node(self, number: str) -> JsonObject | None:
        """The group or condition with this id."""
        return next((one for one in self.everything() if one["id"] == number), None)

    def parent(self, number: str) -> JsonObject | None:
        """The group that holds it; None for the two at the top."""
        return next(
            (one for one in self.everything() if any(child["id"] == number for child in inside(one))), None
        )

    def dump(self) -> str:
        """As it travels with the form."""
        return json.dumps(
            {"people": self.people, "leave_out": self.leave_out}, ensure_ascii=False, separators=(",", ":")
        )


def is_group(node: JsonObject) -> bool:
    """Whether it holds others."""
    return node.get("type") in GROUPS


def inside(node: JsonObject) -> list[JsonObject]:
    """What a group holds; the list itself, so that it can be changed."""
    return node["children"] if is_group(node) else []  # type: ignore[return-value]


def _walk(node: JsonObject) -> Iterator[JsonObject]:
    yield node
    for child in inside(node):
        yield from _walk(child)


def opened(tree: Json) -> Draft:
    """A stored definition as a draft: a NONE at its end is what is left out."""
    people, leave_out = _parted(tree if isinstance(tree, dict) and tree.get("type") else {})
    draft = Draft(_clean(people), _clean(leave_out))
    number(draft)
    return draft


def _parted(tree: JsonObject) -> tuple[JsonObject, JsonObject]:
    nobody: JsonObject = {"type": "none", "children": []}
    children = tree.get("children")
    if tree.get("off"):
        return {"type": "all", "children": [tree]}, nobody
    if tree.get("type") == "all" and isinstance(children, list):
        *others, last = children or [None]
        if isinstance(last, dict) and last.get("type") == "none" and not last.get("off"):
            only = others[0] if len(others) == 1 else None
            if isinstance(only, dict) and only.get("type") in ("all", "any") and not only.get("off"):
                return only, last
            return {"type": "all", "children": others}, last
    if tree.get("type") == "none":
        return {"type": "all", "children": []}, tree
    if tree.get("type") in GROUPS:
        return tree, nobody
    return {"type": "all", "children": [tree] if tree else []}, nobody


def read(text: str) -> Draft:
    """The draft that came back with the form; an empty one where it is nonsense."""
    try:
        said: Json = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return opened({})
    people, leave_out = said.get("people"), said.get("leave_out")
    draft = Draft(_clean(_group(people, "all")), _clean(_group(leave_out, "none")))
    number(draft)
    return draft


def _group(said: Json, kind: str) -> JsonObject:
    """One of the two groups at the top, whatever was said."""
    group = dict(said) if isinstance(said, dict) else {}
    is_other = kind == "all" and group.get("type") == "any"
    return {**group, "type": "any" if is_other else kind}


def _clean(node: JsonObject) -> JsonObject:
    """A copy in which every group has a list of groups and conditions, and every condition what its family says."""
    kept = dict(node)
    if is_group(kept):
        children = kept.get("children")
        several = children if isinstance(children, list) else []
        kept["children"] = [_clean(one) for one in several if isinstance(one, dict) and _is_known(one)]
    else:
        kept = copy.deepcopy(kept)
        tidy(kept)
    return kept


def _is_known(node: JsonObject) -> bool:
    return is_group(node) or node.get("type") in FAMILIES


def number(draft: Draft) -> None:
    """Give an id to everything that has none yet, or one that is taken."""
    draft.people["id"], draft.leave_out["id"] = "people", "leave-out"
    taken = {"people", "leave-out"}
    waiting: list[JsonObject] = []
    for node in draft.everything():
        if node in (draft.people, draft.leave_out):
            continue
        said = node.get("id")
        if isinstance(said, str) and said[1:].isdigit() and len(said) < 9 and said not in taken:
            taken.add(said)
        else:
            waiting.append(node)
    free = (f"n{count}" for count in range(1, 10**8))
    for node in waiting:
        node["id"] = next(one for one in free if one not in taken)


def fill(draft: Draft, posted: QueryDict, offers: Offers) -> None:
    """Take over what was filled in beside each condition. Changes the draft in place."""
    for node in draft.everything():
        if is_group(node):
            join = posted.get(f"{node['id']}.type")
            if join in GROUPS and node["id"] != "leave-out":
                node["type"] = join
        else:
            _fill_leaf(node, posted, offers)


def _fill_leaf(leaf: JsonObject, posted: QueryDict, offers: Offers) -> None:
    before = [one["property"] for one in _details(leaf)]
    for control in _controls(leaf, offers):
        values = posted.getlist(f"{leaf['id']}.{control.name}")
        # What is not offered any more, a topic put away say, stays what it is until something else is chosen.
        is_kept = control.kind is Kind.SELECT and values[-1:] == [spelled(found(leaf, control.path))]
        if values and not is_kept:
            put(leaf, control.path, control.read(values))
    for one, former in zip(_details(leaf), before, strict=True):
        fitting = operators_of_detail(leaf, str(one["property"]), offers)
        # Only where another detail was chosen: what came from elsewhere may compare in ways not offered here.
        if one["property"] != former and one["operator"] not in fitting and fitting:
            one["operator"] = fitting[0]
            one["value"] = fit(fitting[0], one["value"])
    tidy(leaf)


def _controls(leaf: JsonObject, offers: Offers) -> list[Control]:
    lines = [sentence(leaf, offers), *details(leaf, offers)]
    return [part for line in lines for part in line if isinstance(part, Control)]


def _details(leaf: JsonObject) -> list[JsonObject]:
    where = leaf.get("where")
    return where if isinstance(where, list) else []  # type: ignore[return-value]


def problem(leaf: JsonObject) -> Problem | None:
    """Why this condition cannot be counted yet, if so."""
    try:
        ast.load(bare(leaf))
    except ast.InvalidSegment as error:
        return Problem(error.path.strip("."), error.message)
    return None


def bare(node: JsonObject) -> JsonObject:
    """A copy without what only the builder needs."""
    kept = {key: value for key, value in node.items() if key != "id"}
    if is_group(node):
        kept["children"] = [bare(child) for child in inside(node)]
    return kept


def problems(draft: Draft) -> Mapping[str, Problem]:
    """What is not counted yet, by id; what is switched off is not asked for more."""
    found: dict[str, Problem] = {}
    for leaf in _asked(draft):
        if why := problem(leaf):
            found[str(leaf["id"])] = why
    return found


def _asked(draft: Draft) -> Iterator[JsonObject]:
    def conditions(node: JsonObject) -> Iterator[JsonObject]:
        if node.get("off"):
            return
        if not is_group(node):
            yield node
        for child in inside(node):
            yield from conditions(child)

    yield from conditions(draft.people)
    yield from conditions(draft.leave_out)


def finished(draft: Draft, *, keep_off: bool = False, numbered: bool = False) -> JsonObject:
    """The definition that is complete so far: half-filled conditions and empty groups are not in it.

    Empty (`{}`) when nothing is. With `keep_off`, what is switched off stays, marked as such: that is what is stored.
    With `numbered`, everything in it keeps its id, so that `places` finds it.
    """
    people = _finished(draft.people, keep_off, numbered)
    leave_out = _finished(draft.leave_out, keep_off, numbered)
    if not leave_out:
        return people or {}
    if not people:
        return {"type": "all", "children": [leave_out]}
    if people["type"] == "all" and not people.get("off"):
        # A NONE at the end would be read as the block of those left out, so such a group stays whole.
        return {"type": "all", "children": [*inside(people), leave_out]}
    return {"type": "all", "children": [people, leave_out]}


def _finished(node: JsonObject, keep_off: bool, numbered: bool) -> JsonObject | None:
    if node.get("off") and not keep_off:
        return None
    if not is_group(node):
        is_whole = problem({**node, "off": False}) is None
        return (dict(node) if numbered else bare(node)) if is_whole else None
    children: list[Json] = [
        whole for child in inside(node) if (whole := _finished(child, keep_off, numbered))
    ]
    group = {**bare({**node, "children": []}), "children": children}
    if numbered:
        group["id"] = node["id"]
    return group if children else None


def places(definition: JsonObject, path: str = "") -> Mapping[str, str]:
    """The ids in a numbered definition, by the path that leads to them, as problems and numbers are told with it."""
    found = {path: str(definition["id"])} if "id" in definition else {}
    for number, child in enumerate(inside(definition)):
        found |= places(child, f"{path}children.{number}.")
    return found


def leaf_count(draft: Draft) -> int:
    """How many conditions and groups there are."""
    return sum(1 for _node in draft.everything())
