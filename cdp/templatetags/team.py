"""What the sign-in pages ask: whether there is a single sign-on, and its name."""

from django import template

from cdp import team_sso

register = template.Library()


@register.simple_tag
def single_sign_on() -> str:
    """The name on the button; "" while there is none."""
    rules = team_sso.rules_in_use()
    return rules.name if rules else ""


@register.simple_tag
def single_sign_on_id() -> str:
    """As addresses name the provider."""
    return team_sso.PROVIDER_ID
