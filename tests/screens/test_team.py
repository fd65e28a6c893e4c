"""The team: invited by mail, given a bundle, taken off it, never without an admin."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.test import Client

from cdp import access
from cdp.models import Invitation
from cdp.team import invitations
from cdp.team import people as team
from profiles.models.named import Named
from segments.models import Segment
from tests import smtp_sink
from tests.conftest import NOW
from tests.screens.test_access import member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

PASSWORD = "a long enough word"
JOINING = {"name": "Grace Hopper", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture(autouse=True)
def _bundles(furnished: None) -> None:
    access.furnish()


@pytest.fixture
def post(settings: Any) -> Iterator[smtp_sink.Sink]:
    """The test mailbox."""
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        settings.MAILERS = {"default": {"BACKEND": "cdp.team.mail.ProductMail"}}
        yield server


def link_in(post: smtp_sink.Sink) -> str:
    """The path in the latest mail."""
    text = post.mails[-1].parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    found = re.search(r"https?://[^/]+(/join/\S+)", text)
    assert found, text
    return found[1]


def invite(client: Client, email: str = "grace@noord.example", bundle: str = "Marketer") -> Any:
    return client.post("/settings/team/invite/", {"email": email, "bundle": bundle}, follow=True)


def test_it_invites_by_a_link_that_joins_once(signed_in: Client, post: smtp_sink.Sink) -> None:
    page = invite(signed_in, "Grace@Noord.Example")
    grace = Client()

    looked = grace.get(link_in(post))
    still_open = Invitation.objects.get().accepted_at
    joined = grace.post(link_in(post), JOINING)
    again = Client().post(link_in(post), JOINING)

    assert "grace@noord.example" in page.content.decode()
    assert post.mails[-1].recipient == "grace@noord.example"
    assert (looked.status_code, still_open) == (200, None)
    assert joined.status_code == 302
    assert grace.get("/segments/").status_code == 200
    user = User.objects.get(email="grace@noord.example")
    assert (user.get_full_name(), team.bundle_of(user)) == ("Grace Hopper", "Marketer")
    assert again.status_code == 410
    assert User.objects.filter(email__iexact="grace@noord.example").count() == 1


def test_it_invites_out_of_a_dialog(signed_in: Client, post: smtp_sink.Sink) -> None:
    words = {"email": "ada@kindred.example", "bundle": "Viewer"}
    refused = signed_in.post("/settings/team/invite/", words, headers={"HX-Request": "true"})
    words["email"] = "grace@noord.example"
    taken = signed_in.post("/settings/team/invite/", words, headers={"HX-Request": "true"})

    assert refused.status_code == 200
    assert "in the team already" in refused.content.decode()
    assert "<html" not in refused.content.decode()
    assert taken["HX-Redirect"] == "/settings/team/"


def test_it_voids_the_former_link_when_sending_anew_and_all_when_withdrawing(
    signed_in: Client, post: smtp_sink.Sink
) -> None:
    invite(signed_in)
    number = Invitation.objects.get().pk
    first = link_in(post)
    signed_in.post(f"/settings/team/invitations/{number}/resend/")
    second = link_in(post)
    between = (Client().get(first).status_code, Client().get(second).status_code)

    signed_in.post(f"/settings/team/invitations/{number}/withdraw/")

    assert between == (410, 200)
    assert Client().get(second).status_code == 410
    assert "Invited" not in signed_in.get("/settings/team/").content.decode()


def test_it_lets_invitations_expire(signed_in: Client, post: smtp_sink.Sink) -> None:
    invite(signed_in)

    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=8)):
        late = Client().post(link_in(post), JOINING)

    assert late.status_code == 410
    assert not User.objects.filter(email="grace@noord.example").exists()


def test_it_takes_no_changed_link(signed_in: Client, post: smtp_sink.Sink) -> None:
    invite(signed_in)
    link = link_in(post)

    assert Client().get(f"{link[:-4]}abc/").status_code == 410
    assert Client().get("/join/nonsense/").status_code == 410


def test_it_invites_nobody_twice_and_says_when_the_mail_did_not_go(signed_in: Client, settings: Any) -> None:
    settings.TEST_MAILBOX = "127.0.0.1:1"
    settings.MAILERS = {"default": {"BACKEND": "cdp.team.mail.ProductMail"}}

    known = invite(signed_in, "ada@kindred.example")
    unsent = invite(signed_in)

    assert known.status_code == 422
    assert "in the team already" in known.content.decode()
    assert "could not be sent" in unsent.content.decode()


def test_it_asks_for_two_equal_good_passwords(signed_in: Client, post: smtp_sink.Sink) -> None:
    invite(signed_in)

    differ = Client().post(link_in(post), {**JOINING, "again": "another word"})
    common = Client().post(link_in(post), {**JOINING, "password": "password", "again": "password"})

    assert "The two passwords differ" in differ.content.decode()
    assert "too common" in common.content.decode()
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize(
    "path", ["/settings/team/", "/settings/team/invite/", "/settings/sign-in/", "/settings/team/1/remove/"]
)
def test_it_is_for_those_who_manage_the_team(client: Client, path: str) -> None:
    client.force_login(member("linus", "Approver"))

    assert client.get(path).status_code == 403


def test_it_changes_bundles(signed_in: Client) -> None:
    linus = member("linus", "Viewer")

    signed_in.post(f"/settings/team/{linus.pk}/bundle/", {"bundle": "Admin"})
    promoted = team.bundle_of(User.objects.get(pk=linus.pk))
    signed_in.post(f"/settings/team/{linus.pk}/bundle/", {"bundle": "Support"})

    assert promoted == "Admin"
    assert team.bundle_of(User.objects.get(pk=linus.pk)) == "Support"


def test_it_keeps_the_last_admin(signed_in: Client, ada: User) -> None:
    grace = member("grace", "Marketer")

    demoted = signed_in.post(f"/settings/team/{ada.pk}/bundle/", {"bundle": "Viewer"})
    themselves = signed_in.post(f"/settings/team/{ada.pk}/remove/", {"heir": grace.pk})

    assert "make somebody else an admin first" in demoted.content.decode()
    assert themselves.status_code == 422
    with pytest.raises(team.Refused):
        team.remove(ada, heir=grace)
    ada.refresh_from_db()
    assert (ada.is_active, ada.is_superuser) == (True, True)


def test_it_demotes_an_admin_when_there_is_another(signed_in: Client, ada: User) -> None:
    member("grace", "Admin")

    signed_in.post(f"/settings/team/{ada.pk}/bundle/", {"bundle": "Editor"})

    ada = User.objects.get(pk=ada.pk)
    assert (ada.is_superuser, ada.is_staff, team.bundle_of(ada)) == (False, False, "Editor")


def test_it_removes_somebody_at_once_and_hands_their_things_over(signed_in: Client, ada: User) -> None:
    linus = member("linus", "Marketer")
    elsewhere = Client()
    elsewhere.force_login(linus)
    segment = Segment.objects.create(name="The Dutch", owner=linus)
    before = elsewhere.get("/segments/").status_code

    asked = signed_in.get(f"/settings/team/{linus.pk}/remove/").content.decode()
    signed_in.post(f"/settings/team/{linus.pk}/remove/", {"heir": ada.pk})

    segment.refresh_from_db()
    linus.refresh_from_db()
    assert before == 200
    assert "1 segment" in asked
    assert elsewhere.get("/segments/").status_code == 302
    assert segment.owner == ada
    assert (linus.is_active, linus.groups.count(), linus.has_usable_password()) == (False, 0, False)
    assert f"/settings/team/{linus.pk}/" not in signed_in.get("/settings/team/").content.decode()


def test_it_wakes_the_account_of_who_comes_back(ada: User, post: smtp_sink.Sink) -> None:
    grace = team.join("grace@noord.example", name="Grace", bundle="Viewer", password=PASSWORD)
    team.remove(grace, heir=ada)
    invitation, _ = invitations.invite("grace@noord.example", bundle="Editor", by=ada, now=NOW)

    back = invitations.accept(invitation, name="Grace Hopper", password=PASSWORD, now=NOW)

    assert back.pk == grace.pk
    assert (back.is_active, team.bundle_of(back)) == (True, "Editor")


def test_it_knows_everything_that_has_an_owner() -> None:
    kinds = set(team.owned())

    assert Segment in kinds
    assert all(issubclass(kind, Named) for kind in kinds)
    assert len(kinds) >= 3


def test_it_shows_who_is_in(signed_in: Client) -> None:
    Group.objects.get(name="Viewer").user_set.add(User.objects.create_user("linus", "linus@noord.example"))

    page = signed_in.get("/settings/team/").content.decode()

    assert "linus@noord.example" in page
    assert "never" in page
