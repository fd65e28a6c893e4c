"""Single sign-on: a provider that speaks strictly gets people in, one that lies gets nobody in."""

import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from cdp import access
from cdp.models import SignInRules
from cdp.team import fetch, invitations, sso
from cdp.team import people as team
from tests import oidc_provider
from tests.conftest import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

GRACE = {"sub": "g-1", "email": "grace@noord.example", "email_verified": True, "name": "Grace Hopper"}


@pytest.fixture(autouse=True)
def _house(furnished: None, settings: Any) -> None:
    access.furnish()
    settings.OIDC_PRIVATE_ADDRESSES = True


@pytest.fixture(scope="module")
def served() -> Iterator[oidc_provider.Provider]:
    """One provider for all stories: making its key takes longer than they do."""
    with oidc_provider.running(oidc_provider.Provider()) as provider:
        yield provider


@pytest.fixture
def provider(served: oidc_provider.Provider) -> oidc_provider.Provider:
    """The provider, honest again, and set up here."""
    served.person, served.lie, served.userinfo_lie = dict(GRACE), {}, {}
    served.forge = served.tells_by_userinfo = False
    served.pending.clear()
    served.complaints.clear()
    SignInRules.objects.create(
        is_on=True, name="Noord ID", issuer=served.issuer, client_id=oidc_provider.CLIENT,
        client_secret=oidc_provider.SECRET, domains=["noord.example"],
    )  # fmt: skip
    return served


@pytest.fixture
def grace(db: None) -> User:
    return team.join("grace@noord.example", name="Grace", bundle="Editor", password="a long enough word")


def go(client: Client, provider: oidc_provider.Provider) -> Any:
    """Press the button, sign in there, and come back."""
    page = client.post("/accounts/oidc/sso/login/").content.decode()
    found = re.search(r'content="0;url=([^"]+)"', page)
    assert found, page
    return client.get(provider.authorize(found[1].replace("&amp;", "&")))


def is_in(client: Client) -> bool:
    return client.get("/segments/").status_code == 200


def test_it_signs_people_of_the_team_in(
    client: Client, provider: oidc_provider.Provider, grace: User
) -> None:
    button = client.get("/accounts/login/").content.decode()

    answer = go(client, provider)

    assert "Continue with Noord ID" in button
    assert provider.complaints == []
    assert (answer.status_code, answer.url) == (302, "/")
    assert is_in(client)
    assert SocialAccount.objects.get().user == grace
    assert go(Client(), provider).status_code == 302


def test_it_signs_in_by_an_elliptic_key_too(client: Client, grace: User) -> None:
    with oidc_provider.running(oidc_provider.Provider(person=dict(GRACE), is_elliptic=True)) as provider:
        SignInRules.objects.create(
            is_on=True, name="EC", issuer=provider.issuer, client_id=oidc_provider.CLIENT,
            client_secret=oidc_provider.SECRET,
        )  # fmt: skip
        go(client, provider)

    assert is_in(client)


LIES: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "of another question"},
    "no nonce": {"nonce": None},
    "audience": {"aud": "another-client"},
    "two audiences": {"aud": [oidc_provider.CLIENT, "another-client"], "azp": "another-client"},
    "issuer": {"iss": "https://elsewhere.example"},
    "expired": {"exp": int(time.time()) - 600},
}


@pytest.mark.parametrize("lie", LIES)
def test_it_believes_no_wrong_token(
    client: Client, provider: oidc_provider.Provider, grace: User, lie: str
) -> None:
    provider.lie = LIES[lie]

    answer = go(client, provider)

    assert answer.status_code == 401
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_it_believes_no_forged_signature(
    client: Client, provider: oidc_provider.Provider, grace: User
) -> None:
    provider.forge = True

    assert go(client, provider).status_code == 401
    assert not is_in(client)


def test_it_takes_an_answer_once_and_only_to_its_own_question(
    client: Client, provider: oidc_provider.Provider, grace: User
) -> None:
    page = client.post("/accounts/oidc/sso/login/").content.decode()
    found = re.search(r'content="0;url=([^"]+)"', page)
    assert found
    back = provider.authorize(found[1].replace("&amp;", "&"))
    thief = Client()

    stolen = thief.get(back)
    mine = client.get(back)
    again = client.get(back)

    assert (stolen.status_code, mine.status_code, again.status_code) == (401, 302, 401)
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email_verified": False}, "has not verified"),
        ({"email": ""}, "does not tell your e-mail address"),
        ({"email": "grace@elsewhere.example"}, "Addresses at elsewhere.example may not sign in here"),
        ({"email": "linus@noord.example"}, "is not in the team"),
    ],
)
def test_it_says_why_somebody_may_not_come_in(
    client: Client, provider: oidc_provider.Provider, grace: User, claims: dict[str, Any], said: str
) -> None:
    provider.person |= claims

    answer = go(client, provider)

    assert answer.status_code == 403
    assert said in answer.content.decode()
    assert not is_in(client)


