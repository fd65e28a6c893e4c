"""Settings → Team: who is in, who is invited, what they may do; and the page where an invitation is accepted."""

from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from cdp.access import BUNDLES
from cdp.models import Invitation
from cdp.team import invitations as team_invitations
from cdp.team import people as team
from cdp.team import sessions, sso
from cdp.team.forms import BundleForm, InviteForm, JoinForm, RemoveForm
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_TEAM


@page(MANAGE_TEAM)
@require_safe
def everybody(request: PageRequest) -> HttpResponse:
    """People and open invitations."""
    context = {
        "members": team.members(),
        "invitations": team_invitations.waiting().select_related("invited_by"),
        "labels": {name: label for name, (label, *_rest) in BUNDLES.items()},
        "now": timezone.now(),
    }
    return render(request, "team/team.html", context)


@page(MANAGE_TEAM)
@require_http_methods(["GET", "POST"])
def invite(request: PageRequest) -> HttpResponse:
    """Ask somebody to join."""
    form = InviteForm(request.POST or None, initial={"bundle": "Editor"})
    if request.method == "POST" and form.is_valid():
        try:
            invitation, written = team_invitations.invite(
                form.cleaned_data["email"],
                bundle=form.cleaned_data["bundle"],
                by=request.user,
                now=timezone.now(),
            )
        except team.Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            _tell(request, invitation, written=written)
            return _done(request, "team")
    return _form(request, "team/invite.html", {"form": form})


@page(MANAGE_TEAM)
@require_POST
def resend(request: PageRequest, invitation_id: int) -> HttpResponse:
    """Send it again with a new link; the former one stops working."""
    found = get_object_or_404(team_invitations.waiting(), pk=invitation_id)
    invitation, written = team_invitations.invite(
        found.email, bundle=found.bundle, by=request.user, now=timezone.now()
    )
    _tell(request, invitation, written=written)
    return redirect("team")


@page(MANAGE_TEAM)
@require_POST
def withdraw(request: PageRequest, invitation_id: int) -> HttpResponse:
    """The link stops working."""
    found = get_object_or_404(Invitation, pk=invitation_id)
    team_invitations.withdraw(found, now=timezone.now())
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": found.email})
    return redirect("team")


@page(MANAGE_TEAM)
@require_http_methods(["GET", "POST"])
def bundle(request: PageRequest, user_id: int) -> HttpResponse:
    """Change what somebody may do."""
    member = _member(user_id)
    form = BundleForm(request.POST or None, initial={"bundle": team.bundle_of(member)})
    if request.method == "POST" and form.is_valid():
        try:
            team.change_bundle(member, form.cleaned_data["bundle"])
        except team.Refused as refusal:
            form.add_error("bundle", str(refusal))
        else:
            label = BUNDLES[form.cleaned_data["bundle"]][0]
            said = _("%(name)s is %(bundle)s now.") % {"name": team.called(member), "bundle": label}
            messages.success(request, said)
            return _done(request, "team" if request.user.pk != member.pk else "home")
    return _form(request, "team/bundle.html", {"form": form, "member": member, "name": team.called(member)})


@page(MANAGE_TEAM)
@require_http_methods(["GET", "POST"])
def remove(request: PageRequest, user_id: int) -> HttpResponse:
    """Take somebody off the team, and hand over what they own."""
    member = _member(user_id)
    form = RemoveForm(request.POST or None, leaving=member, by=request.user)
    if request.method == "POST" and form.is_valid():
        heir = form.cleaned_data["heir"]
        try:
            if member == request.user:
                raise team.Refused(_("Nobody removes themselves: ask another admin."))
            team.remove(member, heir=heir)
        except team.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            names = {"name": team.called(member), "heir": team.called(heir)}
            said = _("%(name)s is off the team and signed out. %(heir)s owns their things now.") % names
            messages.success(request, said)
            return _done(request, "team")
    context = {"form": form, "member": member, "name": team.called(member), "owns": team.owns(member)}
    return _form(request, "team/remove.html", context)


@page(MANAGE_TEAM)
@require_POST
def forget_factors(request: PageRequest, user_id: int) -> HttpResponse:
    """For who lost telephone, passkeys and codes: they sign in with their password alone, and set up anew."""
    member = _member(user_id)
    Authenticator.objects.filter(user=member).delete()
    sessions.end(member)
    said = _("%(name)s signs in with the password alone until they set up a second factor again.")
    messages.success(request, said % {"name": team.called(member)})
    return redirect("team")


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: looking changes nothing, the form does it."""
    now = timezone.now()
    invitation = team_invitations.read(token, now=now)
    if invitation is None:
        return render(request, "team/join_void.html", status=410)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = team_invitations.accept(
                invitation, name=form.cleaned_data["name"], password=form.cleaned_data["password"], now=now
            )
        except team.Refused:
            return render(request, "team/join_void.html", status=410)
        logout(request)  # whoever else was signed in at this browser
        answer: HttpResponse = perform_login(request, user, email_verification="none", redirect_url="/")
        return answer
    context = {
        "form": form,
        "invitation": invitation,
        "bundle": BUNDLES[invitation.bundle],
        "provider": sso.rules_in_use(),
    }
    return render(request, "team/join.html", context, status=422 if form.errors else 200)


def _member(user_id: int) -> User:
    return get_object_or_404(User, pk=user_id, is_active=True)


def _form(request: PageRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """A page of its own, or its form alone for a dialog; htmx swaps only what was answered with success."""
    is_bad = getattr(context["form"], "errors", None) and not request.htmx
    return render(
        request, template + ("#form" if request.htmx else ""), context, status=422 if is_bad else 200
    )


def _done(request: PageRequest, route: str) -> HttpResponse:
    """On to the next page, also out of a dialog."""
    return HttpResponseClientRedirect(reverse(route)) if request.htmx else redirect(route)


def _tell(request: PageRequest, invitation: Invitation, *, written: bool) -> None:
    said = {"email": invitation.email}
    if written:
        messages.success(request, _("%(email)s has got an invitation by mail.") % said)
    else:
        problem = _("%(email)s is invited, but the mail could not be sent. Try Resend.")
        messages.warning(request, problem % said)
