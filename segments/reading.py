"""Reads the segment language from JSON, and says in a marketer's words what is missing or wrong."""

from collections.abc import Callable
from typing import Final

from cdp.lib.json import Json, JsonObject
from segments.arguments import choice, comparison, days, span, text, whole
from segments.nodes import (
    GOODS_OPERATORS,
    All,
    AnyOf,
    Attribute,
    Between,
    Bought,
    Bucket,
    Consent,
    Event,
    Ever,
    Filter,
    Frequency,
    Goods,
    InSegment,
    Last,
    Leaf,
    Measure,
    Moment,
    Node,
    NoneOf,
    Off,
    Purchase,
    Reach,
    Reachable,
    Record,
    Said,
    Stage,
    StageName,
    When,
    Window,
    live,
)
from segments.values import CALENDAR_OPERATORS, DATE_OPERATORS, NUMBER_OPERATORS, InvalidSegment, Operator

DEPTH_LIMIT: Final = 30
LEAF_LIMIT: Final = 200
BUCKETS: Final = 10_000
GROUPS: Final[dict[str, type[All | AnyOf | NoneOf]]] = {"all": All, "any": AnyOf, "none": NoneOf}


def load(tree: Json) -> Node:
    """The tree that a definition in JSON says. Raises InvalidSegment with a sentence for a marketer."""
    found = _node(tree, "", DEPTH_LIMIT, [])
    if live(found) is None:
        raise InvalidSegment("", "Every condition is switched off. Switch one on or add another.")
    return found


def _node(tree: Json, path: str, depth: int, met: list[Leaf]) -> Node:
    if not isinstance(tree, dict) or "type" not in tree:
        raise InvalidSegment(path, "This segment has no conditions yet. Add one.")
    if depth == 0:
        raise InvalidSegment(path, "These groups are nested too deeply. Take some apart.")
    found = _said(tree, path, depth, met)
    match tree.get("off", False):
        case False:
            return found
        case True:
            return Off(found)
        case _:
            raise InvalidSegment(f"{path}off", "A condition is switched on or off: true or false.")


def _said(tree: JsonObject, path: str, depth: int, met: list[Leaf]) -> Node:
    kind = tree["type"]
    if isinstance(kind, str) and kind in GROUPS:
        children = tree.get("children")
        if not isinstance(children, list) or not children:
            raise InvalidSegment(path, "This group is empty. Add a condition to it or remove it.")
        group: Callable[[tuple[Node, ...]], Node] = GROUPS[kind]
        return group(
            tuple(_node(child, f"{path}children.{n}.", depth - 1, met) for n, child in enumerate(children))
        )
    if not isinstance(kind, str) or kind not in LEAVES:
        raise InvalidSegment(f"{path}type", "This kind of condition does not exist. Choose another.")
    leaf = LEAVES[kind](tree, path)
    met.append(leaf)
    if len(met) > LEAF_LIMIT:
        raise InvalidSegment(path, f"A segment can have at most {LEAF_LIMIT} conditions. Split it in two.")
    return leaf


def _attribute(tree: JsonObject, path: str) -> Attribute:
    key = text(tree, "key", path, "Choose what this condition is about.", limit=100)
    return Attribute(key, comparison(tree, path))


def _event(tree: JsonObject, path: str) -> Event:
    name = text(tree, "name", path, "Choose what they did.", limit=200)
    frequency, count = _often(tree, path)
    where = _filters(tree, path, "Choose which detail of the event this is about.")
    for n, one in enumerate(where):
        if one.comparison.operator in CALENDAR_OPERATORS:
            raise InvalidSegment(
                f"{path}where.{n}.operator", "Details of an event can be compared with fixed dates only."
            )
    return Event(name, frequency, count, _window(tree, path), where)


def _often(tree: JsonObject, path: str) -> tuple[Frequency, int]:
    frequency = choice(Frequency, tree.get("frequency", "at_least"), f"{path}frequency", "Choose how often.")
    if frequency is Frequency.NEVER:
        return frequency, 0
    least = 1 if frequency in (Frequency.AT_LEAST, Frequency.ON_DAYS) else 0
    return frequency, whole(tree.get("count", 1), f"{path}count", least=least, most=1_000_000)


def _filters(tree: JsonObject, path: str, message: str) -> tuple[Filter, ...]:
    filters = tree.get("where") or []
    if not isinstance(filters, list):
        raise InvalidSegment(f"{path}where", "These details are not a list of conditions.")
    return tuple(_filter(one, f"{path}where.{n}.", message) for n, one in enumerate(filters))


def _filter(tree: Json, path: str, message: str) -> Filter:
    if not isinstance(tree, dict):
        raise InvalidSegment(path, message)
    return Filter(text(tree, "property", path, message, limit=200), comparison(tree, path))


