"""Settings → Developers: the keys of the partner API."""

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from profiles.developer_forms import ApiKeyForm
from profiles.models import ApiKey
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA
from profiles.rest import keys, scopes


@page(MANAGE_DATA)
@require_safe
def developers(request: PageRequest) -> HttpResponse:
    """All keys, those that open something first."""
    now = timezone.now()
    listed = ApiKey.objects.select_related("made_by").order_by(
        F("revoked_at").asc(nulls_first=True), "-created_at"
    )
    rows = [{"key": key, "is_open": key.is_open(now=now), "may": _may(key)} for key in listed]
    return render(request, "developers/keys.html", {"rows": rows})


def _may(key: ApiKey) -> list[dict[str, Any]]:
    """What it may do, in words."""
    found = []
    for family, (label, _reads, _writes) in scopes.FAMILIES.items():
        if scopes.holds(key.scopes, scopes.reading(family)):
            found.append({"label": label, "writes": scopes.holds(key.scopes, scopes.writing(family))})
    return found


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def create_api_key(request: PageRequest) -> HttpResponse:
    """Make a key and show it, this once."""
    form = ApiKeyForm(request.POST or None, maker=request.user)
    if request.method == "POST" and form.is_valid():
        key, secret = keys.issue(
            name=form.cleaned_data["name"],
            scopes=form.scopes(),
            expires_at=form.expires_at(now=timezone.now()),
            by=request.user,
        )
        context = {"key": key, "secret": secret, "host": request.build_absolute_uri("/").rstrip("/")}
        return render(request, "developers/key.html", context)
    return render(request, "developers/key_form.html", {"form": form}, status=422 if form.errors else 200)


@page(MANAGE_DATA)
@require_POST
def revoke_api_key(request: PageRequest, key_id: int) -> HttpResponse:
    """Let it open nothing from now on."""
    key = get_object_or_404(ApiKey, pk=key_id)
    keys.revoke(key, now=timezone.now())
    messages.success(request, _("The key %(name)s opens nothing from now on.") % {"name": key.name})
    return redirect("developers")
