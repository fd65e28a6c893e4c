"""The four pictures of the lifecycle page, each with its sentence and its table."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.lib import charts
from cdp.lib.charts import Cell, Chart, Series, Table
from profiles.lifecycle import Cohort, SecondOrders
from profiles.stages import Stage
from profiles.staging import CHANGED

ORDER: Final = [*Stage]  # of the layers, from the ground up
type Of = Literal["people", "revenue", "cumulative"]


def month(day: dt.date) -> str:
    """A month in few letters, "Nov 2026"."""
    return formats.date_format(day, "M Y")


def stages(months: Sequence[dt.date], counted: Sequence[Mapping[str, int]], *, csv_url: str) -> Chart:
    """How many people were in each stage at the end of each month; the last month still runs."""
    series = [
        Series(str(one.label), [at.get(one.value, 0) for at in counted], colour=f"var(--stage-{one.value})")
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
    )


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
        "total": _number(total),
        "buying": _number(buying),
        "risk": _number(now.get("at_risk", 0)),
        "lapsed": _number(now.get("lapsed", 0)),
    }


def _number(value: int | Decimal) -> str:
    return formats.number_format(value, 0, use_l10n=True, force_grouping=True)


def moves(counted: Mapping[tuple[str, str], int], *, days: int, csv_url: str) -> Chart:
    """Who moved from which stage to which; those who stayed are left empty."""
    labels = {one.value: str(one.label) for one in ORDER}
    values = [
        [None if was == became else counted.get((was, became), 0) or None for became in labels]
        for was in labels
    ]
    words = [[_number(value or 0) for value in row] for row in values]
    hover = [
        [_moved(labels[was], labels[became], counted.get((was, became), 0)) for became in labels]
        for was in labels
    ]
    figure = charts.heat(
        [*labels.values()], [*labels.values()], values, words=words, hover=hover, title=_("To")
    )
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
        segment_url=_segment_of(moved, days),
    )


def _moved(was: str, became: str, people: int) -> str:
    if was == became:
        return ngettext("%(n)s person stayed: %(was)s", "%(n)s people stayed: %(was)s", people) % {
            "n": _number(people),
            "was": was,
        }
    return ngettext("%(n)s person: %(was)s → %(became)s", "%(n)s people: %(was)s → %(became)s", people) % {
        "n": _number(people),
        "was": was,
        "became": became,
    }


def _most_moved(moved: Mapping[tuple[str, str], int], labels: Mapping[str, str], days: int) -> str:
    if not moved:
        return _("Nobody moved in these %(days)d days.") % {"days": days}
    (was, became), people = max(moved.items(), key=lambda one: one[1])
    return _(
        "In %(days)d days %(all)s people changed their stage; most went from %(was)s to %(became)s (%(n)s)."
    ) % {
        "days": days,
        "all": _number(sum(moved.values())),
        "was": labels[was].lower(),
        "became": labels[became].lower(),
        "n": _number(people),
    }


def _segment_of(moved: Mapping[tuple[str, str], int], days: int) -> str:
    """A segment of those who made the most frequent move; for the table's other rows it is easily changed."""
    if not moved:
        return ""
    was, became = max(moved, key=lambda pair: moved[pair])
    window = {"type": "last", "amount": days, "unit": "day"}
    where = [
        {"property": name, "operator": "is", "value": value}
        for name, value in (("from", was), ("to", became))
    ]
    happened = {
        "type": "event",
        "name": CHANGED,
        "frequency": "at_least",
        "count": 1,
        "window": window,
        "where": where,
    }
    return _new_segment({"type": "all", "children": [happened]})


def _new_segment(definition: dict[str, object]) -> str:
    # The route of the app above: as a link on a page, not as an import.
    return f"{reverse('segment_create')}?{urlencode({'definition': json.dumps(definition)})}"


def cohorts(found: Sequence[Cohort], *, of: Of, currency: str, csv_url: str) -> Chart:
    """A row a month of first orders, a column a month since; below 30 people no rate is shown."""
    width = max((len(one.people) for one in found), default=0)
    columns = [str(later) for later in range(width)]
    rows = [_("%(month)s · %(n)s") % {"month": month(one.month), "n": _number(one.size)} for one in found]
    cells = [[_cell(one, later, of, currency) for later in range(width)] for one in found]
    figure = charts.heat(
        columns,
        rows,
        [[cell[0] for cell in row] for row in cells],
        words=[[cell[1] for cell in row] for row in cells],
        hover=[[cell[2] for cell in row] for row in cells],
        top=_later_most(cells) if of != "cumulative" else None,
        title=_("Months since the first order"),
    )
    head = [_("First order in"), _("People"), *(_("Month %(k)d") % {"k": later} for later in range(width))]
    table = Table(
        head,
        [
            [month(one.month), one.size, *(cell[1] for cell in row)]
            for one, row in zip(found, cells, strict=True)
        ],
    )
    return Chart(
        id="cohorts",
        title=_("First orders, and the months after"),
        sentence=_returning(found),
        figure=figure,
        table=table,
        height="lg",
        csv_url=csv_url,
    )


