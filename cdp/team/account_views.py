"""My account: name, language, password, second factors, and where one is signed in."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.models import Preference
from cdp.team import factors as team_factors
from cdp.team import people as team
from cdp.team import sessions
from cdp.team.forms import AccountForm
from profiles.pages import PageRequest, page


@page()
@require_http_methods(["GET", "POST"])
def account(request: PageRequest) -> HttpResponse:
    """Oneself."""
    language = Preference.objects.filter(user=request.user).values_list("language", flat=True).first() or ""
    name = request.user.get_full_name()
    form = AccountForm(request.POST or None, initial={"name": name, "language": language})
    if request.method == "POST" and form.is_valid():
        _keep(request, form.cleaned_data["name"], form.cleaned_data["language"])
        messages.success(request, _("Saved."))
        return redirect("account")
    context = {
        "form": form,
        "bundle": team.bundle_of(request.user),
        "places": sessions.places(request.user, this=request.session.session_key),
        "has_two_factors": team_factors.has_one(request.user),
    }
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


def _keep(request: PageRequest, name: str, language: str) -> None:
    user: User = request.user
    user.first_name, user.last_name = team.split(name)
    user.save(update_fields=["first_name", "last_name"])
    Preference.objects.update_or_create(
        user=user, defaults={"language": language, "changed_at": timezone.now()}
    )
    request.session[sessions.LANGUAGE] = language


@page()
@require_POST
def end_session(request: PageRequest, session_id: int) -> HttpResponse:
    """Sign out elsewhere."""
    keep = request.session.session_key
    if sessions.end(request.user, session_id=session_id, keep=keep):
        messages.success(request, _("That device is signed out."))
    return redirect("account")


@page()
@require_POST
def end_other_sessions(request: PageRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    sessions.end(request.user, keep=request.session.session_key)
    messages.success(request, _("Every other device is signed out."))
    return redirect("account")


@page()
@require_safe
def factors(request: PageRequest) -> HttpResponse:
    """Second factors: what there is, and what can be added."""
    mine = list(Authenticator.objects.filter(user=request.user).order_by("created_at"))
    codes = next((one for one in mine if one.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "totp": next((one for one in mine if one.type == Authenticator.Type.TOTP), None),
        "keys": [one for one in mine if one.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_left": len(RecoveryCodes(codes).get_unused_codes()) if codes else 0,
        "is_required": team_factors.required(),
        "must": team_factors.is_owed(request),
    }
    return render(request, "mfa/index.html", context)


@page()
@require_http_methods(["GET", "POST"])
def recovery_codes(request: PageRequest) -> HttpResponse:
    """Show the codes once: when asked by the button, so that no mere look uses the one time up."""
    row = get_object_or_404(Authenticator, user=request.user, type=Authenticator.Type.RECOVERY_CODES)
    raise_if_reauthentication_required(request, app="allauth.mfa")
    codes = RecoveryCodes(row)
    left = codes.get_unused_codes()
    shown = []
    if request.method == "POST" and not codes.did_view:
        codes.mark_as_viewed()
        shown = left
    context = {"shown": shown, "left": len(left), "was_shown": codes.did_view}
    return render(request, "mfa/recovery_codes/index.html", context)
