"""The lanes of somebody's lifecycle chart: turning points, stages, money, messages and activity, each as traces."""

import datetime as dt
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from cdp.lib import drawing
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
)
from profiles.pages import write_cursor

MOST_MARKS: Final = 60  # a row with more is grouped by week
NEAR: Final = 0.05  # of the whole time: turning points nearer to each other share a mark
IN_SIGHT: Final = 0.35  # of the time behind us: how far ahead the chart looks
MOST_TOLD: Final = 8  # turning points of a mark that are told beside the pointer
GLYPHS: Final = {CLICKED: "●", OPENED: "◐", SENT: "○", FAILED: "×"}
WORDS: Final = {
    CLICKED: lazy("clicked"),
    OPENED: lazy("opened"),
    SENT: lazy("sent"),
    FAILED: lazy("bounced, refused or unsubscribed"),
}


class Lanes:
    """The lanes while they are drawn; moments are told in the workspace's zone."""

    def __init__(self, life: Biography, zone: dt.tzinfo) -> None:
        self.life, self.zone = life, zone
        self.traces: list[drawing.Trace] = []
        self.ahead = self._ahead()
        self.end = self.ahead[1] if self.ahead else life.until

    def _ahead(self) -> tuple[dt.datetime, dt.datetime] | None:
        """From when till when the next order is expected, as far as it lies right of today and in sight."""
        life, expected = self.life, self.life.next_order
        if expected is None:
            return None
        sight = life.until + (life.until - life.since) * IN_SIGHT
        first, last = (
            dt.datetime.combine(day, dt.time(), self.zone) for day in (expected.since, expected.until)
        )
        first, last = max(first, life.until), min(last + dt.timedelta(days=1), sight)
        return (first, last) if first < last else None

    def at(self, moment: dt.datetime) -> str:
        return drawing.when(moment.astimezone(self.zone))

    def day(self, moment: dt.datetime) -> str:
        return formats.date_format(moment.astimezone(self.zone), "j M Y")

    def points(self, lane: str, points: Sequence[tuple[dt.datetime, Any, str, Place]], **more: Any) -> None:
        """A row of points: when, how high, the words beside the pointer, and the place on the timeline."""
        self.traces.append(
            drawing.scatter(
                x=[self.at(moment) for moment, *_rest in points],
                y=[height for _moment, height, *_rest in points],
                customdata=[
                    [escape(words).replace("\n", "<br>"), write_cursor(place)]
                    for *_rest, words, place in points
                ],
                hovertemplate="%{customdata[0]}<extra></extra>",
                cliponaxis=False,  # a mark at either end is whole
                yaxis=lane,
                **more,
            )
        )

    def draw_marks(self) -> None:
        """Letters on top; what would lie on one another shares a mark."""
        groups = self._near(self.life.marks)
        points = [(some[0].at, 0, self._turned(some), some[-1].place) for some in groups]
        letters = [_letters(some) for some in groups]
        sizes = [16 if len(one) == 1 else 23 for one in letters]
        ground = {"size": sizes, "color": drawing.GROUND, "line": {"color": drawing.QUIET, "width": 1}}
        font = {"size": 10, "color": drawing.INK}
        self.points("y5", points, mode="markers+text", marker=ground, text=letters, textfont=font)

    def _near(self, marks: Sequence[Mark]) -> list[list[Mark]]:
        room = (self.end - self.life.since) * NEAR
        groups: list[list[Mark]] = []
        for one in marks:
            if groups and one.at - groups[-1][0].at < room:
                groups[-1].append(one)
            else:
                groups.append([one])
        return groups

    def _turned(self, some: Sequence[Mark]) -> str:
        told = [f"{one.words}, {self.day(one.at)}" for one in some[:MOST_TOLD]]
        more = len(some) - len(told)
        if more:
            told.append(ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more})
        return "\n".join(told)

    def draw_stages(self) -> None:
        """A strip of the stages, with their names where there is room."""
        whole = (self.life.until - self.life.since).total_seconds()
        for span in self.life.spans:
            length = (span.until_at - span.since_at).total_seconds()
            share = length / whole
            text = span.label if share > 0.014 * len(span.label) else span.label[0] if share > 0.02 else ""
            dates = f"{self.day(span.since_at)} – {self.day(span.until_at)}"
            self.traces.append(
                drawing.bar(
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
                        "line": {"color": drawing.GROUND, "width": 1},
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
            drawing.scatter(
                x=[self.at(moment) for moment, _amount in steps],
                y=[amount for _moment, amount in steps],
                mode="lines",
                line={"shape": "hv", "color": drawing.COLOURS[0], "width": 2},
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
        colour = drawing.GROUND if hollow else drawing.COLOURS[0]
        marker = {"size": sizes, "color": colour, "line": {"color": drawing.COLOURS[0], "width": 2}}
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
                GLYPHS[one.state] + (_raised(len(some)) if len(some) > 1 else "")
                for one, some in zip(best, weeks, strict=True)
            ]
            colours = [drawing.COLOURS[4] if one.state == FAILED else drawing.COLOURS[3] for one in best]
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
            drawing.bar(
                x=[drawing.when(monday + dt.timedelta(days=3)) for monday, _count in weeks],
                y=[count for _monday, count in weeks],
                width=5.5 * 86_400_000,
                marker={"color": drawing.QUIET, "opacity": 0.55},
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


def _letters(some: Sequence[Mark]) -> str:
    """The letter of what happened, both of two; of more of them their number."""
    letters = list(dict.fromkeys(one.letter for one in some))
    if len(letters) == 1 and len(some) > 1:
        return f"{letters[0]}{len(some)}"
    return "".join(letters) if len(letters) < 3 else str(len(some))


def _raised(number: int) -> str:
    """A number in small raised digits; plotly's own tag for it is an inline style, which the policy forbids."""
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _counts[T](weeks: Sequence[Sequence[T]]) -> list[str]:
    return [str(len(some)) if len(some) > 1 else "" for some in weeks]


def channels(life: Biography) -> list[str]:
    """The channels that had messages, the busiest on top."""
    return sorted(
        {one.channel for one in life.messages}, key=lambda name: sum(m.channel == name for m in life.messages)
    )
