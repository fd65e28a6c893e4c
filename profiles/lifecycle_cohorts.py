"""The cohort heat map of the lifecycle page: first orders by month, and the months after, in people or money."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from cdp.lib import charts
from cdp.lib.charts import Chart, Table
from profiles import lifecycle_segments as segments
from profiles.lifecycle import Cohort
from profiles.lifecycle_charts import month, number

type Of = Literal["people", "revenue", "cumulative"]


def cohorts(found: Sequence[Cohort], *, of: Of, currency: str, csv_url: str) -> Chart:
    """A row a month of first orders, a column a month since; below 30 people no rate is shown."""
    width = max((len(one.people) for one in found), default=0)
    columns = [str(later) for later in range(width)]
    rows = [_("%(month)s · %(n)s") % {"month": month(one.month), "n": number(one.size)} for one in found]
    cells = [[_cell(one, later, of, currency) for later in range(width)] for one in found]
    figure = charts.heat(
        columns,
        rows,
        [[cell[0] for cell in row] for row in cells],
        words=[[cell[1] for cell in row] for row in cells],
        hover=[[cell[2] for cell in row] for row in cells],
        top=_later_most(cells) if of != "cumulative" else None,
        open_cells={(len(one.people) - 1, row) for row, one in enumerate(found)},
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
        segments=[
            (
                _("First order in %(month)s") % {"month": f"{month(one.month)} ({number(one.size)})"},
                segments.of_cohort(one.month),
            )
            for one in reversed(found)
            if one.size
        ],
    )


def _later_most(cells: Sequence[Sequence[tuple[float | None, str, str]]]) -> float | None:
    """The most of any month but the first, in which everybody ordered: else all the others look alike."""
    return max((cell[0] for row in cells for cell in row[1:] if cell[0] is not None), default=None)


def _cell(one: Cohort, later: int, of: Of, currency: str) -> tuple[float | None, str, str]:
    if later >= len(one.people):
        return None, "", ""
    value, words, said = _told(one, later, of, currency)
    return value, words, said + (" · " + _("this month is not over") if later == len(one.people) - 1 else "")


def _told(one: Cohort, later: int, of: Of, currency: str) -> tuple[float, str, str]:
    facts = {"month": month(one.month), "k": later, "n": number(one.people[later]), "of": number(one.size)}
    if of == "people":
        share = charts.rate(one.people[later], one.size)
        words = f"{share:.0%}" if share is not None else number(one.people[later])
        said = _("%(n)s of %(of)s people of %(month)s ordered in month %(k)d") % facts
        few = "" if share is not None else " · " + _("too few people for a rate (n < 30)")
        return (share if share is not None else one.people[later] / one.size), words, said + few
    amount = one.revenue[later] if of == "revenue" else one.cumulative[later]
    money = f"{currency} {number(amount)}"
    if of == "revenue":
        return (
            float(amount),
            _short(amount),
            _("%(month)s, month %(k)d: %(money)s") % {**facts, "money": money},
        )
    said = _("%(month)s: %(money)s a person up to month %(k)d") % {**facts, "money": money}
    return float(amount), _short(amount), said


def _short(amount: Decimal) -> str:
    return f"{amount / 1000:.1f}k" if amount >= 10_000 else number(amount)


def _returning(found: Sequence[Cohort]) -> str:
    ripe = [one for one in found if len(one.people) > 2]  # whose month after is over
    people = sum(one.size for one in ripe)
    if people < charts.FEWEST:
        return _("Too few people to say how many come back (n < 30).")
    back = sum(one.people[1] for one in ripe)
    return _("%(share)s of those who first bought in these months ordered again the month after.") % {
        "share": f"{back / people:.1%}"
    }
