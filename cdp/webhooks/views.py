"""Settings → Developers → Webhooks: which there are, one with its log, and what can be done with it."""

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.webhooks import endpoints, kinds, noting, signing
from cdp.webhooks.forms import EndpointForm, ReplayForm
from cdp.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from profiles.pages import PageRequest, page, paged
from profiles.permissions import MANAGE_DATA

PAGE: Final = 50
DAY: Final = dt.timedelta(days=1)

State = WebhookDelivery.State


@page(MANAGE_DATA)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """All webhooks, with how they fared in the last day."""
    fared = _fared(since=timezone.now() - DAY)
    rows = [(one, fared.get(one.pk, {})) for one in WebhookEndpoint.objects.order_by("name", "pk")]
    return render(request, "developers/webhooks.html", {"rows": rows})


def _fared(*, since: dt.datetime) -> dict[int, dict[str, int]]:
    """By endpoint: how many are in which state, of what happened since; of those that wait, all."""
    owed = WebhookDelivery.objects.order_by().values_list("endpoint", "state").annotate(Count("pk"))
    waiting = owed.filter(next_attempt_at__isnull=False)  # from the index of what is due
    settled = owed.filter(message__happened_at__gte=since, next_attempt_at__isnull=True)
    fared: dict[int, dict[str, int]] = {}
    for endpoint, state, number in [*waiting, *settled]:
        fared.setdefault(endpoint, {})[state] = number
    return fared


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """Make a webhook and show its secret, this once."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.made_by = request.user
        form.instance.secret = signing.new_secret()
        endpoint = form.save()
        return _secret(request, endpoint, endpoint.secret)
    return _form(request, form)


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """Change where it goes and what it tells."""
    form = EndpointForm(request.POST or None, instance=get_object_or_404(WebhookEndpoint, pk=endpoint_id))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("webhook", endpoint_id)
    return _form(request, form)


@page(MANAGE_DATA)
@require_safe
def one(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """One webhook: what it is told, and the log of what it was told."""
    return _one(request, endpoint_id, ReplayForm())


@page(MANAGE_DATA)
@require_POST
def rotate(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """A new secret, shown this once."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    return _secret(request, endpoint, endpoints.rotate(endpoint, now=timezone.now()))


@page(MANAGE_DATA)
@require_POST
def switch(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """Pause it, or let it go on."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    if endpoint.status == WebhookEndpoint.Status.ACTIVE:
        endpoints.pause(endpoint)
        messages.success(request, _("Paused. What happens meanwhile waits for up to 30 days."))
    else:
        endpoints.go_on(endpoint)
        messages.success(request, _("Active again. What has waited goes out now."))
    return redirect("webhook", endpoint_id)


@page(MANAGE_DATA)
@require_POST
def ping(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """Send a test."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    noting.ping(endpoint, now=timezone.now())
    messages.success(request, _("A test is on its way. Its answer stands in the log within seconds."))
    return redirect("webhook", endpoint_id)


@page(MANAGE_DATA)
@require_POST
def again(request: PageRequest, delivery_id: int) -> HttpResponse:
    """Send one thing again."""
    delivery = get_object_or_404(WebhookDelivery, pk=delivery_id)
    endpoints.retry_now(delivery, now=timezone.now())
    messages.success(request, _("It is sent again now."))
    return redirect("webhook", delivery.endpoint_id)


@page(MANAGE_DATA)
@require_POST
def replay(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """Send a stretch of time again."""
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _one(request, endpoint_id, form)
    said = form.cleaned_data
    chosen = WebhookDelivery.objects.filter(
        endpoint=endpoint_id, message__happened_at__gte=said["since"], message__happened_at__lte=said["until"]
    )
    if said["only_failed"]:
        chosen = chosen.filter(state=State.FAILED)
    number = endpoints.replay(chosen, now=timezone.now())
    words = ngettext("%(n)d thing is sent again.", "%(n)d things are sent again.", number)
    messages.success(request, words % {"n": number})
    return redirect("webhook", endpoint_id)


@page(MANAGE_DATA)
@require_POST
def delete(request: PageRequest, endpoint_id: int) -> HttpResponse:
    """Tell it nothing any more, and forget what it was told."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    endpoint.delete()
    messages.success(request, _("“%(name)s” is told nothing any more.") % {"name": endpoint.name})
    return redirect("webhooks")


def _form(request: PageRequest, form: EndpointForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(
        request, "developers/webhook_form.html", {"form": form, "endpoint": form.instance}, status=status
    )


def _secret(request: PageRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    return render(request, "developers/webhook_secret.html", {"endpoint": endpoint, "secret": secret})


def _one(request: PageRequest, endpoint_id: int, form: ReplayForm) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    state, after = request.GET.get("state", ""), request.GET.get("after", "")
    log = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("message")
    if state in State.values:
        log = log.filter(state=state)
    place = int(after) if after.isdigit() and len(after) < 19 else None
    if place is not None:
        log = log.filter(pk__lt=place)
    attempts = Prefetch("log", WebhookAttempt.objects.order_by("-number"))
    rows = list(log.prefetch_related(attempts).order_by("-pk")[: PAGE + 1])
    for row in rows:
        row.words = kinds.ALL.get(row.message.kind, row.message.kind)  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "wants": [kinds.ALL.get(kind, kind) for kind in endpoint.wants],
        "states": State.choices,
        "state": state,
        "form": form,
        "page": paged(rows, size=PAGE, after=place, cursor=lambda row: row.pk),
    }
    return render(request, "developers/webhook.html", context, status=422 if form.errors else 200)
