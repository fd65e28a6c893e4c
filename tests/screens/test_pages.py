"""Pages for those who may see them: what they show, and what their buttons do."""

import datetime as dt
from typing import Any, Final

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from cdp import models as roof
from cdp import pipeline
from profiles.models import Merge, Source, WriteKey
from profiles.pages import read_cursor, write_cursor
from segments.models import Segment
from tests.screens.conftest import happen, meet

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("furnished"),
]

PAGES: Final = [
    "/",
    "/contacts/",
    "/segments/",
    "/journeys/",
    "/data/sources/",
    "/data/not-accepted/",
    "/test-mailbox/",
    "/content/emails/",
    "/content/images/",
    "/settings/brands/",
]


@pytest.mark.parametrize("path", PAGES)
def test_it_asks_strangers_to_sign_in(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_it_lets_nobody_sign_up(client: Client) -> None:
    assert client.get("/accounts/signup/").status_code == 404


@pytest.mark.parametrize("path", PAGES[1:])
def test_it_refuses_those_without_permission(client: Client, path: str) -> None:
    client.force_login(User.objects.create_user("grace"))

    assert client.get(path).status_code == 403


def test_it_shows_only_entries_one_may_open(client: Client) -> None:
    grace = User.objects.create_user("grace")
    grace.user_permissions.add(Permission.objects.get(codename="see_people"))
    client.force_login(grace)

    page = client.get("/contacts/").content.decode()

    assert 'href="/contacts/"' in page
    assert 'href="/journeys/"' not in page


@pytest.mark.parametrize("words", ["Grace", "grac", "grace@example", "+3120", "browser-1000", "GRACE exam"])
def test_it_finds_people_by_anything_known_of_them(signed_in: Client, today: dt.datetime, words: str) -> None:
    meet("Grace", at=today, phone="+31201234567")
    meet("Linus", at=today)

    page = signed_in.get("/contacts/", {"q": words}).content.decode()

    assert "grace@example.com" in page
    assert "linus@example.com" not in page


@pytest.mark.parametrize("path", ["/contacts/", "/segments/", "/search/"])
def test_it_searches_past_a_character_no_row_can_hold(signed_in: Client, path: str) -> None:
    answer = signed_in.get(f"{path}?q=a%00b")

    assert answer.status_code == 200


def test_it_leaves_visitors_out_until_asked(signed_in: Client, today: dt.datetime) -> None:
    meet("Linus", at=today, is_known=False)

    assert "Visitor 1000" not in signed_in.get("/contacts/").content.decode()
    assert "Visitor 1000" in signed_in.get("/contacts/", {"visitors": "1"}).content.decode()


def test_it_pages_through_everyone_once(signed_in: Client, today: dt.datetime) -> None:
    everyone = {meet(f"P{number}", at=today - dt.timedelta(seconds=number % 7)).pk for number in range(120)}

    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page: Any = signed_in.get("/contacts/", {"after": after}).context["page"]
        seen += [contact.pk for contact in page.rows]
        after = page.next

    assert len(seen) == 120
    assert set(seen) == everyone


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "9" * 40 + "-1", "1-" + "9" * 40, None])
def test_it_begins_at_the_start_where_a_place_is_nonsense(text: str | None) -> None:
    assert read_cursor(text) is None


def test_it_keeps_a_place_to_the_microsecond() -> None:
    place = (dt.datetime(2026, 11, 18, 12, 0, 0, 123_457, tzinfo=dt.UTC), 42)

    assert read_cursor(write_cursor(place)) == place


def test_it_leads_from_a_merged_profile_to_the_one_that_remains(
    signed_in: Client, today: dt.datetime
) -> None:
    ada = meet("Ada", at=today)
    grace = meet("Grace", at=today, merged_into=ada)
    linus = meet("Linus", at=today, merged_into=grace)

    assert signed_in.get(f"/profiles/{linus.pk}/")["Location"] == f"/profiles/{ada.pk}/"


def test_it_shows_only_the_event_that_was_asked_for(
    signed_in: Client, today: dt.datetime, shop: Source
) -> None:
    grace = meet("Grace", at=today)
    happen(grace, "Page Viewed", at=today, source=shop, path="/tents")
    happen(grace, "Order Completed", at=today, source=shop, total=5)

    entries = signed_in.get(f"/profiles/{grace.pk}/", {"event": "Order Completed"}).context["entries"]

    assert [entry.name for entry in entries] == ["Order Completed"]


def test_it_shows_a_key_once(signed_in: Client) -> None:
    shown = signed_in.post("/data/sources/new/", {"name": "Webshop", "kind": "server"}).content.decode()
    key = WriteKey.objects.get()

    assert f'id="key">{key.hint}' in shown
    assert shown.split('id="key">')[1].split("<")[0] not in signed_in.get("/data/sources/").content.decode()


def test_it_revokes_a_key(signed_in: Client, shop: Source) -> None:
    key = WriteKey.objects.create(source=shop, digest=b"1" * 32, hint="ks_abcde")

    signed_in.post(f"/data/keys/{key.pk}/revoke/")

    key.refresh_from_db()
    assert key.revoked_at is not None


def test_it_says_what_is_wrong_with_a_segment(signed_in: Client) -> None:
    answer = signed_in.post("/segments/new/", {"name": "Odd", "definition": '{"type": "all"'})

    assert answer.status_code == 422
    assert "This is not JSON yet" in answer.content.decode()
    assert not Segment.objects.exists()


def test_it_forbids_a_mail_everything_but_looks(signed_in: Client) -> None:
    content = b"Content-Type: text/html\n\n<p>Hello</p>"
    mail = roof.TestMail.objects.create(
        mail_from="a@b.c", recipient="d@e.f", subject="Hello", content=content
    )

    policy = signed_in.get(f"/test-mailbox/{mail.pk}/html/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups" in policy


@pytest.mark.parametrize(("target", "where"), [("/contacts/", "/contacts/"), ("https://evil.example/", "/")])
def test_it_remembers_dark_and_goes_back(client: Client, target: str, where: str) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": target})

    assert answer["Location"] == where
    assert answer.cookies["theme"].value == "dark"
    assert 'data-bs-theme="dark"' in client.get("/accounts/login/").content.decode()


def test_it_undoes_a_merge(signed_in: Client, ada: User, today: dt.datetime) -> None:
    grace = meet("Grace", at=today)
    double = meet("Gracie", at=today)
    pipeline.merge_contacts(survivor_id=grace.pk, absorbed_id=double.pk, by=ada, now=today)
    merge = Merge.objects.get()

    page = signed_in.get(f"/profiles/{grace.pk}/", {"tab": "data"}).content.decode()
    answer = signed_in.post(f"/profiles/merges/{merge.pk}/undo/", follow=True)

    double.refresh_from_db()
    assert f"/profiles/merges/{merge.pk}/undo/" in page
    assert double.merged_into is None
    assert "has a profile of their own again" in answer.content.decode()
