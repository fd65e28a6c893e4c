"""Settings → Developers → Webhooks: made, paused, tested, sent again and deleted on its pages."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from cdp.webhooks import noting, sending
from cdp.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.webhooks.conftest import Listen

pytestmark = pytest.mark.django_db

PAGES = "/settings/developers/webhooks/"


def clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def test_it_is_made_and_shows_its_secret_once(admin_client: Client, admin_user: User) -> None:
    wants = ["contact.created", "event.happened"]
    form = {
        "name": "Our shop",
        "url": "https://shop.example/hook",
        "wants": wants,
        "names": "Order Completed\n\n",
    }

    page = admin_client.post(f"{PAGES}new/", form).content.decode()

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.wants, endpoint.event_names) == (wants, ["Order Completed"])
    assert (endpoint.made_by, endpoint.status) == (admin_user, "active")
    assert endpoint.secret in page
    for path in ("", f"{endpoint.pk}/", f"{endpoint.pk}/edit/"):
        assert endpoint.secret not in admin_client.get(PAGES + path).content.decode()


@pytest.mark.parametrize("url", ["http://shop.example/", "https://ada:secret@shop.example/", "no address"])
def test_it_says_where_webhooks_cannot_go(url: str, admin_client: Client, settings: Settings) -> None:
    settings.WEBHOOKS_PRIVATE_NETWORKS = False
    form = {"name": "Our shop", "url": url, "wants": ["contact.created"]}

    response = admin_client.post(f"{PAGES}new/", form)

    assert response.status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_its_log_says_what_was_sent_and_answered(admin_client: Client, listen: Listen) -> None:
    endpoint = listen("contact.created")
    noting.ping(endpoint, now=clock())
    sending.deliver(clock=clock)

    page = admin_client.get(f"{PAGES}{endpoint.pk}/").content.decode()

    assert "webhook.test" in page
    assert "thanks" in page
    assert "v1," not in page
    assert "whsec_" not in page
    assert "webhook.test" not in admin_client.get(f"{PAGES}{endpoint.pk}/?state=failed").content.decode()


def test_what_was_told_is_told_again(admin_client: Client, listen: Listen) -> None:
    endpoint = listen("contact.created")
    admin_client.post(f"{PAGES}{endpoint.pk}/test/")
    assert sending.deliver(clock=clock) == 1
    delivery = WebhookDelivery.objects.get()

    admin_client.post(f"{PAGES}deliveries/{delivery.pk}/again/")
    assert sending.deliver(clock=clock) == 1
    stretch = {"since": "2020-01-01T00:00", "until": "2090-01-01T00:00"}
    page = admin_client.post(f"{PAGES}{endpoint.pk}/replay/", stretch, follow=True).content.decode()

    assert "1 thing is sent again." in page
    assert sending.deliver(clock=clock) == 1


def test_it_pauses_changes_its_secret_and_goes(admin_client: Client, listen: Listen) -> None:
    endpoint = listen("contact.created")
    before = endpoint.secret

    admin_client.post(f"{PAGES}{endpoint.pk}/switch/")
    page = admin_client.post(f"{PAGES}{endpoint.pk}/secret/").content.decode()

    endpoint.refresh_from_db()
    assert endpoint.status == "paused"
    assert endpoint.secret_before == before
    assert endpoint.secret in page
    admin_client.post(f"{PAGES}{endpoint.pk}/delete/")
    assert not WebhookEndpoint.objects.exists()


def test_it_is_for_those_who_manage_data(client: Client, django_user_model: type[User]) -> None:
    client.force_login(django_user_model.objects.create_user("linus"))

    assert client.get(PAGES).status_code == 403
    assert re.match(r".*/accounts/login/", Client().get(PAGES).headers["location"])
