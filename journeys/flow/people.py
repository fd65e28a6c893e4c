"""What steps and doors may ask about people: for whom a condition holds now, and which clock is theirs.

Whatever the number of people, each question is one statement; what all questions need is asked once.
"""

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from cdp.lib import db
from profiles.workspace import zone
from segments import catalog, compiler
from segments.ast import Node
from segments.conditions import Context


class People:
    """The people of one batch, at one moment. `conditions` are those that may be asked of them."""

    def __init__(self, *, now: dt.datetime, conditions: Iterable[Node] = ()) -> None:
        self._now = now
        self._conditions = list(conditions)

    @functools.cached_property
    def context(self) -> Context:
        """The moment, the workspace's zone, and what names stand for."""
        return catalog.context(self._conditions, now=self._now)

    def who(self, condition: Node, contacts: Sequence[int]) -> set[int]:
        """Those of the contacts for whom the condition holds now; visitors count, too."""
        sql, parameters = compiler.members(
            condition, context=self.context, include_visitors=True, only=sorted(set(contacts))
        )
        return {row[0] for row in db.fetch(sql, parameters)}

    def zones(self, contacts: Sequence[int]) -> Mapping[int, ZoneInfo]:
        """The time zone of each of these contacts; the workspace's where they have none that we know."""
        rows = db.fetch("SELECT id, timezone FROM profiles_contact WHERE id = ANY(%s)", [list(set(contacts))])
        return {contact: zone(name) or self.home for contact, name in rows}

    @property
    def home(self) -> ZoneInfo:
        """The workspace's time zone."""
        return self.context.zone
