"""Charts: lines, bars and heat maps, with the sentence, the table and the file that say the same."""

import csv
import datetime as dt
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Any, Final, Literal

from cdp.lib import drawing
from cdp.lib.drawing import COLOURS, INK, MOST_SERIES, QUIET, Figure, Trace, X, xs

FEWEST: Final = 30  # people below whom a rate says nothing

type Cell = str | int | float | Decimal | dt.date | None
type Form = Literal["count", "money", "percent", "number"]
TICKS: Final[dict[str, str]] = {"count": ",d", "money": "~s", "percent": ".0%", "number": "~g"}


@dataclass(frozen=True, slots=True)
class Table:
    """What a chart shows, as rows: read by those who do not see it, and by spreadsheets."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_words: bool = False  # cells are words, which stand on the left, rather than numbers
    links: Sequence[str] = ()  # of the rows, to what they tell of

    @property
    def lines(self) -> list[tuple[str, Sequence[Cell]]]:
        """The rows, each after its link."""
        return list(zip(self.links or [""] * len(self.rows), self.rows, strict=True))


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart as `parts/chart.html` draws it."""

    id: str  # unique on the page
    title: str
    sentence: str  # what the chart says, in words
    figure: Figure
    table: Table
    height: Literal["sm", "md", "lg"] = "md"
    csv_url: str = ""
    segments: Sequence[tuple[str, str]] = ()  # "Make a segment of these": whom, and where
    drag: bool = False  # whether dragging over it chooses a range

    @property
    def figure_id(self) -> str:
        """Where on the page the figure's JSON stands."""
        return f"{self.id}-figure"


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one set of bars; `hover` are the words at each point, where the number alone says too little."""

    name: str
    values: Sequence[float | int | Decimal | None]
    colour: str = ""  # empty: by its place
    hover: Sequence[str] = field(default_factory=tuple)
    template: str = ""  # what the browser puts a point's `hover` into: "%{customdata} of 127"
    is_previous: bool = False  # the period before: dashed and quiet


def as_csv(table: Table) -> str:
    """The table as a spreadsheet opens it; a cell is never taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_harmless(cell) for cell in table.head])
    writer.writerows([_harmless(cell) for cell in row] for row in table.rows)
    return file.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def rate(part: int, whole: int) -> float | None:
    """A share of people, None where they are too few for one."""
    return part / whole if whole >= FEWEST else None


def lines(
    x: Sequence[X],
    series: Sequence[Series],
    *,
    form: Form = "count",
    unfinished: bool = False,
    marks: Sequence[tuple[X, str]] = (),
    title: str = "",
) -> Figure:
    """Lines over time. `unfinished`: the last period still runs; `marks`: vertical lines with words.

    `title` says what is counted from left to right, where it is no time.
    """
    traces: list[Trace] = []
    for place, one in enumerate(_few(series)):
        colour = QUIET if one.is_previous else one.colour or COLOURS[place]
        whole = len(x) - 1 if unfinished and not one.is_previous and len(x) > 1 else len(x)
        common = {"mode": "lines", "name": one.name, "legendgroup": one.name, **_words(one, form)}
        dash = "dash" if one.is_previous else "solid"
        line = {"color": colour, "width": 2, "dash": dash}
        traces.append(
            drawing.scatter(
                x=xs(x[:whole]), y=_numbers(one.values[:whole]), line=line, **_cut(common, slice(whole))
            )
        )
        if whole < len(x):
            end = slice(whole - 1, None)
            dotted = {"color": colour, "width": 2, "dash": "dot"}
            rest = _cut(common, end) | {"showlegend": False}
            traces.append(drawing.scatter(x=xs(x[end]), y=_numbers(one.values[end]), line=dotted, **rest))
    figure = _figure(traces, form, marks=marks, legend=len(series) > 1, hovermode="x unified")
    if title:
        figure["layout"]["xaxis"]["title"] = {"text": title, "standoff": 6}
    return figure


def bars(
    x: Sequence[X],
    series: Sequence[Series],
    *,
    form: Form = "count",
    stacked: bool = True,
    unfinished: bool = False,
    marks: Sequence[tuple[X, str]] = (),
) -> Figure:
    """Bars from zero. `unfinished`: the last period still runs and is drawn hatched."""
    traces: list[Trace] = []
    for place, one in enumerate(_few(series)):
        marker: dict[str, Any] = {
            "color": QUIET if one.is_previous else one.colour or COLOURS[place],
            "line": {"width": 0},
        }
        if unfinished and x:
            marker["pattern"] = {
                "shape": ["", *[""] * (len(x) - 2), "/"][-len(x) :],
                "fillmode": "replace",
                "size": 6,
            }
        traces.append(
            drawing.bar(x=xs(x), y=_numbers(one.values), name=one.name, marker=marker, **_words(one, form))
        )
    layout = {"barmode": "stack" if stacked else "group", "bargap": 0.25, "hovermode": "x unified"}
    return _figure(traces, form, marks=marks, legend=len(series) > 1, **layout)


