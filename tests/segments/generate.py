"""Random trees and random worlds, drawn so that they meet: the same few names, values around the thresholds."""

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from segments.ast import (
    CALENDAR_OPERATORS,
    NUMBER_OPERATORS,
    All,
    AnyOf,
    Attribute,
    Between,
    Comparison,
    Event,
    Ever,
    Filter,
    Frequency,
    InSegment,
    Last,
    Measure,
    Node,
    NoneOf,
    Operator,
    Purchase,
    Span,
    Unit,
    Window,
)
from segments.operators import ROWS, Kind
from tests.conftest import NOW
from tests.segments.world import EVENTS, NOBODY_DID, World, money

LISTS = (901, 902)
CUSTOM = ("plan", "a__gt", "contains", "it's", 'quo"te', "100%s", "née", "plan' OR true --")
COLUMNS = ("country", "email", "birth_date")
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
    NOW.date() + dt.timedelta(days=days) for days in (-400, -60, -31, -30, -8, -7, -2, -1, 0, 1, 2, 7, 30)
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
ARGUMENTS: dict[Operator, st.SearchStrategy[Any]] = {
    **{one: words for one, row in ROWS.items() if row.kind is Kind.TEXT},
    **dict.fromkeys(NUMBER_OPERATORS, numbers),
    **{one: days for one, row in ROWS.items() if row.kind is Kind.DATE},
    **dict.fromkeys(CALENDAR_OPERATORS, day_spans),
    **{
        one: st.lists(words, min_size=1, max_size=3).map(tuple)
        for one, row in ROWS.items()
        if row.kind is Kind.LIST
    },
    **{one: st.none() for one, row in ROWS.items() if row.kind in (Kind.BOOLEAN, Kind.ANY)},
    Operator.IS_ANY_OF: st.lists(words, min_size=1, max_size=3).map(tuple),
    Operator.IS_NONE_OF: st.lists(words, min_size=1, max_size=3).map(tuple),
    Operator.NUMBER_BETWEEN: st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair))),
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
def event_leaves(draw: st.DrawFn) -> Event:
    """An event that somebody may have done, with a filter in one case of four."""
    frequency = draw(st.sampled_from(Frequency))
    least = 1 if frequency is Frequency.AT_LEAST else 0
    count = 0 if frequency is Frequency.NEVER else draw(st.integers(least, 3))
    where = draw(st.lists(filters, min_size=1, max_size=2)) if draw(st.integers(0, 3)) == 0 else []
    name = draw(st.sampled_from([*EVENTS[:2], *EVENTS[:2], *EVENTS, NOBODY_DID]))
    return Event(name, frequency, count, draw(windows), tuple(where))


@st.composite
def purchase_leaves(draw: st.DrawFn) -> Purchase:
    """A question about money, orders or days."""
    measure = draw(st.sampled_from(Measure))
    window = Ever() if measure is Measure.DAYS_SINCE_LAST else draw(windows)
    return Purchase(measure, draw(comparisons(NUMBER_OPERATORS)), window)


attribute_leaves = st.builds(
    Attribute, st.sampled_from(["plan", "plan", *CUSTOM, *COLUMNS]), st.one_of(comparisons(), comparisons())
)


def trees(segments: tuple[int, ...] = LISTS, *, max_leaves: int = 6) -> st.SearchStrategy[Node]:
    """A tree of any kind of node that may refer to these segments and lists."""
    leaves: st.SearchStrategy[Node] = st.one_of(
        attribute_leaves,
        event_leaves(),
        event_leaves(),
        purchase_leaves(),
        st.builds(InSegment, st.sampled_from(segments), st.booleans()),
    )
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            lambda group, children: group(tuple(children)),
            st.sampled_from([All, AnyOf, NoneOf]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=max_leaves,
    )


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
    return {
        "known": draw(st.integers(0, 3)) > 0,
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
        }
    )


@st.composite
def worlds(draw: st.DrawFn, *, merges: bool = True) -> World:
    """Three to six contacts with a few facts each; some were merged, of which some still move their rows."""
    ids = list(range(1001, 1001 + draw(st.integers(3, 6))))
    world = World({number: draw(contacts()) for number in ids}, {number: number for number in ids})
    world.events = draw(st.lists(events(ids, NOW), max_size=14))
    world.purchases = draw(st.lists(purchases(ids, NOW), max_size=6))
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
