"""Comparisons in the drawer: an operator and a value as controls, and filters on an event's details made of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from journeys.editor.controls import Answers, Control, Row, Section
from segments import catalog
from segments.ast import Operator
from segments.operators import ROWS

type Tree = dict[str, Any]

MOST_ROWS: Final = 20
# How the value of an operator is written down; operators without a line here are not offered.
INPUTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(["is_true", "is_false", "is_set", "is_not_set"], "none"),
    **dict.fromkeys(["is", "is_not", "contains", "not_contains", "starts_with", "ends_with"], "text"),
    **dict.fromkeys(["is_any_of", "is_none_of", "includes_any", "includes_all", "includes_none"], "words"),
    **dict.fromkeys(["eq", "ne", "gt", "gte", "lt", "lte"], "number"),
    **dict.fromkeys(["on", "before", "after"], "date"),
    **dict.fromkeys(["in_the_last", "more_than_ago", "in_the_next"], "days"),
}


def compared(tree: Tree, type_: str, name: str, *, for_filter: bool = False) -> list[Control]:
    """How something of a type is compared, and with what."""
    fitting = [one for one in catalog.operators(type_, for_filter=for_filter) if one in INPUTS]
    choices = [(str(one), ROWS[one].label) for one in fitting]
    said = str(tree.get("operator") or choices[0][0])
    operator = Control(
        f"{name}-operator", _("How"), "select", said, choices, wide=5, reshapes=True, is_bare=True
    )
    return [operator, *_value(tree, INPUTS.get(said, "text"), f"{name}-value")]


def _value(tree: Tree, kind: str, name: str) -> list[Control]:
    value = tree.get("value")
    missing = _("Fill in a value.") if value in (None, "", []) else ""
    match kind:
        case "none":
            return []
        case "words":
            listed = ", ".join(map(str, value)) if isinstance(value, list) else ""
            return [Control(name, _("Values, with commas between"), "text", listed, wide=7, error=missing)]
        case "days":
            amount = value.get("amount") if isinstance(value, dict) else None
            return [
                Control(name, _("Days"), "number", amount, wide=7, is_bare=True, least=0,
                        error="" if amount is not None else missing)
            ]  # fmt: skip
        case "date":
            return [Control(name, _("Day"), "date", value or "", wide=7, is_bare=True, error=missing)]
        case "number":
            return [
                Control(
                    name,
                    _("Number"),
                    "text",
                    "" if value is None else value,
                    wide=7,
                    is_bare=True,
                    error=missing,
                )
            ]
        case _:
            return [Control(name, _("Value"), "text", value or "", wide=7, is_bare=True, error=missing)]


def comparison(answers: Answers, name: str) -> Tree:
    """The operator and the value that `compared` asked for; a value of another kind than the operator's is dropped."""
    operator = answers.text(f"{name}-operator")
    if operator not in INPUTS:
        return {}
    said = answers.text(f"{name}-value")
    match INPUTS[operator]:
        case "none":
            return {"operator": operator}
        case "words":
            return {"operator": operator, "value": [one.strip() for one in said.split(",") if one.strip()]}
        case "number":
            return {"operator": operator, "value": answers.amount(f"{name}-value")}
        case "days":
            amount = answers.number(f"{name}-value", most=36_500)
            return {"operator": operator, "value": {"amount": amount, "unit": "day"}} | (
                {"value": None} if amount is None else {}
            )
        case _:
            return {"operator": operator, "value": said}


def filters(where: object, properties: Sequence[str], *, name: str) -> Section:
    """Rows about an event's details, "total is more than 50"."""
    rows = [one for one in where if isinstance(one, dict)] if isinstance(where, list) else []
    drawn = [
        Row(_filter(row, properties, f"{name}-{n}"), drop=f"drop:{name}:{n}", lead=_("and") if n else "")
        for n, row in enumerate(rows)
    ]
    adds = [(f"add:{name}", _("Only with certain details"))] if len(rows) < MOST_ROWS else []
    return Section(drawn, name=name, adds=adds)


def _filter(tree: Tree, properties: Sequence[str], name: str) -> list[Control]:
    types = [
        ("text", _("a text")),
        ("number", _("a number")),
        ("boolean", _("yes or no")),
        ("date", _("a day")),
    ]
    type_ = _type_of(tree)
    said = str(tree.get("property") or "")
    return [
        Control(f"{name}-property", _("Detail"), "suggest", said, [(one, one) for one in properties], wide=7,
                is_bare=True, error="" if said else _("Say which detail.")),
        Control(f"{name}-type", _("Read as"), "select", type_, types, wide=5, reshapes=True, is_bare=True),
        *compared(tree, type_, name, for_filter=True),
    ]  # fmt: skip


def _type_of(tree: Tree) -> str:
    operator = str(tree.get("operator") or "is")
    kind = str(ROWS[Operator(operator)].kind) if operator in set(Operator) else "text"
    return kind if kind in ("number", "boolean", "date") else str(tree.get("as") or "text")


def read_filters(answers: Answers, name: str) -> list[Tree]:
    """The filters that the rows say."""
    rows: list[Tree] = []
    while answers.has(f"{name}-{len(rows)}-property") and len(rows) < MOST_ROWS:
        at = f"{name}-{len(rows)}"
        type_ = answers.choice(f"{at}-type", ("text", "number", "boolean", "date"), "text")
        fitting = [str(one) for one in catalog.operators(type_, for_filter=True) if one in INPUTS]
        said = comparison(answers, at)
        if said.get("operator") not in fitting:
            said = {"operator": fitting[0], "value": None}
        rows.append({"property": answers.text(f"{at}-property"), **said})
    return rows
