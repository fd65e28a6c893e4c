"""What surrounds every page: navigation, the signed-in person, light or dark."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from profiles import workspace
from profiles.permissions import MANAGE_DATA, MANAGE_TEAM, SEE, SEE_PEOPLE

THEME_COOKIE: Final = "theme"
THEMES: Final = {
    "light": (_("Light"), "sun"),
    "dark": (_("Dark"), "moon"),
    "auto": (_("As the device"), "device-desktop"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation; pages under `below` belong to it too."""

    label: Promise
    icon: str
    route: str
    permission: str
    below: str = ""


NAVIGATION: Final[tuple[tuple[Promise | str, tuple[Entry, ...]], ...]] = (
    ("", (Entry(_("Home"), "home", "home", ""),)),
    (
        _("People"),
        (
            Entry(_("Contacts"), "users", "contacts", SEE_PEOPLE, "/profiles/"),
            Entry(_("Segments"), "filter", "segments", SEE),
            Entry(_("Lists"), "list-check", "lists", SEE),
        ),
    ),
    (
        _("Campaigns"),
        (
            Entry(_("Calendar"), "calendar", "calendar", SEE),
            Entry(_("Broadcasts"), "send", "broadcasts", SEE),
            Entry(_("Journeys"), "route", "journeys", SEE),
            Entry(_("All campaigns"), "speakerphone", "campaigns", SEE),
            Entry(_("Test mailbox"), "mailbox", "mailbox", SEE_PEOPLE),
        ),
    ),
    (
        _("Content"),
        (
            Entry(_("Emails & messages"), "mail", "emails", SEE),
            Entry(_("Images"), "photo", "images", SEE),
        ),
    ),
    (
        _("Insights"),
        (Entry(_("Lifecycle"), "chart-histogram", "lifecycle", SEE),),
    ),
    (
        _("Data"),
        (
            Entry(_("Sources"), "plug", "sources", MANAGE_DATA, "/data/keys/"),
            Entry(_("Imports"), "upload", "imports", MANAGE_DATA),
            Entry(_("Not accepted"), "ban", "not_accepted", MANAGE_DATA),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(_("Workspace"), "settings", "workspace", MANAGE_DATA),
            Entry(_("Brands"), "palette", "brands", MANAGE_DATA),
            Entry(_("Topics & consent"), "circle-check", "topics", MANAGE_DATA),
            Entry(_("Lifecycle stages"), "stack-2", "stages", MANAGE_DATA),
            Entry(_("Sending"), "send", "sending", MANAGE_DATA),
            Entry(_("Developers"), "code", "developers", MANAGE_DATA),
            Entry(_("Sample data"), "package", "sample_data", MANAGE_DATA),
            Entry(_("Team"), "users-group", "team", MANAGE_TEAM, "/settings/sign-in/"),
            Entry(_("Audit log"), "history", "audit_log", MANAGE_TEAM),
        ),
    ),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`, computed only on pages that draw it."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def theme_of(request: HttpRequest) -> str:
    """What the person chose: light, dark or auto."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def _frame(request: HttpRequest) -> dict[str, Any]:
    theme = theme_of(request)
    user = getattr(request, "user", None)
    return {
        "workspace": workspace.current().name or "Kindred",
        "language": get_language() or "en",
        "theme": theme,
        "theme_now": "dark" if theme == "dark" else "light",
        "themes": [
            {"value": value, "label": label, "icon": icon, "is_chosen": value == theme}
            for value, (label, icon) in THEMES.items()
        ],
        "person": user.get_full_name() or user.get_username() if user and user.is_authenticated else "",
        "links": _links(request.path, user.has_perm if user and user.is_authenticated else lambda _: False),
    }


def _links(path: str, may: Callable[[str], bool]) -> SafeString:
    """The navigation's lists, as this person may see them from this page."""
    asked = {entry.permission for _label, entries in NAVIGATION for entry in entries}
    allowed = frozenset(name for name in asked if not name or may(name))
    near = tuple(_nearness(entry, path) for _label, entries in NAVIGATION for entry in entries)
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn
    return draw(get_language() or "en", allowed, near)


def _nearness(entry: Entry, path: str) -> str:
    """Whether this entry leads to the page ("exact"), or the page is one of those below it ("below")."""
    url = _address(entry.route)
    if path == url:
        return "exact"
    is_below = url != "/" and path.startswith(url)
    return "below" if is_below or (entry.below and path.startswith(entry.below)) else ""


@functools.cache
def _address(route: str) -> str:
    return reverse(route)


@functools.lru_cache(maxsize=500)  # a few dozen pages, times what people may see, times languages
def _drawn(language: str, allowed: frozenset[str], near: tuple[str, ...]) -> SafeString:
    places = iter(near)
    groups = []
    for label, entries in NAVIGATION:
        shown = [
            {"entry": entry, "url": _address(entry.route), "near": place}
            for entry, place in zip(entries, places, strict=False)
            if entry.permission in allowed
        ]
        if shown:
            groups.append({"label": label, "entries": shown})
    return render_to_string("parts/navigation_links.html", {"groups": groups})
