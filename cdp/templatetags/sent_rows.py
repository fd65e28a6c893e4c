"""A row of the people of a broadcast, put together by hand: in a template, fifty take longer than all the rest."""

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from cdp.templatetags.screens import colour, profile_url, when
from journeys import words
from journeys.models import Message

register = template.Library()


@register.filter
def sent_row(message: Message) -> SafeString:
    """One message: to whom, what became of it and why, and when it was sent."""
    why = words.because(message)
    became = f'<span class="badge bg-{colour(message.state)}-lt">{escape(words.outcome(message))}</span>'
    because = f'<div class="sub">{escape(why)}</div>' if why else ""
    sent = when(message.sent_at) if message.sent_at else ""
    return mark_safe(  # noqa: S308  # each part is escaped
        f'<tr><td><a class="table-link" href="{profile_url(message.contact_id)}">{escape(message.contact.name)}</a>'
        f'</td><td>{became}{because}</td><td class="hide-narrow sub">{sent}</td></tr>'
    )