def test_it_asks_userinfo_where_the_token_tells_little(
    client: Client, provider: oidc_provider.Provider, grace: User
) -> None:
    provider.tells_by_userinfo = True

    go(client, provider)
    provider.userinfo_lie = {"sub": "somebody else"}
    lied = go(Client(), provider)

    assert is_in(client)
    assert lied.status_code == 401


def test_it_lets_the_invited_join(client: Client, provider: oidc_provider.Provider, ada: User) -> None:
    invitations.invite("grace@noord.example", bundle="Analyst", by=ada, now=NOW)
    invitation = invitations.waiting().get()
    invitation.expires_at = NOW.replace(year=NOW.year + 5)
    invitation.save()

    go(client, provider)

    grace = User.objects.get(email="grace@noord.example")
    assert is_in(client)
    assert (team.bundle_of(grace), grace.get_full_name()) == ("Analyst", "Grace Hopper")
    assert not grace.has_usable_password()
    assert not invitations.waiting().exists()


def test_it_makes_newcomers_what_the_rules_say(client: Client, provider: oidc_provider.Provider) -> None:
    SignInRules.objects.update(newcomers="Viewer")

    go(client, provider)

    assert is_in(client)
    assert team.bundle_of(User.objects.get(email="grace@noord.example")) == "Viewer"


def test_it_lets_nobody_back_who_was_removed(
    client: Client, provider: oidc_provider.Provider, grace: User, ada: User
) -> None:
    SignInRules.objects.update(newcomers="Viewer")
    go(Client(), provider)
    team.remove(grace, heir=ada)

    answer = go(client, provider)

    assert answer.status_code == 403
    assert not is_in(client)


def form(provider: oidc_provider.Provider, **changes: str) -> dict[str, str]:
    """The screen, filled in."""
    return {
        "is_on": "on", "name": "Noord ID", "issuer": provider.issuer, "client_id": "kindred",
        "secret": oidc_provider.SECRET, "domains": "@Noord.example, noord.test", **changes,
    }  # fmt: skip


def test_it_is_set_up_on_a_screen_and_keeps_the_secret(
    signed_in: Client, provider: oidc_provider.Provider
) -> None:
    SignInRules.objects.all().delete()

    signed_in.post("/settings/sign-in/", form(provider))
    page = signed_in.get("/settings/sign-in/").content.decode()
    signed_in.post("/settings/sign-in/", form(provider, secret="", name="Renamed"))

    rules = SignInRules.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM cdp_signinrules")
        raw = cursor.fetchone()[0]
    assert (rules.name, rules.domains) == ("Renamed", ["noord.example", "noord.test"])
    assert rules.client_secret == oidc_provider.SECRET
    assert oidc_provider.SECRET not in raw
    assert oidc_provider.SECRET not in page
    assert "/accounts/oidc/sso/login/callback/" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret": "", "client_id": ""}, "Single sign-on needs this"),
        ({"domains": "not a domain"}, "is not a domain"),
        ({"newcomers": "Viewer", "domains": ""}, "or everybody could"),
        ({"issuer": "http://127.0.0.1:1"}, "No provider answers there"),
        ({"newcomers": "Admin"}, "Select a valid choice"),
    ],
)
def test_it_refuses_settings_that_could_not_work(
    signed_in: Client, provider: oidc_provider.Provider, changes: dict[str, str], said: str
) -> None:
    SignInRules.objects.all().delete()

    answer = signed_in.post("/settings/sign-in/", form(provider, **changes))

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SignInRules.objects.filter(is_on=True).exists()


def test_it_asks_no_inner_address(settings: Any, provider: oidc_provider.Provider) -> None:
    settings.OIDC_PRIVATE_ADDRESSES = False

    for issuer in (provider.issuer, "https://127.0.0.1", "https://localhost", "https://169.254.169.254"):
        with pytest.raises(sso.NotAProvider):
            sso.discover(issuer)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "224.0.0.1",
        "0.0.0.0",
    ],
)
def test_it_judges_addresses_and_not_names(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [
        (family, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443)),
        (family, socket.SOCK_STREAM, 6, "", (address, 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(fetch.Forbidden):
        fetch.judged("idp.example", 443)


def test_it_connects_to_the_address_that_was_judged(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OIDC_PRIVATE_ADDRESSES = False
    asked: list[str] = []

    def judged(host: str, port: int | None) -> str:
        asked.append(host)
        raise fetch.Forbidden("seen")

    monkeypatch.setattr(fetch, "judged", judged)

    with pytest.raises(requests.RequestException, match="seen"), fetch.session() as asking:
        asking.get("https://idp.example/.well-known/openid-configuration")
    assert asked == ["idp.example"]
