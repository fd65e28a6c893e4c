"""The grid of a calendar: weeks of days with what lies on each, and bars in lanes for what lasts longer."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cdp.schedule import Live, Send, Span

DAY: Final = dt.timedelta(days=1)
WEEK: Final = 7 * DAY
LANES: Final = 6  # that the style sheet has places for
MOST: Final = 4  # broadcasts that a day of a month shows


@dataclass(frozen=True, slots=True)
class Window:
    """The days that a page shows, both included, and those among them that it is about (a month's own)."""

    first: dt.date
    last: dt.date
    own: tuple[dt.date, dt.date]
    is_week: bool

    def moments(self, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
        """From midnight to midnight in the zone, whatever its clocks do in between."""
        return _midnight(self.first, zone), _midnight(self.last + DAY, zone)


def month(day: dt.date, *, week_starts_on: int) -> Window:
    """The month of a day, filled up to whole weeks."""
    first = day.replace(day=1)
    last = (first + 31 * DAY).replace(day=1) - DAY
    return Window(
        beginning(first, week_starts_on), beginning(last, week_starts_on) + 6 * DAY, (first, last), False
    )


def week(day: dt.date, *, week_starts_on: int) -> Window:
    """The week of a day."""
    first = beginning(day, week_starts_on)
    return Window(first, first + 6 * DAY, (first, first + 6 * DAY), True)


def beginning(day: dt.date, week_starts_on: int) -> dt.date:
    """The first day of a day's week."""
    return day - (day.weekday() - week_starts_on) % 7 * DAY


@dataclass(frozen=True, slots=True)
class Bar:
    """The part of a campaign that lies in one week. `length` is in days."""

    span: Span
    lane: int
    length: int
    begins: bool  # here, and not in a week before
    ends: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day with what lies on it; `shift` is by how many minutes its clocks are put forward (or back, below 0)."""

    date: dt.date
    is_own: bool
    is_today: bool
    is_past: bool
    shift: int
    sends: Sequence[Send]
    more: int  # broadcasts that found no room
    begun: Sequence[Live]
    bars: list[Bar] = field(default_factory=list)
    crowded: list[Span] = field(default_factory=list)  # campaigns that found no lane

    @property
    def is_empty(self) -> bool:
        """Whether nothing happens on it; a campaign that goes on is nothing new."""
        begins = any(bar.begins for bar in self.bars)
        return not (self.sends or self.begun or begins or self.crowded or self.shift)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, with so many lanes of bars above what lies on each."""

    days: list[Day]
    lanes: int


def lay(
    window: Window,
    *,
    sends: Sequence[Send],
    spans: Sequence[Span],
    lives: Sequence[Live],
    today: dt.date,
    zone: dt.tzinfo,
) -> list[Week]:
    """Everything in its place."""
    laid = []
    for first in _weeks(window):
        days = [
            _day(first + number * DAY, window, sends=sends, lives=lives, today=today, zone=zone)
            for number in range(7)
        ]
        laid.append(Week(days, _bars(days, spans)))
    return laid


def _weeks(window: Window) -> Iterator[dt.date]:
    first = window.first
    while first <= window.last:
        yield first
        first += WEEK


def _day(
    date: dt.date,
    window: Window,
    *,
    sends: Sequence[Send],
    lives: Sequence[Live],
    today: dt.date,
    zone: dt.tzinfo,
) -> Day:
    on = [one for one in sends if one.at.astimezone(zone).date() == date]
    shown = len(on) if window.is_week or len(on) <= MOST else MOST - 1
    return Day(
        date=date,
        is_own=window.own[0] <= date <= window.own[1],
        is_today=date == today,
        is_past=date < today,
        shift=_shift(date, zone),
        sends=on[:shown],
        more=len(on) - shown,
        begun=[one for one in lives if one.since.astimezone(zone).date() == date],
    )


def _shift(date: dt.date, zone: dt.tzinfo) -> int:
    """Minutes that a day lacks of 24 hours: 60 where its clocks go forward, -60 where they go back."""
    begin, end = (_midnight(day, zone).astimezone(dt.UTC) for day in (date, date + DAY))
    return int((DAY - (end - begin)).total_seconds()) // 60


def _midnight(date: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), zone)


def _bars(days: list[Day], spans: Sequence[Span]) -> int:
    """Lay campaigns over a week, each in the first lane that is free; how many lanes that took."""
    first, last = days[0].date, days[-1].date
    free = [first] * LANES  # from which day on a lane is
    used = 0
    for span in spans:
        if span.last < first or span.first > last:
            continue
        begin, end = max(span.first, first), min(span.last, last)
        day = days[(begin - first).days]
        lane = next((number for number, since in enumerate(free) if since <= begin), None)
        if lane is None:
            day.crowded.append(span)
            continue
        free[lane], used = end + DAY, max(used, lane + 1)
        length = (end - begin).days + 1
        day.bars.append(Bar(span, lane, length, begins=span.first == begin, ends=span.last == end))
    return used
