"""Who may come in by single sign-on: people of the team, the invited, and newcomers where the rules allow them."""

import datetime as dt
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from cdp.models import SignInRules
from cdp.team import invitations
from cdp.team import people as team


class Refused(Exception):
    """Somebody the provider knows may not come in; the message says why, and who can help."""


def admit(user: User | None, *, claims: dict[str, Any], now: dt.datetime) -> User:
    """The person of the team these claims belong to; made where they are invited or newcomers are welcome.

    `user` is whom this provider's subject belongs to already. Raises Refused.
    """
    rules = SignInRules.objects.get(pk=1)
    email = _proven(claims)
    _check_domain(email, rules)
    if user is not None and user.is_active:
        return user
    known = team.by_email(email)
    if known is not None and known.is_active:
        return known
    if invitation := invitations.open_for(email, now=now):
        return invitations.accept(invitation, name=_name(claims), password=None, now=now)
    if known is None and rules.newcomers:
        return team.join(email, name=_name(claims), bundle=rules.newcomers, password=None)
    raise Refused(_("%(email)s is not in the team. Ask an admin for an invitation.") % {"email": email})


def _proven(claims: dict[str, Any]) -> str:
    email = str(claims.get("email") or "").strip().lower()
    if not email:
        raise Refused(_("The provider does not tell your e-mail address. Ask an admin."))
    if claims.get("email_verified") not in (True, "true"):
        raise Refused(
            _("The provider has not verified that %(email)s is yours. Verify it there, then try again.")
            % {"email": email}
        )
    return email


def _check_domain(email: str, rules: SignInRules) -> None:
    domain = email.rpartition("@")[2]
    if rules.domains and domain not in rules.domains:
        raise Refused(_("Addresses at %(domain)s may not sign in here.") % {"domain": domain})


def _name(claims: dict[str, Any]) -> str:
    parts = (claims.get("given_name"), claims.get("family_name"))
    return str(claims.get("name") or " ".join(str(one) for one in parts if one))[:200]
