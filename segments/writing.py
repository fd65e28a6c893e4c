"""Writes the segment language as JSON: whole trees, and the one spelling that all ways to say a leaf share."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import assert_never

from cdp.lib.json import Json, JsonObject
from segments.nodes import (
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
    InSegment,
    Last,
    Leaf,
    Moment,
    Node,
    NoneOf,
    Off,
    Purchase,
    Reach,
    Record,
    Stage,
    Window,
)
from segments.values import Anniversary, Comparison, Occasion, Operator, Span, Value, Weekdays

# What upper and lower case, or the order of two, mean something in.
AS_WRITTEN = frozenset({Operator.DATE_BETWEEN, Operator.MATCHES})


def dump(node: Node) -> JsonObject:
    """A tree as JSON, such that `load(dump(node)) == node`."""
    match node:
        case Off(inner):
            return {**dump(inner), "off": True}
        case All(children):
            return {"type": "all", "children": [dump(child) for child in children]}
        case AnyOf(children):
            return {"type": "any", "children": [dump(child) for child in children]}
        case NoneOf(children):
            return {"type": "none", "children": [dump(child) for child in children]}
        case _:
            return _leaf(node)


def _leaf(leaf: Leaf) -> JsonObject:
    match leaf:
        case Attribute(key, comparison):
            return {"type": "attribute", "key": key, **_comparison(comparison)}
        case Event(name, frequency, count, window, where):
            often = _often(frequency, count)
            return {"type": "event", "name": name, **often, "window": _window(window), "where": _where(where)}
        case Purchase(measure, comparison, window):
            said = _comparison(comparison)
            return {"type": "purchase", "measure": measure.value, **said, "window": _window(window)}
        case Bought(goods, comparison, frequency, count, window):
            said = {"what": goods.value, **_comparison(comparison), **_often(frequency, count)}
            return {"type": "bought", **said, "window": _window(window)}
        case Record(type_, frequency, count, where):
            return {"type": "record", "record": type_, **_often(frequency, count), "where": _where(where)}
        case Moment(when, comparison):
            return {"type": "moment", "what": when.value, **_comparison(comparison)}
        case Consent() | Reach() | Stage() | Bucket() | InSegment():
            return _plain(leaf)
        case _:
            assert_never(leaf)


def _plain(leaf: Consent | Reach | Stage | Bucket | InSegment) -> JsonObject:
    match leaf:
        case Consent(topic, channel, said):
            return {"type": "consent", "topic": topic, "channel": channel.value, "state": said.value}
        case Reach(channel, topic, can):
            operator = "can" if can else "cannot"
            return {"type": "reach", "channel": channel.value, "topic": topic, "operator": operator}
        case Stage(names, is_one_of):
            operator = Operator.IS_ANY_OF if is_one_of else Operator.IS_NONE_OF
            return {"type": "stage", "operator": operator.value, "value": [name.value for name in names]}
        case Bucket(first, last):
            return {"type": "bucket", "from": first, "to": last}
        case InSegment(segment, is_member):
            return {"type": "segment", "segment": segment, "operator": "in" if is_member else "not_in"}
        case _:
            assert_never(leaf)


def canonical(leaf: Leaf) -> JsonObject:
    """The one spelling that all ways to say the same leaf share: case and order of words do not matter."""
    said = dump(leaf)
    for part in [said, *said.get("where", [])]:  # type: ignore[misc]
        assert isinstance(part, dict)
        value = part.get("value")
        if part.get("operator") in AS_WRITTEN:
            continue
        if isinstance(value, str):
            part["value"] = value.lower()
        elif isinstance(value, list) and all(isinstance(word, str) for word in value):
            part["value"] = sorted({str(word).lower() for word in value})
    return said


def digest(leaf: Leaf) -> bytes:
    """The 16 bytes by which trees share a leaf."""
    text = json.dumps(canonical(leaf), sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _often(frequency: Frequency, count: int) -> JsonObject:
    said: JsonObject = {"frequency": frequency.value}
    return said if frequency is Frequency.NEVER else {**said, "count": count}


def _where(filters: tuple[Filter, ...]) -> list[Json]:
    return [{"property": one.property, **_comparison(one.comparison)} for one in filters]


def _comparison(comparison: Comparison) -> JsonObject:
    if comparison.value is None:
        return {"operator": comparison.operator.value}
    return {"operator": comparison.operator.value, "value": _value(comparison.value)}


def _value(value: Value) -> Json:
    match value:
        case None | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return value.isoformat()
        case Span(amount, unit):
            return {"amount": amount, "unit": unit.value}
        case Anniversary(Occasion.IN_DAYS as occasion, days):
            return {"kind": occasion.value, "days": days}
        case Anniversary(occasion):
            return {"kind": occasion.value}
        case Weekdays(days):
            return list(days)
        case tuple():
            return [_value(one) for one in value]
        case _:
            assert_never(value)


def _window(window: Window) -> JsonObject:
    match window:
        case Ever():
            return {"type": "ever"}
        case Last(span):
            return {"type": "last", "amount": span.amount, "unit": span.unit.value}
        case Between(start, end):
            return {"type": "between", "from": start.isoformat(), "to": end.isoformat()}
        case _:
            assert_never(window)
