"""Conditions in the drawer: the segment builder's rows about a tree of the drawing, and what comes back of them.

A drawing keeps half-filled conditions, too: they are what is left to finish. Besides what the builder asks everywhere,
the mails of the journey can be asked about: who opened them, who clicked in them.
"""

import contextlib
import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from cdp.lib.json import Json, JsonObject
from journeys.editor.controls import Answers, Choices, Section
from journeys.editor.titles import ICONS, REACTIONS
from segments import arranging, builder, pickers
from segments.builder import Draft
from segments.offers import Offers
from segments.rows import Board, Box, Field, Line, Option, Row, board

type Tree = dict[str, Any]

DETAILS: Final = "n0"  # the one event whose details are asked about; conditions are numbered from 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A tree as the drawer shows it: the state that travels with the form, the rows, and what to look at."""

    draft: str
    board: Board
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What is asked of one event's details, as the drawer shows it, and what to look at."""

    row: Row
    shown: str = ""


def section(
    tree: object, offers: Offers, mails: Choices, *, title: str, answers: Answers | None, needed: bool = False
) -> Section:
    """The rows of a condition. After an edit they keep the numbers that the page knows them by."""
    draft = answers.draft if answers and answers.draft else _opened(tree)
    is_empty = not (draft.people["children"] or draft.leave_out["children"])
    error = _("Add at least one condition.") if needed and is_empty else ""
    drawn = _named(board(draft, offers), mails)
    asked = Asked(draft.dump(), drawn, answers.shown if answers else "")
    return Section([], title=title, name="condition", error=error, asked=asked)


def _opened(tree: object) -> Draft:
    return builder.opened(copy.deepcopy(tree) if isinstance(tree, dict) else {})


def read(answers: Answers, offers: Offers, before: object) -> Tree:
    """The tree that the rows say, {} for none; `before` where the form did not show any."""
    said = answers.said
    if not isinstance(said, QueryDict) or "draft" not in said:
        return before if isinstance(before, dict) else {}
    draft = builder.read(said.get("draft", ""))
    builder.fill(draft, said, offers)
    node: Json = None
    with contextlib.suppress(json.JSONDecodeError, RecursionError):
        node = json.loads(said.get("node", "null"))
    answers.shown = arranging.act(draft, said.get("action", ""), node=node) or answers.shown
    answers.draft = draft
    return written(draft)


def written(draft: Draft) -> Tree:
    """The draft as a tree, with all that is only half filled in."""
    people, leave_out = builder.bare(draft.people), builder.bare(draft.leave_out)
    if not leave_out["children"]:
        return people if people["children"] else {}
    if not people["children"]:
        return {"type": "all", "children": [leave_out]}
    # A NONE at the end is what is left out: the builder reads it back as that.
    together = builder.inside(people) if people["type"] == "all" and not people.get("off") else [people]
    return {"type": "all", "children": [*together, leave_out]}


def details(step: Mapping[str, Any], offers: Offers, answers: Answers | None) -> Section:
    """Rows about the details of the event that a step waits for, or that starts the journey."""
    row = board(_event(step), offers).people.children[0]
    assert isinstance(row, Row)
    return Section([], details=Details(row, answers.shown if answers else ""))


def read_details(answers: Answers, offers: Offers, step: Mapping[str, Any], event: str) -> list[Tree]:
    """The filters that the rows say; those of another event are dropped."""
    said = answers.said
    if event != step.get("event") or not isinstance(said, QueryDict):
        return []
    draft = _event(step)
    builder.fill(draft, said, offers)
    answers.shown = arranging.act(draft, said.get("action", "")) or answers.shown
    where: list[Tree] = builder.inside(draft.people)[0]["where"]  # type: ignore[assignment]
    return where


def _event(step: Mapping[str, Any]) -> Draft:
    leaf: JsonObject = {
        "type": "event", "id": DETAILS, "name": str(step.get("event") or ""),
        "where": copy.deepcopy(step.get("where") or []),
    }  # fmt: skip
    people: JsonObject = {"type": "all", "children": [leaf]}
    return builder.read(json.dumps({"people": people, "leave_out": {"type": "none", "children": []}}))


# --- The mails of the journey: the filters that mean one of them are shown as its name.


def reacted(word: str, step: str) -> list[Tree]:
    """The filters that make an event about a mail of the journey, machines apart."""
    return [
        {"property": "step", "operator": "is", "value": step},
        {"property": "machine", "operator": "is_false"},
    ]


def shelf(mails: Choices) -> list[pickers.Shelf]:
    """What the picker offers before everything else: who opened a mail of the journey, who clicked in it."""
    words = {"opened": _("Opened “%(mail)s”"), "clicked": _("Clicked in “%(mail)s”")}
    items = [_item(words[word] % {"mail": title}, word, step) for step, title in mails for word in REACTIONS]
    return [pickers.Shelf("journey", _("This journey"), items)] if items else []


def _item(label: str, word: str, step: str) -> pickers.Item:
    node = {
        "type": "event",
        "name": REACTIONS[word],
        "where": reacted(word, step),
        "window": {"type": "ever"},
    }
    hint = _("by a human, at any time")
    return pickers.Item(label, hint, ICONS["email"], f"{label} {hint}".lower(), json.dumps(node))


def _named(drawn: Board, mails: Choices) -> Board:
    return replace(drawn, people=_in_box(drawn.people, mails), leave_out=_in_box(drawn.leave_out, mails))


def _in_box(box: Box, mails: Choices) -> Box:
    inner = [_in_box(one, mails) if isinstance(one, Box) else _in_row(one, mails) for one in box.children]
    return replace(box, children=inner)


def _in_row(row: Row, mails: Choices) -> Row:
    """Where a row asks about a mail of the journey, its lines become one: which mail."""
    about = {_value(line.fields, "property"): line for line in row.lines}
    if row.family != "event" or not {"step", "machine"} <= about.keys():
        return row
    which = _which(about["step"], mails)
    kept = [line for name, line in about.items() if name not in ("step", "machine")]
    return replace(row, lines=[which, *kept])


def _value(fields: Sequence[Field], name: str) -> str:
    """What is chosen in the control whose path ends so."""
    return next(
        (
            option.value
            for one in fields
            if one.path.endswith(name)
            for option in one.options
            if option.is_chosen
        ),
        "",
    )


def _which(line: Line, mails: Choices) -> Line:
    value = next(one for one in line.fields if one.path.endswith(".value"))
    known = [Option(step, str(title), step == value.value) for step, title in mails]
    blank = [] if any(one.is_chosen for one in known) else [Option("", "…", is_chosen=True)]
    chosen = replace(value, kind="select", label=_("Mail"), options=[*blank, *known])
    return Line(line.number, [Field("said", label=_("it is")), chosen])
