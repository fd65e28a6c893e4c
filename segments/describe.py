"""A segment in words: the English sentence that its conditions say."""

from datetime import date
from decimal import Decimal
from typing import Final, assert_never

from segments.ast import (
    All,
    AnyOf,
    Attribute,
    Between,
    Comparison,
    Event,
    Ever,
    Frequency,
    InSegment,
    Last,
    Measure,
    Node,
    NoneOf,
    Purchase,
    Span,
    Value,
    Window,
)
from segments.catalog import Catalogue
from segments.operators import ROWS

MEASURES: Final = {
    Measure.ORDERS: "number of orders",
    Measure.REVENUE: "revenue",
    Measure.DAYS_SINCE_LAST: "days since the last order",
}


def in_words(node: Node, catalogue: Catalogue) -> str:
    """The whole tree as one sentence, e.g. "People whose country is “NL” and who did “Order Completed” …"."""
    return f"People {_said(node, catalogue)}."


def _said(node: Node, catalogue: Catalogue) -> str:
    match node:
        case All(children):
            return _joined(children, "and", catalogue) or "of any kind"
        case AnyOf(children):
            return _joined(children, "or", catalogue) or "of no kind"
        case NoneOf(children):
            return f"other than those {_joined(children, 'or', catalogue) or 'of no kind'}"
        case Attribute(key, comparison):
            return f"whose {catalogue.attributes.get(key, key)} {_compared(comparison)}"
        case Event():
            return _event(node, catalogue)
        case Purchase(measure, comparison, window):
            return f"whose {MEASURES[measure]}{_window(window)} {_compared(comparison)}"
        case InSegment(segment, is_member):
            name = catalogue.segments.get(segment, f"segment {segment}")
            return f"who are {'' if is_member else 'not '}in “{name}”"
        case _:
            assert_never(node)


def _joined(children: tuple[Node, ...], word: str, catalogue: Catalogue) -> str:
    parts = [_said(child, catalogue) for child in children]
    if len(parts) == 1:
        return parts[0]
    # A group inside a group keeps its brackets: "and" and "or" alone would leave it open who belongs together.
    shown = [
        f"({part})" if isinstance(child, All | AnyOf | NoneOf) else part
        for child, part in zip(children, parts, strict=True)
    ]
    return f" {word} ".join(shown)


def _event(leaf: Event, catalogue: Catalogue) -> str:
    name = f"“{catalogue.events.get(leaf.name, leaf.name)}”"
    times = {
        Frequency.AT_LEAST: f"did {name} at least {_times(leaf.count)}",
        Frequency.AT_MOST: f"did {name} at most {_times(leaf.count)}",
        Frequency.EXACTLY: f"did {name} exactly {_times(leaf.count)}",
        Frequency.NEVER: f"never did {name}",
    }[leaf.frequency]
    where = " and ".join(f"{one.property} {_compared(one.comparison)}" for one in leaf.where)
    return f"who {times}{_window(leaf.window)}{f' where {where}' if where else ''}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _window(window: Window) -> str:
    match window:
        case Ever():
            return ""
        case Last(span):
            return f" in the last {_span(span)}"
        case Between(start, end):
            return f" from {start.isoformat()} to {end.isoformat()}"
        case _:
            assert_never(window)


def _compared(comparison: Comparison) -> str:
    # Braces in a customer's value must not be read as ours: format once, with the value as an argument.
    return ROWS[comparison.operator].words.format(value=_value(comparison.value))


def _value(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"“{value}”"
        case Decimal():
            return f"{value.normalize():,f}"
        case date():
            return value.isoformat()
        case Span():
            return _span(value)
        case tuple():
            words = [_value(one) for one in value]
            joint = " or " if isinstance(value[0], str) else " and "
            return joint.join(filter(None, [", ".join(words[:-1]), words[-1]]))
        case _:
            assert_never(value)


def _span(span: Span) -> str:
    return f"{span.amount} {span.unit.value}{'' if span.amount == 1 else 's'}"
