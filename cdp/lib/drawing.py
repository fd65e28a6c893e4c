"""What figures are put together from, as plotly reads it: traces, axes, colours, vertical marks.

Colours are names of CSS variables, `var(--chart-1)`, which the browser resolves; so one figure serves light and
dark. Moments are written in the zone that they are given in.

Figures are plain dictionaries: plotly's own objects check each value, which takes longer than all the rest of a
chart. `tests/screens/test_figures.py` has plotly check what is drawn here.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

MOST_SERIES: Final = 6  # more cannot be told apart
COLOURS: Final = tuple(f"var(--chart-{number})" for number in range(1, MOST_SERIES + 1))
INK: Final = "var(--chart-ink)"
QUIET: Final = "var(--chart-quiet)"  # axes' words, what is behind
LINE: Final = "var(--chart-line)"  # grids and frames
GROUND: Final = "var(--tblr-bg-surface)"  # the card that the chart lies on
NONE: Final = "rgba(0,0,0,0)"

type X = str | int | float | Decimal | dt.date
type Figure = dict[str, Any]
type Trace = dict[str, Any]


def when(moment: dt.date) -> str:
    """A day or a moment as plotly reads it: without its zone."""
    return (
        moment.replace(tzinfo=None).isoformat(" ") if isinstance(moment, dt.datetime) else moment.isoformat()
    )


def base_layout(**more: Any) -> dict[str, Any]:
    """What every chart's layout begins with; for figures that the builders above do not make."""
    return {
        "paper_bgcolor": NONE,
        "plot_bgcolor": NONE,
        "font": {"size": 12, "color": QUIET, "family": "inherit"},
        "margin": {"l": 48, "r": 12, "t": 12, "b": 36},
        "dragmode": False,
        "showlegend": False,
        "hoverlabel": {"bgcolor": GROUND, "bordercolor": LINE, "font": {"color": INK}, "align": "left"},
        **more,
    }


def drawn(traces: Sequence[Trace], layout: dict[str, Any]) -> Figure:
    """The figure, for its JSON."""
    return {"data": list(traces), "layout": layout}


def scatter(**more: Any) -> Trace:
    """Points, or a line through them."""
    return trace("scatter", **more)


def bar(**more: Any) -> Trace:
    """Bars."""
    return trace("bar", **more)


def trace(kind: str, **more: Any) -> Trace:
    """A row of values of this kind; what is None is left to plotly."""
    return {"type": kind} | {name: value for name, value in more.items() if value is not None}


def axis(**more: Any) -> dict[str, Any]:
    """An axis in our manner."""
    return {
        "gridcolor": LINE,
        "linecolor": LINE,
        "showline": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "fixedrange": True,
        **more,
    }


def vertical(at: X, words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A vertical mark over the whole height: its shape and its words."""
    place = xs([at])[0]
    line = {"color": QUIET, "width": 1, "dash": "dash"}
    shape = {"type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1, "line": line}
    note = {
        "x": place,
        "yref": "paper",
        "y": 1,
        "text": escape(words),
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "top",
        "font": {"size": 11, "color": QUIET},
        "xshift": 4,
    }
    return shape, note


def xs(values: Sequence[X]) -> list[Any]:
    """Places on an axis as plotly reads them."""
    return [
        when(value) if isinstance(value, dt.date) else float(value) if isinstance(value, Decimal) else value
        for value in values
    ]
