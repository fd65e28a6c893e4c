"""Compiles a segment tree to one SQL statement that answers with contact ids. It runs no queries of its own.

Each leaf about facts is a set of contact ids, left-joined once to the population; each leaf about the contact is a
predicate on its row; the groups are AND, OR and NOT over "is in the set". Hash joins spill where `IN (SELECT …)`
would fall back to a nested scan.
"""

from collections.abc import Sequence
from typing import Any, Final, assert_never

from segments import occurrences
from segments.ast import All, AnyOf, Attribute, Event, InSegment, Leaf, Node, NoneOf, Purchase
from segments.conditions import Column, Context, JsonKey, Parameters, predicate
from segments.occurrences import Answer, Scope
from segments.operators import Kind

__all__ = ["COLUMNS", "Context", "JsonKey", "Parameters", "members"]

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


def members(
    node: Node, *, context: Context, include_visitors: bool = False, only: Sequence[int] | None = None
) -> tuple[str, dict[str, Any]]:
    """A statement, and its bound values, with the `id` of every contact for whom the tree holds.

    Asked of known contacts, of visitors too when told so, never of contacts merged into another; restricted to
    the contacts `only` when given.
    """
    scope = Scope(context, Parameters(), only)
    joins: dict[Leaf, str] = {}
    holds = _condition(node, scope, joins)
    known = "" if include_visitors else " AND c.known_since_at IS NOT NULL"
    wanted = "" if only is None else f" AND c.id = ANY({scope.bind(list(only))}::bigint[])"
    sql = (
        f"SELECT c.id FROM profiles_contact c{''.join(joins.values())} "
        f"WHERE c.merged_into_id IS NULL{known}{wanted} AND {holds}"
    )
    return sql, scope.parameters.values


def _condition(node: Node, scope: Scope, joins: dict[Leaf, str]) -> str:
    match node:
        case All(children):
            return f"({' AND '.join(_condition(child, scope, joins) for child in children) or 'true'})"
        case AnyOf(children):
            return f"({' OR '.join(_condition(child, scope, joins) for child in children) or 'false'})"
        case NoneOf(children):
            return f"(NOT {_condition(AnyOf(children), scope, joins)})"
        case Attribute(key, comparison):
            operand = COLUMNS.get(key) or JsonKey("c.attributes", key)
            return predicate(comparison, operand, context=scope.context, parameters=scope.parameters)
        case Event():
            return _joined(node, occurrences.event(node, scope), joins)
        case Purchase():
            return _joined(node, occurrences.purchase(node, scope), joins)
        case InSegment():
            return _joined(node, occurrences.in_segment(node, scope), joins)
        case _:
            assert_never(node)


def _joined(leaf: Leaf, answer: Answer, joins: dict[Leaf, str]) -> str:
    """Join a leaf's set, once however often the tree says it; the condition that a contact is in it, or not."""
    name = f"s{list(joins).index(leaf) if leaf in joins else len(joins)}"
    joins.setdefault(leaf, f" LEFT JOIN ({answer.sql}) {name} ON {name}.contact_id = c.id")
    return f"({name}.contact_id IS {'' if answer.opposite else 'NOT '}NULL)"