def _later_most(cells: Sequence[Sequence[tuple[float | None, str, str]]]) -> float | None:
    """The most of any month but the first, in which everybody ordered: else all the others look alike."""
    return max((cell[0] for row in cells for cell in row[1:] if cell[0] is not None), default=None)


def _cell(one: Cohort, later: int, of: Of, currency: str) -> tuple[float | None, str, str]:
    if later >= len(one.people):
        return None, "", ""
    facts = {"month": month(one.month), "k": later, "n": _number(one.people[later]), "of": _number(one.size)}
    if of == "people":
        share = charts.rate(one.people[later], one.size)
        words = f"{share:.0%}" if share is not None else _number(one.people[later])
        said = _("%(n)s of %(of)s people of %(month)s ordered in month %(k)d") % facts
        few = "" if share is not None else " · " + _("too few people for a rate (n < 30)")
        return (share if share is not None else one.people[later] / one.size), words, said + few
    amount = one.revenue[later] if of == "revenue" else one.cumulative[later]
    money = f"{currency} {_number(amount)}"
    if of == "revenue":
        return (
            float(amount),
            _short(amount),
            _("%(month)s, month %(k)d: %(money)s") % {**facts, "money": money},
        )
    said = _("%(month)s: %(money)s a person up to month %(k)d") % {**facts, "money": money}
    return float(amount), _short(amount), said


def _short(amount: Decimal) -> str:
    return f"{amount / 1000:.1f}k" if amount >= 10_000 else _number(amount)


def _returning(found: Sequence[Cohort]) -> str:
    ripe = [one for one in found if len(one.people) > 1]
    people = sum(one.size for one in ripe)
    if people < charts.FEWEST:
        return _("Too few people to say how many come back (n < 30).")
    back = sum(one.people[1] for one in ripe)
    return _("%(share)s of those who first bought in these months ordered again the month after.") % {
        "share": f"{back / people:.1%}"
    }


def second(found: SecondOrders, *, csv_url: str) -> Chart:
    """The share of second orders that came within so many days, with where half and four fifths of them lie."""
    longest = min(max(found.counts, default=0), 365)
    seen, days, shares = 0, [], []
    for day in range(longest + 1):
        seen += found.counts.get(day, 0)
        days.append(day)
        shares.append(seen / found.twice if found.twice else 0)
    half, most = found.within(0.5), found.within(0.8)
    marks = [
        (day, words) for day, words in ((half, "50 %"), (most, "80 %")) if day is not None and day <= longest
    ]
    return Chart(
        id="second",
        title=_("Days to the second order"),
        sentence=_soon(found, half, most),
        figure=charts.lines(days, [Series(_("Second orders so far"), shares)], form="percent", marks=marks),
        table=Table(
            [_("Days"), _("Second orders")], [[day, found.counts[day]] for day in sorted(found.counts)]
        ),
        height="md",
        csv_url=csv_url,
        segment_url=_overdue(most) if most else "",
    )


def _soon(found: SecondOrders, half: int | None, most: int | None) -> str:
    if half is None or most is None:
        return _("Nobody ordered a second time yet.")
    share = charts.rate(found.twice, found.twice + found.once)
    came = (
        _("%(share)s came back. ") % {"share": f"{share:.0%}"}
        if share is not None
        else _("%(n)s came back. ") % {"n": _number(found.twice)}
    )
    return came + _(
        "Half of the second orders came within %(half)d days, four fifths within %(most)d: who has not come back by "
        "then seldom does by themselves."
    ) % {"half": half, "most": most}


def _overdue(most: int) -> str:
    """One order, longer ago than four fifths of the second orders took."""
    ever = {"type": "ever"}
    once = {"type": "purchase", "measure": "orders", "operator": "eq", "value": 1, "window": ever}
    late = {"type": "purchase", "measure": "days_since_last", "operator": "gt", "value": most, "window": ever}
    return _new_segment({"type": "all", "children": [once, late]})