def _purchase(tree: JsonObject, path: str) -> Purchase:
    measure = choice(Measure, tree.get("measure"), f"{path}measure", "Choose orders, revenue or days.")
    compared = comparison(tree, path)
    if compared.operator not in NUMBER_OPERATORS:
        raise InvalidSegment(f"{path}operator", "Compare this with a number.")
    window = _window(tree, path)
    if measure is Measure.DAYS_SINCE_LAST and window != Ever():
        raise InvalidSegment(f"{path}window", "Days since the last order have no time window. Choose “ever”.")
    return Purchase(measure, compared, window)


def _bought(tree: JsonObject, path: str) -> Bought:
    goods = choice(Goods, tree.get("what"), f"{path}what", "Choose product, category or maker.")
    compared = comparison(tree, path)
    if compared.operator not in GOODS_OPERATORS:
        raise InvalidSegment(f"{path}operator", "Choose “is any of” or “contains”.")
    frequency, count = _often(tree, path)
    return Bought(goods, compared, frequency, count, _window(tree, path))


def _consent(tree: JsonObject, path: str) -> Consent:
    topic = whole(_given(tree, "topic", path, "Choose a topic."), f"{path}topic", least=1, most=2**63 - 1)
    said = choice(Said, tree.get("state"), f"{path}state", "Choose what they said about the topic.")
    return Consent(topic, _channel(tree, path), said)


def _reach(tree: JsonObject, path: str) -> Reach:
    said = tree.get("topic")
    topic = None if said is None else whole(said, f"{path}topic", least=1, most=2**63 - 1)
    operator = tree.get("operator", "can")
    if operator not in ("can", "cannot"):
        raise InvalidSegment(f"{path}operator", "Choose “can” or “cannot”.")
    return Reach(_channel(tree, path), topic, operator == "can")


def _channel(tree: JsonObject, path: str) -> Reachable:
    return choice(Reachable, tree.get("channel", "email"), f"{path}channel", "Choose a channel.")


def _stage(tree: JsonObject, path: str) -> Stage:
    operator, value = tree.get("operator", "is_any_of"), tree.get("value")
    if operator not in (Operator.IS_ANY_OF, Operator.IS_NONE_OF):
        raise InvalidSegment(f"{path}operator", "Choose “is any of” or “is none of”.")
    if not isinstance(value, list) or not value:
        raise InvalidSegment(f"{path}value", "Choose at least one stage.")
    names = {choice(StageName, one, f"{path}value", "Choose stages that exist.") for one in value}
    return Stage(tuple(name for name in StageName if name in names), operator == Operator.IS_ANY_OF)


def _record(tree: JsonObject, path: str) -> Record:
    kind = text(tree, "record", path, "Choose a kind of record.", limit=60)
    frequency, count = _often(tree, path)
    if frequency is Frequency.ON_DAYS:
        raise InvalidSegment(f"{path}frequency", "Records do not happen on days. Choose “at least”.")
    where = _filters(tree, path, "Choose which field of the record this is about.")
    return Record(kind, frequency, count, where)


def _moment(tree: JsonObject, path: str) -> Moment:
    when = choice(When, tree.get("what"), f"{path}what", "Choose which moment this is about.")
    compared = comparison(tree, path)
    if compared.operator not in DATE_OPERATORS | {Operator.IS_SET, Operator.IS_NOT_SET}:
        raise InvalidSegment(f"{path}operator", "Compare this with a date.")
    return Moment(when, compared)


def _bucket(tree: JsonObject, path: str) -> Bucket:
    first = whole(tree.get("from"), f"{path}from", least=0, most=BUCKETS - 1)
    last = whole(tree.get("to"), f"{path}to", least=0, most=BUCKETS - 1)
    if first > last:
        raise InvalidSegment(f"{path}to", "The first number is larger than the second. Swap them.")
    return Bucket(first, last)


def _segment(tree: JsonObject, path: str) -> InSegment:
    segment = _given(tree, "segment", path, "Choose a segment.")
    if not 0 < segment < 2**63:
        raise InvalidSegment(f"{path}segment", "Choose a segment.")
    operator = tree.get("operator", "in")
    if operator not in ("in", "not_in"):
        raise InvalidSegment(f"{path}operator", "Choose “in” or “not in”.")
    return InSegment(segment, operator == "in")


def _given(tree: JsonObject, key: str, path: str, message: str) -> int:
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidSegment(f"{path}{key}", message)
    return value


LEAVES: Final[dict[str, Callable[[JsonObject, str], Leaf]]] = {
    "attribute": _attribute,
    "event": _event,
    "purchase": _purchase,
    "bought": _bought,
    "consent": _consent,
    "reach": _reach,
    "stage": _stage,
    "record": _record,
    "moment": _moment,
    "bucket": _bucket,
    "segment": _segment,
}


def _window(tree: JsonObject, path: str) -> Window:
    path = f"{path}window"
    said = tree.get("window", {"type": "ever"})
    match said:
        case {"type": "ever"}:
            return Ever()
        case {"type": "last"}:
            return Last(span(said, path))
        case {"type": "between", "from": start, "to": end}:
            first, last = days([start, end], path)
            return Between(first, last)
        case _:
            raise InvalidSegment(path, "Choose when: ever, in the last days, or between two dates.")
