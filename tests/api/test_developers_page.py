"""Settings → Developers: keys made, shown once, seen in use, revoked."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from profiles.models import ApiKey, Source

KEYS = "/settings/developers/"
NEW = "/settings/developers/keys/new/"


def signed_in(*permissions: str) -> Client:
    """Somebody with these permissions."""
    user = User.objects.create_user("grace", password="x")
    for one in permissions:
        user.user_permissions.add(Permission.objects.get(codename=one, content_type__app_label="profiles"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(db: None) -> Client:
    """Somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("ada", "ada@kindred.example", "a long enough word"))
    return client


def test_it_shows_a_key_once(admin: Client) -> None:
    made = admin.post(NEW, {"name": "Loyalty", "may_contacts": "write", "personal": "on", "lasts": "90"})
    secret = made.context["secret"]

    assert secret in made.content.decode()
    assert secret not in admin.get(KEYS).content.decode()
    assert Client().get("/api/v1/contacts/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    key = ApiKey.objects.get()
    assert (sorted(key.scopes), key.made_by.username) == (["contacts:write", "personal_data"], "ada")  # type: ignore[union-attr]
    assert Source.objects.get(pk=key.source_id).name == "Loyalty"


def test_it_opens_nothing_once_it_is_revoked(admin: Client) -> None:
    made = admin.post(NEW, {"name": "Loyalty", "may_sources": "read", "lasts": ""})
    key = ApiKey.objects.get()

    page = admin.post(f"{KEYS}keys/{key.pk}/revoke/", follow=True)

    assert "opens nothing from now on" in page.content.decode()
    headers = {"Authorization": f"Bearer {made.context['secret']}"}
    assert Client().get("/api/v1/sources/", headers=headers).status_code == 401


def test_it_asks_for_something_to_do(admin: Client) -> None:
    assert admin.post(NEW, {"name": "Idle", "lasts": "30"}).status_code == 422
    assert not ApiKey.objects.exists()


def test_it_gives_a_key_no_more_than_its_maker_may_do(db: None) -> None:
    grace = signed_in("manage_data", "see")

    page = grace.get(NEW).content.decode()
    grace.post(NEW, {"name": "More", "may_journeys": "write", "may_sources": "read", "personal": "on"})

    assert "personal data" not in page
    assert not ApiKey.objects.filter(name="More", scopes__contains=["journeys:write"]).exists()
    assert not ApiKey.objects.filter(scopes__contains=["personal_data"]).exists()


def test_it_is_for_who_manages_data(db: None) -> None:
    grace = signed_in("see", "see_people", "edit")

    assert [grace.get(KEYS).status_code, grace.get(NEW).status_code] == [403, 403]
