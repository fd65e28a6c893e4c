"""What a segment means: slow, obvious, over plain dicts. The compiler must say the same of any tree and any world."""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, assert_never

from segments.ast import (
    All,
    AnyOf,
    Attribute,
    Between,
    Bought,
    Bucket,
    Comparison,
    Consent,
    Event,
    Ever,
    Frequency,
    Goods,
    InSegment,
    Last,
    Measure,
    Moment,
    Node,
    NoneOf,
    Occasion,
    Off,
    Operator,
    Purchase,
    Reach,
    Record,
    Said,
    Stage,
    When,
    Window,
)
from tests.segments.world import BASES, ZONE, World, bucket

OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.IS_NONE_OF: Operator.IS_ANY_OF,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NE: Operator.EQ,
    Operator.NUMBER_NOT_BETWEEN: Operator.NUMBER_BETWEEN,
    Operator.NOT_IN_THE_LAST: Operator.IN_THE_LAST,
    Operator.INCLUDES_NONE: Operator.INCLUDES_ANY,
    Operator.IS_NOT_SET: Operator.IS_SET,
}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


def members(node: Node, world: World, now: dt.datetime, *, include_visitors: bool = False) -> set[int]:
    """Everybody for whom the tree holds."""
    return {
        number
        for number, contact in world.contacts.items()
        if contact["merged_into"] is None
        and (contact["known"] or include_visitors)
        and holds(node, number, world, now)
    }


def is_on(node: Node) -> bool:
    """Whether anything in it is not switched off."""
    match node:
        case Off():
            return False
        case All(children) | AnyOf(children) | NoneOf(children):
            return any(is_on(child) for child in children)
    return True


def holds(node: Node, number: int, world: World, now: dt.datetime) -> bool:
    """Whether the tree holds for one contact."""
    contact = world.contacts[number]
    match node:
        case All(children):
            return all(holds(child, number, world, now) for child in children if is_on(child))
        case AnyOf(children):
            return any(holds(child, number, world, now) for child in children if is_on(child))
        case NoneOf(children):
            return not any(holds(child, number, world, now) for child in children if is_on(child))
        case Off():
            raise AssertionError("read over")
        case Attribute(key, comparison):
            value = {**contact["attributes"], **contact["columns"]}.get(key)
            if isinstance(value, dt.date):
                value = value.isoformat()
            return compares(comparison, value, now)
        case Moment(when, comparison):
            at = _moment(when, contact, now)
            return compares(comparison, at.isoformat() if at else None, now)
        case Stage(names, is_one_of):
            return (contact["columns"].get("lifecycle_stage", "") in names) == is_one_of
        case Bucket(first, last):
            return first <= bucket(world, number) <= last
        case Event():
            return _event(node, number, world, now)
        case Purchase():
            return _purchase(node, number, world, now)
        case Bought():
            return _bought(node, number, world, now)
        case Consent(topic, channel, said):
            word = _word(number, world, channel, lambda one: one["topic"] in (topic, None))
            return word is None if said is Said.NEVER_ASKED else word == said.value
        case Reach():
            return _reachable(node, number, world, now) == node.can
        case Record():
            return _record(node, number, world, now)
        case InSegment(segment, is_member):
            return (number in world.members.get(segment, set())) == is_member
        case _:
            assert_never(node)


def _moment(when: When, contact: dict[str, Any], now: dt.datetime) -> dt.datetime | None:
    seen = contact.get("seen") or (None, None)
    moments: dict[When, dt.datetime | None] = {
        When.CREATED: contact.get("created", now),
        When.KNOWN: contact.get("known_at", now) if contact["known"] else None,
        When.FIRST_SEEN: seen[0],
        When.LAST_SEEN: seen[1],
    }
    return moments[when]


def _word(number: int, world: World, channel: str, about: Any) -> str | None:
    """The latest word about something; of two at one moment, the one that was written later."""
    said = [
        one
        for one in world.consents
        if world.owner[one["persona"]] == number and one["channel"] == channel and about(one)
    ]
    return max(enumerate(said), key=lambda pair: (pair[1]["at"], pair[0]))[1]["state"] if said else None


