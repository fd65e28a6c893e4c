"""Pages about campaigns beside their list: one with what belongs to it, a new one, and a copy taken back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp import campaign_shelf, campaigns
from cdp.campaign_shelf import CampaignForm
from cdp.campaigns import Figures
from cdp.shelves import PARTS, SHELVES
from profiles import workspace
from profiles.models import Campaign
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE
from profiles.shelf import archive


@page(SEE)
@require_safe
def one(request: PageRequest, campaign_id: int) -> HttpResponse:
    """One campaign with what belongs to it and what came of it."""
    campaign = get_object_or_404(Campaign.objects.select_related("owner"), pk=campaign_id)
    came_of = campaigns.figures([campaign.pk], now=timezone.now())
    context = {
        "campaign": campaign,
        "parts": campaigns.parts(PARTS, campaign),
        "figures": came_of.get(campaign.pk, Figures()),
        "currency": workspace.current().currency,
        "phase": campaign_shelf.phase_said(campaign),
        "dates": campaign_shelf.dates(campaign),
    }
    return render(request, "cdp/campaign.html", context)


@page(EDIT)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A new campaign; from an example where one was asked for."""
    is_example = request.GET.get("start") == "example"
    campaign = campaign_shelf.example(today=timezone.localdate()) if is_example else Campaign()
    campaign.owner = request.user
    form = CampaignForm(request.POST or None, shelf=SHELVES["campaigns"], thing=campaign)
    if request.method == "POST" and form.is_valid():
        form.save(by=request.user)
        messages.success(request, _("Saved."))
        return redirect("campaign", campaign.pk)
    return render(request, "cdp/campaign_form.html", {"form": form}, status=422 if form.errors else 200)


@page(EDIT)
@require_POST
def uncopy(request: PageRequest, campaign_id: int) -> HttpResponse:
    """Take a copy back: it goes to the archive with the drafts that were copied along."""
    campaign, now = get_object_or_404(Campaign, pk=campaign_id), timezone.now()
    campaigns.uncopy(PARTS, campaign, by=request.user, now=now)
    archive.archive(SHELVES["campaigns"], [campaign], by=request.user, now=now)
    messages.success(request, _("“%(name)s” and its drafts are in the archive.") % {"name": campaign.name})
    return redirect("campaigns")
