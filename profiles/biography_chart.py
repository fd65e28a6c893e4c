"""The lifecycle chart of one person: turning points, stages, money, messages and activity on one axis of time."""

import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from cdp.lib import charts
from profiles.biography import (
    CLICKED,
    FAILED,
    OPENED,
    SENT,
    STRONGER,
    Biography,
    Mark,
    Order,
    Place,
    Told,
    by_week,
    sentence,
)
from profiles.pages import write_cursor

MOST_MARKS: Final = 60  # a row with more is grouped by week
GLYPHS: Final = {CLICKED: "●", OPENED: "◐", SENT: "○", FAILED: "×"}
WORDS: Final = {
    CLICKED: lazy("clicked"),
    OPENED: lazy("opened"),
    SENT: lazy("sent"),
    FAILED: lazy("bounced, refused or unsubscribed"),
}
ROWS: Final = 200  # of the table
LANES: Final[dict[str, list[float]]] = {
    "marks": [0.94, 1.0],
    "stage": [0.85, 0.92],
    "money": [0.47, 0.78],
    "contact": [0.25, 0.39],
    "activity": [0.0, 0.19],
}
SMALL: Final = {"size": 11}


class _Picture:
    """The figure while it is put together; moments are told in the workspace's zone."""

    def __init__(self, life: Biography, zone: dt.tzinfo) -> None:
        self.life, self.zone = life, zone
        self.traces: list[charts.Trace] = []

    def at(self, moment: dt.datetime) -> str:
        return charts.when(moment.astimezone(self.zone))

    def day(self, moment: dt.datetime) -> str:
        return formats.date_format(moment.astimezone(self.zone), "j M Y")

    def points(
        self, lane: str, points: Sequence[tuple[dt.datetime, Any, str, Place | None]], **more: Any
    ) -> None:
        """A row of points: when, how high, the words beside the pointer, and the place on the timeline."""
        self.traces.append(
            charts.scatter(
                x=[self.at(moment) for moment, *_rest in points],
                y=[height for _moment, height, *_rest in points],
                customdata=[
                    [escape(words), write_cursor(place) if place else ""] for *_rest, words, place in points
                ],
                hovertemplate="%{customdata[0]}<extra></extra>",
                yaxis=lane,
                **more,
            )
        )

    def draw_marks(self, marks: Sequence[Mark]) -> None:
        """Letters on top, and a line from each through all lanes."""
        points = [(one.at, 0, f"{one.words}, {self.day(one.at)}", one.place) for one in marks]
        letters = {"text": [one.letter for one in marks], "textfont": {"size": 10, "color": charts.INK}}
        ground = {"size": 15, "color": charts.GROUND, "line": {"color": charts.QUIET, "width": 1}}
        self.points("y5", points, mode="markers+text", marker=ground, **letters)

    def draw_stages(self) -> None:
        """A strip of the stages, with their names where there is room."""
        whole = (self.life.until - self.life.since).total_seconds()
        for span in self.life.spans:
            length = (span.until_at - span.since_at).total_seconds()
            share = length / whole
            text = span.label if share > 0.014 * len(span.label) else span.label[0] if share > 0.02 else ""
            dates = f"{self.day(span.since_at)} – {self.day(span.until_at)}"
            self.traces.append(
                charts.bar(
                    orientation="h",
                    base=[self.at(span.since_at)],
                    x=[length * 1000],
                    y=[0],
                    width=1,
                    text=[text],
                    textposition="inside",
                    insidetextanchor="middle",
                    textangle=0,
                    constraintext="none",
                    textfont={"size": 11, "color": f"var(--stage-{span.stage}-ink)"},
                    marker={
                        "color": f"var(--stage-{span.stage})",
                        "line": {"color": charts.GROUND, "width": 1},
                    },
                    customdata=[[f"{escape(span.label)}<br>{dates}", ""]],
                    hovertemplate="%{customdata[0]}<extra></extra>",
                    yaxis="y4",
                )
            )

    def draw_money(self) -> None:
        """What the orders came to so far, a dot for each order."""
        life = self.life
        total, steps, dots = 0.0, [], []
        for order in life.orders:
            total += float(order.amount - order.refunded)
            steps.append((order.at, total))
            dots.append((order, total))
        before = next((amount for at, amount in reversed(steps) if at < life.since), 0.0)
        steps = [
            (life.since, before),
            *((at, amount) for at, amount in steps if at >= life.since),
            (life.until, total),
        ]
        self.traces.append(
            charts.scatter(
                x=[self.at(moment) for moment, _amount in steps],
                y=[amount for _moment, amount in steps],
                mode="lines",
                line={"shape": "hv", "color": charts.COLOURS[0], "width": 2},
                hoverinfo="skip",
                yaxis="y3",
            )
        )
        shown = [(order, height) for order, height in dots if order.at >= life.since]
        for hollow in (False, True):
            self._draw_orders([one for one in shown if (one[0].refunded > 0) is hollow], hollow=hollow)

    def _draw_orders(self, dots: Sequence[tuple[Order, float]], *, hollow: bool) -> None:
        if not dots:
            return
        weeks = by_week(dots, at=lambda one: one[0].at) if len(dots) > MOST_MARKS else [[one] for one in dots]
        dearest = max(float(order.amount) for order in self.life.orders) or 1.0
        points = [(some[-1][0].at, some[-1][1], self._bought(some), some[-1][0].place) for some in weeks]
        sizes = [6 + 12 * (max(float(one[0].amount) for one in some) / dearest) ** 0.5 for some in weeks]
        colour = charts.GROUND if hollow else charts.COLOURS[0]
        marker = {"size": sizes, "color": colour, "line": {"color": charts.COLOURS[0], "width": 2}}
        self.points(
            "y3", points, mode="markers+text", text=_counts(weeks), textposition="top center", marker=marker
        )

    def _bought(self, some: Sequence[tuple[Order, float]]) -> str:
        orders = [order for order, _height in some]
        amount = sum(order.amount for order in orders)
        words = f"{self.life.currency} {amount:,.2f}, {self.day(orders[-1].at)}"
        back = sum(order.refunded for order in orders)
        if len(orders) > 1:
            words = f"{len(orders)} × {words}"
        return words + (_("; %(amount)s went back") % {"amount": f"{back:,.2f}"} if back else "")

    def draw_messages(self) -> None:
        """One row a channel: filled clicked, half opened, hollow sent, a cross where it failed."""
        for channel in channels(self.life):
            mine = [one for one in self.life.messages if one.channel == channel]
            weeks = (
                by_week(mine, at=lambda one: one.at) if len(mine) > MOST_MARKS else [[one] for one in mine]
            )
            best = [max(some, key=lambda one: STRONGER.index(one.state)) for some in weeks]
            points = [
                (one.at, channel, self._sent(some, one), one.place)
                for one, some in zip(best, weeks, strict=True)
            ]
            glyphs = [
                GLYPHS[one.state] + (f"<sup>{len(some)}</sup>" if len(some) > 1 else "")
                for one, some in zip(best, weeks, strict=True)
            ]
            colours = [charts.COLOURS[4] if one.state == FAILED else charts.COLOURS[3] for one in best]
            clear = {"size": 14, "opacity": 0}
            font = {"size": 15, "color": colours}
            self.points("y2", points, mode="markers+text", marker=clear, text=glyphs, textfont=font)

    def _sent(self, some: Sequence[Told], best: Told) -> str:
        if len(some) > 1:
            count = ngettext("%(count)d message", "%(count)d messages", len(some)) % {"count": len(some)}
            return f"{count}, {self.day(best.at)}; {WORDS[best.state]}"
        return f"{best.subject or best.channel}, {self.day(best.at)}: {WORDS[best.state]}"

    def draw_activity(self) -> None:
        """How much was done each week."""
        weeks = self.life.weeks
        words = [
            ngettext("%(count)d thing done", "%(count)d things done", count) % {"count": count}
            for _d, count in weeks
        ]
        self.traces.append(
            charts.bar(
                x=[charts.when(monday + dt.timedelta(days=3)) for monday, _count in weeks],
                y=[count for _monday, count in weeks],
                width=5.5 * 86_400_000,
                marker={"color": charts.QUIET, "opacity": 0.55},
                customdata=[
                    [
                        _("%(words)s in the week of %(day)s")
                        % {"words": text, "day": formats.date_format(monday, "j M Y")},
                        "",
                    ]
                    for text, (monday, _count) in zip(words, weeks, strict=True)
                ],
                hovertemplate="%{customdata[0]}<extra></extra>",
                yaxis="y",
            )
        )

    def layout(self, chosen: tuple[dt.date | None, dt.date | None]) -> dict[str, Any]:
        """The lanes above one axis of time, a line for each mark, and the days that are chosen."""
        life = self.life
        line = {"color": charts.LINE, "width": 1}
        shapes = [
            {"type": "line", "x0": self.at(one.at), "x1": self.at(one.at), "yref": "paper", "y0": 0, "y1": 0.94,
             "line": line, "layer": "below"}
            for one in life.marks
        ]  # fmt: skip
        if any(chosen):
            first = chosen[0] or life.since.astimezone(self.zone).date()
            last = (chosen[1] or life.until.astimezone(self.zone).date()) + dt.timedelta(days=1)
            shapes.append(
                {"type": "rect", "x0": charts.when(first), "x1": charts.when(last), "yref": "paper", "y0": 0, "y1": 1,
                 "fillcolor": charts.COLOURS[0], "opacity": 0.09, "line": {"width": 0}, "layer": "below"}
            )  # fmt: skip
        pad = (life.until - life.since) * 0.012
        span = [self.at(life.since - pad), self.at(life.until + pad)]
        bare = {"showgrid": False, "showticklabels": False, "range": [-0.5, 0.5], "automargin": False}
        return charts.base_layout(
            xaxis=charts.axis(range=span, type="date", showgrid=False, anchor="y", fixedrange=False, tickfont=SMALL),
            yaxis=charts.axis(domain=LANES["activity"], rangemode="tozero", nticks=3, tickfont=SMALL, tickformat=",d"),
            yaxis2=charts.axis(
                domain=LANES["contact"], type="category", categoryarray=channels(life), showgrid=False, tickfont=SMALL,
                range=[-0.6, max(len(channels(life)), 1) - 0.4],
            ),
            yaxis3=charts.axis(
                domain=LANES["money"], rangemode="tozero", nticks=4, tickfont=SMALL, tickformat="~s",
                showticklabels=bool(life.orders),  # where nobody paid, plotly would count in thousandths
            ),
            yaxis4=charts.axis(domain=LANES["stage"], **bare),
            yaxis5=charts.axis(domain=LANES["marks"], **bare),
            annotations=[_lane_name(*one) for one in self._names()],
            shapes=shapes,
            barmode="overlay",
            hovermode="closest",
            hoverdistance=14,
            margin={"l": 44, "r": 10, "t": 4, "b": 28},
        )  # fmt: skip

    def _names(self) -> list[tuple[str, float]]:
        top = 0.015
        names = [
            (_("Money so far (%(currency)s)") % {"currency": self.life.currency}, LANES["money"][1] + top)
        ]
        names.append((_("Things done each week"), LANES["activity"][1] + top))
        if self.life.messages:
            legend = "● {} ◐ {} ○ {} × {}".format(_("clicked"), _("opened"), _("sent"), _("failed"))
            names.append((f"{_('Messages')}:  {legend}", LANES["contact"][1] + top))
        return names


