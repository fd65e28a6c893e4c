"""Who may do what: the bundles, and what people are told who may not."""

from typing import Final

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp import access
from profiles import permissions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

# see · people · export · edit · publish · send to many · approve · data · team
MAY: Final = {
    "Viewer": "x--------",
    "Analyst": "xxx------",
    "Editor": "xx-x-----",
    "Marketer": "xxxxx----",
    "Approver": "xxxxxxx--",
    "Support": "xx-------",
    "Admin": "xxxxxxxxx",
}


@pytest.fixture
def bundles() -> None:
    """As after a migration: other tests may have emptied the database."""
    access.furnish()


def member(name: str, bundle: str) -> User:
    """Somebody with one bundle."""
    user = User.objects.create_user(name)
    user.groups.add(Group.objects.get(name=bundle))
    return user


@pytest.mark.parametrize("bundle", MAY)
def test_it_bundles_permissions(bundles: None, bundle: str) -> None:
    linus = member("linus", bundle)

    may = "".join("x" if linus.has_perm(f"profiles.{name}") else "-" for name, _ in permissions.NAMED)

    assert may == MAY[bundle]


def test_a_page_asks_once_for_all_rights_and_finds_what_django_finds(bundles: None, client: Client) -> None:
    linus = member("linus", "Editor")
    linus.groups.add(Group.objects.get(name="Support"))
    linus.user_permissions.add(Permission.objects.get(codename="publish"))
    client.force_login(linus)

    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/contacts/")

    assert len([one for one in asked if "auth_permission" in one["sql"]]) == 1
    assert answer.wsgi_request.user.get_all_permissions() == linus.get_all_permissions()


def test_it_has_no_bundle_but_these() -> None:
    assert set(access.BUNDLES) == set(MAY)


def test_it_makes_them_after_every_migration_and_spoils_no_other(bundles: None) -> None:
    own = Group.objects.create(name="Our interns")
    own.permissions.add(Permission.objects.get(codename="see", content_type__app_label="profiles"))
    Group.objects.get(name="Viewer").permissions.clear()
    Group.objects.get(name="Admin").delete()

    post_migrate.send(
        apps.get_app_config("cdp"), app_config=apps.get_app_config("cdp"), using="default", verbosity=0
    )

    assert set(MAY) <= set(Group.objects.values_list("name", flat=True))
    assert Group.objects.get(name="Viewer").permissions.count() == 1
    assert own.permissions.count() == 1


@pytest.mark.parametrize(
    ("bundle", "path", "status"),
    [
        ("Viewer", "/segments/", 200),
        ("Viewer", "/contacts/", 403),
        ("Viewer", "/segments/new/", 403),
        ("Support", "/contacts/", 200),
        ("Support", "/campaigns/new/", 403),
        ("Editor", "/campaigns/new/", 200),
        ("Marketer", "/data/sources/", 403),
        ("Admin", "/data/sources/", 200),
    ],
)
def test_it_lets_people_see_what_their_bundle_allows(
    client: Client, bundles: None, bundle: str, path: str, status: int
) -> None:
    client.force_login(member("linus", bundle))

    assert client.get(path).status_code == status


def test_it_says_what_is_missing_and_who_can_give_it(client: Client, bundles: None) -> None:
    member("grace", "Admin")
    client.force_login(member("linus", "Viewer"))

    page = client.get("/contacts/").content.decode()

    assert "See personal data" in page
    assert "grace" in page


def test_it_finds_no_people_for_those_who_may_not_see_them(client: Client, bundles: None) -> None:
    client.force_login(member("linus", "Viewer"))

    page = client.get("/search/", {"q": "a"}).content.decode()

    assert "/segments/new/" not in page
    assert "/contacts/" not in page
    assert "/campaigns/" in page
