"""Three pictures of the lifecycle page, each with its sentence and its table: stages, moves, second orders."""

import datetime as dt
import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cdp.lib import charts
from cdp.lib.charts import Cell, Chart, Series, Table
from profiles import lifecycle_segments as segments
from profiles.lifecycle import SecondOrders
from profiles.stages import Stage

ORDER: Final = [*Stage]  # of the layers, from the ground up


def month(day: dt.date) -> str:
    """A month in few letters, "Nov 2026"."""
    return formats.date_format(day, "M Y")


def stages(months: Sequence[dt.date], counted: Sequence[Mapping[str, int]], *, csv_url: str) -> Chart:
    """How many people were in each stage at the end of each month; the last month still runs."""
    totals = [sum(at.values()) for at in counted]
    series = [
        Series(
            str(one.label),
            [at.get(one.value, 0) for at in counted],
            colour=f"var(--stage-{one.value})",
            hover=[_share(at.get(one.value, 0), total) for at, total in zip(counted, totals, strict=True)],
        )
        for one in ORDER
    ]
    rows: list[list[Cell]] = [
        [month(day), *(at.get(one.value, 0) for one in ORDER)]
        for day, at in zip(months, counted, strict=True)
    ]
    return Chart(
        id="stages",
        title=_("Stages by month"),
        sentence=_standing(counted),
        figure=charts.bars([month(day) for day in months], series, unfinished=True),
        table=Table([_("Month"), *(str(one.label) for one in ORDER)], rows),
        height="lg",
        csv_url=csv_url,
        segments=_of_stages(counted[-1] if counted else {}),
    )


def _of_stages(now: Mapping[str, int]) -> list[tuple[str, str]]:
    return [
        (f"{one.label} ({number(now[one.value])})", segments.of_stage(one.value))
        for one in ORDER
        if now.get(one.value)
    ]


def _share(part: int, whole: int) -> str:
    """A number of people, as a share of how many there are; below 30 people no share is told."""
    share = charts.rate(part, whole)
    if share is None:
        return _("%(n)s · too few people for a share (n < 30)") % {"n": number(part)}
    return _("%(n)s · %(share)s of %(of)s") % {
        "n": number(part),
        "share": f"{share:.1%}",
        "of": number(whole),
    }


def _standing(counted: Sequence[Mapping[str, int]]) -> str:
    now = counted[-1] if counted else {}
    total = sum(now.values())
    if not total:
        return _("Nobody is known yet.")
    buying = sum(now.get(name, 0) for name in ("new", "active", "won_back"))
    return ngettext(
        "Of %(total)s person, %(buying)s buys at the moment, %(risk)s is at risk and %(lapsed)s has lapsed.",
        "Of %(total)s people, %(buying)s buy at the moment, %(risk)s are at risk and %(lapsed)s have lapsed.",
        total,
    ) % {
        "total": number(total),
        "buying": number(buying),
        "risk": number(now.get("at_risk", 0)),
        "lapsed": number(now.get("lapsed", 0)),
    }


def number(value: int | Decimal) -> str:
    """A whole number as people read it."""
    return _number_in(value, get_language())


@functools.lru_cache(maxsize=5_000)  # a chart says hundreds of them, and Django takes its time with each
def _number_in(value: int | Decimal, language: str | None) -> str:
    return formats.number_format(value, 0, use_l10n=True, force_grouping=True)


