"""Conditions in the drawer: a segment's tree as a few rows of controls, and back.

The rows say what a journey mostly asks: a segment, an attribute, something that was done, a mail of the journey that
was opened or clicked. A tree that says more is kept as it is and shown in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.editor.comparisons import INPUTS, MOST_ROWS, compared, comparison
from journeys.editor.controls import Answers, Choices, Control, Row, Section
from journeys.editor.titles import REACTIONS, reaction
from segments.catalog import Catalogue

type Tree = dict[str, Any]

FAMILIES: Final[Choices] = [
    ("segment", lazy("Is in a segment")),
    ("attribute", lazy("Has an attribute")),
    ("event", lazy("Did something")),
    ("mail", lazy("Opened or clicked a mail")),
]
WINDOWS: Final[Choices] = [
    ("ever", lazy("ever")),
    ("hour", lazy("in the last hours")),
    ("day", lazy("in the last days")),
    ("week", lazy("in the last weeks")),
]


@dataclass(frozen=True, slots=True)
class Lists:
    """What the rows offer: names from the catalogue, and the mails of this journey by step."""

    catalogue: Catalogue
    mails: Choices = ()
    properties: Sequence[str] = field(default_factory=list)


def section(
    tree: object, lists: Lists, *, name: str, title: str, words: str, needed: bool = False
) -> Section:
    """The rows of a condition; what they cannot say is shown in `words` instead."""
    rows = _children(tree)
    if rows is None:
        kept = Control(f"{name}-kept", "", "check", value=True)
        return Section(
            [Row([kept], drop=f"drop:{name}", drop_label=lazy("Start over"))],
            title=title, name=name, words=words,
        )  # fmt: skip
    joint = _("or") if isinstance(tree, dict) and tree.get("type") == "any" else _("and")
    drawn = [
        Row(_controls(row, lists, f"{name}-{n}"), drop=f"drop:{name}:{n}", lead=joint if n else "")
        for n, row in enumerate(rows)
    ]
    if len(rows) > 1:
        how = [("all", _("All of these hold")), ("any", _("Any of these holds"))]
        value = tree.get("type", "all") if isinstance(tree, dict) else "all"
        drawn.insert(
            0, Row([Control(f"{name}-join", _("How"), "select", value, how, reshapes=True, is_bare=True)])
        )
    adds = [(f"add:{name}", _("Add a condition"))] if len(rows) < MOST_ROWS else []
    error = _("Add at least one condition.") if needed and not rows else ""
    return Section(drawn, title=title, name=name, adds=adds, error=error)


def read(answers: Answers, name: str, before: object) -> Tree:
    """The tree that the rows say; {} for none. `before` stays where the rows could not show it."""
    if answers.has(f"{name}-kept"):
        return before if isinstance(before, dict) else {}
    rows: list[Tree] = []
    while answers.has(f"{name}-{len(rows)}-family") and len(rows) < MOST_ROWS:
        rows.append(_read(answers, f"{name}-{len(rows)}"))
    return group(rows, answers.choice(f"{name}-join", ("all", "any"), "all"))


def group(rows: Sequence[Tree], join: str = "all") -> Tree:
    """These conditions as one tree; {} for none."""
    return {"type": join, "children": list(rows)} if rows else {}


def add(tree: object) -> Tree:
    """One more row, to be filled in."""
    rows = _children(tree) or []
    join = str(tree.get("type")) if isinstance(tree, dict) and tree.get("type") in ("all", "any") else "all"
    return group([*rows, {"type": "segment", "segment": 0, "operator": "in"}], join)


def drop(tree: object, number: int | None) -> Tree:
    """Without this row; without all of them where none is named."""
    rows = _children(tree) if number is not None else []
    join = str(tree.get("type")) if isinstance(tree, dict) else "all"
    return group([row for n, row in enumerate(rows or []) if n != number], join)


def _children(tree: object) -> list[Tree] | None:
    """The rows of a tree; None where rows cannot say it."""
    if not isinstance(tree, dict) or not tree:
        return []
    rows = tree.get("children") if tree.get("type") in ("all", "any") else [tree]
    if not isinstance(rows, list) or not all(isinstance(one, dict) and _family(one) for one in rows):
        return None
    return rows


def _family(tree: Tree) -> str:
    """Which family of rows says this leaf; "" for none."""
    if tree.get("off"):
        return ""
    match tree:
        case {"type": "segment"}:
            return "segment"
        case {"type": "attribute"} if tree.get("operator") in INPUTS or not tree.get("operator"):
            return "attribute"
        case {"type": "event"} if reaction(tree):
            return "mail"
        case {"type": "event"} if tree.get("frequency") in ("at_least", "never") and not tree.get("where"):
            window = tree.get("window") or {}
            known = window.get("unit") in ("hour", "day", "week") or window.get("type", "ever") == "ever"
            return "event" if known else ""
        case _:
            return ""


def reacted(word: str, step: str) -> list[dict[str, Any]]:
    """The filters that make an event about a mail of the journey, machines apart."""
    return [
        {"property": "step", "operator": "is", "value": step},
        {"property": "machine", "operator": "is_false"},
    ]


def _controls(tree: Tree, lists: Lists, name: str) -> list[Control]:
    family = _family(tree)
    first = Control(f"{name}-family", _("Condition"), "select", family, FAMILIES, reshapes=True, is_bare=True)
    return [first, *BUILD[family](tree, lists, name)]


def _segment(tree: Tree, lists: Lists, name: str) -> list[Control]:
    operators = [("in", _("is in")), ("not_in", _("is not in"))]
    choices = [
        ("", "…"),
        *((str(pk), label) for pk, label in sorted(lists.catalogue.segments.items(), key=_by_name)),
    ]
    chosen = str(tree.get("segment") or "")
    missing = "" if chosen else _("Choose a segment.")
    return [
        Control(
            f"{name}-operator",
            _("Is or is not"),
            "select",
            tree.get("operator"),
            operators,
            wide=4,
            is_bare=True,
        ),
        Control(
            f"{name}-segment", _("Segment"), "select", chosen, choices, wide=8, is_bare=True, error=missing
        ),
    ]


def _by_name(pair: tuple[Any, str]) -> str:
    return pair[1].lower()


def _attribute(tree: Tree, lists: Lists, name: str) -> list[Control]:
    key = str(tree.get("key") or "")
    known = sorted(lists.catalogue.attributes.items(), key=_by_name)
    missing = "" if key else _("Choose an attribute.")
    chosen = Control(
        f"{name}-key",
        _("Attribute"),
        "select",
        key,
        [("", "…"), *known],
        reshapes=True,
        is_bare=True,
        error=missing,
    )
    if not key:
        return [chosen]
    return [chosen, *compared(tree, lists.catalogue.types.get(key, "text"), name)]


def _event(tree: Tree, lists: Lists, name: str) -> list[Control]:
    window = tree.get("window") or {"type": "ever"}
    frequencies = [("at_least", _("did it, at least")), ("never", _("did not do it"))]
    counted = tree.get("frequency") != "never"
    unit = window.get("unit", "ever")
    event = str(tree.get("name") or "")
    controls = [
        Control(f"{name}-event", _("Event"), "suggest", event, _events(lists), is_bare=True,
                error="" if event else _("Choose what they did.")),
        Control(f"{name}-frequency", _("Did or did not"), "select", tree.get("frequency"), frequencies, wide=8,
                reshapes=True, is_bare=True),
    ]  # fmt: skip
    if counted:
        controls.append(
            Control(
                f"{name}-count", _("Times"), "number", tree.get("count", 1), wide=4, is_bare=True, least=1
            )
        )
    controls.append(
        Control(f"{name}-window", _("When"), "select", unit, WINDOWS, wide=8, reshapes=True, is_bare=True)
    )
    if unit != "ever":
        controls.append(
            Control(
                f"{name}-amount", _("How many"), "number", window.get("amount"), wide=4, is_bare=True, least=1
            )
        )
    return controls


def _events(lists: Lists) -> Choices:
    return sorted(lists.catalogue.events.items(), key=_by_name)


def _mail(tree: Tree, lists: Lists, name: str) -> list[Control]:
    word, step = reaction(tree) or ("opened", "")
    words = [("opened", _("opened")), ("clicked", _("clicked in"))]
    known = step in dict(lists.mails)
    return [
        Control(f"{name}-reaction", _("What"), "select", word, words, wide=5, is_bare=True),
        Control(f"{name}-step", _("Mail"), "select", step, [("", "…"), *lists.mails], wide=7, is_bare=True,
                error="" if known else _("Choose a mail of this journey.")),
    ]  # fmt: skip


BUILD: Final = {"segment": _segment, "attribute": _attribute, "event": _event, "mail": _mail}


def _read(answers: Answers, name: str) -> Tree:
    match answers.text(f"{name}-family"):
        case "attribute":
            key = answers.text(f"{name}-key")
            return {"type": "attribute", "key": key, **comparison(answers, name)}
        case "event":
            return _read_event(answers, name)
        case "mail":
            word = answers.choice(f"{name}-reaction", tuple(REACTIONS), "opened")
            ever = {"frequency": "at_least", "count": 1, "window": {"type": "ever"}}
            where = reacted(word, answers.text(f"{name}-step"))
            return {"type": "event", "name": REACTIONS[word], **ever, "where": where}
        case _:
            operator = answers.choice(f"{name}-operator", ("in", "not_in"), "in")
            return {
                "type": "segment",
                "segment": answers.reference(f"{name}-segment") or 0,
                "operator": operator,
            }


def _read_event(answers: Answers, name: str) -> Tree:
    unit = answers.choice(f"{name}-window", ("ever", "hour", "day", "week"), "ever")
    amount = answers.number(f"{name}-amount", least=1, most=3650) or 1
    never = answers.text(f"{name}-frequency") == "never"
    tree: Tree = {
        "type": "event",
        "name": answers.text(f"{name}-event"),
        "frequency": "never" if never else "at_least",
        "window": {"type": "ever"} if unit == "ever" else {"type": "last", "amount": amount, "unit": unit},
    }
    return tree if never else tree | {"count": answers.number(f"{name}-count", least=1) or 1}
