"""Pages about campaigns: the list, one with what belongs to it, the form, the archive."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp import campaigns
from cdp.lib import audit
from profiles.models import Campaign
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE
from profiles.shelf import undoable


@page(SEE)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """Campaigns, the latest first; those in the archive when asked for."""
    is_archived = request.GET.get("archived") == "1"
    words = request.GET.get("q", "").strip()[:100]
    found = Campaign.objects.filter(archived_at__isnull=not is_archived, name__icontains=words)
    listed = list(found.order_by("-starts_on", "-created_at")[:500])
    sizes = campaigns.sizes(listed)
    context = {
        "rows": [(one, sizes.get(one.pk, 0)) for one in listed],
        "is_archived": is_archived,
        "words": words,
        "has_any": bool(listed) or Campaign.objects.exists(),
    }
    return render(request, "cdp/campaigns.html", context)


@page(SEE)
@require_safe
def one(request: PageRequest, campaign_id: int) -> HttpResponse:
    """One campaign with what belongs to it."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    return render(request, "cdp/campaign.html", {"campaign": campaign, "parts": campaigns.parts(campaign)})


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new campaign."""
    return _form(request, Campaign())


@page(EDIT)
@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Change a campaign."""
    return _form(request, get_object_or_404(Campaign, pk=campaign_id))


def _form(request: PageRequest, campaign: Campaign) -> HttpResponse:
    form = campaigns.CampaignForm(request.POST or None, instance=campaign)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("Saved."))
        return redirect("campaign", form.save().pk)
    context = {"form": form, "campaign": campaign}
    return render(request, "cdp/campaign_form.html", context, status=422 if form.errors else 200)


@page(EDIT)
@require_POST
def archive(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Put a campaign away; what belongs to it stays as it is."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    audit.update(Campaign.objects.filter(pk=campaign.pk), archived_at=timezone.now())
    undoable(
        request,
        _("“%(name)s” is in the archive.") % {"name": campaign.name},
        url=reverse("campaign_restore", args=[campaign.pk]),
    )
    return redirect("campaigns")


@page(EDIT)
@require_POST
def restore(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Take a campaign out of the archive."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    audit.update(Campaign.objects.filter(pk=campaign.pk), archived_at=None)
    messages.success(request, _("“%(name)s” is back.") % {"name": campaign.name})
    return redirect("campaign", campaign.pk)
