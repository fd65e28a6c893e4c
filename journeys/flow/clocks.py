"""Times of day in somebody's own zone, as moments; days with 23 and 25 hours included."""

import datetime as dt
from zoneinfo import ZoneInfo

from journeys.flow.shapes import Window

DAY: dt.timedelta = dt.timedelta(days=1)


def moment(day: dt.date, at: dt.time, zone: ZoneInfo) -> dt.datetime:
    """When it is that time on that day. A time that the clocks skip is so much later; one they repeat, the first."""
    return dt.datetime.combine(day, at, zone).astimezone(dt.UTC)


def opening(window: Window, zone: ZoneInfo, *, now: dt.datetime) -> dt.datetime:
    """The first moment from `now` on that lies in the window: `now` itself, or a later beginning."""
    today = now.astimezone(zone).date()
    # From yesterday on, for a window may reach over midnight; nine days, for a window may fall into a skipped hour.
    for distance in range(-1, 9):
        day = today + distance * DAY
        if day.weekday() not in window.days:
            continue
        start = moment(day, window.start, zone)
        if now < moment(day if window.end > window.start else day + DAY, window.end, zone):
            return max(start, now)
    return now + 7 * DAY  # it fell into the hour that the clocks skipped: look again in a week
