"""Lifecycle stages: how a person stands with us, told by the moments of their orders and plain thresholds.

Never bought; new: the first order is at most 30 days ago; won back: ordered within the last 90 days, after having been
lapsed; active: the last order is at most 90 days ago; at risk: at most 180; lapsed beyond. Read in this order. The
days are settings. Nothing here asks the database; `profiles.staging` keeps what is said here true.
"""

import bisect
import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from profiles.models import Settings

INSTANT: Final = dt.timedelta(microseconds=1)  # the next moment there is: "at most 90 days" includes the 90th


class Stage(models.TextChoices):
    """How a person stands with us. Visitors who never bought have none."""

    NEVER_BOUGHT = "never_bought", _("Never bought")
    NEW = "new", pgettext_lazy("lifecycle stage", "New")
    ACTIVE = "active", pgettext_lazy("lifecycle stage", "Active")
    AT_RISK = "at_risk", _("At risk")
    LAPSED = "lapsed", _("Lapsed")
    WON_BACK = "won_back", _("Won back")


VISITOR: Final = "visitor"  # on charts, where the absence of a stage wants a name


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How long after an order each stage lasts."""

    new: dt.timedelta = dt.timedelta(days=30)
    active: dt.timedelta = dt.timedelta(days=90)
    at_risk: dt.timedelta = dt.timedelta(days=180)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the workspace has set them."""
        days = (settings.new_days, settings.active_days, settings.at_risk_days)
        return cls(*(dt.timedelta(days=number) for number in days))


@dataclass(frozen=True, slots=True)
class Bought:
    """What of somebody's orders decides the stage, at one moment."""

    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    returned_at: dt.datetime | None = None  # the latest order that came after a lapse
    coming_at: dt.datetime | None = None  # the first order after the moment: clocks differ

    @classmethod
    def by(cls, orders: Sequence[dt.datetime], thresholds: Thresholds, *, at: dt.datetime) -> Self:
        """What these orders, oldest first, come to at a moment."""
        count = bisect.bisect_right(orders, at)
        past = orders[:count]
        returns = (order for before, order in itertools.pairwise(past) if order - before > thresholds.at_risk)
        return cls(
            first_at=past[0] if past else None,
            last_at=past[-1] if past else None,
            returned_at=max(returns, default=None),
            coming_at=orders[count] if count < len(orders) else None,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one stage; `stage` is a Stage's value or VISITOR."""

    stage: str
    since_at: dt.datetime
    until_at: dt.datetime

    @property
    def label(self) -> str:
        """The stage in words."""
        return str(_("Visitor") if self.stage == VISITOR else Stage(self.stage).label)


def stage(bought: Bought, thresholds: Thresholds, *, at: dt.datetime) -> Stage:
    """The stage at a moment; `bought` holds no later order as past."""
    if bought.first_at is None or bought.last_at is None:
        return Stage.NEVER_BOUGHT
    if at - bought.first_at <= thresholds.new:
        return Stage.NEW
    if bought.returned_at is not None and at - bought.returned_at <= thresholds.active:
        return Stage.WON_BACK
    since = at - bought.last_at
    if since <= thresholds.active:
        return Stage.ACTIVE
    return Stage.AT_RISK if since <= thresholds.at_risk else Stage.LAPSED


def changes_at(bought: Bought, thresholds: Thresholds, *, at: dt.datetime) -> dt.datetime | None:
    """The next moment after `at` at which time alone changes the stage; None: never."""
    now = stage(bought, thresholds, at=at)
    for moment in sorted(moment for moment in _edges(bought, thresholds) if moment > at):
        if moment == bought.coming_at or stage(bought, thresholds, at=moment) != now:
            return moment
    return None


def _edges(bought: Bought, thresholds: Thresholds) -> list[dt.datetime]:
    """The moments at which a stage can end."""
    edges = [bought.coming_at] if bought.coming_at else []
    if bought.first_at and bought.last_at:
        edges += [bought.first_at + thresholds.new + INSTANT]
        edges += [bought.last_at + length + INSTANT for length in (thresholds.active, thresholds.at_risk)]
    if bought.returned_at:
        edges += [bought.returned_at + thresholds.active + INSTANT]
    return edges


def history(
    orders: Sequence[dt.datetime],
    thresholds: Thresholds,
    *,
    known_at: dt.datetime | None,
    since: dt.datetime,
    until: dt.datetime,
) -> list[Span]:
    """The stages of a person from one moment to another, replayed from their orders, oldest first."""
    if since >= until:
        return []
    lengths = (thresholds.new, thresholds.active, thresholds.at_risk)
    edges = {order + length + INSTANT for order in orders for length in lengths} | {since, *orders}
    edges |= {known_at} if known_at else set()
    spans: list[Span] = []
    for edge in sorted(moment for moment in edges if since <= moment < until):
        name = _stage_then(orders, thresholds, known_at=known_at, at=edge)
        if spans and spans[-1].stage == name:
            continue
        if spans:
            spans[-1] = Span(spans[-1].stage, spans[-1].since_at, edge)
        spans.append(Span(name, edge, until))
    return spans


def _stage_then(
    orders: Sequence[dt.datetime], thresholds: Thresholds, *, known_at: dt.datetime | None, at: dt.datetime
) -> str:
    found = stage(Bought.by(orders, thresholds, at=at), thresholds, at=at)
    if found == Stage.NEVER_BOUGHT and (known_at is None or known_at > at):
        return VISITOR
    return str(found.value)
