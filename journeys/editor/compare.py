"""What a draft would change about the version that is live, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from journeys.editor import drawing, titles
from journeys.editor.drawing import Definition
from journeys.editor.names import Names

type Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: what happened to which step, and how many people stand on it now."""

    kind: Kind
    title: str
    was: str = ""
    here: int = 0


def differences(
    before: Definition, after: Definition, *, names: Names, here: Mapping[str, int] | None = None
) -> list[Difference]:
    """What is different in `after`, in the order of the drawing; removed steps come last."""
    found: list[Difference] = []
    if _start(before) != _start(after):
        found.append(Difference("changed", titles.trigger(after, names)[0], titles.trigger(before, names)[0]))
    if (before.get("settings") or {}) != (after.get("settings") or {}):
        found.append(Difference("changed", _("Settings")))
    old, new = _steps(before), _steps(after)
    for name, step in new.items():
        found += _step(old, new, name, step, before, after, names)
    return found + [
        Difference("removed", titles.title(step, names, steps=old), here=(here or {}).get(name, 0))
        for name, step in old.items()
        if name not in new
    ]


def gone(before: Definition, after: Definition) -> set[str]:
    """The steps that are not in `after` any more."""
    return _steps(before).keys() - _steps(after).keys()


def _step(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    name: str,
    step: drawing.Step,
    before: Definition,
    after: Definition,
    names: Names,
) -> list[Difference]:
    title = titles.title(step, names, steps=new)
    if name not in old:
        return [Difference("added", title)]
    if _own(old[name]) != _own(step):
        was = titles.title(old[name], names, steps=old)
        return [Difference("changed", title, was if was != title else "")]
    if _head(before, name) != _head(after, name):
        return [Difference("moved", title)]
    return []


def _start(definition: Definition) -> object:
    return definition.get("trigger") or {}


def _steps(definition: Definition) -> dict[str, drawing.Step]:
    return {str(step.get("id")): step for step in drawing.walk(definition.get("steps") or [])}


def _own(step: drawing.Step) -> dict[str, Any]:
    """A step without what lies in its paths."""
    paths = drawing.PATHS.get(str(step.get("kind")), ())
    own = {key: value for key, value in step.items() if key not in (*paths, "revision")}
    if "branches" in own:
        own["branches"] = [{**branch, "steps": []} for branch in own["branches"] if isinstance(branch, dict)]
    return own


def _head(definition: Definition, name: str) -> str:
    """The path in which a step stands; steps put in above it do not move it."""
    for head, steps in drawing.lanes(definition):
        if any(step.get("id") == name for step in steps):
            return str(head)
    return ""