def heat(
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[float | int | None]],
    *,
    words: Sequence[Sequence[str]],
    hover: Sequence[Sequence[str]],
    top: float | None = None,
    title: str = "",
    open_cells: Collection[tuple[int, int]] = (),
) -> Figure:
    """A heat map, the first row on top: `words` stand in the cells, `hover` beside the pointer; None stays empty.

    `top` is the value at which the colour is full, the largest unless given; `title` says what the columns are.
    `open_cells` (column, row) still run, which dots behind their words say.
    """
    trace = drawing.trace(
        "heatmap",
        x=list(columns),
        y=list(rows),
        z=[[None if value is None else float(value) for value in row] for row in values],
        text=_cells(values, words, open_cells),
        texttemplate="%{text}",
        textfont={"size": 11, "color": INK},
        customdata=[[escape(text) for text in row] for row in hover],
        hovertemplate="%{customdata}<extra></extra>",
        zmin=0,
        zmax=top,
        zauto=top is None,
        colorscale=[[0, "var(--chart-heat-0)"], [1, "var(--chart-heat-1)"]],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
    )
    figure = _figure([trace], "number", hovermode="closest")
    each = {"type": "category", "tickmode": "linear", "dtick": 1, "showline": False}
    figure["layout"]["yaxis"] |= {**each, "autorange": "reversed", "showgrid": False}
    figure["layout"]["xaxis"] |= {**each, "side": "top", "title": {"text": title, "standoff": 6}}
    return figure


def _cells(
    values: Sequence[Sequence[float | int | None]],
    words: Sequence[Sequence[str]],
    open_cells: Collection[tuple[int, int]],
) -> list[list[str]]:
    return [
        [
            "" if value is None else f"{text} …" if (column, row) in open_cells else text
            for column, (value, text) in enumerate(zip(*pair, strict=True))
        ]
        for row, pair in enumerate(zip(values, words, strict=True))
    ]


def _figure(
    traces: Sequence[Trace],
    form: Form,
    *,
    marks: Sequence[tuple[X, str]] = (),
    legend: bool = False,
    **layout: Any,
) -> Figure:
    drawings = [drawing.vertical(at, words) for at, words in marks]
    whole = drawing.base_layout(
        xaxis=drawing.axis(showgrid=False, showline=True),
        yaxis=drawing.axis(rangemode="tozero", tickformat=TICKS[form], nticks=5),
        shapes=[shape for shape, _ in drawings],
        annotations=[note for _, note in drawings],
        showlegend=legend,
        legend={
            "orientation": "h",
            "yref": "container",  # below the months, however tall they stand on a phone
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
            "font": {"color": INK},
        },
        **layout,
    )
    return drawing.drawn(traces, whole)


def _few(series: Sequence[Series]) -> Sequence[Series]:
    if len(series) > MOST_SERIES:
        raise ValueError(f"{len(series)} series cannot be told apart: at most {MOST_SERIES}.")
    return series


def _words(one: Series, form: Form) -> dict[str, Any]:
    if one.hover:
        return {
            "customdata": [escape(text) for text in one.hover],
            "hovertemplate": one.template or "%{customdata}",
        }
    shown = {"percent": ".1%", "money": ",.2f"}.get(form, TICKS[form])
    return {"hovertemplate": f"%{{y:{shown}}}"}


def _cut(common: dict[str, Any], part: slice) -> dict[str, Any]:
    return common | ({"customdata": common["customdata"][part]} if "customdata" in common else {})


def _numbers(values: Sequence[float | int | Decimal | None]) -> list[float | int | None]:
    return [float(value) if isinstance(value, Decimal) else value for value in values]


def spark(values: Sequence[float], *, top: float, width: int = 100, height: int = 28) -> str:
    """The points of a small line (`<polyline points=…>`), from zero up to `top`; empty where there is none to draw."""
    if len(values) < 2:
        return ""
    top = top or 1
    step = width / (len(values) - 1)
    places = ((place * step, height - 2 - (height - 4) * value / top) for place, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
