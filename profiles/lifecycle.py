"""The lifecycle of everybody: who stood where at the end of each month, who moved, who came back and how soon.

Everything is replayed from orders, so that it is true of the past as well; `profiles.stages` says what a stage is, and
a test compares the two. Counted are contacts who are known now, from when they were first seen or first bought.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdp.lib import db
from profiles.stages import Thresholds

# Each order with the one before and the one after it, and what the orders up to it come to. At any moment exactly one
# row of a contact who bought holds: so a moment costs a look at each order, and no sorting.
SPANS: Final = """
    SELECT contact_id, occurred_at AS since, lead(occurred_at) OVER person AS until,
        min(occurred_at) OVER person AS first_at,
        max(CASE WHEN occurred_at - before_at > %(at_risk)s THEN occurred_at END) OVER person AS returned_at
    FROM (
        SELECT purchase.contact_id, purchase.occurred_at, lag(purchase.occurred_at) OVER (
            PARTITION BY purchase.contact_id ORDER BY purchase.occurred_at, purchase.id) AS before_at, purchase.id
        FROM profiles_purchase purchase WHERE purchase.cancelled_at IS NULL
    ) orders
    WINDOW person AS (PARTITION BY contact_id ORDER BY occurred_at, id)
"""
STAGE: Final = """
    CASE
        WHEN {span}.since IS NULL THEN 'never_bought'
        WHEN {at} - {span}.first_at <= %(new)s THEN 'new'
        WHEN {at} - {span}.returned_at <= %(active)s THEN 'won_back'
        WHEN {at} - {span}.since <= %(active)s THEN 'active'
        WHEN {at} - {span}.since <= %(at_risk)s THEN 'at_risk'
        ELSE 'lapsed' END
"""
BUYERS: Final = (
    f"""
    WITH spans AS MATERIALIZED ({SPANS})
    SELECT moment.number, """
    + STAGE.format(span="spans", at="moment.at")
    + """ AS stage, count(*)
    FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS moment(at, number)
    JOIN spans ON spans.since <= moment.at AND (spans.until IS NULL OR spans.until > moment.at)
    JOIN profiles_contact contact ON contact.id = spans.contact_id
    WHERE contact.merged_into_id IS NULL AND contact.known_since_at IS NOT NULL
    GROUP BY moment.number, stage
"""
)
# Those who were there and had not bought yet. Somebody was there from when they were first seen: history that arrives
# today makes people known today, who visited years ago.
PEOPLE: Final = """
    SELECT contact.id, least(contact.known_since_at, activity.first_seen_at) AS there_at
    FROM profiles_contact contact LEFT JOIN profiles_contactactivity activity ON activity.contact_id = contact.id
    WHERE contact.merged_into_id IS NULL AND contact.known_since_at IS NOT NULL
"""
OTHERS: Final = f"""
    WITH people AS MATERIALIZED ({PEOPLE}),
    first AS MATERIALIZED (
        SELECT contact_id, min(occurred_at) AS at FROM profiles_purchase WHERE cancelled_at IS NULL GROUP BY contact_id
    )
    SELECT moment.number, count(*)
    FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS moment(at, number)
    JOIN people ON people.there_at <= moment.at
    LEFT JOIN first ON first.contact_id = people.id
    WHERE first.at IS NULL OR first.at > moment.at
    GROUP BY moment.number
"""
MOVES: Final = (
    f"""
    WITH spans AS MATERIALIZED ({SPANS}), people AS MATERIALIZED ({PEOPLE})
    SELECT """
    + STAGE.format(span="before", at="%(since)s")
    + " AS was, "
    + STAGE.format(span="later", at="%(until)s")
    + """ AS became, count(*)
    FROM people
    LEFT JOIN spans before ON before.contact_id = people.id AND before.since <= %(since)s
        AND (before.until IS NULL OR before.until > %(since)s)
    LEFT JOIN spans later ON later.contact_id = people.id AND later.since <= %(until)s
        AND (later.until IS NULL OR later.until > %(until)s)
    WHERE people.there_at <= %(since)s OR before.since IS NOT NULL
    GROUP BY was, became
"""
)
COHORTS: Final = """
    WITH orders AS MATERIALIZED (
        SELECT purchase.contact_id, date_trunc('month', purchase.occurred_at AT TIME ZONE %(zone)s)::date AS month,
            purchase.amount_base - purchase.refunded_base AS amount
        FROM profiles_purchase purchase JOIN profiles_contact contact ON contact.id = purchase.contact_id
        WHERE purchase.cancelled_at IS NULL AND purchase.occurred_at <= %(now)s AND contact.merged_into_id IS NULL
    ),
    cohorts AS (SELECT contact_id, min(month) AS cohort FROM orders GROUP BY contact_id)
    SELECT cohort, (extract(year FROM age(month, cohort)) * 12 + extract(month FROM age(month, cohort)))::int AS later,
        count(DISTINCT contact_id), sum(amount)
    FROM orders JOIN cohorts USING (contact_id)
    WHERE cohort >= %(since)s
    GROUP BY cohort, later ORDER BY cohort, later
