"""A row of the contact list, put together by hand: fifty in a template take longer than the rest of the page."""

import functools
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cdp.templatetags.screens import initials, profile_url, stage, when
from profiles.models import Contact, ContactActivity

register = template.Library()


def _activity(contact: Contact) -> ContactActivity | None:
    return getattr(contact, "activity", None)


def _stage(contact: Contact) -> str:
    return _badge(contact.lifecycle_stage, get_language())


@functools.lru_cache(maxsize=100)  # a handful of stages, times languages
def _badge(name: str, language: str | None) -> str:
    """A stage in this language, which is the active one."""
    if not name:
        return f'<span class="sub">{escape(_("Visitor"))}</span>'
    return f'<span class="badge stage-badge stage-{escape(name)}">{escape(stage(name))}</span>'


def _events(contact: Contact) -> str:
    activity = _activity(contact)
    count = activity.event_count if activity else 0
    return str(count) if count < 1000 else escape(str(intcomma(count)))


def _seen(contact: Contact) -> str:
    activity = _activity(contact)
    return when(activity.last_seen_at if activity else contact.created_at)


# By column: the cell's classes, and what stands in it, safe for HTML.
CELLS: Final[dict[str, tuple[str, Callable[[Contact], str]]]] = {
    "stage": ("hide-narrow", _stage),
    "phone": ("hide-narrow", lambda contact: escape(contact.phone or "–")),
    "country": ("hide-narrow", lambda contact: escape(contact.country or "–")),
    "city": ("hide-narrow", lambda contact: escape(contact.city or "–")),
    "language": ("hide-narrow", lambda contact: escape(contact.language or "–")),
    "known": ("hide-narrow sub", lambda contact: when(contact.known_since_at)),
    "events": ("hide-narrow num", _events),
    "seen": ("sub", _seen),
}


@register.filter
def contact_row(contact: Contact, columns: Sequence[str]) -> SafeString:
    """The row of one contact with these columns."""
    drawn = (CELLS[name] for name in columns)
    cells = "".join(f'<td class="{classes}">{draw(contact)}</td>' for classes, draw in drawn)
    return mark_safe(f"<tr><td>{_who(contact)}</td>{cells}</tr>")  # noqa: S308  # each part is escaped above


def _who(contact: Contact) -> str:
    name = escape(contact.name)
    sample = f' <span class="badge bg-secondary-lt">{escape(_("Sample"))}</span>' if contact.is_sample else ""
    has_more = contact.email and contact.email != contact.name
    more = f'<span class="sub">{escape(contact.email)}</span>' if has_more else ""
    return (
        f'<div class="person"><span class="avatar avatar-sm rounded-circle" aria-hidden="true">'
        f"{escape(initials(contact.name))}</span>"
        f'<span><a class="table-link" href="{profile_url(contact.pk)}">{name}</a>{sample} {more}</span></div>'
    )
