"""The tour: six stops on real pages, for whoever may see people; nothing of it without the sample shop."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from cdp import tour
from cdp.demo import finding
from profiles.models import Contact
from tests.screens.conftest import meet


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, today: dt.datetime) -> dict[str, Contact]:
    """A sample shop of which only the people came so far."""
    people = {key: meet(key.title(), at=today) for key in ("sanne", "aisha", "piotr")}
    monkeypatch.setattr(finding, "person", people.get)
    things: dict[str, Any] = {}
    monkeypatch.setattr(finding, "thing", things.get)
    return people


def test_it_says_where_a_sample_shop_comes_from_when_there_is_none(signed_in: Client) -> None:
    page = signed_in.get("/tour/").content.decode()

    assert "There is none here" in page
    assert tour.stops() == []


def test_it_leads_from_stop_to_stop_on_real_pages(signed_in: Client, shop: dict[str, Contact]) -> None:
    first = tour.stops()[0]

    page = signed_in.get(first.address).content.decode()

    assert first.address == f"/profiles/{shop['sanne'].pk}/?tour=1"
    assert "Stop 1 of 6" in page
    assert 'href="/insights/lifecycle/?tour=2"' in page


def test_it_passes_over_stops_that_somebody_removed(signed_in: Client, shop: dict[str, Contact]) -> None:
    page = signed_in.get("/insights/lifecycle/?tour=2").content.decode()

    assert "Stop 2 of 6" in page
    assert f"/profiles/{shop['piotr'].pk}/?tab=messages&amp;tour=6" in page
    assert "You removed it" in signed_in.get("/tour/").content.decode()


@pytest.mark.parametrize("number", ["0", "7", "x", "²", "99999999999999999999"])
def test_it_shows_a_page_as_always_when_the_number_is_rubbish(
    number: str, signed_in: Client, shop: dict[str, Contact]
) -> None:
    page = signed_in.get("/insights/lifecycle/", {"tour": number})

    assert page.status_code == 200
    assert b"tour-strip" not in page.content
