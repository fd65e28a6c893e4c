"""Pages about data coming in: sources with their keys, and what was not accepted."""

from typing import Any, Final

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.lib import audit
from profiles import keys
from profiles.forms import SourceForm
from profiles.models import RejectedItem, Source, WriteKey
from profiles.pages import PageRequest, page, paged, read_cursor
from profiles.permissions import MANAGE_DATA

PAGE: Final = 50


@page(MANAGE_DATA)
@require_safe
def sources(request: PageRequest) -> HttpResponse:
    """Where data comes from."""
    write_keys = Prefetch("write_keys", WriteKey.objects.order_by("-created_at"))
    listed = Source.objects.exclude(kind=Source.Kind.SYSTEM).prefetch_related(write_keys).order_by("name")
    return render(request, "profiles/sources.html", {"sources": listed})


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def create_source(request: PageRequest) -> HttpResponse:
    """Make a source and show its key, this once."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _with_new_key(request, form.save())
    return render(request, "profiles/source_form.html", {"form": form}, status=422 if form.errors else 200)


@page(MANAGE_DATA)
@require_POST
def create_key(request: PageRequest, source_id: int) -> HttpResponse:
    """A second key, so that the first can be revoked without a gap."""
    return _with_new_key(
        request, get_object_or_404(Source.objects.exclude(kind=Source.Kind.SYSTEM), pk=source_id)
    )


def _with_new_key(request: PageRequest, source: Source) -> HttpResponse:
    context = {
        "source": source,
        "key": keys.issue(source),
        "host": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "profiles/source_key.html", context)


@page(MANAGE_DATA)
@require_POST
def revoke_key(request: PageRequest, key_id: int) -> HttpResponse:
    """Let nobody send with this key from now on."""
    key = get_object_or_404(WriteKey.objects.select_related("source"), pk=key_id)
    audit.update(WriteKey.objects.filter(pk=key.pk, revoked_at__isnull=True), revoked_at=timezone.now())
    messages.success(
        request,
        _("The key of %(source)s that begins with %(hint)s opens nothing from now on.")
        % {"source": key.source, "hint": key.hint},
    )
    return redirect("sources")


@page(MANAGE_DATA)
@require_safe
def not_accepted(request: PageRequest) -> HttpResponse:
    """What arrived and was not accepted, with the reason."""
    after = read_cursor(request.GET.get("after"))
    items = RejectedItem.objects.select_related("source")
    if reason := request.GET.get("reason", ""):
        items = items.filter(reason=reason)
    if after:
        moment, number = after
        items = items.filter(
            Q(received_at__lt=moment) | Q(received_at=moment, id__lt=number), received_at__lte=moment
        )
    rows = list(items.order_by("-received_at", "-id")[: PAGE + 1])
    context: dict[str, Any] = {
        "page": paged(rows, size=PAGE, after=after, cursor=lambda one: (one.received_at, one.pk)),
        "reason": reason,
    }
    return render(request, "profiles/not_accepted.html", context)
