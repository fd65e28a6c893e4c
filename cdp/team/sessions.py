"""Where somebody is signed in: each session with its device and address, seen at most minutes ago, ended at will."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django_htmx.http import HttpResponseClientRedirect

from cdp.models import Preference
from cdp.team import factors

SEEN_EVERY: Final = 300  # seconds; a write for each page would cost more than it tells
LANGUAGE: Final = "language"  # in the session
# Where somebody may go who has to set up a second factor first.
FREE: Final = ("/accounts/", "/static/", "/theme/", "/health")
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS: Final = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)


class Presence:
    """Middleware for whoever is signed in: their language, the set-up they owe, and that they were here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Costs nothing for machines, and for people one look at the session that the page needs anyway."""
        key = request.session.session_key
        if not key or not request.user.is_authenticated:
            return self.get_response(request)
        if language := request.session.get(LANGUAGE):
            translation.activate(language)
        if not request.path.startswith(FREE) and factors.is_owed(request):
            is_fragment = request.headers.get("HX-Request") == "true"
            return HttpResponseClientRedirect("/accounts/2fa/") if is_fragment else redirect("mfa_index")
        if cache.add(f"seen:{key}", 1, timeout=SEEN_EVERY):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


@dataclass(frozen=True, slots=True)
class Place:
    """One session as its owner reads it."""

    pk: int
    device: str
    address: str
    seen_at: dt.datetime
    is_this: bool


def places(user: User, *, this: str | None) -> list[Place]:
    """Where somebody is signed in, this place first, then the latest seen."""
    found = [
        Place(one.pk, device(one.user_agent), one.ip, one.last_seen_at, one.session_key == this)
        for one in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.seen_at.timestamp()))


def device(agent: str) -> str:
    """“Firefox on Linux”, out of what a browser says about itself."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, (browser, system)))


def end(user: User, *, session_id: int | None = None, keep: str | None = None) -> int:
    """End one session of somebody, or all but `keep`; how many."""
    found = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    if session_id is not None:
        found = found.filter(pk=session_id)
    ended = list(found)
    for one in ended:
        one.end()
    return len(ended)


def on_sign_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Take somebody's language along."""
    chosen = Preference.objects.filter(user=user).values_list("language", flat=True).first()
    if chosen:
        request.session[LANGUAGE] = chosen


def address_of(request: HttpRequest) -> str:
    """The caller's address, as the proxy in front of us says."""
    return str(get_adapter(request).get_client_ip(request))
