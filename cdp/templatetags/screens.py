"""What templates say again and again: an icon, a moment, an amount of money, the colour of a state."""

import datetime as dt
import functools
import html
from decimal import Decimal
from typing import Final

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.dates import MONTHS_3
from django.utils.formats import localize
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from profiles.stages import Stage

register = template.Library()

STAGES: Final = dict(Stage.choices)

COLOURS: Final = {
    "live": "green",
    "sent": "green",
    "completed": "green",
    "subscribed": "green",
    "active": "azure",
    "waiting": "azure",
    "queued": "azure",
    "claimed": "azure",
    "handing_over": "azure",
    "pending": "yellow",
    "paused": "yellow",
    "finishing": "yellow",
    "held": "yellow",
    "uncertain": "orange",
    "failed": "red",
    "unsubscribed": "red",
}


@register.simple_tag
@functools.cache  # a page has a hundred of them, and there are a hundred in all
def icon(name: str, extra: str = "") -> SafeString:
    """A picture from our sprite; it says nothing that words beside it do not say."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def standing(name: str) -> SafeString:
    """A part that is the same on every page and for everybody who reads this language: drawn once."""
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn
    return draw(name, get_language() or "en")


@functools.cache
def _drawn(name: str, language: str) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def when(moment: dt.datetime | str | None) -> SafeString | str:
    """A moment in few words, with the exact time in the workspace's zone on hover."""
    if not isinstance(moment, dt.datetime):  # "": what templates make of a row that is not there
        return "–"
    zone = timezone.get_current_timezone()
    local = moment.astimezone(zone)
    # Put together by hand: lists show fifty, and nothing but the zone's name comes from elsewhere.
    day = _day(local)
    exact = f"{_exactly(local, day)} {local.tzname()}"
    words = _in_words(local, day, timezone.now().astimezone(zone))
    return mark_safe(  # noqa: S308  # each part is escaped
        f'<time datetime="{local.isoformat()}" title="{html.escape(exact)}">{html.escape(words)}</time>'
    )


@register.filter
def exactly(moment: dt.datetime) -> str:
    """A moment to the second, as in "14 Nov 2026, 09:30:00", in the workspace's zone."""
    local = moment.astimezone(timezone.get_current_timezone())
    return _exactly(local, _day(local))


def _exactly(local: dt.datetime, day: str) -> str:
    return f"{day} {local.year}, {_clock(local)}:{local.second:02}"


@register.filter
def facts(values: dict[str, object]) -> SafeString:
    """Names and values as the terms of a list (`<dl>`)."""
    terms = (f"<dt>{escape(key)}</dt><dd>{escape(localize(value))}</dd>" for key, value in values.items())
    return mark_safe("".join(terms))  # noqa: S308  # each part is escaped


def _in_words(moment: dt.datetime, day: str, now: dt.datetime) -> str:
    seconds = (now - moment).total_seconds()
    if -3600 < seconds < 0:
        minutes = max(1, round(-seconds / 60))
        return ngettext("in %(count)d min", "in %(count)d min", minutes) % {"count": minutes}
    if 0 <= seconds < 60:
        return _("just now")
    if 0 < seconds < 3600:
        return _("%(count)d min ago") % {"count": seconds // 60}
    clock = _clock(moment)
    if moment.date() == now.date():
        return _("today %(clock)s") % {"clock": clock}
    if moment.date() == now.date() - dt.timedelta(days=1):
        return _("yesterday %(clock)s") % {"clock": clock}
    if moment.date() == now.date() + dt.timedelta(days=1):
        return _("tomorrow %(clock)s") % {"clock": clock}
    return f"{day}, {clock}" if moment.year == now.year else f"{day} {moment.year}"


def _day(moment: dt.datetime) -> str:
    """As "j M" of Django's own formatting, which takes ten times as long, and lists show fifty."""
    return f"{moment.day} {_month(moment.month, get_language())}"


@functools.cache
def _month(number: int, language: str | None) -> str:
    """A month in few letters, as `language` (the one that is active) has it."""
    return str(MONTHS_3[number]).title()


def _clock(moment: dt.datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


@register.filter
def profile_url(contact_id: int) -> str:
    """Where somebody's profile is: lists name fifty, and reversing each takes as long as drawing the row."""
    before, after = _profile_urls()
    return f"{before}{contact_id}{after}"


@functools.cache
def _profile_urls() -> tuple[str, str]:
    before, _number, after = reverse("profile", args=[0]).partition("0")
    return before, after


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency, as in "EUR 1,204.50"."""
    if amount is None:
        return "–"
    return f"{currency}\u00a0{formats.number_format(amount, 2, use_l10n=True, force_grouping=True)}"


@register.filter
def stage(value: str) -> str:
    """What a lifecycle stage is called."""
    return str(STAGES.get(value, ""))


@register.filter
def colour(state: str) -> str:
    """The colour that a state has everywhere."""
    return COLOURS.get(state, "secondary")


@register.filter
def brief(properties: dict[str, object]) -> str:
    """The first few simple properties of an event on one line."""
    simple = [
        f"{key}: {value}"
        for key, value in properties.items()
        if isinstance(value, str | int | float) and value != ""
    ]
    return " · ".join(text if len(text) <= 60 else f"{text[:59]}…" for text in simple[:3])


@register.filter
def initials(name: str) -> str:
    """At most two letters for a round picture."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"
