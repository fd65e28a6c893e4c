"""The form of what every thing with a name has: name, description, tags, campaign, owner, brand."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from profiles.models import Brand, Campaign, Named
from profiles.shelf import labels, names
from profiles.shelf.kinds import Shelf

INPUT = {"class": "form-control", "autocomplete": "off"}
SELECT = {"class": "form-select"}


class Owner(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Somebody of the workspace, called as everywhere."""

    def label_from_instance(self, obj: Any) -> str:
        """Their name."""
        return person(obj)


class DetailsForm(forms.Form):
    """What a thing is called, what it is for, and whose it is."""

    name = forms.CharField(label=lazy("Name"), max_length=120, widget=forms.TextInput(INPUT))
    description = forms.CharField(
        label=lazy("Description"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"class": "form-control", "rows": 2}),
    )
    tags = forms.CharField(
        label=lazy("Tags"),
        max_length=600,
        required=False,
        help_text=lazy("With commas between them"),
        widget=forms.TextInput(INPUT),
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), label=lazy("Campaign"), required=False, widget=forms.Select(SELECT)
    )
    owner = Owner(User.objects.none(), label=lazy("Owner"), required=False, widget=forms.Select(SELECT))
    brand = forms.ModelChoiceField(
        Brand.objects.none(), label=lazy("Brand"), required=False, widget=forms.Select(SELECT)
    )

    def __init__(self, data: Any, *, shelf: Shelf[Any], thing: Named) -> None:
        super().__init__(
            data,
            auto_id="details_%s",
            initial={
                "name": thing.name,
                "description": thing.description,
                "tags": ", ".join(thing.tags),
                "campaign": thing.campaign_id if shelf.in_campaigns else None,
                "owner": thing.owner_id,
                "brand": thing.brand_id,
            },
        )
        self.shelf, self.thing = shelf, thing
        if shelf.in_campaigns:
            self._choose("campaign", Campaign.objects.filter(archived_at=None).order_by("name"))
        else:
            del self.fields["campaign"]
        self._choose("owner", team())
        self._choose("brand", Brand.objects.order_by("name"))
        if len(Brand.objects.all()[:2]) < 2:
            del self.fields["brand"]

    def _choose(self, name: str, among: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = among
        field.empty_label = "–"

    def clean_name(self) -> str:
        """One name a kind."""
        name = " ".join(self.cleaned_data["name"].split())
        if names.is_taken(self.shelf, name, besides=self.thing.pk):
            raise forms.ValidationError(_("That name is already used."))
        return name

    def clean_tags(self) -> list[str]:
        """As a list."""
        return labels.read_tags(self.cleaned_data["tags"])

    def save(self, *, by: User) -> None:
        """Keep it on the thing, which may be a new one."""
        for name in self.fields:
            setattr(self.thing, name, self.cleaned_data[name])
        self.thing.edited_by = by
        is_new = self.thing._state.adding
        self.thing.save(update_fields=None if is_new else [*self.fields, "edited_by", "updated_at"])


def person(user: Any) -> str:
    """What somebody of the workspace is called."""
    return str(user.get_full_name() or user.email or user.get_username())


def team() -> Any:
    """The people of the workspace, by name."""
    return User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
