"""The lifecycle chart of one person: all the lanes on one axis of time, with the same as a table."""

import datetime as dt
from typing import Any, Final

from django.utils.translation import gettext as _

from cdp.lib import charts, drawing
from profiles import rhythm
from profiles.biography import Biography, Order, Place
from profiles.biography_lanes import WORDS, Lanes, channels
from profiles.pages import write_cursor

ROWS: Final = 200  # of the table
LANES: Final[dict[str, list[float]]] = {
    "marks": [0.94, 1.0],
    "stage": [0.85, 0.92],
    "money": [0.47, 0.78],
    "contact": [0.25, 0.39],
    "activity": [0.0, 0.19],
}
TOP: Final = 0.015  # between a lane and its name
SMALL: Final = {"size": 11}
SHORTEST: Final = dt.timedelta(days=7)  # of the axis, however young somebody is

type Days = tuple[dt.date | None, dt.date | None]  # the first and the last


def _layout(lanes: Lanes, chosen: Days) -> dict[str, Any]:
    """The lanes above one axis of time, with the lines and grounds behind them."""
    life = lanes.life
    start = min(life.since, life.until - SHORTEST)
    pad = (lanes.end - start) * 0.012
    span = [lanes.at(start - pad), lanes.at(lanes.end + pad)]
    most = max((count for _monday, count in life.weeks), default=0)
    bare = {"showgrid": False, "showticklabels": False, "range": [-0.5, 0.5], "automargin": False}
    return drawing.base_layout(
        xaxis=drawing.axis(range=span, type="date", showgrid=False, anchor="y", fixedrange=False, tickfont=SMALL),
        yaxis=drawing.axis(domain=LANES["activity"], tickfont=SMALL, tickformat=",d", **_counting(most)),
        yaxis2=drawing.axis(
            domain=LANES["contact"], type="category", categoryarray=channels(life), showgrid=False, tickfont=SMALL,
            range=[-0.6, max(len(channels(life)), 1) - 0.4],
        ),
        yaxis3=drawing.axis(
            domain=LANES["money"], nticks=4, tickfont=SMALL, tickformat="~s", **_paying(life),
        ),
        yaxis4=drawing.axis(domain=LANES["stage"], **bare),
        yaxis5=drawing.axis(domain=LANES["marks"], **bare),
        annotations=[_lane_name(*one) for one in _names(life)] + _names_ahead(lanes),
        shapes=_behind(lanes, chosen),
        barmode="overlay",
        hovermode="closest",
        hoverdistance=14,
        margin={"l": 44, "r": 10, "t": 4, "b": 28},
    )  # fmt: skip


def _counting(most: int) -> dict[str, Any]:
    """An axis of whole things: plotly would say some numbers twice where there are few."""
    return (
        {"range": [0, max(most, 1) * 1.1], "dtick": 1} if most < 4 else {"rangemode": "tozero", "nticks": 3}
    )


def _paying(life: Biography) -> dict[str, Any]:
    """An axis of money; where nobody paid, plotly would count in thousandths."""
    return (
        {"rangemode": "tozero"}
        if life.orders
        else {"range": [0, 1], "showticklabels": False, "showgrid": False}
    )


def _behind(lanes: Lanes, chosen: Days) -> list[dict[str, Any]]:
    """A line for each turning point, the days that are chosen, and right of today those of the next order."""
    life = lanes.life
    shapes = [_line(lanes.at(one.at), to=0.94) for one in life.marks]
    if any(chosen):
        first = chosen[0] or life.since.astimezone(lanes.zone).date()
        last = (chosen[1] or life.until.astimezone(lanes.zone).date()) + dt.timedelta(days=1)
        shapes.append(_ground(drawing.when(first), drawing.when(last), drawing.COLOURS[0], to=1))
    if lanes.ahead:
        first, last = lanes.ahead
        shapes.append(_line(lanes.at(life.until), to=0.92, dash="dot", color=drawing.QUIET))
        shapes.append(
            _ground(lanes.at(first), lanes.at(last), drawing.COLOURS[1], to=LANES["stage"][1], edge=1)
        )
    return shapes


