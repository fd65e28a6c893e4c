"""What surrounds every page: navigation, the signed-in person, light or dark."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from profiles.models import Settings
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
            Entry(_("Not accepted"), "ban", "not_accepted", MANAGE_DATA),
        ),
    ),
    (
        _("Settings"),
        (
            Entry(_("Brands"), "palette", "brands", MANAGE_DATA),
            Entry(_("Lifecycle stages"), "stack-2", "stages", MANAGE_DATA),
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
        "workspace": Settings.objects.values_list("name", flat=True).first() or "Kindred",
        "language": get_language() or "en",
        "theme": theme,
        "theme_now": "dark" if theme == "dark" else "light",
        "themes": [
            {"value": value, "label": label, "icon": icon, "is_chosen": value == theme}
            for value, (label, icon) in THEMES.items()
        ],
        "person": user.get_full_name() or user.get_username() if user and user.is_authenticated else "",
        "navigation": _navigation(
            request.path, user.has_perm if user and user.is_authenticated else lambda _: False
        ),
    }


def _navigation(path: str, may: Callable[[str], bool]) -> list[dict[str, Any]]:
    groups = []
    for label, entries in NAVIGATION:
        shown = [_entry(entry, path) for entry in entries if not entry.permission or may(entry.permission)]
        if shown:
            groups.append({"label": label, "entries": shown})
    return groups


def _entry(entry: Entry, path: str) -> dict[str, Any]:
    url = reverse(entry.route)
    is_below = url != "/" and path.startswith(url)
    return {
        "label": entry.label,
        "icon": entry.icon,
        "url": url,
        "is_exact": path == url,
        "is_current": path == url or is_below or bool(entry.below and path.startswith(entry.below)),
    }
