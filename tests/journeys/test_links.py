"""Tracked links: they lead only where a message of ours linked to, and tell people from machines."""

import datetime as dt
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from hypothesis import given
from hypothesis import settings as chance
from hypothesis import strategies as st
from time_machine import travel

from journeys.channels.receipts import Caller, is_machine
from journeys.messages import links
from journeys.messages.links import BadLink, Named, Subscription
from journeys.models import Message, Receipt
from tests.journeys import cast

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MOMENTS = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


@chance(deadline=None)
@given(st.integers(1, 2**62), MOMENTS, st.text(st.characters(exclude_categories=["Cs"])))
def test_it_reads_what_it_signed(number: int, entered: dt.datetime, rest: str) -> None:
    named = Named(number, entered)

    token = links.click(named, f"https://shop.example/{rest}").rpartition("/")[2]

    assert links.read_click(token) == (named, f"https://shop.example/{rest}")


@chance(deadline=None)
@given(st.data())
def test_it_opens_nothing_that_was_changed(data: Any) -> None:
    token = links.click(Named(1, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)), "https://shop.example/").rpartition(
        "/"
    )[2]
    position = data.draw(st.integers(0, len(token) - 2))  # the last letter has bits that mean nothing
    letter = data.draw(st.sampled_from([one for one in "abcXYZ012-_" if one != token[position]]))

    with pytest.raises(BadLink):
        links.read_click(token[:position] + letter + token[position + 1 :])


@chance(deadline=None)
@given(st.text(max_size=60))
def test_it_opens_nothing_that_was_made_up(token: str) -> None:
    for read in (links.read_click, links.read_pixel, links.read_unsubscribe):
        with pytest.raises(BadLink):
            read(token)


def test_it_takes_no_link_of_one_kind_for_another(now: dt.datetime) -> None:
    token = links.unsubscribe(Subscription(Named(1, now), 1, 1)).rpartition("/")[2]

    for read in (links.read_click, links.read_pixel):
        with pytest.raises(BadLink):
            read(token)


def test_it_reads_links_signed_with_a_former_key(settings: Any, now: dt.datetime) -> None:
    settings.SECRET_KEY = "former"
    token = links.click(Named(1, now), "https://shop.example/").rpartition("/")[2]
    settings.SECRET_KEY = "present"
    with pytest.raises(BadLink):
        links.read_click(token)

    settings.SECRET_KEY_FALLBACKS = ["former"]

    assert links.read_click(token) == (Named(1, now), "https://shop.example/")


@pytest.mark.parametrize("target", ["javascript:alert(1)", "//evil.example", "data:text/html,x", "ftp://a"])
def test_it_leads_nowhere_but_to_web_pages(client: Client, now: dt.datetime, target: str) -> None:
    token = links.click(Named(1, now), target).rpartition("/")[2]

    assert client.get(f"/t/c/{token}").status_code == 404


@pytest.fixture
def message(db: None, now: dt.datetime) -> Message:
    """A mail that Ada got a minute ago."""
    (message,) = cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    message.state, message.sent_at = "sent", now
    message.save()
    return message


def local(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


def test_it_notes_a_click_and_leads_on(client: Client, message: Message, now: dt.datetime) -> None:
    link = local(links.click(Named(message.pk, message.run_entered_at), "https://shop.example/?a=1&b=ü"))

    with travel(now + dt.timedelta(minutes=1), tick=False):
        response = client.get(link, headers={"user-agent": BROWSER})

    assert (response.status_code, response["Location"]) == (302, "https://shop.example/?a=1&b=%C3%BC")
    assert "no-store" in response["Cache-Control"]
    message.refresh_from_db()
    assert message.first_clicked_at == message.first_opened_at == now + dt.timedelta(minutes=1)
    assert Receipt.objects.get().kind == "clicked"
    ((name, properties),) = cast.happened()
    assert (name, properties["machine"], properties["url"]) == (
        "Email Link Clicked",
        False,
        "https://shop.example/?a=1&b=ü",
    )


def test_it_notes_an_opening(client: Client, message: Message, now: dt.datetime) -> None:
    link = local(links.pixel(Named(message.pk, message.run_entered_at)))

    with travel(now + dt.timedelta(minutes=1), tick=False):
        response = client.get(link, headers={"user-agent": BROWSER})

    assert response["Content-Type"] == "image/gif"
    message.refresh_from_db()
    assert message.first_opened_at == now + dt.timedelta(minutes=1)
    assert [name for name, _ in cast.happened()] == ["Email Opened"]


def test_it_counts_no_machine_as_a_reader(client: Client, message: Message, now: dt.datetime) -> None:
    link = local(links.click(Named(message.pk, message.run_entered_at), "https://shop.example/"))

    with travel(now + dt.timedelta(minutes=1), tick=False):
        client.head(link, headers={"user-agent": BROWSER})
        client.get(link, headers={"user-agent": "Barracuda Sentinel"})
    with travel(now + dt.timedelta(seconds=1), tick=False):
        client.get(link, headers={"user-agent": BROWSER})

    message.refresh_from_db()
    assert (message.first_clicked_at, message.first_opened_at) == (None, None)
    assert list(Receipt.objects.values_list("is_machine", flat=True)) == [True] * 3
    assert [properties["machine"] for _, properties in cast.happened()] == [True] * 3


@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        (BROWSER, False),
        ("", True),
        ("Mozilla/5.0", True),
        ("python-requests/2.32", True),
        ("Googlebot/2.1", True),
    ],
)
def test_it_knows_programs_by_their_names(agent: str, machine: bool, now: dt.datetime) -> None:
    assert is_machine(Caller(agent), sent_at=now, at=now + dt.timedelta(minutes=1)) is machine


@pytest.mark.django_db
def test_it_answers_a_link_that_holds_no_address(client: Client, now: dt.datetime) -> None:
    token = links.click(Named(1, now), "http://[no-address").rpartition("/")[2]

    assert client.get(f"/t/c/{token}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_it_leads_on_while_the_database_is_away(
    client: Client, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def away(*_: object, **__: object) -> bool:
        raise error("the connection is closed")

    monkeypatch.setattr("journeys.channels.receipts.clicked", away)
    token = links.click(Named(1, now), "https://shop.example/").rpartition("/")[2]

    assert client.get(f"/t/c/{token}").status_code == 302


@pytest.mark.django_db
def test_it_leads_on_when_the_message_is_long_gone(client: Client, now: dt.datetime) -> None:
    link = local(links.click(Named(999_999, now), "https://shop.example/"))

    assert client.get(link, headers={"user-agent": BROWSER}).status_code == 302
    assert not Receipt.objects.exists()