def _line(x: str, *, to: float, **line: str) -> dict[str, Any]:
    drawn = {"color": drawing.LINE, "width": 1, **line}
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": to,
        "line": drawn,
        "layer": "below",
    }


def _ground(first: str, last: str, colour: str, *, to: float, edge: int = 0) -> dict[str, Any]:
    return {
        "type": "rect", "x0": first, "x1": last, "yref": "paper", "y0": 0, "y1": to, "fillcolor": colour,
        "opacity": 0.4 if edge else 0.12, "line": {"color": colour, "width": edge}, "layer": "below",
    }  # fmt: skip


def _names_ahead(lanes: Lanes) -> list[dict[str, Any]]:
    if not lanes.ahead:
        return []
    name = _lane_name(_("next order"), LANES["money"][1] + TOP)
    return [{**name, "xref": "x", "x": lanes.at(lanes.ahead[1]), "xanchor": "right"}]


def _names(life: Biography) -> list[tuple[str, float]]:
    names = [
        (_("Money so far (%(currency)s)") % {"currency": life.currency}, LANES["money"][1] + TOP),
        (_("Things done each week"), LANES["activity"][1] + TOP),
    ]
    if life.messages:
        legend = "● {} ◐ {} ○ {} × {}".format(_("clicked"), _("opened"), _("sent"), _("failed"))
        names.append((f"{_('Messages')}:  {legend}", LANES["contact"][1] + TOP))
    return names


def _lane_name(words: str, height: float) -> dict[str, Any]:
    return {
        "text": words, "xref": "paper", "x": 0, "yref": "paper", "y": height, "xanchor": "left", "yanchor": "bottom",
        "showarrow": False, "font": {"size": 11, "color": drawing.QUIET},
    }  # fmt: skip


def draw(
    life: Biography, *, name: str, zone: dt.tzinfo, chosen: Days = (None, None), csv_url: str = ""
) -> charts.Chart:
    """The chart of somebody's life; `chosen` are the days that the timeline is narrowed to."""
    lanes = Lanes(life, zone)
    lanes.draw_activity()
    lanes.draw_messages()
    lanes.draw_money()
    lanes.draw_stages()
    lanes.draw_marks()
    bought = [order.at for order in life.orders]
    told = rhythm.sentence(bought, now=life.until)
    outlook = rhythm.outlook(life.next_order, today=life.until.astimezone(zone).date())
    return charts.Chart(
        id="life",
        title=_("The life of %(name)s with us") % {"name": name},
        sentence=f"{told} {outlook}".rstrip(),
        figure=drawing.drawn(lanes.traces, _layout(lanes, chosen)),
        table=_table(life, lanes),
        height="lg",
        csv_url=csv_url,
        drag=True,
    )


def as_csv(life: Biography, *, zone: dt.tzinfo) -> str:
    """All that the chart is drawn from, as a file."""
    return charts.as_csv(_table(life, Lanes(life, zone), most=None))


def _table(life: Biography, lanes: Lanes, *, most: int | None = ROWS) -> charts.Table:
    rows: list[tuple[Place, str, str]] = [((one.since_at, 0), _("Stage"), one.label) for one in life.spans]
    rows += [
        (one.place, _("Order %(key)s") % {"key": one.key}, _paid(one, life.currency)) for one in life.orders
    ]
    rows += [
        (one.place, f"{one.channel}: {one.subject}".removesuffix(": "), str(WORDS[one.state]))
        for one in life.messages
    ]
    rows += [(one.place, one.words, "") for one in life.marks]
    rows = sorted((row for row in rows if row[0][0] >= life.since), key=lambda row: row[0], reverse=True)[
        :most
    ]
    return charts.Table(
        [_("Day"), _("What"), _("More")],
        [[lanes.day(place[0]), what, more] for place, what, more in rows],
        is_words=True,
        links=[f"?at={write_cursor(place)}#timeline-card" for place, *_rest in rows],
    )


def _paid(order: Order, currency: str) -> str:
    back = _("; %(amount)s went back") % {"amount": f"{order.refunded:,.2f}"} if order.refunded else ""
    return f"{currency} {order.amount:,.2f}{back}"
