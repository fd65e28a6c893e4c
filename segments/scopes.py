"""One statement in the making: what a leaf about facts may use to say who answers yes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from segments.ast import Between, Ever, Last, Window
from segments.conditions import Context, Parameters, with_absorbed


@dataclass(frozen=True, slots=True)
class Answer:
    """A statement with contact ids, or, for an opposite, with those for whom the leaf does not hold."""

    sql: str
    opposite: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """One statement in the making: the context, its bound values, and the contacts it is restricted to."""

    context: Context
    parameters: Parameters
    only: Sequence[int] | None = None

    def bind(self, value: object) -> str:
        """Keep a bound value; what stands for it in the statement."""
        return self.parameters.bind(value)

    def at(self, moment: dt.datetime) -> "Scope":
        """The same statement's scope, asked as if it were another moment."""
        return replace(self, context=replace(self.context, now=moment))

    @property
    def owner(self) -> str:
        """Whose a row of facts `f` is now."""
        return "COALESCE(moving.survivor, f.contact_id)" if self.context.moving else "f.contact_id"

    @property
    def following(self) -> str:
        """The join that `owner` needs."""
        if not self.context.moving:
            return ""
        absorbed, survivors = list(self.context.moving), list(self.context.moving.values())
        return (
            f" LEFT JOIN unnest({self.bind(absorbed)}::bigint[], {self.bind(survivors)}::bigint[])"
            " AS moving (absorbed, survivor) ON moving.absorbed = f.contact_id"
        )

    @property
    def restriction(self) -> str:
        """The condition that keeps to the wanted contacts."""
        if self.only is None:
            return ""
        return f" AND f.contact_id = ANY({self.bind(with_absorbed(self.only, self.context))}::bigint[])"

    @property
    def day(self) -> str:
        """The workspace's day on which a row of facts lies."""
        return f"(f.occurred_at AT TIME ZONE {self.bind(self.context.zone.key)})::date"


def within(window: Window, scope: Scope) -> str:
    """The condition that a row of facts lies in a window; what lies ahead never does."""
    until = f"f.occurred_at <= {scope.bind(scope.context.now)}"
    match window:
        case Ever():
            return until
        case Last(span):
            return f"f.occurred_at > {scope.bind(scope.context.now - span.length)} AND {until}"
        case Between(start, end):
            first = scope.context.midnight(start)
            last = scope.context.midnight(end + dt.timedelta(days=1))
            return f"f.occurred_at >= {scope.bind(first)} AND f.occurred_at < {scope.bind(last)} AND {until}"
        case _:
            assert_never(window)
