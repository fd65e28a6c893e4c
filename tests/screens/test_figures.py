"""Figures are plain dictionaries: plotly itself is asked here whether it knows all that stands in them."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects
import pytest
from django.utils import timezone

from cdp.lib import charts
from cdp.lib.charts import Series
from cdp.lib.drawing import Figure
from profiles import biography, biography_chart
from tests.profiles.test_lifecycle import order, person

PLOTLY: Any = plotly.graph_objects  # plotly is untyped
DAYS = [dt.date(2026, 11, day) for day in (1, 2, 3)]
NOW = Series("Sent", [1, 2, None])
BEFORE = Series("Before", [2, 1, 1], is_previous=True)
HEAT = charts.heat(["a"], ["b"], [[1]], words=[["1"]], hover=[["one"]], title="To")


@pytest.mark.parametrize(
    "figure",
    [
        charts.lines(DAYS, [NOW, BEFORE], form="money", unfinished=True, marks=[(DAYS[1], "Here")]),
        charts.bars(["Sep", "Oct", "Nov"], [NOW, BEFORE], unfinished=True),
        HEAT,
    ],
    ids=["lines", "bars", "heat"],
)
def test_it_draws_what_plotly_knows(figure: Figure) -> None:
    known = PLOTLY.Figure(figure).to_plotly_json()

    assert known["data"] == figure["data"]


@pytest.mark.django_db
@pytest.mark.usefixtures("furnished")
def test_it_draws_a_life_that_plotly_knows() -> None:
    now = timezone.now()
    ada = person(now - dt.timedelta(days=300))
    for back in (200, 150, 3):
        order(ada, now - dt.timedelta(days=back), refunded=5 if back == 150 else 0)

    told = biography.tell(ada, months="12m", zone=ZoneInfo("Europe/Amsterdam"), now=now)
    figure = biography_chart.draw(told, name="Ada", zone=ZoneInfo("Europe/Amsterdam")).figure

    known = PLOTLY.Figure(figure).to_plotly_json()
    assert known["data"] == figure["data"]
