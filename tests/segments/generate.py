"""Random trees and random worlds, drawn so that they meet: the same few names, values around the thresholds."""

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from segments.ast import (
    CALENDAR_OPERATORS,
    DATE_OPERATORS,
    LENGTH_OPERATORS,
    NUMBER_OPERATORS,
    All,
    Anniversary,
    AnyOf,
    Attribute,
    Between,
    Bought,
    Bucket,
    Comparison,
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
    Occasion,
    Off,
    Operator,
    Purchase,
    Reach,
    Reachable,
    Record,
    Said,
    Span,
    Stage,
    StageName,
    Unit,
    Weekdays,
    When,
    Window,
)
from segments.operators import ROWS, Kind
from tests.conftest import NOW
from tests.segments.world import BOOKING, EVENTS, NEWS, NOBODY_DID, SERVICE, World, money

LISTS = (901, 902)
CUSTOM = ("plan", "a__gt", "contains", "it's", 'quo"te', "100%s", "née", "plan' OR true --")
COLUMNS = ("country", "email", "birth_date")
EMAILS = ("ada@example.com", "Ada@Example.com", "grace@example.com")
PHONES = ("+31612345678", "+31687654321")
STAGES = (*(stage.value for stage in StageName), "")
GOODS = ("Gold ring", "gold", "TENT-2", "Two-person tent", "É", "")
PATTERNS = (
    "gold",
    "^g.ld$",
    r"^\d+$",
    r"o'ne?il|old$",
    "[^a-z]",
    "(g|o){1,2}",
    r"\\",
    r"^100%",
    r"\w \w",
    r"\S\s",
)
WORDS = (
    "gold",
    "Gold",
    "GOLD plated",
    "old",
    "NL",
    "o'neil",
    "100%",
    "g_ld",
    "\\",
    "É",
    "é",
    "5",
    "true",
    '"',
)
NUMBERS = (0, 1, 2, 5, -2, 2.5, 50, 10**9)
DAYS = tuple(
    NOW.date() + dt.timedelta(days=days)
    for days in (-400, -365, -60, -31, -30, -8, -7, -2, -1, 0, 1, 2, 7, 30)
)
DATES = (
    *(day.isoformat() for day in DAYS),
    *(
        "2026-11-18T23:30:00Z",
        "2026-11-18T00:30:00.5+02:00",
        "2026-11-11 22:59:59Z",
        "2024-02-29",
        "0001-01-01",
    ),
    *(
        "2026-02-29",
        "2026-02-31T10:00:00Z",
        "2026-11-18T10:00:00",
        "18-11-2026",
        "2026-11-18T24:00:00Z",
        "0000-01-01",
    ),
)
VALUES = (
    *WORDS,
    *NUMBERS,
    True,
    False,
    *DATES,
    None,
    "",
    [],
    {},
    ["Gold", "nl"],
    ["gold", 5, None, True],
    [None],
    {"a": 1},
)
SPANS = (
    Span(90, Unit.MINUTE),
    Span(36, Unit.HOUR),
    Span(7, Unit.DAY),
    Span(2, Unit.WEEK),
    Span(1, Unit.MONTH),
)

words = st.sampled_from(WORDS)
numbers = st.sampled_from(NUMBERS).map(lambda number: Decimal(str(number)))
days = st.sampled_from(DAYS)
day_spans = st.builds(Span, st.integers(0, 8), st.sampled_from([Unit.DAY, Unit.DAY, Unit.WEEK, Unit.MONTH]))
anniversaries = st.one_of(
    st.sampled_from([Anniversary(Occasion.TODAY), Anniversary(Occasion.THIS_MONTH)]),
    st.builds(Anniversary, st.just(Occasion.IN_DAYS), st.sampled_from([0, 1, 2, 7, 102, 365])),
)
several = st.lists(words, min_size=1, max_size=3).map(tuple)
between = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
ARGUMENTS: dict[Operator, st.SearchStrategy[Any]] = {
    **{one: words for one, row in ROWS.items() if row.kind is Kind.TEXT},
    **dict.fromkeys(NUMBER_OPERATORS, numbers),
    **{one: days for one, row in ROWS.items() if row.kind is Kind.DATE},
    **dict.fromkeys(CALENDAR_OPERATORS, day_spans),
    **{one: several for one, row in ROWS.items() if row.kind is Kind.LIST},
    **dict.fromkeys(LENGTH_OPERATORS, st.integers(0, 4).map(Decimal)),
    **{one: st.none() for one, row in ROWS.items() if row.kind in (Kind.BOOLEAN, Kind.ANY)},
    Operator.IS_TODAY: st.none(),
    Operator.ANNIVERSARY: anniversaries,
    Operator.WEEKDAY_IS: st.sets(st.integers(0, 6), min_size=1).map(
        lambda some: Weekdays(tuple(sorted(some)))
    ),
    Operator.MATCHES: st.sampled_from(PATTERNS),
    Operator.IS_ANY_OF: several,
    Operator.IS_NONE_OF: several,
    Operator.NUMBER_BETWEEN: between,
    Operator.NUMBER_NOT_BETWEEN: between,
    Operator.DATE_BETWEEN: st.tuples(days, days).map(lambda pair: (min(pair), max(pair))),
}


