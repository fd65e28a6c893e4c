"""A line of the audit log, put together by hand: in a template, fifty take longer than all the rest."""

from html import escape
from typing import Final

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.audit_log import Line
from cdp.audit_words import Change
from cdp.templatetags.screens import initials, when

register = template.Library()

FEW: Final = 4  # fields that are shown at once
LONG: Final = 600  # characters of a value


@register.filter
def audit_line(line: Line) -> SafeString:
    """One entry: who did what to which thing when, and the values before and after."""
    drawn = f'<li class="list-group-item">{_head(line)}{_changes(line.changes)}</li>'
    return mark_safe(drawn)  # noqa: S308  # each part is escaped below


def _head(line: Line) -> str:
    thing = escape(line.thing)
    named = (
        f'<a href="{escape(line.url)}">{thing}</a>'
        if line.url
        else f'<span class="audit-thing">{thing}</span>'
    )
    means = f' <span class="sub">· {escape(line.means)}</span>' if line.means else ""
    return (
        f'<div class="audit-line"><span class="avatar avatar-sm rounded-circle" aria-hidden="true">'
        f'{escape(initials(line.who))}</span><p class="audit-words"><strong>{escape(line.who)}</strong> '
        f'{escape(line.deed)} <span class="audit-kind">{escape(line.kind)}</span> {named}{means}</p>'
        f'<span class="sub text-nowrap">{when(line.at)}</span></div>'
    )


def _changes(changes: list[Change]) -> str:
    if not changes:
        return ""
    became, taken = escape(_("became")), escape(_("taken away"))
    shown = "".join(_change(one, became, taken) for one in changes)
    drawn = f'<dl class="audit-changes">{shown}</dl>'
    if len(changes) <= FEW:
        return drawn
    number = ngettext("%(n)s field", "%(n)s fields", len(changes)) % {"n": len(changes)}
    return f'<details class="audit-more"><summary class="sub">{escape(number)}</summary>{drawn}</details>'


def _change(change: Change, became: str, taken: str) -> str:
    parts = []
    if change.before:
        parts.append(f"<del>{_value(change.before)}</del>")
    if change.before and change.after:
        parts.append(
            f'<span class="audit-arrow"><span aria-hidden="true">→</span>'
            f'<span class="visually-hidden">{became}</span></span>'
        )
    if change.after:
        parts.append(f"<ins>{_value(change.after)}</ins>")
    elif change.before:
        parts.append(f' <span class="sub">{taken}</span>')
    label = change.label[:1].upper() + change.label[1:]
    return f"<dt>{escape(label)}</dt><dd>{''.join(parts)}</dd>"


def _value(text: str) -> str:
    return escape(text if len(text) <= LONG else Truncator(text).chars(LONG))
