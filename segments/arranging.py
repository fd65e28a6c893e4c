"""What can be done to a draft as a whole: add, take out, copy, switch off, move, group."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from cdp.lib.json import Json, JsonObject
from segments.builder import LEVELS, MOST, Draft, inside, is_group, leaf_count, number
from segments.controls import found
from segments.sentences import FAMILIES
from segments.tidying import tidy


@dataclass(frozen=True, slots=True)
class Move:
    """One place a condition can go from where it stands."""

    action: str
    label: str


def act(draft: Draft, said: str, *, node: Json = None) -> str | None:
    """Do what `said` asks ("delete:n3"); the id to look at next, if any. Nonsense does nothing."""
    verb, _colon, rest = said.partition(":")
    subject, _colon, detail = rest.partition(":")
    if verb not in ACTIONS or draft.node(subject) is None:
        return None
    shown = ACTIONS[verb](draft, subject, detail, node)
    _sweep(draft)
    number(draft)
    return shown


def moves(draft: Draft, subject: str) -> list[Move]:
    """Where a condition or group can go, in the order of the menu."""
    parent = draft.parent(subject)
    if parent is None:
        return []
    siblings = inside(parent)
    place = _place(siblings, subject)
    above = siblings[place - 1] if place else None
    below = siblings[place + 1] if place + 1 < len(siblings) else None
    offered = [
        (above is not None, "up", _("Move up")),
        (below is not None, "down", _("Move down")),
        (_takes(draft, above, subject), "into_above", _("Into the group above")),
        (_takes(draft, below, subject), "into_below", _("Into the group below")),
        (_may_group(draft, above, subject), "group", _("Group with the one above")),
        (draft.parent(str(parent["id"])) is not None, "out", _("Out of the group")),
        (_side(draft, subject) == "people", "leave_out", _("To those left out")),
        (_side(draft, subject) == "leave-out", "bring_back", _("To those who belong")),
    ]
    return [Move(f"{verb}:{subject}", label) for is_possible, verb, label in offered if is_possible]


def _place(siblings: list[JsonObject], subject: str) -> int:
    return next(place for place, one in enumerate(siblings) if one["id"] == subject)


def level(draft: Draft, group: str) -> int:
    """How deep a group lies: 1 for the two at the top."""
    parent = draft.parent(group)
    return 1 if parent is None else 1 + level(draft, str(parent["id"]))


def _height(node: JsonObject) -> int:
    return 1 + max((_height(child) for child in inside(node)), default=0) if is_group(node) else 0


def _side(draft: Draft, subject: str) -> str:
    parent = draft.parent(subject)
    return subject if parent is None else _side(draft, str(parent["id"]))


def _takes(draft: Draft, group: JsonObject | None, subject: str) -> bool:
    node = draft.node(subject)
    if group is None or node is None or not is_group(group):
        return False
    return level(draft, str(group["id"])) + _height(node) <= LEVELS


def _may_group(draft: Draft, above: JsonObject | None, subject: str) -> bool:
    node, parent = draft.node(subject), draft.parent(subject)
    if above is None or node is None or parent is None or is_group(above) or is_group(node):
        return False
    return level(draft, str(parent["id"])) < LEVELS


def _fresh(node: Json) -> JsonObject | None:
    """What a picker asked for, as far as it is a condition of ours."""
    if not isinstance(node, dict) or node.get("type") not in FAMILIES:
        return None
    leaf = {key: value for key, value in copy.deepcopy(node).items() if key not in ("id", "off")}
    tidy(leaf)
    return leaf


def _add(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    group, leaf = draft.node(subject), _fresh(node)
    if group is None or leaf is None or not is_group(group) or leaf_count(draft) >= MOST:
        return None
    inside(group).append(leaf)
    number(draft)
    return str(leaf["id"])


def _add_group(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    group, leaf = draft.node(subject), _fresh(node)
    if group is None or leaf is None or level(draft, subject) >= LEVELS or leaf_count(draft) >= MOST:
        return None
    inner: JsonObject = {"type": "all" if group["type"] in ("any", "none") else "any", "children": [leaf]}
    inside(group).append(inner)
    number(draft)
    return str(leaf["id"])


def _replace(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    parent, leaf = draft.parent(subject), _fresh(node)
    if parent is None or leaf is None:
        return None
    siblings = inside(parent)
    siblings[_place(siblings, subject)] = leaf | {"id": subject}
    return subject


def _delete(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    parent = draft.parent(subject)
    if parent is None:
        return None
    siblings = inside(parent)
    place = _place(siblings, subject)
    del siblings[place]
    beside = siblings[min(place, len(siblings) - 1)] if siblings else parent
    return str(beside["id"])


def _duplicate(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    parent, original = draft.parent(subject), draft.node(subject)
    if parent is None or original is None or leaf_count(draft) + len(_family(original)) > MOST:
        return None
    twin = copy.deepcopy(original)
    _forget_ids(twin)
    inside(parent).insert(_place(inside(parent), subject) + 1, twin)
    number(draft)
    return str(twin["id"])


def _forget_ids(node: JsonObject) -> None:
    node.pop("id", None)
    for child in inside(node):
        _forget_ids(child)


def _toggle(draft: Draft, subject: str, detail: str, said: Json) -> str | None:
    node = draft.node(subject)
    if node is not None and node.pop("off", None) is None:
        node["off"] = True
    return None


def _shift(by: int) -> Callable[[Draft, str, str, Json], str | None]:
    def move(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
        parent = draft.parent(subject)
        if parent is not None:
            siblings = inside(parent)
            place = _place(siblings, subject)
            siblings.insert(max(0, place + by), siblings.pop(place))
        return None

    return move


def _into(by: int) -> Callable[[Draft, str, str, Json], str | None]:
    def move(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
        parent = draft.parent(subject)
        if parent is None:
            return None
        siblings = inside(parent)
        beside = _place(siblings, subject) + by
        if 0 <= beside < len(siblings) and _takes(draft, siblings[beside], subject):
            _put(draft, subject, siblings[beside], 0 if by > 0 else len(inside(siblings[beside])))
        return None

    return move


def _put(draft: Draft, subject: str, group: JsonObject, place: int) -> None:
    parent, node = draft.parent(subject), draft.node(subject)
    if parent is None or node is None:
        return
    siblings = inside(parent)
    del siblings[_place(siblings, subject)]
    inside(group).insert(place, node)


def _group(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    parent, moved = draft.parent(subject), draft.node(subject)
    if parent is None or moved is None:
        return None
    siblings = inside(parent)
    place = _place(siblings, subject)
    if place and _may_group(draft, siblings[place - 1], subject):
        kind = "any" if parent["type"] == "all" else "all"
        siblings[place - 1 : place + 1] = [{"type": kind, "children": [siblings[place - 1], moved]}]
    return None


def _out(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    parent = draft.parent(subject)
    above = draft.parent(str(parent["id"])) if parent else None
    if parent is not None and above is not None:
        _put(draft, subject, above, _place(inside(above), str(parent["id"])) + 1)
    return None


def _across(target: str) -> Callable[[Draft, str, str, Json], str | None]:
    def move(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
        group = draft.node(target)
        if group is not None and _side(draft, subject) != target and _takes(draft, group, subject):
            _put(draft, subject, group, len(inside(group)))
        return None

    return move


def _place_at(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    """Where it was dropped: "place:n3:n1:2" is group n1, third place."""
    target, _colon, place = detail.partition(":")
    group, moved = draft.node(target), draft.node(subject)
    if group is None or moved is None or not place.isdigit() or len(place) > 4:
        return None
    within = any(one["id"] == target for child in inside(moved) for one in _family(child))
    if subject != target and not within and _takes(draft, group, subject):
        _put(draft, subject, group, int(place))
    return None


def _family(node: JsonObject) -> list[JsonObject]:
    return [node, *(one for child in inside(node) for one in _family(child))]


def _add_detail(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    leaf = draft.node(subject)
    if leaf is not None and isinstance(where := leaf.get("where"), list) and len(where) < 20:
        where.append({"property": "", "operator": "is", "value": ""})
        return f"{subject}-where-{len(where) - 1}"
    return None


def _drop_detail(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    leaf = draft.node(subject)
    if leaf is not None and isinstance(where := leaf.get("where"), list):
        if detail.isdigit() and int(detail[:4]) < len(where):
            del where[int(detail)]
        return subject
    return None


def _drop_word(draft: Draft, subject: str, detail: str, node: Json) -> str | None:
    """Take one text out of a list of texts: "unword:n3:value:2"."""
    leaf = draft.node(subject)
    name, _dot, place = detail.rpartition(".")
    path = tuple(int(step) if step.isdigit() else step for step in name.split("."))
    words = found(leaf, path) if leaf is not None else None
    if isinstance(words, list) and place.isdigit() and int(place[:6]) < len(words):
        del words[int(place)]
    return None


def _sweep(draft: Draft) -> None:
    """Groups inside groups go with their last condition."""
    for top in (draft.people, draft.leave_out):
        _sweep_group(top)


def _sweep_group(group: JsonObject) -> None:
    """From the inside out, so that a group which holds only empty groups goes too."""
    children = inside(group)
    for child in children:
        _sweep_group(child)
    children[:] = [child for child in children if inside(child) or not is_group(child)]


ACTIONS: Final[Mapping[str, Callable[[Draft, str, str, Json], str | None]]] = {
    "add": _add,
    "add_group": _add_group,
    "replace": _replace,
    "delete": _delete,
    "duplicate": _duplicate,
    "toggle": _toggle,
    "up": _shift(-1),
    "down": _shift(1),
    "into_above": _into(-1),
    "into_below": _into(1),
    "group": _group,
    "out": _out,
    "leave_out": _across("leave-out"),
    "bring_back": _across("people"),
    "place": _place_at,
    "detail": _add_detail,
    "undetail": _drop_detail,
    "unword": _drop_word,
}
