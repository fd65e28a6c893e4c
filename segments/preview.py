"""How many people a tree means right now, and what else stands beside it: exact where that is quick, else an estimate.

All numbers are algebra over the sets of people that its conditions mean (`leafsets`). An estimate is one statement:
it finds out which conditions hold for some people drawn at random, and all numbers are counted from that.
"""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import OperationalError

from cdp.lib import db
from segments import catalog, leafsets
from segments.ast import All, Leaf, Node, Reach, Reachable, leaves, live
from segments.compiler import Asked, combined, population
from segments.conditions import Context, Parameters
from segments.leafsets import Sets
from segments.scopes import Scope
from segments.tallies import Effect, Tally, tallies

SAMPLE: Final = 10
ASKED: Final = (
    5_000  # contacts asked for an estimate: within about 1.4 points of the truth, 19 times out of 20
)
LOOK: Final = """
WITH asked AS MATERIALIZED (SELECT c.id{answers} FROM profiles_contact c{joins} WHERE {population})
SELECT count(*), {numbers}, (
    SELECT array_agg(id) FROM (
        SELECT id FROM asked WHERE {holds} ORDER BY hashint8extended(id, 7) LIMIT {sample}
    ) AS drawn
) FROM asked
"""


@dataclass(frozen=True, slots=True)
class Step:
    """People left after a condition at the top of the tree; `path` is how problems with that condition begin."""

    path: str
    count: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a tree means at one moment. `known`: everybody asked, visitors only when they were included.

    `reach` counts, by channel, those among them whom marketing may and can reach. `sample`: up to ten of them, always
    the same ten of the same set. `rows` are the numbers of everything inside the tree, in its order.
    """

    count: int
    is_exact: bool
    known: int
    reach: dict[str, int]
    rows: list[Tally[int]]
    sample: list[int]
    as_of: dt.datetime

    @property
    def funnel(self) -> list[Step]:
        """People left after each condition of a tree of which all must hold; after another tree, the whole."""
        left = [
            Step(one.path, one.people) for one in self.rows if one.level == 1 and one.effect == Effect.LEAVES
        ]
        return left or [Step("", self.count)]


@dataclass(frozen=True, slots=True)
class _Question:
    """The statement, and what its numbers are about: the count, then the channels, then the rows."""

    sql: str
    parameters: dict[str, Any]
    rows: Sequence[Tally[str]]


@dataclass(frozen=True, slots=True)
class _Conditions:
    """People as conditions of a statement in which the leaves have these names."""

    names: Mapping[Leaf, str]

    def meaning(self, node: Node) -> str:
        return combined(node, self.names.__getitem__)

    def both(self, one: str, other: str) -> str:
        return f"({one} AND {other})"

    def without(self, one: str, other: str) -> str:
        return f"({one} AND NOT {other})"


def look(
    node: Node,
    *,
    now: dt.datetime,
    include_visitors: bool = False,
    milliseconds: int = 1_500,
    seed: int = 7,
) -> Look:
    """Count exactly within the time limit, else estimate from contacts drawn at random."""
    subject = live(node) or All(())
    reached = [Reach(channel) for channel in Reachable]
    try:
        sets = leafsets.sets(
            [*leaves(subject), *reached],
            now=now,
            include_visitors=include_visitors,
            milliseconds=milliseconds,
        )
    except OperationalError:
        context = catalog.context([subject], now=now)
        return _estimate(subject, context, include_visitors, random.Random(seed))  # noqa: S311 - no secret
    return _exact(subject, sets, seed)


def _exact(node: Node, sets: Sets, seed: int) -> Look:
    found = sets.meaning(node)
    drawn = random.Random(seed).sample(range(len(found)), min(SAMPLE, len(found)))  # noqa: S311 - no secret
    return Look(
        count=len(found),
        is_exact=True,
        known=len(sets.everybody),
        reach={one.value: found.intersection_cardinality(sets.found[Reach(one)]) for one in Reachable},
        rows=[one.of(len(one.people)) for one in tallies(node, sets.everybody, sets)],
        sample=[found[place] for place in drawn],
        as_of=sets.as_of,
    )


def _question(
    node: Node, context: Context, *, include_visitors: bool, only: Sequence[int] | None = None
) -> _Question:
    scope = Scope(context, Parameters(), only)
    asked = Asked(scope)
    reached = [Reach(channel) for channel in Reachable]
    names: dict[Leaf, str] = {
        leaf: f"l{n}" for n, leaf in enumerate(dict.fromkeys([*leaves(node), *reached]))
    }
    answers = "".join(f", {asked.holds(leaf)} AS {name}" for leaf, name in names.items())
    conditions = _Conditions(names)
    holds = conditions.meaning(node)
    rows = list(tallies(node, "true", conditions))
    numbers = [holds, *(f"{holds} AND {names[one]}" for one in reached), *(one.people for one in rows)]
    sql = LOOK.format(
        answers=answers,
        joins=asked.joins,
        population=population(scope, include_visitors=include_visitors),
        numbers=", ".join(f"count(*) FILTER (WHERE {number})" for number in numbers),
        holds=holds,
        sample=SAMPLE,
    )
    return _Question(sql, scope.parameters.values, rows)


def _look(
    question: _Question, row: Sequence[Any], *, now: dt.datetime, scale: float = 1.0, is_exact: bool = True
) -> Look:
    known, count, *rest, sample = row
    numbers = [round(number * scale) for number in rest]
    channels = [channel.value for channel in Reachable]
    people = numbers[len(channels) :]
    return Look(
        count=round(count * scale),
        is_exact=is_exact,
        known=round(known * scale),
        reach=dict(zip(channels, numbers, strict=False)),
        rows=[one.of(number) for one, number in zip(question.rows, people, strict=True)],
        sample=sample or [],
        as_of=now,
    )


def _estimate(node: Node, context: Context, include_visitors: bool, chance: random.Random) -> Look:
    """Draw numbers below the highest contact's; those that are nobody tell how many people there are."""
    ((highest,),) = db.fetch("SELECT COALESCE(max(id), 0) FROM profiles_contact")
    drawn = chance.sample(range(1, highest + 1), min(ASKED, highest))
    question = _question(node, context, include_visitors=include_visitors, only=drawn)
    rows = db.fetch(question.sql, question.parameters)
    scale = highest / len(drawn) if drawn else 0.0
    return _look(question, rows[0], now=context.now, scale=scale, is_exact=False)
