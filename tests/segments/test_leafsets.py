"""Sets kept for a minute: all looks share a moment, an edit asks about one condition, losing them costs time only."""

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from cdp.lib import db
from profiles.models import Contact
from segments import catalog, compiler, impact, leafsets, preview
from segments.ast import NUMBER_OPERATORS, All, Comparison, Leaf, Node, Purchase, leaves, live, load
from segments.models import KeptSet, Segment
from tests.conftest import NOW
from tests.segments import generate
from tests.segments.conftest import cases
from tests.segments.world import World, base, contact, store

pytestmark = pytest.mark.django_db

GOLD: dict[str, Any] = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
DUTCH: dict[str, Any] = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}
ADA, GRACE, LINUS, VISITOR = 1001, 1002, 1003, 1004
FIND, SOON = 1, NOW + dt.timedelta(seconds=30)


@pytest.fixture
def world() -> World:
    """Ada is gold and Dutch, Grace is gold, Linus is Dutch; a visitor has nothing."""
    people = {
        ADA: contact(plan="gold", country="NL"),
        GRACE: contact(plan="gold"),
        LINUS: contact(country="NL"),
        VISITOR: contact(known=False),
    }
    world = World(people, {one: one for one in people})
    store(world, source=base(), now=NOW)
    return world


def look(*conditions: dict[str, Any], at: dt.datetime = NOW, **said: Any) -> tuple[preview.Look, list[str]]:
    """What is seen of all these conditions, and the statements that it took."""
    with CaptureQueriesContext(connection) as asked:
        seen = preview.look(load({"type": "all", "children": [*conditions]}), now=at, **said)
    return seen, [one["sql"] for one in asked]


def about(statements: list[str]) -> str:
    """The one statement that asked who they are."""
    (found,) = (one for one in statements if "string_agg" in one)
    return found


@pytest.mark.usefixtures("world")
def test_it_asks_nothing_twice_within_a_minute() -> None:
    first, _ = look(GOLD, DUTCH)

    again, statements = look(GOLD, DUTCH, at=SOON)

    assert again == first
    assert again.as_of == NOW
    assert len(statements) == FIND


@pytest.mark.usefixtures("world")
def test_it_asks_about_the_edited_condition_alone() -> None:
    look(GOLD, DUTCH)

    seen, statements = look(GOLD, {**DUTCH, "value": "BE"}, at=SOON)

    assert seen.count == 0
    assert "country" in about(statements)
    assert "plan" not in about(statements)
    assert "suppression" not in about(statements)


def test_nobody_is_a_set_too() -> None:
    look(GOLD)

    seen, _ = look(DUTCH, at=SOON)

    assert (seen.count, seen.known, seen.sample) == (0, 0, [])


@pytest.mark.usefixtures("world")
def test_it_takes_as_few_statements_for_many_conditions_as_for_one() -> None:
    _, one = look(GOLD)
    KeptSet.objects.all().delete()
    _, many = look(*[{**GOLD, "value": f"{n}"} for n in range(20)])

    assert len(one) == len(many) <= 12


@pytest.mark.usefixtures("world")
def test_it_looks_anew_after_a_minute() -> None:
    look(GOLD)
    Contact.objects.filter(pk=LINUS).update(attributes={"plan": "gold"})

    soon, _ = look(GOLD, at=SOON)
    later, _ = look(GOLD, at=NOW + dt.timedelta(seconds=leafsets.SECONDS))

    assert (soon.count, soon.as_of) == (2, NOW)
    assert (later.count, later.as_of) == (3, NOW + dt.timedelta(seconds=leafsets.SECONDS))


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("lost", [b"moment", None], ids=["the moment", "everything"])
def test_it_is_right_when_what_was_kept_is_lost(lost: bytes | None) -> None:
    before, _ = look(GOLD, DUTCH)
    (KeptSet.objects.filter(key=lost) if lost else KeptSet.objects.all()).delete()

    after, _ = look(GOLD, DUTCH, at=SOON)

    assert (after.count, after.funnel, after.reach) == (before.count, before.funnel, before.reach)
    assert after.as_of == SOON


@pytest.mark.usefixtures("world")
def test_it_is_right_when_one_set_is_lost() -> None:
    before, _ = look(GOLD, DUTCH)
    KeptSet.objects.exclude(key=leafsets.MOMENT).order_by("key").last().delete()  # type: ignore[union-attr]

    after, _ = look(GOLD, DUTCH, at=SOON)

    assert after == before


@pytest.mark.usefixtures("world")
def test_it_keeps_apart_whether_visitors_are_asked() -> None:
    nobody = {"type": "none", "children": [GOLD]}

    known, _ = look(nobody)
    everyone, _ = look(nobody, include_visitors=True)

    assert (known.count, everyone.count) == (1, 2)


@pytest.mark.usefixtures("world")
def test_it_forgets_what_nobody_looked_at_for_long() -> None:
    look(GOLD)

    look(DUTCH, at=NOW + dt.timedelta(minutes=11))

    assert set(KeptSet.objects.values_list("as_of", flat=True)) == {NOW + dt.timedelta(minutes=11)}