def moves(counted: Mapping[tuple[str, str], int], *, days: int, csv_url: str) -> Chart:
    """Who moved from which stage to which; those who stayed are left empty."""
    labels = {one.value: str(one.label) for one in ORDER}
    values = [
        [None if was == became else counted.get((was, became), 0) or None for became in labels]
        for was in labels
    ]
    words = [[number(value or 0) for value in row] for row in values]
    there = {was: sum(counted.get((was, became), 0) for became in labels) for was in labels}
    hover = [
        [_moved(labels[was], labels[became], counted.get((was, became), 0), there[was]) for became in labels]
        for was in labels
    ]
    figure = charts.heat(
        [*labels.values()], [*labels.values()], values, words=words, hover=hover, title=_("To")
    )
    figure["layout"]["yaxis"]["title"] = {"text": _("From"), "standoff": 6}
    moved = {pair: people for pair, people in counted.items() if pair[0] != pair[1]}
    table = Table(
        [_("From"), _("To"), _("People")],
        [
            [labels[was], labels[became], people]
            for (was, became), people in sorted(moved.items(), key=lambda one: -one[1])
        ],
    )
    return Chart(
        id="moves",
        title=_("Who moved between stages"),
        sentence=_most_moved(moved, labels, days),
        figure=figure,
        table=table,
        height="md",
        csv_url=csv_url,
        segments=[
            (
                f"{_way(labels[was], labels[became])} ({number(people)})",
                segments.of_move(was, became, days=days),
            )
            for (was, became), people in sorted(moved.items(), key=lambda one: -one[1])
        ],
    )


def _moved(was: str, became: str, people: int, there: int) -> str:
    way = _("stayed: %(was)s") % {"was": was} if was == became else _way(was, became)
    return f"{way}: {_share(people, there)}"


def _way(was: str, became: str) -> str:
    return f"{was} → {became}"


def _most_moved(moved: Mapping[tuple[str, str], int], labels: Mapping[str, str], days: int) -> str:
    if not moved:
        return _("Nobody moved in these %(days)d days.") % {"days": days}
    (was, became), people = max(moved.items(), key=lambda one: one[1])
    return _(
        "In %(days)d days %(all)s people changed their stage; most went from %(was)s to %(became)s (%(n)s)."
    ) % {
        "days": days,
        "all": number(sum(moved.values())),
        "was": labels[was].lower(),
        "became": labels[became].lower(),
        "n": number(people),
    }


def second(found: SecondOrders, before: SecondOrders | None, *, csv_url: str) -> Chart:
    """The share of second orders that came within so many days, with where half and four fifths of them lie.

    `before` are those who first bought in as long a time before.
    """
    longest = min(max(found.counts, default=0), 365)
    half, most = found.within(0.5), found.within(0.8)
    marks = [
        (day, words) for day, words in ((half, "50 %"), (most, "80 %")) if day is not None and day <= longest
    ]
    in_shares = found.twice >= charts.FEWEST  # of fewer people numbers are shown
    series = [_so_far(_("Second orders so far"), found, longest, in_shares=in_shares)]
    if before is not None and before.twice >= charts.FEWEST and in_shares:
        earlier = _so_far(_("The period before"), before, longest, in_shares=True)
        series.append(replace(earlier, is_previous=True))
    form: charts.Form = "percent" if in_shares else "count"
    return Chart(
        id="second",
        title=_("Days to the second order"),
        sentence=_soon(found, half, most),
        figure=charts.lines([*range(longest + 1)], series, form=form, marks=marks, title=_("Days")),
        table=Table(
            [_("Days"), _("Second orders")], [[day, found.counts[day]] for day in sorted(found.counts)]
        ),
        height="md",
        csv_url=csv_url,
        segments=[(_("Ordered once, and late"), segments.of_late(most))] if most else [],
    )


def _so_far(name: str, found: SecondOrders, longest: int, *, in_shares: bool) -> Series:
    seen = [*itertools.accumulate(found.counts.get(day, 0) for day in range(longest + 1))]
    whole = found.twice
    template = _("%%{customdata} of %(of)s") % {"of": number(whole)}
    if not in_shares:
        return Series(name, seen, hover=[*map(str, seen)], template=template)
    shares = [one / whole for one in seen]
    return Series(name, shares, hover=[*map(str, seen)], template="%{y:.1%} · " + template)


def _soon(found: SecondOrders, half: int | None, most: int | None) -> str:
    if half is None or most is None:
        return _("Nobody ordered a second time yet.")
    share = charts.rate(found.twice, found.twice + found.once)
    came = (
        _("%(share)s came back. ") % {"share": f"{share:.0%}"}
        if share is not None
        else _("%(n)s came back. ") % {"n": number(found.twice)}
    )
    return came + _(
        "Half of the second orders came within %(half)d days, four fifths within %(most)d: who has not come back by "
        "then seldom does by themselves."
    ) % {"half": half, "most": most}
