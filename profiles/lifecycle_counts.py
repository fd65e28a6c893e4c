"""What the lifecycle's charts say, counted in the background: a page reads a row where counting reads every order.

Rows are as old as their `counted_at`, which stands under the chart. Where there is none, none young enough, or one that
was counted with other settings, the page counts for itself.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdp.lib import shortly
from profiles import lifecycle
from profiles.lifecycle import Cohort, SecondOrders
from profiles.models import LifecycleCount
from profiles.stages import Thresholds

MONTHS: Final = (6, 12, 24, 36)  # that a chart may look back
DAYS: Final = (7, 30, 90)
AGE: Final = dt.timedelta(minutes=15)  # then it is counted again
OLDEST: Final = dt.timedelta(hours=1)  # beyond it, the counting has stopped and nothing of it is shown

type Answer = dict[str, Any]  # as JSON


@dataclass(frozen=True, slots=True)
class Ground:
    """What the numbers stand on beside the orders."""

    thresholds: Thresholds
    zone: ZoneInfo
    now: dt.datetime

    @property
    def about(self) -> dict[str, Any]:
        """All but the moment, as JSON."""
        lengths = (self.thresholds.new, self.thresholds.active, self.thresholds.at_risk)
        return {"zone": self.zone.key, "days": [length.days for length in lengths]}

    def months(self, count: int) -> list[dt.date]:
        """The first days of the last months, oldest first."""
        return [
            lifecycle.month_start(back=back, now=self.now, zone=self.zone) for back in reversed(range(count))
        ]

    def start(self, months: int) -> dt.datetime:
        """The moment at which the first of the last months began."""
        return dt.datetime.combine(self.months(months)[0], dt.time(), self.zone)


def _stages(months: int, ground: Ground) -> Answer:
    ends = lifecycle.month_ends(months=months, now=ground.now, zone=ground.zone)
    counted = lifecycle.stages_at(ends, ground.thresholds)
    return {"months": [day.isoformat() for day in ground.months(months)], "counted": counted}


def _moves(days: int, ground: Ground) -> Answer:
    since = ground.now - dt.timedelta(days=days)
    counted = lifecycle.moves(ground.thresholds, since=since, until=ground.now)
    return {"moves": [[was, became, people] for (was, became), people in counted.items()]}


def _cohorts(months: int, ground: Ground) -> Answer:
    names = [day.isoformat() for day in ground.months(months)]
    found = lifecycle.cohorts(since=ground.months(months)[0], now=ground.now, zone=ground.zone)
    rows = [[one.month.isoformat(), one.people, [str(amount) for amount in one.revenue]] for one in found]
    return {"months": names, "cohorts": rows}


def _second(months: int, ground: Ground) -> Answer:
    found = lifecycle.second_orders(since=ground.start(months), now=ground.now)
    return {"counts": [[days, people] for days, people in found.counts.items()], "once": found.once}


WIDE: Final = ("stages", "cohorts")  # counted over the longest time; a shorter one is the end of it
QUESTIONS: Final[Mapping[str, tuple[Callable[[int, Ground], Answer], tuple[int, ...]]]] = {
    "stages": (_stages, MONTHS[-1:]),
    "moves": (_moves, DAYS),
    "cohorts": (_cohorts, MONTHS[-1:]),
    "second": (_second, MONTHS),
}


def count(ground: Ground) -> bool:
    """Count everything again where it is older than AGE or stands on other ground; whether it was."""
    rows = LifecycleCount.objects.filter(counted_at__gt=ground.now - AGE).values_list("about", flat=True)
    if rows and all(about == ground.about for about in rows):
        return False
    counted = [
        LifecycleCount(
            name=f"{name}:{choice}", about=ground.about, answer=ask(choice, ground), counted_at=ground.now
        )
        for name, (ask, choices) in QUESTIONS.items()
        for choice in choices
    ]
    LifecycleCount.objects.bulk_create(
        counted,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["about", "answer", "counted_at"],
    )
    return True


def read(name: str, choice: int, ground: Ground) -> tuple[Answer, dt.datetime]:
    """The answer to one of QUESTIONS, and as of when; counted on the spot where no row has it."""
    kept = f"{name}:{MONTHS[-1] if name in WIDE else choice}"
    row = LifecycleCount.objects.filter(name=kept, counted_at__gt=ground.now - OLDEST).first()
    if row is not None and row.about == ground.about:
        return _end(row.answer, choice) if name in WIDE else row.answer, row.counted_at
    ask, _choices = QUESTIONS[name]
    return shortly.kept(
        f"lifecycle:{name}", (choice, ground.about), lambda: ask(choice, ground), now=ground.now
    )


def _end(answer: Answer, months: int) -> Answer:
    """The last months of what was counted over more of them."""
    names = answer["months"][-months:]
    if "counted" in answer:
        return {"months": names, "counted": answer["counted"][-months:]}
    return {"months": names, "cohorts": [row for row in answer["cohorts"] if row[0] >= names[0]]}


def months_of(answer: Answer) -> list[dt.date]:
    """The months of an answer, by their first days."""
    return [dt.date.fromisoformat(day) for day in answer["months"]]


def moves_of(answer: Answer) -> dict[tuple[str, str], int]:
    """Who went from which stage to which."""
    return {(was, became): people for was, became, people in answer["moves"]}


def cohorts_of(answer: Answer) -> list[Cohort]:
    """People by the month of their first order."""
    return [
        Cohort(dt.date.fromisoformat(month), people, [Decimal(amount) for amount in revenue])
        for month, people, revenue in answer["cohorts"]
    ]


def second_of(answer: Answer) -> SecondOrders:
    """How soon people came back."""
    return SecondOrders(dict(answer["counts"]), answer["once"])
