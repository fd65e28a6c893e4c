"""The bell keeps what long work came to and what needs somebody, and knows what a browser has seen of it."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from journeys.models import Broadcast, Journey
from profiles.models import Import, RejectedItem, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended() -> None:
    """An import and a broadcast came to their end; something was not accepted."""
    cache.clear()
    now = timezone.now()  # the page asks the clock
    Import.objects.create(
        name="people.csv", content=b"", state=Import.State.DONE, accepted=1188, refused=12, finished_at=now
    )
    news = Journey.objects.create(
        name="Weekend ride", kind=Journey.Kind.BROADCAST, status=Journey.Status.COMPLETED
    )
    Broadcast.objects.create(journey=news, started_at=now, taken_in_at=now)
    shop = Source.objects.create(name="Shop")
    RejectedItem.objects.create(source=shop, received_at=now, reason="not_json", payload="?")


@pytest.mark.usefixtures("ended")
def test_it_tells_of_ended_work_until_it_was_looked_at(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ada"))
    page = client.get("/bell/").content.decode()
    before = client.get("/bell/count/").content.decode()
    client.cookies["bell"] = page.split('data-bell="')[1].split('"')[0]  # as the page's script keeps it
    after = client.get("/bell/count/").content.decode()

    assert "“people.csv” was imported: 1,188 rows accepted, 12 not accepted" in page
    assert "“Weekend ride” has gone out" in page
    assert "1 item was not accepted this week" in page
    assert "3 new" in before
    assert after.strip() == ""


@pytest.mark.usefixtures("ended")
def test_it_tells_nobody_what_they_may_not_see(client: Client) -> None:
    client.force_login(User.objects.create_user("grace"))

    page = client.get("/bell/").content.decode()

    assert "people.csv" not in page
    assert "Weekend ride" not in page
    assert client.get("/bell/count/", headers={"cookie": "bell=nonsense"}).status_code < 400