@pytest.mark.usefixtures("world")
def test_a_moment_ahead_of_ours_is_none() -> None:
    look(GOLD, at=SOON)

    seen, _ = look(GOLD, at=NOW)

    assert seen.as_of == NOW


@pytest.mark.usefixtures("world")
def test_it_knows_what_saving_does_without_asking_again() -> None:
    segment = Segment.objects.create(name="Gold", definition=GOLD)
    tree = load({"type": "all", "children": [GOLD, DUTCH]})
    preview.look(tree, now=NOW)

    first = impact.of(segment, tree, now=NOW)
    with CaptureQueriesContext(connection) as asked:
        again = impact.of(segment, tree, now=SOON)

    assert first == again == impact.Impact(1, 0)
    assert again is not None
    assert again.as_of == NOW
    assert len(asked) == FIND


@pytest.mark.usefixtures("world")
def test_it_sees_at_once_that_a_segment_was_built_anew() -> None:
    segment = Segment.objects.create(name="Gold", definition=GOLD)
    impact.of(segment, load(GOLD), now=NOW)
    db.execute(
        "INSERT INTO segments_membership (segment_id, contact_id, entered_at, cause) VALUES (%s, %s, %s, 'edit')",
        [segment.pk, ADA, NOW],
    )
    segment.built_at = SOON

    assert impact.of(segment, load(GOLD), now=SOON) == impact.Impact(1, 0)


@pytest.mark.usefixtures("world")
def test_a_set_that_takes_too_long_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    with monkeypatch.context() as here:
        here.setattr(leafsets, "_ask", slow)
        guess, _ = look(GOLD)

    assert (guess.count, guess.is_exact) == (2, False)
    assert look(GOLD)[0].is_exact


@pytest.mark.usefixtures("world")
def test_it_searches_what_people_spent_for_another_amount() -> None:
    spent = {"type": "purchase", "measure": "revenue", "window": {"type": "ever"}}
    look({**spent, "operator": "gt", "value": 100})

    for number, (operator, value) in enumerate([("gt", 50), ("eq", 0), ("lte", 0.005), ("ne", 7)]):
        seen, statements = look({**spent, "operator": operator, "value": value}, at=SOON)

        assert seen.count == (0 if operator == "gt" else 3), "nobody bought anything"
        assert not any("profiles_purchase" in one for one in statements)
        assert KeptSet.objects.filter(as_of=NOW).count() > number


def test_numbers_searched_are_numbers_asked_for(tally: Counter[str]) -> None:
    leaf = generate.purchase_leaves()
    compared = st.lists(generate.comparisons(NUMBER_OPERATORS), min_size=4, max_size=4)

    @cases(50)
    @given(generate.worlds(), leaf, compared, st.booleans())
    def holds(world: World, leaf: Purchase, others: list[Comparison], visitors: bool) -> None:
        with transaction.atomic():
            world.members.clear()
            store(world, source=base(), now=NOW)
            for number, other in enumerate([leaf.comparison, *others]):
                tree = All((replace(leaf, comparison=other),))
                compare(tree, tally, visitors=visitors, at=NOW + dt.timedelta(seconds=number))
            transaction.set_rollback(True)

    holds()

    assert tally["somebody"] > 0
    assert tally["kept before"] > 0


def test_sets_mean_what_the_compiler_means(tally: Counter[str]) -> None:
    @cases(50)
    @given(generate.worlds(), st.lists(generate.trees(), min_size=2, max_size=4), st.booleans())
    def holds(world: World, trees: list[Node], visitors: bool) -> None:
        with transaction.atomic():
            world.members.clear()
            store(world, source=base(), now=NOW)
            for number, tree in enumerate(trees):
                compare(tree, tally, visitors=visitors, at=NOW + dt.timedelta(seconds=number))
            transaction.set_rollback(True)

    holds()

    assert tally["somebody"] > 0
    assert tally["kept before"] > 0


def compare(tree: Node, tally: Counter[str], *, visitors: bool, at: dt.datetime) -> None:
    """By sets, some of which were kept by an earlier tree, and by the compiler's one statement at their moment."""
    subject = live(tree)
    wanted: set[Leaf] = set(leaves(subject)) if subject else set()
    before = KeptSet.objects.count()

    sets = leafsets.sets(wanted, now=at, include_visitors=visitors, milliseconds=0)
    found = sets.meaning(tree if subject is None else subject)

    sql, parameters = compiler.members(
        tree, context=catalog.context([tree], now=sets.as_of), include_visitors=visitors
    )
    assert sets.as_of == NOW
    assert found == BitMap(number for (number,) in db.fetch(sql, parameters))
    tally["trees"] += 1
    tally["somebody"] += bool(found)
    tally["kept before"] += bool(before)
    tally["3 leaves or more"] += len(wanted) >= 3
