"""Compiles a segment tree to one SQL statement that answers with contact ids. It runs no queries of its own.

Each leaf about facts is a set of contact ids, left-joined once to the population; each leaf about the contact is a
predicate on its row; the groups are AND, OR and NOT over "is in the set". Hash joins spill where `IN (SELECT …)`
would fall back to a nested scan.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, assert_never

from segments import occurrences, permission, spending
from segments.ast import (
    All,
    AnyOf,
    Attribute,
    Bought,
    Bucket,
    Consent,
    Event,
    InSegment,
    Leaf,
    Moment,
    Node,
    NoneOf,
    Off,
    Purchase,
    Reach,
    Record,
    Stage,
    When,
    live,
)
from segments.conditions import Column, Context, JsonKey, Operand, Parameters, Timestamp, predicate
from segments.operators import Kind
from segments.scopes import Answer, Scope

__all__ = ["COLUMNS", "Asked", "Context", "JsonKey", "Parameters", "combined", "members", "population"]

_TEXTS: Final = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "gender",
    "language",
    "timezone",
    "country",
    "region",
    "city",
    "postal_code",
    "lifecycle_stage",
)
# Standard attributes are columns of the contact; any other key is looked up in its JSON.
COLUMNS: Final = {key: Column(f"c.{key}", Kind.TEXT) for key in _TEXTS} | {
    "birth_date": Column("c.birth_date", Kind.DATE)
}


MOMENTS: Final = {
    When.CREATED: Timestamp("c.created_at"),
    When.KNOWN: Timestamp("c.known_since_at"),
    When.FIRST_SEEN: Timestamp("activity.first_seen_at"),
    When.LAST_SEEN: Timestamp("activity.last_seen_at"),
}
SIGHTINGS: Final = frozenset({When.FIRST_SEEN, When.LAST_SEEN})
ACTIVITY: Final = " LEFT JOIN profiles_contactactivity activity ON activity.contact_id = c.id"


type AboutFacts = Event | Purchase | Bought | Consent | Record | InSegment


class Asked:
    """The leaves of one statement about contacts `c`: what has to be joined, and each as a condition."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._answers: dict[Leaf, tuple[str, Answer]] = {}
        self._reached: dict[Reach, tuple[str, str]] = {}
        self._looks_at_activity = False

    @property
    def joins(self) -> str:
        """What the conditions given so far need beside `profiles_contact c`."""
        sets = [
            f" LEFT JOIN ({answer.sql}) {name} ON {name}.contact_id = c.id"
            for name, answer in self._answers.values()
        ]
        reached = [joins for joins, _ in self._reached.values()]
        return "".join([ACTIVITY if self._looks_at_activity else "", *sets, *reached])

    def holds(self, leaf: Leaf) -> str:
        """The condition that a leaf holds: true or false, never NULL."""
        match leaf:
            case Attribute() | Moment():
                self._looks_at_activity |= isinstance(leaf, Moment) and leaf.when in SIGHTINGS
                scope = self.scope
                return predicate(
                    leaf.comparison, operand(leaf), context=scope.context, parameters=scope.parameters
                )
            case Stage(names, is_one_of):
                stages = self.scope.bind([name.value for name in names])
                return f"({'' if is_one_of else 'NOT '}c.lifecycle_stage = ANY({stages}::text[]))"
            case Bucket(first, last):
                return f"(c.random_bucket BETWEEN {self.scope.bind(first)} AND {self.scope.bind(last)})"
            case Reach():
                if leaf not in self._reached:
                    joins, condition = permission.reach(leaf, self.scope)
                    n = str(len(self._reached))
                    self._reached[leaf] = joins.replace("{n}", n), condition.replace("{n}", n)
                return self._reached[leaf][1]
            case _:
                return self._belongs(leaf)

    def _belongs(self, leaf: AboutFacts) -> str:
        """Join a leaf's set, once however often the tree says it; the condition that a contact is in it, or not."""
        if leaf not in self._answers:
            self._answers[leaf] = f"s{len(self._answers)}", answer(leaf, self.scope)
        name, said = self._answers[leaf]
        return f"({name}.contact_id IS {'' if said.opposite else 'NOT '}NULL)"


def answer(leaf: AboutFacts, scope: Scope) -> Answer:
    """The statement of a leaf about facts."""
    match leaf:
        case Event():
            return occurrences.event(leaf, scope)
        case Bought():
            return occurrences.bought(leaf, scope)
        case Record():
            return occurrences.record(leaf, scope)
        case InSegment():
            return occurrences.in_segment(leaf, scope)
        case Purchase():
            return spending.purchase(leaf, scope)
        case Consent():
            return permission.consent(leaf, scope)
        case _:
            assert_never(leaf)


def operand(leaf: Attribute | Moment) -> Operand:
    """What a leaf about the contact itself compares."""
    if isinstance(leaf, Moment):
        return MOMENTS[leaf.when]
    return COLUMNS.get(leaf.key) or JsonKey("c.attributes", leaf.key)


def combined(node: Node, holds: Callable[[Leaf], str]) -> str:
    """A tree as a condition, given each leaf's. A group without children: all of nothing holds, any of it does not."""
    match node:
        case All(children):
            return f"({' AND '.join(combined(child, holds) for child in children) or 'true'})"
        case AnyOf(children):
            return f"({' OR '.join(combined(child, holds) for child in children) or 'false'})"
        case NoneOf(children):
            return f"(NOT {combined(AnyOf(children), holds)})"
        case Off():
            return "true"  # `live` takes these out of groups; alone, it asks nothing
        case _:
            return holds(node)


def population(scope: Scope, *, include_visitors: bool) -> str:
    """The condition that a contact `c` is asked at all: no visitor unless wanted, nobody merged into another."""
    known = "" if include_visitors else " AND c.known_since_at IS NOT NULL"
    wanted = "" if scope.only is None else f" AND c.id = ANY({scope.bind(list(scope.only))}::bigint[])"
    return f"c.merged_into_id IS NULL{known}{wanted}"


def members(
    node: Node, *, context: Context, include_visitors: bool = False, only: Sequence[int] | None = None
) -> tuple[str, dict[str, Any]]:
    """A statement, and its bound values, with the `id` of every contact for whom the tree holds.

    Asked of known contacts, of visitors too when told so, never of contacts merged into another; restricted to
    the contacts `only` when given. What is switched off is read over.
    """
    scope = Scope(context, Parameters(), only)
    asked = Asked(scope)
    holds = combined(live(node) or All(()), asked.holds)
    sql = (
        f"SELECT c.id FROM profiles_contact c{asked.joins} "
        f"WHERE {population(scope, include_visitors=include_visitors)} AND {holds}"
    )
    return sql, scope.parameters.values
