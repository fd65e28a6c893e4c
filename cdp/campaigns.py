"""Campaigns: what belongs to each, whatever its kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp.shelves import SHELVES
from profiles.models import Campaign
from profiles.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Part:
    """The things of one kind that belong to a campaign, each with its own page."""

    shelf: Shelf[Any]
    things: list[tuple[str, str, Any]]


def parts(campaign: Campaign) -> list[Part]:
    """What belongs to a campaign, kind by kind; kinds with nothing are left out."""
    drawn = []
    for shelf in SHELVES.values():
        found = shelf.things().filter(campaign=campaign, archived_at=None).order_by("name")
        if things := [(one.name, shelf.url(one), one.updated_at) for one in found]:
            drawn.append(Part(shelf, things))
    return drawn


def sizes(campaigns: Sequence[Campaign]) -> dict[int, int]:
    """How many things belong to each."""
    total: dict[int, int] = {}
    for shelf in SHELVES.values():
        belonging = shelf.things().filter(campaign__in=campaigns, archived_at=None)
        for number, size in belonging.values_list("campaign").annotate(size=Count("pk")):
            total[number] = total.get(number, 0) + size
    return total


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """Make or change a campaign."""

    class Meta:
        model = Campaign
        fields = ("name", "description", "starts_on", "ends_on", "utm_campaign")
        labels = {"starts_on": lazy("From"), "ends_on": lazy("Until"), "utm_campaign": "utm_campaign"}
        help_texts = {"utm_campaign": lazy("Links carry it, so that other tools know this campaign too")}
        widgets = {
            "name": forms.TextInput({"class": "form-control", "autocomplete": "off"}),
            "description": forms.Textarea({"class": "form-control", "rows": 2}),
            "starts_on": forms.DateInput({"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput({"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
            "utm_campaign": forms.TextInput({"class": "form-control", "autocomplete": "off"}),
        }

    def clean(self) -> dict[str, Any]:
        """It ends after it begins; its links are named after it where nothing else was said."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("It ends before it begins."))
        if cleaned.get("name") and not cleaned.get("utm_campaign"):
            cleaned["utm_campaign"] = slugify(cleaned["name"])
        return cleaned
