"""Forms of the profiles' pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from profiles.models import Source


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new place that sends events."""

    class Meta:
        model = Source
        fields = ("name", "kind")
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autofocus": True, "autocomplete": "off"})
        }

    kind = forms.ChoiceField(
        label=_("What sends?"),
        widget=forms.RadioSelect,
        initial=Source.Kind.SERVER,
        choices=[
            (Source.Kind.SERVER, _("A server: its key stays secret, so it may say who somebody is")),
            (
                Source.Kind.BROWSER,
                _("A website or app: anybody can read its key, so it never merges two known people"),
            ),
        ],
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fields["name"].help_text = _("“Webshop”, say, or “Till in Utrecht”.")
