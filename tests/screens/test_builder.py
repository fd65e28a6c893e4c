"""The builder without a browser: rows say the tree and the tree says the rows, for everything that can be asked."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.http import QueryDict
from hypothesis import given, settings

from segments import arranging, ast, builder, reading, rows
from segments.builder import Draft
from segments.catalog import Catalogue
from segments.offers import Offers, RecordOffer
from segments.sentences import FAMILIES
from segments.shapes import SHAPES
from segments.values import Operator
from tests.segments.generate import leaf_of, trees

OFFERS: Final = Offers(
    catalogue=Catalogue(
        events={"Order Completed": "Order Completed", "Signed Up": "Signed up somewhere"},
        attributes={"country": "Country", "plan": "Plan", "points": "Points", "birth_date": "Birth date"},
        types={"country": "text", "plan": "text", "points": "number", "birth_date": "date"},
        segments={7: "The Dutch", 8: "Friends"},
    ),
    properties={"Order Completed": {"total": "number", "coupon": "text"}},
    topics={1: "News"},
    records={"booking": RecordOffer("Booking", {"starts_on": ("Start", "date"), "hotel": ("Hotel", "text")})},
    lists=frozenset({8}),
    personal=frozenset(),
    currency="EUR",
    zone="Europe/Amsterdam",
    channels={"email": "e-mail", "sms": "SMS"},
)
DUTCH: Final[dict[str, Any]] = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}
LATELY: Final[dict[str, Any]] = {"type": "last", "amount": 90, "unit": "day"}

# One of each family, and of each way to say it that has controls of its own.
CONDITIONS: Final[list[dict[str, Any]]] = [
    DUTCH,
    {"type": "attribute", "key": "country", "operator": "is_any_of", "value": ["NL", "BE, or so"]},
    {"type": "attribute", "key": "points", "operator": "between", "value": [1, 2.5]},
    {"type": "attribute", "key": "points", "operator": "is_set"},
    {"type": "attribute", "key": "birth_date", "operator": "anniversary", "value": {"kind": "in_days", "days": 3}},
    {"type": "attribute", "key": "birth_date", "operator": "weekday_is", "value": [0, 6]},
    {"type": "attribute", "key": "birth_date", "operator": "between_dates", "value": ["1990-01-01", "1999-12-31"]},
    {"type": "attribute", "key": "birth_date", "operator": "in_the_last", "value": {"amount": 2, "unit": "week"}},
    {"type": "event", "name": "Signed Up", "frequency": "never", "window": {"type": "ever"}, "where": []},
    {
        "type": "event", "name": "Order Completed", "frequency": "at_least", "count": 3, "window": LATELY,
        "where": [
            {"property": "total", "operator": "gt", "value": 50},
            {"property": "coupon", "operator": "is_set"},
        ],
    },
    {
        "type": "event", "name": "Order Completed", "frequency": "on_days", "count": 2, "where": [],
        "window": {"type": "between", "from": "2026-01-01", "to": "2026-03-31"},
    },
    {"type": "purchase", "measure": "revenue", "operator": "gte", "value": 500, "window": {"type": "ever"}},
    {"type": "purchase", "measure": "days_since_last", "operator": "gt", "value": 90, "window": {"type": "ever"}},
    {
        "type": "bought", "what": "category", "operator": "is_any_of", "value": ["Tents"],
        "frequency": "at_least", "count": 1, "window": LATELY,
    },
    {"type": "segment", "segment": 7, "operator": "not_in"},
    {"type": "consent", "topic": 1, "channel": "email", "state": "never_asked"},
    {"type": "reach", "channel": "sms", "topic": None, "operator": "cannot"},
    {"type": "stage", "operator": "is_any_of", "value": ["lapsed", "at_risk"]},
    {
        "type": "record", "record": "booking", "frequency": "at_least", "count": 1,
        "where": [{"property": "starts_on", "operator": "in_the_next", "value": {"amount": 30, "unit": "day"}}],
    },
    {"type": "moment", "what": "first_seen", "operator": "before", "value": "2026-05-01"},
    {"type": "bucket", "from": 0, "to": 4999},
]  # fmt: skip


def whole(*conditions: dict[str, Any], kind: str = "all") -> dict[str, Any]:
    """A group."""
    return {"type": kind, "children": list(conditions)}


def sent(draft: Draft, **changes: str | list[str]) -> QueryDict:
    """The form of a draft as a browser sends it, with what somebody changed in it."""
    posted = QueryDict(mutable=True)
    board = rows.board(draft, OFFERS)
    for name, values in [*_box(board.people), *_box(board.leave_out)]:
        posted.setlist(name, values)
    for name, said in changes.items():
        posted.setlist(name.replace("__", "."), [said] if isinstance(said, str) else said)
    return posted


def _box(box: rows.Box) -> Iterator[tuple[str, list[str]]]:
    if box.id not in ("people", "leave-out"):
        yield f"{box.id}.type", [box.join]
    for child in box.children:
        if isinstance(child, rows.Box):
            yield from _box(child)
        else:
            for field in [*child.fields, *(one for line in child.lines for one in line.fields)]:
                if field.name:
                    yield field.name, _filled(field)


def _filled(field: rows.Field) -> list[str]:
    chosen = [option.value for option in field.options if option.is_chosen]
    match field.kind:
        case "select":
            return chosen or [field.options[0].value]
        case "checks":
            return ["", *chosen]
        case "words":
            return [*field.words, ""]
        case _:
            return [field.value]


def through_the_form(tree: Any) -> Any:
    """A definition that was opened, drawn, sent back unchanged and put together again."""
    draft = builder.read(builder.opened(tree).dump())
    builder.fill(draft, sent(draft), OFFERS)
    return builder.finished(draft, keep_off=True)


def canonical(tree: Any) -> Any:
    """As the language writes it."""
    return ast.dump(ast.load(tree))


def test_it_has_controls_for_every_kind_of_condition() -> None:
    assert set(FAMILIES) == set(reading.LEAVES)
    assert {one["type"] for one in CONDITIONS} == set(reading.LEAVES)


def test_it_knows_how_to_fill_in_every_operator() -> None:
    assert set(SHAPES) == {operator.value for operator in Operator}


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: f"{one['type']}-{one.get('operator', '')}")
def test_it_gives_back_what_it_shows(condition: dict[str, Any]) -> None:
    given = whole(condition, whole(condition, DUTCH, kind="any"), whole(DUTCH, kind="none"))

    assert canonical(through_the_form(given)) == canonical(given)


@settings(max_examples=100, deadline=None, database=None)
@given(leaf_of((7, 8)))
def test_it_gives_back_any_condition_of_the_language(leaf: ast.Leaf) -> None:
    assert canonical(through_the_form(whole(ast.dump(leaf)))) == canonical(whole(ast.dump(leaf)))


@settings(max_examples=30, deadline=None, database=None)
@given(trees((7, 8)))
def test_it_opens_any_tree_and_changes_nothing_by_it(tree: ast.Node) -> None:
    once = through_the_form(ast.dump(tree))

    assert list(ast.leaves(ast.load(once))) == list(ast.leaves(tree))
    assert canonical(through_the_form(once)) == canonical(once)


def test_it_reads_a_none_at_the_end_as_those_left_out() -> None:
    draft = builder.opened(whole(DUTCH, whole(CONDITIONS[1], kind="none")))

    assert [one["type"] for one in builder.inside(draft.people)] == ["attribute"]
    assert [one["operator"] for one in builder.inside(draft.leave_out)] == ["is_any_of"]


def test_it_keeps_the_number_while_a_value_is_looked_for() -> None:
    draft = builder.opened(whole(DUTCH, DUTCH))

    builder.fill(draft, sent(draft, n2__value=""), OFFERS)

    assert builder.finished(draft) == whole(DUTCH)
    assert builder.problems(draft)["n2"].name == "value"
    assert rows.board(draft, OFFERS).unfinished == 1


def test_it_says_which_detail_is_not_filled_in() -> None:
    event = CONDITIONS[9]
    draft = builder.opened(whole(event))

    builder.fill(draft, sent(draft, n1__where__0__value=""), OFFERS)
    (row,) = rows.board(draft, OFFERS).people.children

    assert isinstance(row, rows.Row)
    assert row.problem == "Fill in a number to compare with."
    assert [field.path for field in row.lines[0].fields if field.is_wrong] == ["where.0.value"]


@pytest.mark.parametrize(
    ("operator", "value"),
    [("is_any_of", ["NL"]), ("starts_with", "NL"), ("is_set", "NL")],
)
def test_it_keeps_what_was_filled_in_when_another_operator_is_chosen(operator: str, value: Any) -> None:
    draft = builder.opened(whole(DUTCH))

    builder.fill(draft, sent(draft, n1__operator=operator), OFFERS)

    assert builder.inside(draft.people)[0]["value"] == value


def test_it_takes_several_values_that_were_pasted_at_once() -> None:
    draft = builder.opened(whole(CONDITIONS[1]))

    builder.fill(draft, sent(draft, n1__value=["NL", 'DE; "Isle, of Man"']), OFFERS)

    assert builder.inside(draft.people)[0]["value"] == ["NL", "DE", "Isle, of Man"]


def test_it_compares_a_detail_as_its_type_allows() -> None:
    draft = builder.opened(whole(CONDITIONS[9]))

    builder.fill(draft, sent(draft, n1__where__1__property="total"), OFFERS)
    builder.fill(draft, sent(draft, n1__where__0__property="coupon"), OFFERS)

    assert [one["operator"] for one in builder.inside(draft.people)[0]["where"]] == ["is", "is_set"]  # type: ignore[index,call-overload,union-attr]


def acted(said: str, *conditions: dict[str, Any], node: Any = None) -> list[Any]:
    """The conditions of the people after an action, without their ids."""
    draft = builder.opened(whole(*conditions))
    arranging.act(draft, said, node=node)
    return [builder.bare(one) for one in builder.inside(draft.people)]


A, B, C = DUTCH, DUTCH | {"value": "BE"}, DUTCH | {"value": "DE"}


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("up:n2", [B, A, C]),
        ("down:n1", [B, A, C]),
        ("up:n1", [A, B, C]),
        ("delete:n2", [A, C]),
        ("duplicate:n1", [A, A, B, C]),
        ("toggle:n1", [A | {"off": True}, B, C]),
        ("group:n2", [whole(A, B, kind="any"), C]),
        ("place:n3:people:0", [C, A, B]),
        ("leave_out:n2", [A, C]),
        ("nonsense:n1", [A, B, C]),
        ("delete:people", [A, B, C]),
    ],
)
def test_it_moves_conditions_about(said: str, after: list[Any]) -> None:
    assert acted(said, A, B, C) == after


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("into_above:n3", [whole(A, C, kind="any")]),
        ("out:n2", [A, C]),
        ("delete:n2", [C]),
        ("place:n3:n1:0", [whole(C, A, kind="any")]),
    ],
)
def test_it_moves_conditions_in_and_out_of_groups(said: str, after: list[Any]) -> None:
    draft = builder.opened(whole(whole(A, kind="any"), C))
    ids = {"n1": draft.people["children"][0]["id"], "n2": "n2", "n3": "n3"}  # type: ignore[index,call-overload]
    assert ids["n1"] == "n1"

    assert acted(said, whole(A, kind="any"), C) == after


def test_it_adds_what_was_picked_with_all_that_a_new_one_says() -> None:
    (added,) = acted("add:people", node={"type": "event", "name": "Signed Up"})

    assert added["frequency"] == "at_least"
    assert ast.load(added)


@pytest.mark.parametrize(
    "node", [None, 3, {"type": "all"}, {"type": "unheard of"}, {"type": "event", "where": 3}]
)
def test_it_adds_nothing_that_is_no_condition(node: Any) -> None:
    assert [one for one in acted("add:people", A, node=node) if one.get("type") != "event"] == [A]


def test_it_takes_no_more_than_the_language_reads() -> None:
    draft = builder.opened(whole(*[A] * 150, whole(*[B] * 30, kind="any")))
    group = draft.people["children"][-1]["id"]  # type: ignore[index,call-overload]

    assert arranging.act(draft, f"duplicate:{group}") is None
    assert ast.load(builder.finished(draft))


def test_it_nests_no_deeper_than_three_levels() -> None:
    deep = whole(whole(whole(A, kind="any")), B)
    draft = builder.opened(deep)
    inner = next(one for one in draft.everything() if one["type"] == "any")

    assert arranging.level(draft, str(inner["id"])) == 3
    assert arranging.act(draft, f"add_group:{inner['id']}", node=A) is None
    assert "group" not in {move.action.split(":")[0] for move in arranging.moves(draft, "n4")}


def test_it_shows_deeper_groups_in_words_and_keeps_them() -> None:
    deep = whole(whole(whole(whole(A, B, kind="any"), C), kind="any"), C)
    shown = rows.board(builder.opened(deep), OFFERS).people.children[0]
    while isinstance(shown, rows.Box):
        shown = shown.children[0]

    assert "or whose Country is “BE”" in shown.words
    assert canonical(through_the_form(deep)) == canonical(deep)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"people": 3}', "{", '{"people": {"type": "event"}}', "[" * 5000]
)
def test_it_starts_over_where_the_form_is_nonsense(text: str) -> None:
    draft = builder.read(text)

    assert builder.finished(draft) == {}
    assert rows.board(draft, OFFERS).unfinished == 0


def test_it_leaves_out_what_is_switched_off_and_keeps_it() -> None:
    off = A | {"off": True}
    draft = builder.opened(whole(off, B))

    assert builder.finished(draft) == whole(B)
    assert builder.finished(draft, keep_off=True) == whole(off, B)
    numbered = builder.finished(draft, numbered=True)
    assert builder.places(numbered) == {"": "people", "children.0.": "n2"}
    assert builder.bare(numbered) == whole(B)