def _lane_name(words: str, height: float) -> dict[str, Any]:
    return {
        "text": words, "xref": "paper", "x": 0, "yref": "paper", "y": height, "xanchor": "left", "yanchor": "bottom",
        "showarrow": False, "font": {"size": 11, "color": charts.QUIET},
    }  # fmt: skip


def _counts[T](weeks: Sequence[Sequence[T]]) -> list[str]:
    return [str(len(some)) if len(some) > 1 else "" for some in weeks]


def channels(life: Biography) -> list[str]:
    """The channels that had messages, the busiest on top."""
    return sorted(
        {one.channel for one in life.messages}, key=lambda name: sum(m.channel == name for m in life.messages)
    )


def draw(
    life: Biography,
    *,
    name: str,
    zone: dt.tzinfo,
    chosen: tuple[dt.date | None, dt.date | None] = (None, None),
) -> charts.Chart:
    """The chart of somebody's life; `chosen` are the first and the last day that the timeline is narrowed to."""
    picture = _Picture(life, zone)
    picture.draw_activity()
    picture.draw_messages()
    picture.draw_money()
    picture.draw_stages()
    picture.draw_marks(life.marks)
    return charts.Chart(
        id="life",
        title=_("The life of %(name)s with us") % {"name": name},
        sentence=sentence(life.orders, now=life.until),
        figure=charts.drawn(picture.traces, picture.layout(chosen)),
        table=charts.Table([_("Day"), _("What"), _("More")], _rows(life, picture)),
        height="lg",
        drag=True,
    )


def _rows(life: Biography, picture: _Picture) -> list[list[charts.Cell]]:
    rows: list[tuple[dt.datetime, str, str]] = [
        (span.since_at, _("Stage"), span.label) for span in life.spans
    ]
    for order in life.orders:
        back = _("; %(amount)s went back") % {"amount": f"{order.refunded:,.2f}"} if order.refunded else ""
        rows.append(
            (order.at, _("Order %(key)s") % {"key": order.key}, f"{life.currency} {order.amount:,.2f}{back}")
        )
    rows += [
        (one.at, f"{one.channel}: {one.subject}".removesuffix(": "), str(WORDS[one.state]))
        for one in life.messages
    ]
    rows += [(one.at, one.words, "") for one in life.marks]
    rows = sorted((row for row in rows if row[0] >= life.since), key=lambda row: row[0], reverse=True)
    return [[picture.day(at), what, more] for at, what, more in rows[:ROWS]]
