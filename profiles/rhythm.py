"""How often somebody buys, and when the next order is to be expected, told by nothing but their own orders."""

import datetime as dt
import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

FEWEST: Final = 4  # orders below which a rhythm is a guess
LATEST: Final = 12  # orders that count: people change
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """The days between which the next order is to be expected: the middle half of somebody's gaps after the last."""

    since: dt.date
    until: dt.date

    @property
    def words(self) -> str:
        """The days, as "24 – 27 Nov 2026"."""
        last = formats.date_format(self.until, "j M Y")
        if self.since == self.until:
            return last
        is_near = (self.since.year, self.since.month) == (self.until.year, self.until.month)
        shape = "j" if is_near else "j M" if self.since.year == self.until.year else "j M Y"
        return f"{formats.date_format(self.since, shape)} – {last}"


def expected(bought: Sequence[dt.datetime], *, zone: dt.tzinfo) -> Expected | None:
    """When whoever bought at these moments, the oldest first, is likely to buy again; None where that is not known."""
    days = sorted({moment.astimezone(zone).date() for moment in bought})[-LATEST:]
    if len(days) < FEWEST:
        return None
    gaps = [(later - earlier).days for earlier, later in itertools.pairwise(days)]
    soon, _middle, late = statistics.quantiles(gaps, n=4, method="inclusive")
    return Expected(days[-1] + round(soon) * DAY, days[-1] + round(late) * DAY)


def sentence(bought: Sequence[dt.datetime], *, now: dt.datetime) -> str:
    """ "Bought 7 times, about every 41 days; 63 days since the last." """
    if not bought:
        return _("Has not bought anything yet.")
    ago = (now - bought[-1]).days
    last = ngettext("%(days)d day since the last", "%(days)d days since the last", ago) % {"days": ago}
    if len(bought) == 1:
        return _("Bought once; %(last)s.") % {"last": last}
    gap = round((bought[-1] - bought[0]).total_seconds() / 86400 / (len(bought) - 1))
    words = {"times": len(bought), "gap": gap, "last": last}
    if gap < 1:
        return _("Bought %(times)d times within a day; %(last)s.") % words
    return (
        ngettext(
            "Bought %(times)d times, about every %(gap)d day; %(last)s.",
            "Bought %(times)d times, about every %(gap)d days; %(last)s.",
            gap,
        )
        % words
    )


def outlook(next_order: Expected | None, *, today: dt.date) -> str:
    """What to expect, in a sentence; nothing where that is not known."""
    words = outlook_in_short(next_order, today=today)
    return _("The next order is %(words)s.") % {"words": words} if words else ""


def outlook_in_short(next_order: Expected | None, *, today: dt.date) -> str:
    """What to expect of the next order, in a few words."""
    if next_order is None:
        return ""
    if next_order.until >= today:
        return _("expected around %(days)s") % {"days": next_order.words}
    late = (today - next_order.until).days
    return ngettext("%(days)d day later than usual", "%(days)d days later than usual", late) % {"days": late}
