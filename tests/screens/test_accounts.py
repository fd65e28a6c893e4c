"""Signing in: with a second factor, with codes that work once, from which devices, and not by guessing."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from cdp import access, rotation
from cdp.models import SharedCache, SignInRules
from cdp.team import cache as team_cache
from cdp.team import people as team

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

PASSWORD = "a long enough word"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def grace(bundles: None) -> User:
    """Grace was invited and has a password."""
    return team.join("grace@noord.example", name="Grace Hopper", bundle="Admin", password=PASSWORD)


@pytest.fixture
def bundles() -> None:
    """As after a migration."""
    access.furnish()


def sign_in(client: Client, password: str = PASSWORD, **named: Any) -> Any:
    return client.post("/accounts/login/", {"login": "grace@noord.example", "password": password}, **named)


def app_code(secret: str) -> str:
    """What the app on the telephone shows now."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def set_up_app(client: Client) -> str:
    """Scan the code and switch the app on; the secret."""
    page = client.get("/accounts/2fa/app/add/").content.decode()
    secret = re.search(r'id="secret">(\w+)<', page)
    assert secret, page
    answer = client.post("/accounts/2fa/app/add/", {"code": app_code(secret[1])})
    assert answer.status_code == 302, answer.content.decode()
    return secret[1]


def shown_codes(client: Client) -> list[str]:
    page = client.post("/accounts/2fa/codes/").content.decode()
    found = re.search(r'id="codes">(.*?)</pre>', page, re.DOTALL)
    return found[1].split() if found else []


def next_period() -> None:
    """The used code is void for its half minute: forget it as time would."""
    SharedCache.objects.all().delete()
    cache.clear()


def test_it_asks_for_the_code_of_the_app_and_takes_each_once(client: Client, grace: User) -> None:
    sign_in(client)
    code = app_code(set_up_app(client))
    second, third = Client(), Client()

    first_step = sign_in(second)
    before = second.get("/segments/").status_code
    wrong = second.post("/accounts/2fa/authenticate/", {"code": "000000"})
    right = second.post("/accounts/2fa/authenticate/", {"code": code})
    sign_in(third)
    replayed = third.post("/accounts/2fa/authenticate/", {"code": code})

    assert first_step.url == "/accounts/2fa/authenticate/"
    assert before == 302
    assert "Incorrect code" in wrong.content.decode()
    assert right.status_code == 302
    assert second.get("/segments/").status_code == 200
    assert replayed.status_code == 200
    assert third.get("/segments/").status_code == 302


def test_it_keeps_the_secret_encrypted(client: Client, grace: User) -> None:
    sign_in(client)
    secret = set_up_app(client)

    kept = [str(one.data) for one in Authenticator.objects.all()]

    assert len(kept) == 2
    assert not any(secret in one for one in kept)


def test_it_outlives_a_change_of_the_secret_key(client: Client, grace: User, settings: Any) -> None:
    sign_in(client)
    secret = set_up_app(client)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "a new key, long enough to sign with",
    )

    rotation.rotate()
    settings.SECRET_KEY_FALLBACKS = []
    other = Client()
    sign_in(other)
    answer = other.post("/accounts/2fa/authenticate/", {"code": app_code(secret)})

    assert answer.status_code == 302


def test_it_shows_recovery_codes_once_and_each_works_once(client: Client, grace: User) -> None:
    sign_in(client)
    set_up_app(client)
    client.get("/accounts/2fa/codes/")  # looking uses nothing up
    codes = shown_codes(client)
    again = shown_codes(client)
    next_period()

    answers = []
    for _ in range(2):
        other = Client()
        sign_in(other)
        answers.append(other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code)

    assert len(codes) == 10
    assert again == []
    assert answers == [302, 200]
    assert "9 codes left" in client.get("/accounts/2fa/").content.decode()


def test_it_makes_new_recovery_codes_and_voids_the_old(client: Client, grace: User) -> None:
    sign_in(client)
    set_up_app(client)
    old = shown_codes(client)

    client.post("/accounts/2fa/codes/new/")
    new = shown_codes(client)

    assert len(new) == 10
    assert not set(old) & set(new)


def test_it_asks_again_who_it_is_before_second_factors_change(client: Client, grace: User) -> None:
    sign_in(client)
    session = client.session
    session["account_authentication_methods"] = [
        {**one, "at": time.time() - 3600} for one in session["account_authentication_methods"]
    ]
    session.save()

    asked = client.get("/accounts/2fa/app/add/")
    page = client.get(asked["Location"])
    back = client.post(asked["Location"], {"password": PASSWORD, "next": "/accounts/2fa/app/add/"})

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert "Confirm that it is you" in page.content.decode()
    assert back["Location"] == "/accounts/2fa/app/add/"


