"""What the sign-in pages ask: whether there is a single sign-on, and its name."""

import json
from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from cdp.team import sso

register = template.Library()

BUTTONS: Final = {"loginForm": "login", "addForm": "add", "authenticateForm": "authenticate"}


@register.simple_tag
def single_sign_on() -> str:
    """The name on the button; "" while there is none."""
    rules = sso.rules_in_use()
    return rules.name if rules else ""


@register.simple_tag
def single_sign_on_id() -> str:
    """As addresses name the provider."""
    return sso.PROVIDER_ID


@register.simple_tag
def passkey_form(of: str, *, button: str, field: str, given: str = "", passwordless: str = "") -> SafeString:
    """What allauth's script reads to join a button to a form: ids of our own templates, nothing that anybody typed."""
    ids = {BUTTONS[of]: button, "credential": field, "data": given, "passwordless": passwordless}
    told = json.dumps({"ids": {name: value for name, value in ids.items() if value}})
    return format_html(
        '<script data-allauth-onload="allauth.webauthn.forms.{}" type="application/json">{}</script>',
        of,
        mark_safe(told),  # noqa: S308 - a browser does not unescape inside a script
    )