def _reachable(leaf: Reach, number: int, world: World, now: dt.datetime) -> bool:
    columns = world.contacts[number]["columns"]
    address = columns.get("email", "").lower() if leaf.channel == "email" else columns.get("phone", "")
    if not address:
        return False
    if (leaf.channel, address) in world.blocked:
        until = world.blocked[leaf.channel, address]
        if until is None or until > now:
            return False
    if leaf.topic is None:
        word = _word(
            number, world, leaf.channel, lambda one: one["topic"] is None or one["state"] == "subscribed"
        )
        return word != "unsubscribed"
    word = _word(number, world, leaf.channel, lambda one: one["topic"] in (leaf.topic, None))
    if BASES.get(leaf.topic) == "consent":
        return word == "subscribed"
    return leaf.topic in BASES and word != "unsubscribed"


def _record(leaf: Record, number: int, world: World, now: dt.datetime) -> bool:
    count = sum(
        one["type"] == leaf.type
        and any(world.owner[persona] == number for persona in one["personas"])
        and all(compares(where.comparison, one["fields"].get(where.property), now) for where in leaf.where)
        for one in world.records
    )
    return _so_often(leaf.frequency, count, leaf.count)


def _so_often(frequency: Frequency, count: int, wanted: int) -> bool:
    answers: dict[Any, bool] = {
        Frequency.AT_LEAST: count >= wanted,
        Frequency.ON_DAYS: count >= wanted,
        Frequency.AT_MOST: count <= wanted,
        Frequency.EXACTLY: count == wanted,
        Frequency.NEVER: count == 0,
    }
    return answers[frequency]


def compares(comparison: Comparison, value: Any, now: dt.datetime) -> bool:
    """Whether a value, as JSON has it, satisfies a comparison."""
    operator, wanted = comparison.operator, comparison.value
    if operator in OPPOSITES:
        return not compares(Comparison(OPPOSITES[operator], wanted), value, now)
    if operator is Operator.IS_SET:
        return value not in (None, "", [], {})
    kind = _kind(operator)
    if kind == "text":
        return isinstance(value, str) and value != "" and _text(operator, value.lower(), wanted)
    if kind == "number":
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return is_number and _number(operator, Decimal(str(value)), wanted)
    if kind == "boolean":
        return value is (operator is Operator.IS_TRUE)
    if kind == "list":
        return isinstance(value, list) and _list(operator, value, wanted)
    day = _day(value)
    return day is not None and _date(operator, day, wanted, now.astimezone(ZONE).date())


def _kind(operator: Operator) -> str:
    for kind, names in {
        "text": "is is_any_of contains starts_with ends_with matches",
        "number": "eq gt gte lt lte between",
        "boolean": "is_true is_false",
        "list": "includes_any includes_all length_eq length_gte length_lte",
        "date": "on before after between_dates in_the_last more_than_ago in_the_next more_than_from_now is_today "
        "anniversary weekday_is",
    }.items():
        if operator.value in names.split():
            return kind
    raise NotImplementedError(operator)


def _text(operator: Operator, value: str, wanted: Any) -> bool:
    if operator is Operator.IS_ANY_OF:
        return value in [word.lower() for word in wanted]
    if operator is Operator.MATCHES:
        return re.search(wanted, value, re.ASCII | re.IGNORECASE | re.DOTALL) is not None
    word = wanted.lower()
    answers: dict[Any, bool] = {
        Operator.IS: value == word,
        Operator.CONTAINS: word in value,
        Operator.STARTS_WITH: value.startswith(word),
        Operator.ENDS_WITH: value.endswith(word),
    }
    return answers[operator]


def _number(operator: Operator, value: Decimal, wanted: Any) -> bool:
    if operator is Operator.NUMBER_BETWEEN:
        return bool(wanted[0] <= value <= wanted[1])
    answers: dict[Any, bool] = {
        Operator.EQ: value == wanted,
        Operator.GT: value > wanted,
        Operator.GTE: value >= wanted,
        Operator.LT: value < wanted,
        Operator.LTE: value <= wanted,
    }
    return answers[operator]


def _list(operator: Operator, value: list[Any], wanted: Any) -> bool:
    lengths: dict[Any, bool] = {
        Operator.LENGTH_EQ: len(value) == wanted,
        Operator.LENGTH_GTE: not isinstance(wanted, tuple) and len(value) >= wanted,
        Operator.LENGTH_LTE: not isinstance(wanted, tuple) and len(value) <= wanted,
    }
    if operator in lengths:
        return lengths[operator]
    there = {str(one).lower() for one in value if one is not None}
    asked = {word.lower() for word in wanted}
    return bool(there & asked) if operator is Operator.INCLUDES_ANY else asked <= there


