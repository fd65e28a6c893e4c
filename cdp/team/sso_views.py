"""Settings → Sign-in, and the way to the provider of a single sign-on."""

import requests
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.models import SignInRules
from cdp.team import factors, sso
from cdp.team.forms import RulesForm
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_TEAM


@page(MANAGE_TEAM)
@require_http_methods(["GET", "POST"])
def rules(request: PageRequest) -> HttpResponse:
    """How people may sign in."""
    kept = SignInRules.objects.filter(pk=1).first() or SignInRules(pk=1)
    form = RulesForm(request.POST or None, instance=kept)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("team_sign_in")
    path = reverse("openid_connect_callback", args=[sso.PROVIDER_ID])
    context = {
        "form": form,
        "callback": settings.PUBLIC_URL + path,
        "i_have_none": not factors.has_one(request.user),
    }
    return render(request, "team/sign_in.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the provider, over a page of ours: browsers let no form lead to another site under our policy."""
    try:
        answer = OAuth2LoginView.adapter_view(sso.Conversation(request, provider_id))(request)
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (requests.RequestException, OSError, KeyError, ValueError):
        reason = _("The provider does not answer. Try again later, or sign in with your password.")
        return render(request, "socialaccount/refused.html", {"reason": reason}, status=502)
    if not isinstance(answer, HttpResponseRedirect):
        return HttpResponse(answer)
    return render(request, "socialaccount/login_redirect.html", {"redirect_to": answer.url})


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider's answer."""
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(sso.Conversation(request, provider_id))(
            request
        )
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (OSError, KeyError, ValueError):
        reason = _("The provider's answer could not be read. Try again, or sign in with your password.")
        return render(request, "socialaccount/refused.html", {"reason": reason}, status=502)
    return answer
