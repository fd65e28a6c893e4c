"""Single sign-on by OpenID Connect: allauth speaks the protocol, this says what must be true of the answer.

Beyond allauth: the id token's signature is checked always, its nonce is ours, and what the provider tells about
the person belongs to the same subject. Who may come in is decided in `newcomers`.
"""

import hashlib
from typing import Any, Final

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone

from cdp.models import SignInRules
from cdp.team import fetch
from cdp.team import newcomers as team_newcomers

PROVIDER_ID: Final = "sso"


class Conversation(OpenIDConnectOAuth2Adapter):
    """One sign-in's exchange with the provider."""

    nonce = ""

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        """Change the code for tokens, and remember which nonce the id token must carry."""
        self.nonce = nonce_of(pkce_code_verifier or "")
        return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **named: Any) -> Any:
        """Who the provider says it is. Raises OAuth2Error when the answer is not one to our question."""
        claims = self._claims(app, named["response"].get("id_token") or "")
        if claims.get("nonce") != self.nonce or not self.nonce:
            raise OAuth2Error("The nonce is not ours.")
        told = claims
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            told = self._fetch_user_info(token.token)
            if told.get("sub") != claims["sub"]:
                raise OAuth2Error("What is told is about somebody else.")
        provider: Any = self.get_provider()  # type: ignore[no-untyped-call]
        return provider.sociallogin_from_response(request, {"id_token": {**claims, **told}})

    def _claims(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        config = self.openid_config
        if config["issuer"].rstrip("/") != app.settings["server_url"].rstrip("/"):
            raise OAuth2Error("The provider calls itself by another name.")
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=config["jwks_uri"],
            issuer=config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != app.client_id:
            raise OAuth2Error("The token is for somebody else.")
        if not claims.get("sub") or "exp" not in claims:
            raise OAuth2Error("The token names nobody, or never ends.")
        return claims


class Provider(OpenIDConnectProvider):
    """allauth's provider with PKCE and a nonce in every question."""

    oauth2_adapter_class = Conversation

    def get_pkce_params(self) -> dict[str, str]:
        """The nonce follows from the verifier, which never leaves this server until the code is changed."""
        made: dict[str, str] = generate_code_challenge()
        return {**made, "nonce": nonce_of(made["code_verifier"])}

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """None of the caller's wishes."""
        return {}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """None of the caller's wishes."""
        return ["openid", "profile", "email"]


class SingleSignOn(DefaultSocialAccountAdapter):
    """allauth's adapter: one provider, from our own row; who comes in is decided by us."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        """The one provider. Raises SocialApp.DoesNotExist while there is none."""
        return Provider(request, app=self.get_app(request, provider, client_id))

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The row as allauth wants it; its own table, which knows no encryption, stays empty."""
        rules = rules_in_use()
        return [as_app(rules)] if rules and provider in (None, PROVIDER_ID, Provider.id) else []

    def get_requests_session(self) -> requests.Session:
        """What may be asked."""
        return fetch.session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never by allauth's own forms."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find or make the person; a page says why where neither is right."""
        try:
            owner = sociallogin.user if sociallogin.is_existing else None
            user = team_newcomers.admit(
                owner if isinstance(owner, User) else None,
                claims=sociallogin.account.extra_data.get("id_token", {}),
                now=timezone.now(),
            )
        except team_newcomers.Refused as refusal:
            answer = render(request, "socialaccount/refused.html", {"reason": str(refusal)}, status=403)
            raise ImmediateHttpResponse(answer) from refusal
        if not sociallogin.is_existing:
            sociallogin.connect(request, user)


def rules_in_use() -> SignInRules | None:
    """The provider, when there is one and it is switched on."""
    return SignInRules.objects.filter(is_on=True).exclude(issuer="").first()


def as_app(rules: SignInRules) -> SocialApp:
    """Our row as allauth wants it."""
    return SocialApp(
        provider=Provider.id,
        provider_id=PROVIDER_ID,
        name=rules.name,
        client_id=rules.client_id,
        secret=rules.client_secret,
        settings={"server_url": rules.issuer, "oauth_pkce_enabled": True},
    )


def nonce_of(verifier: str) -> str:
    """The nonce of the question whose PKCE verifier this is."""
    return hashlib.sha256(f"nonce:{verifier}".encode()).hexdigest() if verifier else ""


class NotAProvider(Exception):
    """What stands at an issuer's address is no provider for us; the message says what is wrong."""


def discover(issuer: str) -> dict[str, Any]:
    """What a provider tells about itself. Raises NotAProvider."""
    address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        with fetch.session() as asking:
            answer = asking.get(address)
            answer.raise_for_status()
            told = answer.json()
    except (requests.RequestException, OSError, ValueError) as error:
        raise NotAProvider(f"{address}: {error}") from error
    needed = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}
    if not isinstance(told, dict) or not needed <= told.keys():
        raise NotAProvider(f"{address}: {', '.join(sorted(needed))}?")
    if str(told["issuer"]).rstrip("/") != issuer.rstrip("/"):
        raise NotAProvider(f"{address}: issuer {told['issuer']}")
    return told