def comparisons(operators: Any = tuple(Operator)) -> st.SearchStrategy[Comparison]:
    """An operator with a fitting value."""
    return st.sampled_from(sorted(operators)).flatmap(
        lambda one: st.builds(Comparison, st.just(one), ARGUMENTS[one])
    )


windows: st.SearchStrategy[Window] = st.one_of(
    st.just(Ever()),
    st.sampled_from(SPANS).map(Last),
    st.tuples(days, days).map(lambda pair: Between(min(pair), max(pair))),
)
filters = st.builds(
    Filter, st.sampled_from(["total", "a__gt", "it's"]), comparisons(set(Operator) - CALENDAR_OPERATORS)
)


@st.composite
def often(draw: st.DrawFn, *, on_days: bool = True) -> tuple[Frequency, int]:
    """How often, around what the worlds hold."""
    frequency = draw(st.sampled_from([one for one in Frequency if on_days or one is not Frequency.ON_DAYS]))
    least = 1 if frequency in (Frequency.AT_LEAST, Frequency.ON_DAYS) else 0
    return frequency, 0 if frequency is Frequency.NEVER else draw(st.integers(least, 3))


@st.composite
def event_leaves(draw: st.DrawFn) -> Event:
    """An event that somebody may have done, with a filter in one case of four."""
    frequency, count = draw(often())
    where = draw(st.lists(filters, min_size=1, max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    name = draw(st.sampled_from([*EVENTS[:2], *EVENTS[:2], *EVENTS, NOBODY_DID]))
    return Event(name, frequency, count, draw(windows), tuple(where))


@st.composite
def purchase_leaves(draw: st.DrawFn) -> Purchase:
    """A question about money, orders or days."""
    measure = draw(st.sampled_from(Measure))
    window = Ever() if measure is Measure.DAYS_SINCE_LAST else draw(windows)
    return Purchase(measure, draw(comparisons(NUMBER_OPERATORS)), window)


@st.composite
def bought_leaves(draw: st.DrawFn) -> Bought:
    """A question about what was in the orders."""
    compared = st.one_of(
        st.builds(Comparison, st.just(Operator.IS_ANY_OF), several),
        st.builds(Comparison, st.just(Operator.CONTAINS), words),
    )
    return Bought(draw(st.sampled_from(Goods)), draw(compared), *draw(often()), draw(windows))


@st.composite
def record_leaves(draw: st.DrawFn) -> Record:
    """A question about bookings; their dates may be relative."""
    fields = st.builds(
        Filter, st.sampled_from(["due", "due", "a__gt"]), st.one_of(dates, dates, comparisons())
    )
    where = tuple(draw(st.lists(fields, max_size=2)))
    return Record(draw(st.sampled_from([BOOKING, BOOKING, "pet"])), *draw(often(on_days=False)), where)


dates = comparisons(DATE_OPERATORS)
channels = st.sampled_from([Reachable.EMAIL, Reachable.EMAIL, Reachable.SMS])
attribute_leaves = st.builds(
    Attribute, st.sampled_from(["plan", "plan", *CUSTOM, *COLUMNS]), st.one_of(comparisons(), comparisons())
)
buckets = st.tuples(st.sampled_from([0, 1002, 1003]), st.sampled_from([1003, 1004, 9999])).map(
    lambda pair: Bucket(*pair)
)
LEAVES: dict[type, st.SearchStrategy[Any]] = {
    Attribute: attribute_leaves,
    Event: event_leaves(),
    Purchase: purchase_leaves(),
    Bought: bought_leaves(),
    Consent: st.builds(Consent, st.sampled_from([NEWS, SERVICE]), channels, st.sampled_from(Said)),
    Reach: st.builds(Reach, channels, st.sampled_from([None, NEWS, SERVICE, 7777]), st.booleans()),
    Stage: st.builds(
        Stage,
        st.sets(st.sampled_from(StageName), min_size=1, max_size=3).map(
            lambda some: tuple(one for one in StageName if one in some)
        ),
        st.booleans(),
    ),
    Record: record_leaves(),
    Moment: st.builds(
        Moment,
        st.sampled_from(When),
        st.one_of(dates, dates, comparisons({Operator.IS_SET, Operator.IS_NOT_SET})),
    ),
    Bucket: buckets,
}
# What has most ways to be said is drawn most often.
DRAWN = (*LEAVES, Attribute, Attribute, Event, Event, Event, Purchase, Bought, Record, Reach)


def leaf_of(segments: tuple[int, ...]) -> st.SearchStrategy[Leaf]:
    """Any leaf."""
    others = st.builds(InSegment, st.sampled_from(segments), st.booleans())
    known = st.sampled_from(DRAWN).flatmap(LEAVES.__getitem__)
    return st.one_of(known, known, known, known, known, known, others)


@st.composite
def trees(draw: st.DrawFn, segments: tuple[int, ...] = LISTS, *, max_leaves: int = 6) -> Node:
    """A tree of any kind of node that may refer to these segments and lists; some of it may be switched off."""
    size = draw(st.sampled_from([1, 2, 3, 3, 4, max_leaves]))
    return draw(_tree(leaf_of(segments), min(size, max_leaves)))


@st.composite
def _tree(draw: st.DrawFn, leaf: st.SearchStrategy[Leaf], size: int) -> Node:
    if size == 1:
        return draw(leaf)
    first = draw(st.integers(1, size - 1))
    children = [draw(_tree(leaf, one)) for one in (first, size - first)]
    if draw(st.integers(0, 7)) == 0:
        children[-1] = Off(children[-1])
    groups: list[type[All | AnyOf | NoneOf]] = [All, AnyOf, NoneOf]
    return draw(st.sampled_from(groups))(tuple(children))


def moments(now: dt.datetime) -> st.SearchStrategy[dt.datetime]:
    """Around the edges of the windows, exactly on them, and up to a day ahead."""
    edges = [dt.timedelta(0), *(span.length for span in SPANS), dt.timedelta(days=1), dt.timedelta(days=70)]
    nudges = [dt.timedelta(0), dt.timedelta(seconds=1), dt.timedelta(seconds=-1), dt.timedelta(hours=-5)]
    past = st.builds(
        lambda edge, nudge: min(now - edge + nudge, now), st.sampled_from(edges), st.sampled_from(nudges)
    )
    ahead = st.sampled_from([dt.timedelta(seconds=1), dt.timedelta(hours=3), dt.timedelta(hours=24)])
    return st.one_of(past, past, past, ahead.map(lambda span: now + span))


@st.composite
def contacts(draw: st.DrawFn) -> dict[str, Any]:
    """A known contact, or in one case of four a visitor."""
    keys = draw(st.lists(st.sampled_from([*CUSTOM, "plan", "plan"]), max_size=4, unique=True))
    columns: dict[str, Any] = {}
    if draw(st.booleans()):
        columns["country"] = draw(st.sampled_from(["NL", "nl", "BE"]))
    if draw(st.booleans()):
        columns["birth_date"] = draw(days)
    if draw(st.booleans()):
        columns["email"] = draw(st.sampled_from(EMAILS))
    if draw(st.integers(0, 3)) == 0:
        columns["phone"] = draw(st.sampled_from(PHONES))
    columns["lifecycle_stage"] = draw(st.sampled_from(STAGES))
    created = draw(moments(NOW))
    return {
        "known": draw(st.integers(0, 3)) > 0,
        "created": created,
        "known_at": draw(st.sampled_from([created, NOW])),
        "seen": draw(st.sampled_from([None, (min(created, NOW), created), (created, created)])),
        "columns": columns,
        "attributes": {key: draw(st.sampled_from(VALUES)) for key in keys},
        "merged_into": None,
    }


def events(personas: list[int], now: dt.datetime) -> st.SearchStrategy[dict[str, Any]]:
    """Something one of these did."""
    properties = st.dictionaries(
        st.sampled_from(["total", "a__gt", "it's"]), st.sampled_from(VALUES), max_size=2
    )
    return st.fixed_dictionaries(
        {
            "persona": st.sampled_from(personas),
            "name": st.sampled_from([*EVENTS[:2], *EVENTS[:2], *EVENTS]),
            "at": moments(now),
            "properties": properties,
        }
    )


def purchases(personas: list[int], now: dt.datetime) -> st.SearchStrategy[dict[str, Any]]:
    """Something one of these bought."""
    return st.fixed_dictionaries(
        {
            "persona": st.sampled_from(personas),
            "at": moments(now),
            "amount": st.sampled_from([money(100), money(250), money(5000)]),
            "refunded": st.sampled_from([money(0), money(0), money(100)]),
            "cancelled": st.sampled_from([False, False, False, True]),
            "items": st.lists(items, max_size=2),
        }
    )


items = st.fixed_dictionaries({key: st.sampled_from(GOODS) for key in ("sku", "name", "category", "maker")})


def consents(personas: list[int], now: dt.datetime) -> st.SearchStrategy[dict[str, Any]]:
    """Something one of these said about a topic, or about all of them."""
    return st.fixed_dictionaries(
        {
            "persona": st.sampled_from(personas),
            "topic": st.sampled_from([NEWS, NEWS, SERVICE, None]),
            "channel": st.sampled_from(["email", "email", "email", "sms"]),
            "state": st.sampled_from(["subscribed", "subscribed", "unsubscribed", "pending"]),
            "at": st.sampled_from([now, now - dt.timedelta(days=1), now - dt.timedelta(days=30)]),
        }
    )


def blocks(now: dt.datetime) -> st.SearchStrategy[tuple[tuple[str, str], dt.datetime | None]]:
    """An address that is blocked, for good or until some moment."""
    ends = [
        None,
        *(now + dt.timedelta(**span) for span in ({"days": -1}, {"seconds": 1}, {"hours": 5}, {"days": 7})),
    ]
    address = st.sampled_from(
        [*(("email", one.lower()) for one in EMAILS), *(("sms", one) for one in PHONES)]
    )
    return st.tuples(address, st.sampled_from(ends))


def records(personas: list[int]) -> st.SearchStrategy[dict[str, Any]]:
    """A booking of one or two of these, of whom one may have two parts in it."""
    return st.fixed_dictionaries(
        {
            "personas": st.lists(st.sampled_from(personas), min_size=1, max_size=3),
            "type": st.sampled_from([BOOKING, BOOKING, "pet"]),
            "fields": st.fixed_dictionaries(
                {}, optional={"due": st.sampled_from(DATES), "a__gt": st.sampled_from(VALUES)}
            ),
        }
    )


@st.composite
def worlds(draw: st.DrawFn, *, merges: bool = True) -> World:
    """Three to six contacts with a few facts each; some were merged, of which some still move their rows."""
    ids = list(range(1001, 1001 + draw(st.integers(3, 6))))
    world = World({number: draw(contacts()) for number in ids}, {number: number for number in ids})
    world.events = draw(st.lists(events(ids, NOW), max_size=14))
    world.purchases = draw(st.lists(purchases(ids, NOW), max_size=6))
    world.consents = draw(st.lists(consents(ids, NOW), max_size=5))
    world.blocked = dict(draw(st.lists(blocks(NOW), max_size=2)))
    world.records = draw(st.lists(records(ids), max_size=4))
    world.members = {one: set(draw(st.lists(st.sampled_from(ids), max_size=3))) for one in LISTS}
    survivor = ids[0]
    for absorbed in draw(st.lists(st.sampled_from(ids[1:]), max_size=2, unique=True)) if merges else []:
        world.contacts[absorbed]["merged_into"] = survivor
        for persona, owner in list(world.owner.items()):
            if owner == absorbed:
                world.owner[persona] = ids[0]
        if draw(st.booleans()):
            world.stale[absorbed] = absorbed
        for one in world.members.values():
            one.discard(absorbed)
        # The next one may have been merged into this one before: a chain of merges.
        survivor = draw(st.sampled_from([ids[0], absorbed]))
    return world