def test_it_leads_to_the_set_up_who_lacks_what_everybody_needs(client: Client, grace: User) -> None:
    earlier = Client()
    sign_in(earlier)
    earlier.post("/settings/sign-in/", {"needs_two_factors": "on"})
    assert SignInRules.objects.get().needs_two_factors

    sign_in(client)
    led = client.get("/segments/")
    fragment = client.get("/segments/", headers={"HX-Request": "true"})
    told = client.get("/accounts/2fa/").content.decode()
    set_up_app(client)
    after = client.get("/segments/")
    refused = client.post("/accounts/2fa/app/remove/")

    assert earlier.get("/segments/").status_code == 200
    assert (led.status_code, led["Location"]) == (302, "/accounts/2fa/")
    assert fragment["HX-Redirect"] == "/accounts/2fa/"
    assert "Everybody in this workspace needs two factors" in told
    assert after.status_code == 200
    assert refused.status_code == 200
    assert Authenticator.objects.filter(type="totp").exists()


def test_it_helps_who_lost_everything(client: Client, grace: User) -> None:
    ada = team.join("ada@noord.example", name="Ada", bundle="Admin", password=PASSWORD)
    sign_in(client)
    set_up_app(client)
    helper = Client()
    helper.force_login(ada)

    helper.post(f"/settings/team/{grace.pk}/factors/")

    assert client.get("/segments/").status_code == 302
    assert sign_in(Client()).url == "/"


def test_it_lists_sessions_and_ends_them(grace: User) -> None:
    client, laptop = Client(headers={"User-Agent": CHROME}), Client(headers={"User-Agent": FIREFOX})
    telephone = Client()
    for one in (client, laptop, telephone):
        sign_in(one)

    page = client.get("/account/").content.decode()
    number = re.search(r"/account/sessions/(\d+)/end/[^>]*>(?:(?!</form>).)*Firefox", page, re.DOTALL)
    assert number, page
    client.post(f"/account/sessions/{number[1]}/end/")
    ended = (laptop.get("/segments/").status_code, telephone.get("/segments/").status_code)
    client.post("/account/sessions/end/")

    assert "Chrome · Linux" in page
    assert "Firefox · macOS" in page
    assert "This one" in page
    assert ended == (302, 200)
    assert telephone.get("/segments/").status_code == 302
    assert client.get("/segments/").status_code == 200


def test_it_ends_nobody_elses_session(client: Client, grace: User) -> None:
    linus = Client()
    team.join("linus@noord.example", name="Linus", bundle="Viewer", password=PASSWORD)
    linus.post("/accounts/login/", {"login": "linus@noord.example", "password": PASSWORD})
    sign_in(client)

    for number in UserSession.objects.filter(user__email="linus@noord.example").values_list("pk", flat=True):
        client.post(f"/account/sessions/{number}/end/")

    assert linus.get("/segments/").status_code == 200


def test_it_keeps_name_and_language(client: Client, grace: User) -> None:
    sign_in(client)
    client.post("/account/", {"name": "Grace Brewster Hopper", "language": "nl"})
    later = Client()
    sign_in(later)

    page = later.get("/account/").content.decode()

    grace.refresh_from_db()
    assert (grace.first_name, grace.last_name) == ("Grace", "Brewster Hopper")
    assert '<html lang="nl"' in page


def test_it_lets_nobody_guess_also_without_redis(grace: User) -> None:
    answers = [sign_in(Client(), f"guess {number}") for number in range(7)]

    late = sign_in(Client())

    assert "Too many" in answers[-1].content.decode() or answers[-1].status_code == 429
    assert late.status_code != 302
    assert SharedCache.objects.exists()


def test_it_shares_what_guards_the_sign_in_and_what_takes_long_between_processes() -> None:
    one, other = (team_cache.GuardedMemory(name, {}) for name in ("process-1", "process-2"))

    one.set("allauth:rl:login", [1.0], 60)
    one.set("shortly:broadcast:1", ("worked out", 1), 60)
    one.set("anything", 1, 60)

    assert other.get("allauth:rl:login") == [1.0]
    assert other.get("shortly:broadcast:1") == ("worked out", 1)
    assert other.get("anything") is None
    assert not other.add("allauth:rl:login", 2, 60)
    assert other.delete("allauth:rl:login")
    assert one.get("allauth:rl:login") is None


def test_it_sends_who_forgot_the_password_a_link(client: Client, grace: User, mailoutbox: Any) -> None:
    client.post("/accounts/password/reset/", {"email": "grace@noord.example"})
    link = re.search(r"https?://[^/]+(/accounts/\S+)", mailoutbox[-1].body)
    assert link
    form = client.get(link[1], follow=True)
    new = "quite another long word"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})

    assert sign_in(Client(), new).status_code == 302
    assert client.get(link[1], follow=True).content.decode().count("no longer works") == 1


def test_it_tells_a_stranger_nothing(client: Client, grace: User, mailoutbox: Any) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "stranger@noord.example"}, follow=True)

    assert "If that address is in the team" in answer.content.decode()
    assert mailoutbox == []


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/email/", "/accounts/social/connections/"])
def test_it_opens_no_other_door_of_allauth(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_it_asks_for_the_second_factor_at_the_administration_too(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")

    assert answer["Location"] == "/accounts/login/?next=/admin/"
