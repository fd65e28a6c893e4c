"""Settings → Topics & consent: what people can subscribe to is made and kept where marketers work."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client

from profiles import topics
from profiles.models import Brand, Topic
from tests.journeys import cast

pytestmark = pytest.mark.django_db
URL = "/settings/topics/"


def test_a_marketer_makes_renames_and_archives_a_topic(signed_in: Client) -> None:
    made = signed_in.post(f"{URL}new/", {"name": "Rides & tours", "basis": "customer"}, follow=True)
    topic = Topic.objects.get(name="Rides & tours")

    assert (topic.key, topic.basis, topic.brand.is_default) == ("rides-tours", "customer", True)
    assert "“Rides &amp; tours” is there." in made.content.decode()
    twice = signed_in.post(f"{URL}new/", {"name": "rides & tours", "basis": "consent"})
    assert (twice.status_code, "That name is already used." in twice.content.decode()) == (422, True)

    signed_in.post(f"{URL}{topic.pk}/", {"name": "Rides", "basis": "consent", "description": "Every Friday."})
    page = signed_in.get(URL).content.decode()
    topic.refresh_from_db()
    assert (topic.name, topic.key, topic.basis) == ("Rides", "rides-tours", "customer")  # they agreed to that
    assert "Every Friday." in page

    gone = signed_in.post(f"{URL}{topic.pk}/archive/", follow=True).content.decode()
    assert "“Rides” is archived." in gone
    assert f"{URL}{topic.pk}/restore/" in gone
    signed_in.post(f"{URL}{topic.pk}/restore/")
    topic.refresh_from_db()
    assert topic.archived_at is None


def test_it_counts_the_latest_word_of_each_person(signed_in: Client, now: dt.datetime) -> None:
    ada, grace = cast.person("Ada", now=now), cast.person("Grace", now=now)
    linus = cast.person("Linus", now=now, subscribed=False)
    news = Topic.objects.get(key="news")
    later = now + dt.timedelta(days=1)
    cast.subscribe([grace], now=later, state="unsubscribed")
    cast.subscribe([linus], now=later, state="pending")

    said = topics.said(news)
    part = signed_in.get(f"{URL}{news.pk}/said/").content.decode()

    assert (said.channels, said.pending, said.unsubscribed) == ([("email", 1)], 1, 1)
    assert "1 unsubscribed" in part
    assert ada.email not in part


def test_it_asks_for_a_brand_only_where_there_are_two(signed_in: Client) -> None:
    plain = signed_in.get(f"{URL}new/").content.decode()
    Brand.objects.create(name="Outlet")

    both = signed_in.get(f"{URL}new/").content.decode()

    assert ('name="brand"' in plain, 'name="brand"' in both) == (False, True)


def test_it_is_for_those_who_manage_data(client: Client) -> None:
    client.force_login(User.objects.create_user("linus"))

    assert client.get(URL).status_code == 403
