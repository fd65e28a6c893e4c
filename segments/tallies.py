"""The number beside each condition and group of a tree: whom it leaves, adds or takes away where it stands.

Conditions are looked at in their order. Whoever comes to a group of which all must hold is sieved by its conditions
one after the other. To a group of which any may hold each condition adds those whom none above it had; from a group
of those left out each takes away those who were not gone yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from segments.ast import All, AnyOf, Node, NoneOf


class Effect(StrEnum):
    """What a condition does to the people who come to it."""

    LEAVES = "leaves"
    ADDS = "adds"
    TAKES = "takes"


class Algebra[S](Protocol):
    """How groups of people are met: as sets, or as conditions of a statement."""

    def meaning(self, node: Node) -> S:
        """Those for whom a tree holds."""

    def both(self, one: S, other: S) -> S:
        """Those who are in both."""

    def without(self, one: S, other: S) -> S:
        """Those who are in the first alone."""


@dataclass(frozen=True, slots=True)
class Tally[S]:
    """The people counted beside a condition or group; `path` is how problems with it begin."""

    path: str
    node: Node
    effect: Effect
    people: S

    @property
    def level(self) -> int:
        """How deep it stands: 1 for the conditions and groups at the top."""
        return self.path.count("children")

    def of[T](self, people: T) -> "Tally[T]":
        """The same place with the people in another form: their number, say."""
        return Tally(self.path, self.node, self.effect, people)


def tallies[S](node: Node, everybody: S, algebra: Algebra[S], *, path: str = "") -> Iterator[Tally[S]]:
    """Of everything inside a group to which these people come; groups behind what they hold."""
    match node:
        case All(children):
            left = everybody
            for number, child in enumerate(children):
                here = f"{path}children.{number}."
                yield from tallies(child, left, algebra, path=here)
                left = algebra.both(left, algebra.meaning(child))
                yield Tally(here, child, Effect.LEAVES, left)
        case AnyOf(children) | NoneOf(children):
            effect = Effect.ADDS if isinstance(node, AnyOf) else Effect.TAKES
            rest = everybody
            for number, child in enumerate(children):
                here, meant = f"{path}children.{number}.", algebra.meaning(child)
                yield from tallies(child, rest, algebra, path=here)
                yield Tally(here, child, effect, algebra.both(rest, meant))
                rest = algebra.without(rest, meant)
        case _:
            return
