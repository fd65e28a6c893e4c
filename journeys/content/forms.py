"""The forms around mails: a new one, an image of the library, a brand's look, a test."""

import re
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.content import pictures
from journeys.messages import starts, themes
from journeys.models import Content, Image
from profiles.models import Brand

TEXT: Final = {"class": "form-control", "autocomplete": "off"}
SELECT: Final = {"class": "form-select"}
FILE: Final = {"class": "form-control", "accept": "image/png,image/jpeg,image/gif,image/webp"}


class NewMailForm(forms.Form):
    """What a mail is called and what it begins with."""

    name = forms.CharField(
        label=lazy("Name"), max_length=120, widget=forms.TextInput({**TEXT, "autofocus": True})
    )
    start = forms.ChoiceField(
        label=lazy("Start from"),
        choices=[(key, label) for key, (label, _for, _icon) in starts.STARTS.items()],
        initial="welcome",
        widget=forms.RadioSelect,
    )

    def clean_name(self) -> str:
        """One name a mail."""
        name: str = self.cleaned_data["name"].strip()
        if Content.objects.filter(archived_at=None, channel="email", name__iexact=name).exists():
            raise forms.ValidationError(_("That name is already used."))
        return name


class UploadForm(forms.Form):
    """An image for the library."""

    file = forms.FileField(
        label=lazy("File"),
        widget=forms.FileInput(FILE),
        help_text=lazy("PNG, JPEG, GIF or WebP, at most 10 MB. It is made small enough for mails."),
    )
    alt = forms.CharField(
        label=lazy("What it shows"),
        max_length=300,
        widget=forms.TextInput(TEXT),
        help_text=lazy("One sentence, for people who do not see the image."),
    )

    def clean_file(self) -> Any:
        """Nothing that is too large to look at."""
        file = self.cleaned_data["file"]
        if file.size > pictures.LARGEST_UPLOAD:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        return file


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an image is called and what it shows."""

    class Meta:
        model = Image
        fields = ("name", "alt")
        widgets = {"name": forms.TextInput(TEXT), "alt": forms.TextInput(TEXT)}


class BrandForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a brand is called, where it is at home, and how its mails look."""

    primary = forms.CharField(label=lazy("Buttons and links"), widget=forms.TextInput({"type": "color"}))
    text = forms.CharField(label=lazy("Text"), widget=forms.TextInput({"type": "color"}))
    background = forms.CharField(label=lazy("Behind the mail"), widget=forms.TextInput({"type": "color"}))
    paper = forms.CharField(label=lazy("The mail itself"), widget=forms.TextInput({"type": "color"}))
    font = forms.ChoiceField(
        label=lazy("Font"),
        choices=[(key, label) for key, (label, _stack) in themes.FONTS.items()],
        widget=forms.Select(SELECT),
    )
    logo = forms.ModelChoiceField(
        Image.objects.none(),
        label=lazy("Logo"),
        required=False,
        empty_label=lazy("No logo"),
        widget=forms.Select(SELECT),
        help_text=lazy("An image of the library. It stands above every mail."),
    )
    logo_width = forms.IntegerField(
        label=lazy("Width of the logo in pixels"), min_value=40, max_value=400, widget=forms.NumberInput(TEXT)
    )

    class Meta:
        model = Brand
        fields = ("name", "postal_address", "website")
        widgets = {
            "name": forms.TextInput(TEXT),
            "postal_address": forms.Textarea({"class": "form-control", "rows": 3}),
            "website": forms.URLInput(TEXT),
        }
        help_texts = {
            "postal_address": lazy("Stands at the end of every marketing mail: the law asks for it.")
        }

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        theme = themes.load(keywords["instance"].theme)
        keywords["initial"] = {**themes.dump(theme), **keywords.get("initial", {})}
        super().__init__(*arguments, **keywords)
        logo = self.fields["logo"]
        assert isinstance(logo, forms.ModelChoiceField)
        logo.queryset = pictures.library()

    def clean(self) -> dict[str, Any]:
        """Colours are colours."""
        said = super().clean() or {}
        for name in ("primary", "text", "background", "paper"):
            if not re.fullmatch(themes.COLOUR, said.get(name, "")):
                self.add_error(name, _("Choose a colour."))
        return said

    def theme(self) -> themes.Theme:
        """The look that was asked for."""
        said = self.cleaned_data
        logo = said.get("logo")
        return themes.load({**said, "logo": logo.pk if logo else None})

    def save(self, commit: bool = True) -> Any:
        """Save the brand with its look."""
        self.instance.theme = {**self.instance.theme, **themes.dump(self.theme())}
        return super().save(commit)


class TrialForm(forms.Form):
    """Who of the team gets a test, and as whom they see it."""

    to = forms.ChoiceField(label=lazy("Send to"), widget=forms.Select(SELECT))
    person = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, sender: User, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one, one) for one in team(sender)]


def team(first: User) -> list[str]:
    """The addresses of the workspace's people, one's own first: tests go to nobody else."""
    others = User.objects.filter(is_active=True).exclude(email="").exclude(pk=first.pk).order_by("email")
    return [*([first.email] if first.email else []), *others.values_list("email", flat=True)[:200]]