"""
SECOND: Final = """
    WITH orders AS (
        SELECT purchase.contact_id, purchase.occurred_at,
            row_number() OVER (PARTITION BY purchase.contact_id ORDER BY purchase.occurred_at, purchase.id) AS number
        FROM profiles_purchase purchase JOIN profiles_contact contact ON contact.id = purchase.contact_id
        WHERE purchase.cancelled_at IS NULL AND purchase.occurred_at <= %(now)s AND contact.merged_into_id IS NULL
    )
    SELECT floor(extract(epoch FROM second.occurred_at - first.occurred_at) / 86400)::int AS days, count(*)
    FROM orders first LEFT JOIN orders second ON second.contact_id = first.contact_id AND second.number = 2
    WHERE first.number = 1 AND first.occurred_at >= %(since)s
    GROUP BY days ORDER BY days
"""


@dataclass(frozen=True, slots=True)
class Cohort:
    """People by the month of their first order. `people[k]` ordered k months later, and brought `revenue[k]`."""

    month: dt.date
    people: list[int]
    revenue: list[Decimal]

    @property
    def size(self) -> int:
        """How many they are: everybody ordered in month 0."""
        return self.people[0]

    @property
    def cumulative(self) -> list[Decimal]:
        """Revenue a person up to and with each month."""
        total, sums = Decimal(0), []
        for amount in self.revenue:
            total += amount
            sums.append(total / self.size)
        return sums


@dataclass(frozen=True, slots=True)
class SecondOrders:
    """How many days passed between first and second order: `counts[days]` people, `once` never came back so far."""

    counts: dict[int, int]
    once: int

    @property
    def twice(self) -> int:
        """How many ordered a second time."""
        return sum(self.counts.values())

    def without(self, later: "SecondOrders") -> "SecondOrders":
        """Those of them who are not among the others, all of whom are counted here too."""
        counts = {days: people - later.counts.get(days, 0) for days, people in self.counts.items()}
        return SecondOrders(
            {days: people for days, people in counts.items() if people > 0}, self.once - later.once
        )

    def within(self, share: float) -> int | None:
        """The days within which this share of the second orders came; None where there are none."""
        seen = 0
        for days in sorted(self.counts):
            seen += self.counts[days]
            if seen >= share * self.twice:
                return days
        return None


def month_ends(*, months: int, now: dt.datetime, zone: ZoneInfo) -> list[dt.datetime]:
    """The ends of the last months, oldest first; the last of them is now, in the month that still runs."""
    local = now.astimezone(zone)
    starts = [_first(local.date(), back) for back in range(months - 1)]
    return [*(dt.datetime.combine(day, dt.time(), zone) for day in reversed(starts)), now]


def month_start(*, back: int, now: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The first day of the month `back` months ago."""
    return _first(now.astimezone(zone).date(), back)


def _first(day: dt.date, back: int) -> dt.date:
    number = day.year * 12 + day.month - 1 - back
    return dt.date(number // 12, number % 12 + 1, 1)


def _lengths(thresholds: Thresholds) -> dict[str, Any]:
    return {"new": thresholds.new, "active": thresholds.active, "at_risk": thresholds.at_risk}


def stages_at(moments: Sequence[dt.datetime], thresholds: Thresholds) -> list[dict[str, int]]:
    """How many people were in each stage at each of these moments."""
    counted: list[dict[str, int]] = [{} for _ in moments]
    parameters = {**_lengths(thresholds), "moments": list(moments)}
    for number, stage, people in db.fetch(BUYERS, parameters):
        counted[number - 1][stage] = people
    for number, people in db.fetch(OTHERS, parameters):
        counted[number - 1]["never_bought"] = people
    return counted


def moves(thresholds: Thresholds, *, since: dt.datetime, until: dt.datetime) -> dict[tuple[str, str], int]:
    """How many people went from one stage to another between two moments; those who stayed as well."""
    rows = db.fetch(MOVES, {**_lengths(thresholds), "since": since, "until": until})
    return {(was, became): people for was, became, people in rows}


def cohorts(*, since: dt.date, now: dt.datetime, zone: ZoneInfo) -> list[Cohort]:
    """Everybody whose first order was in `since`'s month or later, by month; each as far as months have passed."""
    rows = db.fetch(COHORTS, {"since": since, "now": now, "zone": zone.key})
    this_month = _first(now.astimezone(zone).date(), 0)
    found: dict[dt.date, Cohort] = {}
    for month, later, people, amount in rows:
        length = (this_month.year - month.year) * 12 + this_month.month - month.month + 1
        cohort = found.setdefault(month, Cohort(month, [0] * length, [Decimal(0)] * length))
        cohort.people[later], cohort.revenue[later] = people, amount
    return list(found.values())


def second_orders(*, since: dt.datetime, now: dt.datetime) -> SecondOrders:
    """How soon those who first bought since then came back."""
    counts: dict[int | None, int] = dict(db.fetch(SECOND, {"since": since, "now": now}))
    once = counts.pop(None, 0)
    return SecondOrders({days: people for days, people in counts.items() if days is not None}, once)
