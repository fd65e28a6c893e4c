"""A row of the people in a journey, put together by hand: in a template, 25 take longer than all the rest."""

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from cdp.templatetags.screens import profile_url, when
from journeys.board import Traveller

register = template.Library()


@register.simple_tag
def traveller_row(one: Traveller, step: str, may_act: bool) -> SafeString:
    """Who it is, where they are and since when, and what was not sent; to tick for those who may act.

    With `step`, the list is that of one step.
    """
    contact, is_inside = one.run.contact, not one.run.ended_at
    name = escape(contact.name)
    tick = f'<input class="form-check-input" type="checkbox" name="run" value="{one.run.pk}" aria-label="{name}">'
    where = _here(one) if is_inside and step else _anywhere(one)
    unsent = "".join(
        f'<div class="sub">{escape(f"{outcome}, {because}")}</div>'
        for _m, outcome, because in one.messages
        if because
    )
    link = f'<a class="table-link" href="{profile_url(contact.pk)}">{name}</a>'
    told = f'<div class="min-w-0">{link} <div class="sub">{where}</div>{unsent}</div>'
    drawn = f"<li>{tick if may_act and is_inside else ''} {told}</li>"
    return mark_safe(drawn)  # noqa: S308  # each part is escaped


def _here(one: Traveller) -> str:
    since = f"{escape(_('here since'))} {when(one.run.arrived_at)}"
    return f"{since} · {escape(_('goes on'))} {when(one.run.wake_at)}" if one.run.wake_at else since


def _anywhere(one: Traveller) -> str:
    state = " · ".join(escape(words) for words in (one.state, one.where) if words)
    return f"{state} · {escape(_('entered'))} {when(one.run.entered_at)}"
