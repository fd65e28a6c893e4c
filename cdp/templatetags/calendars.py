"""The days of a calendar, put together by hand: forty cells take a template ten times as long."""

import datetime as dt
import functools
from html import escape
from typing import Final

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp.schedule import Send, Span
from cdp.templatetags.screens import icon
from cdp.weeks import Bar, Day, Week, Window
from journeys.broadcasts.shelf import WORDS
from journeys.models import Journey

register = template.Library()

STATUSES: Final[dict[str, Promise | str]] = {str(value): words for value, words in Journey.Status.choices}
BACK: Final = lazy("Clocks go back")
FORWARD: Final = lazy("Clocks go forward")


@register.filter
def status(value: str) -> str:
    """What a journey's status is called."""
    return str(STATUSES.get(value, ""))


@register.simple_tag
def days_of(week: Week, window: Window, kept: str, may_edit: bool) -> SafeString:
    """The cells of a week. `kept` is what the address says of filters."""
    return SafeString("".join(_day(day, window, kept, may_edit) for day in week.days))


def _day(day: Day, window: Window, kept: str, may_edit: bool) -> str:
    marks = {
        "is-other": not day.is_own,
        "is-today": day.is_today,
        "is-past": day.is_past,
        "is-empty": day.is_empty and not day.is_today,
    }
    classes = " ".join(name for name, holds in marks.items() if holds)
    inside = [
        _head(day, window, kept, may_edit),
        *map(_bar, day.bars),
        *(_line("speakerphone", one.name, _url("campaign", one.id)) for one in day.crowded),
        *(
            _line("route", _("%(name)s went live") % {"name": one.name}, _url("journey", one.id))
            for one in day.begun
        ),
        *map(_send, day.sends),
        _more(day, kept),
    ]
    return f'<td class="{classes}">{"".join(inside)}</td>'


def _head(day: Day, window: Window, kept: str, may_edit: bool) -> str:
    full = _said(day.date, "l j F", get_language())
    words = _said(day.date, "j M", get_language()) if day.date.day == 1 else str(day.date.day)
    today = ' aria-current="date"' if day.is_today else ""
    label = f'<span aria-hidden="true">{words}</span><span class="full">{full}</span>'
    date = f'<time datetime="{day.date.isoformat()}"{today}>{label}</time>'
    if not window.is_week:
        date = f'<a class="calendar-date" href="?week={day.date.isoformat()}{escape(kept)}">{date}</a>'
    else:
        date = f'<span class="calendar-date">{date}</span>'
    shift = ""
    if day.shift:
        shift = f'<span class="sub calendar-shift">{escape(str(FORWARD if day.shift > 0 else BACK))}</span>'
    add = ""
    if may_edit and not day.is_past:
        said = escape(_("New broadcast on %(day)s")) % {"day": full}
        url = f"{_create()}?day={day.date.isoformat()}"
        add = f'<a class="calendar-add" href="{url}" aria-label="{said}" title="{said}">{icon("plus")}</a>'
    return f'<div class="calendar-head">{date}{shift}{add}</div>'


def _bar(bar: Bar) -> str:
    marks = [f"lane-{bar.lane}", f"span-{bar.length}"]
    marks += [name for name, holds in (("begins", bar.begins), ("ends", bar.ends)) if holds]
    span = bar.span
    dates = _dates(span)
    arrow = ' <span aria-hidden="true">→</span>' if span.is_open else ""
    return (
        f'<a class="calendar-span {" ".join(marks)}" href="{_url("campaign", span.id)}" title="{escape(span.name)}: '
        f'{dates}">{icon("speakerphone")}<span class="name">{escape(span.name)}{arrow}</span>'
        f'<span class="dates">{dates}</span></a>'
    )


def _dates(span: Span) -> str:
    first, last = (_said(day, "j M", get_language()) for day in (span.first, span.last))
    if span.is_open:
        return escape(_("from %(day)s") % {"day": first})
    if span.was_open:
        return escape(_("until %(day)s") % {"day": last})
    return first if span.first == span.last else f"{first} – {last}"


def _send(send: Send) -> str:
    at = timezone.localtime(send.at)
    words = escape(str(WORDS[send.status]))
    figures = _figures(send)
    below = f'<span class="sub figures">{figures}</span>' if figures else ""
    return (
        f'<a class="calendar-send is-{_mark(send.status)}" href="{_url("broadcast", send.id)}" '
        f'title="{escape(send.name)}: {words}"><time datetime="{at.isoformat()}">{at:%H:%M}</time>'
        f'<span class="name">{escape(send.name)}</span><span class="visually-hidden">, {words}</span>{below}</a>'
    )


def _mark(status: str) -> str:
    return "live" if status == Journey.Status.FINISHING else status


def _figures(send: Send) -> str:
    """How many got it and clicked, or will get it."""
    people = intcomma(send.people)
    if send.has_begun:
        clicked = intcomma(send.clicked)
        return _("%(people)s sent · %(clicked)s clicked") % {"people": people, "clicked": clicked}
    if send.status == Journey.Status.DRAFT:
        return _("Draft")
    return _("about %(people)s people") % {"people": people} if send.people else ""


def _line(picture: str, words: str, url: str) -> str:
    return (
        f'<a class="calendar-line" href="{url}">{icon(picture)}<span class="name">{escape(words)}</span></a>'
    )


def _more(day: Day, kept: str) -> str:
    if not day.more:
        return ""
    words = escape(ngettext("and %(n)d more", "and %(n)d more", day.more) % {"n": day.more})
    return f'<a class="calendar-more" href="?week={day.date.isoformat()}{escape(kept)}">{words}</a>'


@functools.lru_cache(maxsize=2000)  # a few years, in the languages that are spoken here
def _said(day: dt.date, how: str, language: str | None) -> str:
    """A day as `language` (the one that is active) has it, for HTML."""
    return escape(formats.date_format(day, how))


@functools.cache
def _route(name: str) -> tuple[str, str]:
    before, _number, after = reverse(name, args=[0]).partition("0")
    return before, after


def _url(name: str, number: int) -> str:
    before, after = _route(name)
    return f"{before}{number}{after}"


@functools.cache
def _create() -> str:
    return reverse("broadcast_create")
