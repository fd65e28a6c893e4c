"""Insights → Lifecycle: four charts with their sentences, tables and files, each over a range in the address."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.profiles.test_lifecycle import order, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

NAMES = ("stages", "moves", "cohorts", "second")


@pytest.fixture
def shop() -> None:
    """Forty people: half came back twenty days later, three are lapsed."""
    now = timezone.now()
    for number in range(40):
        contact = person(now - dt.timedelta(days=300))
        first = now - dt.timedelta(days=250 if number < 3 else 70)
        order(contact, first, 100)
        if number >= 20:
            order(contact, first + dt.timedelta(days=20), 50)


def test_it_draws_its_frame_at_once_and_keeps_the_range_in_the_address(signed_in: Client) -> None:
    page = signed_in.get("/insights/lifecycle/?months=24&days=7&of=revenue").content.decode()

    for name in NAMES:
        assert f"/insights/lifecycle/{name}/?months=24&amp;days=7&amp;of=revenue" in page


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("stages", "Of 40 people, 37 buy at the moment"),
        ("moves", "most went from"),
        ("cohorts", "ordered again the month after"),
        ("second", "Half of the second orders came within 20 days"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_it_says_each_chart_in_a_sentence_and_a_table(signed_in: Client, name: str, sentence: str) -> None:
    page = signed_in.get(f"/insights/lifecycle/{name}/?days=90").content.decode()

    assert sentence in page
    assert "Show as table" in page


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("shop")
def test_it_gives_each_chart_as_a_file(signed_in: Client, name: str) -> None:
    answer = signed_in.get(f"/insights/lifecycle/{name}/?days=90&format=csv")

    assert answer["Content-Type"].startswith("text/csv")
    assert len(answer.content.decode().splitlines()) > 1


@pytest.mark.parametrize("name", NAMES)
def test_it_says_something_about_nobody_too(signed_in: Client, name: str) -> None:
    assert signed_in.get(f"/insights/lifecycle/{name}/").status_code == 200


@pytest.mark.usefixtures("shop")
def test_it_makes_a_segment_of_those_who_are_late(signed_in: Client) -> None:
    page = signed_in.get("/insights/lifecycle/second/").content.decode()

    assert "/segments/new/?definition=" in page
    assert "days_since_last" in page


def test_it_takes_rubbish_in_the_address_for_nothing(signed_in: Client) -> None:
    for name in NAMES:
        assert signed_in.get(f"/insights/lifecycle/{name}/?months=x&days=-1&of=%00").status_code == 200
    assert signed_in.get("/insights/lifecycle/nothing/").status_code == 404


def test_it_is_for_those_who_may_see_figures(client: Client) -> None:
    client.force_login(User.objects.create_user("grace"))

    assert client.get("/insights/lifecycle/").status_code == 403
