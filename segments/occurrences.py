"""Who did something so often, in such a time, or had it in so many orders: statements that answer with contact ids.

An answer holds each contact once. Facts of a contact whose merge still moves rows count for its survivor.
"""

from typing import assert_never

from segments.ast import Bought, Event, Ever, Filter, Frequency, Goods, InSegment, Record
from segments.conditions import Column, JsonKey, predicate
from segments.operators import Kind
from segments.scopes import Answer, Scope, within

type Occurring = Event | Bought

ITEMS = {Goods.PRODUCT: ("sku", "name"), Goods.CATEGORY: ("category",), Goods.MAKER: ("maker",)}


def event(leaf: Event, scope: Scope) -> Answer:
    """Who did it so often. A name that nobody sent yet was done by nobody."""
    definition = scope.context.definitions.get(leaf.name, 0)
    if isinstance(leaf.window, Ever) and not leaf.where and leaf.frequency is not Frequency.ON_DAYS:
        comparison, count, opposite = threshold(leaf.frequency, leaf.count)
        return Answer(_ever(definition, comparison, count, scope), opposite)
    return _so_often(leaf, scope)


def bought(leaf: Bought, scope: Scope) -> Answer:
    """Who had such an item in so many orders."""
    return _so_often(leaf, scope)


def _so_often(leaf: Occurring, scope: Scope) -> Answer:
    comparison, count, opposite = threshold(leaf.frequency, leaf.count)
    counted = f"count(DISTINCT {scope.day})" if leaf.frequency is Frequency.ON_DAYS else "count(*)"
    sql = (
        f"SELECT {scope.owner} AS contact_id FROM {facts(leaf)} f{scope.following} "
        f"WHERE {occurrence(leaf, scope)} AND {within(leaf.window, scope)}{scope.restriction} "
        f"GROUP BY 1 HAVING {counted} {comparison} {scope.bind(count)}"
    )
    return Answer(sql, opposite)


def facts(leaf: Occurring) -> str:
    """The table whose rows are occurrences."""
    return "profiles_event" if isinstance(leaf, Event) else "profiles_purchase"


def occurrence(leaf: Occurring, scope: Scope) -> str:
    """The condition that a row of facts is one of those meant, at whatever time."""
    match leaf:
        case Event():
            meant = f"f.definition_id = {scope.bind(scope.context.definitions.get(leaf.name, 0))}"
            return " AND ".join([meant, *filters(leaf.where, "f.properties", scope)])
        case Bought():
            return f"f.cancelled_at IS NULL AND EXISTS ({_items(leaf, scope)})"
        case _:
            assert_never(leaf)


def _items(leaf: Bought, scope: Scope) -> str:
    said = [
        predicate(
            leaf.comparison,
            Column(f"i.{name}", Kind.TEXT),
            context=scope.context,
            parameters=scope.parameters,
        )
        for name in ITEMS[leaf.goods]
    ]
    return f"SELECT FROM profiles_purchaseitem i WHERE i.purchase_id = f.id AND ({' OR '.join(said)})"


def filters(where: tuple[Filter, ...], document: str, scope: Scope) -> list[str]:
    """Each of these filters as a condition on a JSON document."""
    return [
        predicate(
            one.comparison,
            JsonKey(document, one.property),
            context=scope.context,
            parameters=scope.parameters,
        )
        for one in where
    ]


def threshold(frequency: Frequency, count: int) -> tuple[str, int, bool]:
    """A frequency as (comparison, number of at least 1, whether it is the opposite that was asked)."""
    match frequency:
        case Frequency.AT_LEAST | Frequency.ON_DAYS:
            return ">=", count, False
        case Frequency.AT_MOST:
            return ">=", count + 1, True
        case Frequency.EXACTLY if count:
            return "=", count, False
        case Frequency.EXACTLY | Frequency.NEVER:
            return ">=", 1, True
        case _:
            assert_never(frequency)


def _ever(definition: int, comparison: str, count: int, scope: Scope) -> str:
    """From the counters, one row a persona; they count what comes (at most a day ahead) already: take it off."""
    now, meant = scope.bind(scope.context.now), scope.bind(definition)
    counters = f"profiles_eventcount f{scope.following} WHERE f.definition_id = {meant}{scope.restriction}"
    if (comparison, count) == (">=", 1):
        return f"SELECT DISTINCT {scope.owner} AS contact_id FROM {counters} AND f.first_at <= {now}"
    return (
        f"SELECT contact_id FROM (SELECT {scope.owner} AS contact_id, f.count FROM {counters} UNION ALL "
        f"SELECT {scope.owner}, -1 FROM profiles_event f{scope.following} "
        f"WHERE f.definition_id = {meant} AND f.occurred_at > {now}{scope.restriction}) counted "
        f"GROUP BY 1 HAVING sum(count) {comparison} {scope.bind(count)}"
    )


def record(leaf: Record, scope: Scope) -> Answer:
    """To whom so many records of a type belong; one in which somebody has two parts is one."""
    comparison, count, opposite = threshold(leaf.frequency, leaf.count)
    said = "".join(f" AND {one}" for one in filters(leaf.where, "r.fields", scope))
    sql = (
        f"SELECT {scope.owner} AS contact_id FROM {records(leaf, scope)}{said}{scope.restriction} "
        f"GROUP BY 1 HAVING count(DISTINCT r.id) {comparison} {scope.bind(count)}"
    )
    return Answer(sql, opposite)


def records(leaf: Record, scope: Scope) -> str:
    """The records `r` of a leaf's type with the links `f` of contacts to them."""
    return (
        "profiles_recordtype t JOIN profiles_record r ON r.type_id = t.id "
        f"JOIN profiles_recordlink f ON f.record_id = r.id{scope.following} WHERE t.key = {scope.bind(leaf.type)}"
    )


def in_segment(leaf: InSegment, scope: Scope) -> Answer:
    """Who is in another segment or list now: merges change memberships at once, so nothing has to be followed."""
    only = "" if scope.only is None else f" AND f.contact_id = ANY({scope.bind(list(scope.only))}::bigint[])"
    sql = f"SELECT f.contact_id FROM segments_membership f WHERE f.segment_id = {scope.bind(leaf.segment)}{only}"
    return Answer(sql, not leaf.is_member)
