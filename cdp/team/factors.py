"""The second factor: how its secrets are kept, and the rule that everybody has one."""

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from cdp.lib import crypto
from cdp.models import SignInRules
from profiles.models import Settings

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SEALED = ("secret", "seed")  # of an app, and of recovery codes
LACKING = "lacks_second_factor"  # in the session of somebody who has to set one up first


class SecondFactor(DefaultMFAAdapter):
    """allauth's adapter: secrets encrypted at rest, the workspace's name in the app, the rule kept."""

    def encrypt(self, text: str) -> str:
        """As it goes to the database."""
        return crypto.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """As it comes from there."""
        return crypto.opened(encrypted_text)

    def get_totp_issuer(self) -> str:
        """What the app on the telephone calls us."""
        return self._get_site_name()

    def _get_site_name(self) -> str:
        return Settings.objects.values_list("name", flat=True).first() or "Kindred"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one while everybody needs one."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(
            pk=authenticator.pk
        )
        return authenticator.type not in FACTORS or others.exists() or not required()


def required() -> bool:
    """Whether everybody needs two factors."""
    return bool(SignInRules.objects.values_list("needs_two_factors", flat=True).first())


def has_one(user: User | AnonymousUser) -> bool:
    """Whether somebody signs in with two factors, or with a passkey, which is both."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def on_sign_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Lead somebody to the set-up who lacks what everybody needs; signing in has just proven who it is."""
    proofs = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if proofs:
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            *proofs[:-1],
            {**proofs[-1], "reauthenticated": True},
        ]
    if required() and not has_one(user):
        request.session[LACKING] = True


def is_owed(request: HttpRequest) -> bool:
    """Whether somebody still has to set one up before going on."""
    if request.session.get(LACKING) and has_one(request.user):
        del request.session[LACKING]
    return bool(request.session.get(LACKING))


def seal_anew() -> int:
    """Encrypt what second factors are made of with today's SECRET_KEY; how many. Within a transaction."""
    count = 0
    for row in Authenticator.objects.select_for_update():
        found = {name: crypto.sealed(crypto.opened(row.data[name])) for name in SEALED if row.data.get(name)}
        if found:
            Authenticator.objects.filter(pk=row.pk).update(data={**row.data, **found})
            count += 1
    return count
