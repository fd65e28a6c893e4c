"""The form of a new API key: what it is for, what it may do, until when."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from profiles.rest import scopes

PREFIX: Final = "may_"
LASTS: Final = {"30": lazy("30 days"), "90": lazy("90 days"), "365": lazy("A year"), "": lazy("For good")}


class ApiKeyForm(forms.Form):
    """A key's name, scopes and end. It offers no more than its maker may do."""

    name = forms.CharField(
        label=lazy("What is it for?"),
        max_length=80,
        help_text=lazy(
            "“Loyalty programme”, say. What the key writes counts as coming from a source of this name."
        ),
        widget=forms.TextInput(attrs={"class": "form-control", "autofocus": True, "autocomplete": "off"}),
    )
    lasts = forms.ChoiceField(
        label=lazy("Until when?"),
        required=False,
        initial="365",
        choices=list(LASTS.items()),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    personal = forms.BooleanField(
        label=lazy("It may see personal data"),
        required=False,
        help_text=lazy("Names, addresses, attributes and what people typed. Without it these are left out."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *arguments: Any, maker: User, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.may_personal = maker.has_perm(scopes.permission(scopes.PERSONAL))
        if not self.may_personal:
            del self.fields["personal"]
        for family, (label, _reads, writes) in scopes.FAMILIES.items():
            choices = [("", _("Nothing"))]
            for deed, words in ((scopes.READ, _("Read")), (scopes.WRITE, _("Read and write"))):
                offered = deed == scopes.READ or writes
                if offered and maker.has_perm(scopes.permission(f"{family}:{deed}")):
                    choices.append((deed, words))
            if len(choices) > 1:
                self.fields[f"{PREFIX}{family}"] = forms.ChoiceField(
                    label=str(label),
                    required=False,
                    choices=choices,
                    widget=forms.Select(attrs={"class": "form-select"}),
                )

    def families(self) -> Iterator[BoundField]:
        """The fields that say what it may do."""
        return (self[name] for name in self.fields if name.startswith(PREFIX))

    def clean(self) -> dict[str, Any]:
        """A key that may do nothing is of no use."""
        given = super().clean() or {}
        if not self.errors and not self.scopes():
            raise forms.ValidationError(_("Let it do something: read contacts, say."))
        return given

    def scopes(self) -> list[str]:
        """What it may do; of personal data too, where there is anything to see."""
        given = self.cleaned_data
        found = [
            f"{name.removeprefix(PREFIX)}:{deed}"
            for name, deed in given.items()
            if name.startswith(PREFIX) and deed
        ]
        return [*found, scopes.PERSONAL] if found and given.get("personal") else found

    def expires_at(self, *, now: dt.datetime) -> dt.datetime | None:
        """When it ends; None: never."""
        days = self.cleaned_data["lasts"]
        return now + dt.timedelta(days=int(days)) if days else None
