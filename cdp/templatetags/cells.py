"""Cells of lists, written here: a page has hundreds, and a template takes ten times as long."""

from collections.abc import Mapping, Sequence
from html import escape  # Django's own looks for lazy text first, which takes four times as long
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.templatetags.screens import colour, initials, when
from profiles.models import Contact
from profiles.shelf import Use
from profiles.shelf.listing import Cell, Row
from segments.models import Membership, Segment

register = template.Library()


@register.simple_tag
def cells_of(row: Row[Any], routes: Mapping[str, str]) -> SafeString:
    """All cells of a row, after its name."""
    return SafeString("".join(_cell(cell, row, routes) for cell in row.cells))


@register.simple_tag
def members_of(members: Sequence[Membership], kind: str, may_remove: bool) -> SafeString:
    """The rows of those who are in a segment, or on a list, from which a form elsewhere on the page takes them."""
    if kind == Segment.Kind.DYNAMIC:
        return SafeString("".join(map(_of_segment, members)))
    remove = _("Remove") if may_remove else ""
    return SafeString("".join(_of_list(one, remove) for one in members))


def _of_segment(one: Membership) -> SafeString:
    return SafeString(
        f'<tr>{_person(one.contact)}<td class="sub">{when(one.entered_at)}</td>'
        f'<td class="hide-narrow sub">{escape(one.because)}</td></tr>'
    )


def _of_list(one: Membership, remove: str) -> SafeString:
    label = _("Remove %(name)s") % {"name": one.contact.name}
    button = (
        '<td><button class="btn btn-sm btn-ghost-secondary" form="remove-one" name="contact"'
        f' value="{one.contact_id}" aria-label="{escape(label)}">{escape(remove)}</button></td>'
    )
    return SafeString(
        f'<tr>{_person(one.contact)}<td class="sub hide-narrow">{when(one.entered_at)}</td>'
        f"{button if remove else ''}</tr>"
    )


def _person(contact: Contact) -> str:
    name = contact.name
    below = f'<span class="sub">{escape(contact.email)}</span>' if contact.email not in ("", name) else ""
    return (
        f'<td><div class="person"><span class="avatar avatar-sm rounded-circle" aria-hidden="true">'
        f'{escape(initials(name))}</span><span><a class="table-link" href="{reverse("profile", args=[contact.pk])}">'
        f"{escape(name)}</a>{below}</span></div></td>"
    )


def _cell(cell: Cell, row: Row[Any], routes: Mapping[str, str]) -> SafeString:
    match cell.kind:
        case "number":
            number = "–" if cell.value is None else intcomma(cell.value)
            return format_html('<td class="num hide-narrow">{}</td>', number)
        case "state":
            return _state(cell.value)
        case "updated":
            return _updated(*cell.value)
        case "created" | "moment":
            return format_html('<td class="hide-narrow sub text-nowrap">{}</td>', when(cell.value))
        case "uses":
            return _uses(cell.value, row, routes)
        case _:
            return format_html('<td class="hide-narrow sub">{}</td>', cell.value or "–")


def _state(state: tuple[str, Any] | None) -> SafeString:
    if not state:
        return SafeString("<td>–</td>")
    code, words = state
    return format_html('<td><span class="badge bg-{}-lt">{}</span></td>', colour(code), words)


def _updated(moment: Any, by: str) -> SafeString:
    who = _("by %(person)s") % {"person": by}
    below = format_html('<div class="text-truncate by">{}</div>', who) if by else ""
    return format_html('<td class="hide-narrow sub text-nowrap">{}{}</td>', when(moment), below)


def _uses(uses: list[Use], row: Row[Any], routes: Mapping[str, str]) -> SafeString:
    if not uses:
        return SafeString('<td class="hide-narrow sub">–</td>')
    first, more = format_html('<a href="{}">{}</a>', uses[0].url, uses[0].label), SafeString("")
    if others := len(uses) - 1:
        words = ngettext("and %(n)s more", "and %(n)s more", others) % {"n": others}
        url = reverse(routes["uses"], args=[row.thing.pk])
        more = format_html(' <a href="{}" data-dialog>{}</a>', url, words)
    return format_html('<td class="hide-narrow sub">{}{}</td>', first, more)