def _date(operator: Operator, day: dt.date, wanted: Any, today: dt.date) -> bool:
    match operator:
        case Operator.ON:
            return bool(day == wanted)
        case Operator.BEFORE:
            return bool(day < wanted)
        case Operator.AFTER:
            return bool(day > wanted)
        case Operator.DATE_BETWEEN:
            return bool(wanted[0] <= day <= wanted[1])
        case Operator.IS_TODAY:
            return day == today
        case Operator.WEEKDAY_IS:
            return day.weekday() in wanted.days
        case Operator.ANNIVERSARY if wanted.occasion is Occasion.THIS_MONTH:
            return day.month == today.month
        case Operator.ANNIVERSARY:
            kept = today + dt.timedelta(days=wanted.days)
            return _kept_in(day, kept.year) == kept
    days = {"day": 1, "week": 7, "month": 30, "year": 365}[wanted.unit] * wanted.amount
    ago = (today - day).days
    answers: dict[Any, bool] = {
        Operator.IN_THE_LAST: 0 <= ago <= days,
        Operator.MORE_THAN_AGO: ago > days,
        Operator.IN_THE_NEXT: 0 <= -ago <= days,
        Operator.MORE_THAN_FROM_NOW: -ago > days,
    }
    return answers[operator]


def _kept_in(day: dt.date, year: int) -> dt.date:
    """The day of a year on which something that began on `day` is kept."""
    try:
        return day.replace(year=year)
    except ValueError:
        return dt.date(year, 2, 28)


def _day(value: Any) -> dt.date | None:
    """The day in the workspace's zone that a text says, if it says one that exists."""
    if not isinstance(value, str):
        return None
    try:
        if DAY.fullmatch(value):
            return dt.date.fromisoformat(value)
        if MOMENT.fullmatch(value):
            return dt.datetime.fromisoformat(value).astimezone(ZONE).date()
    except ValueError:
        pass
    return None


def _within(at: dt.datetime, window: Window, now: dt.datetime) -> bool:
    if at > now:
        return False
    match window:
        case Ever():
            return True
        case Last(span):
            return at > now - span.length
        case Between(start, end):
            return start <= at.astimezone(ZONE).date() <= end


def _event(leaf: Event, number: int, world: World, now: dt.datetime) -> bool:
    moments = [
        one["at"]
        for one in world.events
        if world.owner[one["persona"]] == number
        and one["name"] == leaf.name
        and _within(one["at"], leaf.window, now)
        and all(
            compares(where.comparison, one["properties"].get(where.property), now) for where in leaf.where
        )
    ]
    return _so_often(leaf.frequency, _count(leaf.frequency, moments), leaf.count)


def _count(frequency: Frequency, moments: list[dt.datetime]) -> int:
    if frequency is Frequency.ON_DAYS:
        return len({at.astimezone(ZONE).date() for at in moments})
    return len(moments)


def _orders(number: int, world: World, window: Window, now: dt.datetime) -> list[dict[str, Any]]:
    return [
        one
        for one in world.purchases
        if world.owner[one["persona"]] == number and not one["cancelled"] and _within(one["at"], window, now)
    ]


def _bought(leaf: Bought, number: int, world: World, now: dt.datetime) -> bool:
    named = {Goods.PRODUCT: ("sku", "name"), Goods.CATEGORY: ("category",), Goods.MAKER: ("maker",)}
    moments = [
        one["at"]
        for one in _orders(number, world, leaf.window, now)
        if any(
            compares(leaf.comparison, item.get(key), now)
            for item in one.get("items", ())
            for key in named[leaf.goods]
        )
    ]
    return _so_often(leaf.frequency, _count(leaf.frequency, moments), leaf.count)


def _purchase(leaf: Purchase, number: int, world: World, now: dt.datetime) -> bool:
    orders = _orders(number, world, leaf.window, now)
    revenue = sum((one["amount"] - one["refunded"] for one in orders), Decimal(0))
    measured: int | Decimal | None
    match leaf.measure:
        case Measure.ORDERS:
            measured = len(orders)
        case Measure.REVENUE:
            measured = revenue
        case Measure.AVERAGE_ORDER:
            cent = Decimal("0.01")
            measured = (revenue / len(orders)).quantize(cent, ROUND_HALF_UP) if orders else None
        case Measure.DAYS_SINCE_LAST:
            measured = min(((now - one["at"]) // dt.timedelta(days=1) for one in orders), default=None)
    return compares(leaf.comparison, measured, now)
