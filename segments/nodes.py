"""The shapes of a segment tree: what can be asked of a contact, and how questions are joined."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from segments.values import Comparison, Operator, Span


@dataclass(frozen=True, slots=True)
class Ever:
    """Any time up to now."""


@dataclass(frozen=True, slots=True)
class Last:
    """The rolling window (now - span, now]."""

    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """From the start of one day to the end of another, in the workspace's time zone."""

    start: date
    end: date


type Window = Ever | Last | Between


class Frequency(StrEnum):
    """How a number of occurrences is judged."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EXACTLY = "exactly"
    NEVER = "never"
    ON_DAYS = "on_days"  # on at least so many different days, in the workspace's time zone


class Measure(StrEnum):
    """What can be asked of somebody's purchases; cancelled ones never count, refunds are taken off."""

    ORDERS = "orders"
    REVENUE = "revenue"
    AVERAGE_ORDER = "average_order"  # to the cent; holds for nobody without an order, except when negated
    DAYS_SINCE_LAST = "days_since_last"  # whole days; holds for nobody without an order, except when negated


class Goods(StrEnum):
    """By what an item of an order is known. A product is meant by its SKU or its name."""

    PRODUCT = "product"
    CATEGORY = "category"
    MAKER = "maker"


class Said(StrEnum):
    """The latest word of a contact about a topic, or about all topics of the channel."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    PENDING = "pending"
    NEVER_ASKED = "never_asked"


class Reachable(StrEnum):
    """The channels whose reach can be asked."""

    EMAIL = "email"
    SMS = "sms"


class StageName(StrEnum):
    """Where somebody is in their life as a customer."""

    NEVER_BOUGHT = "never_bought"
    NEW = "new"
    ACTIVE = "active"
    AT_RISK = "at_risk"
    LAPSED = "lapsed"
    WON_BACK = "won_back"


class When(StrEnum):
    """A moment in what we know of a contact."""

    CREATED = "created"
    KNOWN = "known"
    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one property of an event, or one field of a record."""

    property: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Attribute:
    """What we know of a contact."""

    key: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Event:
    """What a contact did, how often, when. `count` is 0 for "never"."""

    name: str
    frequency: Frequency
    count: int
    window: Window
    where: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a contact bought. "Days since the last order" looks at all time."""

    measure: Measure
    comparison: Comparison
    window: Window


@dataclass(frozen=True, slots=True)
class Bought:
    """How many orders had such an item in them, when. A cancelled order never counts, a refunded one does."""

    goods: Goods
    comparison: Comparison
    frequency: Frequency
    count: int
    window: Window


@dataclass(frozen=True, slots=True)
class Consent:
    """What a contact said last about a topic on a channel."""

    topic: int
    channel: Reachable
    said: Said


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether marketing about a topic may and can go to a contact: an address, not blocked, and allowed.

    Without a topic: an address, not blocked, and not opted out of the whole channel.
    """

    channel: Reachable
    topic: int | None = None
    can: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a contact is in its life as a customer; the stage itself is kept true elsewhere."""

    names: tuple[StageName, ...]
    is_one_of: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """How many things of a type belong to a contact: bookings, policies, subscriptions. Relative dates are allowed."""

    type: str
    frequency: Frequency
    count: int
    where: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """The day on which a contact was created, became known, was seen first or last."""

    when: When
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Bucket:
    """A random share of everybody, the same people for ever: buckets are 0-9999, both ends included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class InSegment:
    """Where a contact belongs."""

    segment: int
    is_member: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """Every child holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one child holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No child holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Off:
    """A condition or group that was switched off: it is kept, and read over as if it were not there."""

    node: "Node"


type Group = All | AnyOf | NoneOf
type Leaf = (
    Attribute | Event | Purchase | Bought | Consent | Reach | Stage | Record | Moment | Bucket | InSegment
)
type Node = Group | Leaf | Off

# What can be asked of a text that an item of an order carries.
GOODS_OPERATORS = frozenset({Operator.IS_ANY_OF, Operator.CONTAINS})


def leaves(node: Node) -> Iterator[Leaf]:
    """Every leaf of a tree that is not switched off, from left to right, repeated ones too."""
    match node:
        case All(children) | AnyOf(children) | NoneOf(children):
            for child in children:
                yield from leaves(child)
        case Off():
            return
        case _:
            yield node


def live(node: Node) -> Node | None:
    """The tree without what is switched off; None when nothing is left. An emptied group goes with its children."""
    match node:
        case Off():
            return None
        case All(children) | AnyOf(children) | NoneOf(children):
            left = tuple(kept for child in children if (kept := live(child)) is not None)
            return _group(node, left) if left else None
        case _:
            return node


def _group(like: Group, children: tuple[Node, ...]) -> Group:
    match like:
        case All():
            return All(children)
        case AnyOf():
            return AnyOf(children)
        case NoneOf():
            return NoneOf(children)
        case _:
            assert_never(like)
