"""Forms about the team: inviting, joining, leaving, one's own account, and how people sign in."""

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from cdp.access import BUNDLES
from cdp.models import SignInRules
from cdp.team import people as team
from cdp.team import sso

DOMAIN: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_TEXT: Final = {"class": "form-control"}
_CHOICE: Final = {"class": "form-select"}


def _new_password() -> forms.PasswordInput:
    return forms.PasswordInput({**_TEXT, "autocomplete": "new-password"})


def bundles() -> list[tuple[str, str]]:
    """Each bundle as a choice."""
    return [(name, str(label)) for name, (label, _meaning, _permissions) in BUNDLES.items()]


class BundleForm(forms.Form):
    """What somebody may do."""

    bundle = forms.ChoiceField(label=_("May"), choices=bundles, widget=forms.RadioSelect)

    def rows(self) -> list[tuple[str, str, str, bool]]:
        """Value, name, meaning and whether it is chosen, for each bundle."""
        chosen = self["bundle"].value()
        return [
            (name, str(label), str(meaning), name == chosen)
            for name, (label, meaning, _permissions) in BUNDLES.items()
        ]


class InviteForm(BundleForm):
    """Whom to invite."""

    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput({**_TEXT, "autocomplete": "off", "autofocus": True})
    )
    field_order = ("email", "bundle")


class RemoveForm(forms.Form):
    """Who takes over what somebody owns."""

    heir = forms.ModelChoiceField(
        User.objects.none(), label=_("Hand their things over to"), widget=forms.Select(_CHOICE)
    )

    def __init__(self, *args: Any, leaving: User, by: User, **named: Any) -> None:
        super().__init__(*args, **named)
        field = self.fields["heir"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_active=True).exclude(pk=leaving.pk).order_by("first_name")
        field.label_from_instance = team.called  # type: ignore[method-assign,assignment]
        field.initial = by.pk


class JoinForm(forms.Form):
    """Somebody invited makes their account."""

    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput({**_TEXT, "autocomplete": "name"})
    )
    password = forms.CharField(label=_("Password"), strip=False, widget=_new_password())
    again = forms.CharField(label=_("Password, once more"), strip=False, widget=_new_password())

    def clean_password(self) -> str:
        """As the workspace's rules want it."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password

    def clean(self) -> None:
        """Typed twice the same."""
        if (
            "password" in self.cleaned_data
            and self.cleaned_data.get("again") != self.cleaned_data["password"]
        ):
            self.add_error("again", _("The two passwords differ."))


class AccountForm(forms.Form):
    """What somebody says about themselves."""

    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput({**_TEXT, "autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
        widget=forms.Select(_CHOICE),
    )


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    """How people sign in: the rule about two factors, and the provider of a single sign-on."""

    domains = forms.CharField(
        label=_("Only addresses at"),
        required=False,
        help_text=_("Domains with commas between them, such as noord.example. Empty: any."),
        widget=forms.TextInput({**_TEXT, "autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=False,
        widget=forms.PasswordInput({**_TEXT, "autocomplete": "off"}),
    )
    newcomers = forms.ChoiceField(
        label=_("Who has no account yet"), required=False, widget=forms.Select(_CHOICE)
    )

    class Meta:
        model = SignInRules
        fields = ("needs_two_factors", "is_on", "name", "issuer", "client_id", "domains", "newcomers")
        labels = {"name": _("Name on the button"), "issuer": _("Issuer"), "client_id": _("Client id")}
        help_texts = {"issuer": _("The provider's address; it answers at /.well-known/openid-configuration.")}
        widgets = {
            "needs_two_factors": forms.CheckboxInput({"class": "form-check-input", "role": "switch"}),
            "is_on": forms.CheckboxInput({"class": "form-check-input", "role": "switch"}),
            "name": forms.TextInput({**_TEXT, "autocomplete": "off"}),
            "issuer": forms.URLInput({**_TEXT, "autocomplete": "off", "placeholder": "https://"}),
            "client_id": forms.TextInput({**_TEXT, "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.initial["domains"] = ", ".join(self.instance.domains)
        choices = [(name, now_("becomes %(bundle)s") % {"bundle": label}) for name, label in bundles()]
        newcomers = self.fields["newcomers"]
        assert isinstance(newcomers, forms.ChoiceField)
        newcomers.choices = [
            ("", now_("needs an invitation")),
            *choices[:-1],
        ]  # nobody becomes admin by coming
        if self.instance.client_secret:
            self.fields["secret"].help_text = _("One is kept, encrypted. Leave this empty to go on with it.")

    def clean_domains(self) -> list[str]:
        """In lower case, without @ and spaces."""
        found = [one.strip().lstrip("@").lower() for one in self.cleaned_data["domains"].split(",")]
        for one in filter(None, found):
            if not DOMAIN.fullmatch(one):
                raise forms.ValidationError(_("“%(name)s” is not a domain."), params={"name": one})
        return [one for one in found if one]

    def clean(self) -> dict[str, Any]:
        """What a provider needs, and that one answers there."""
        values: dict[str, Any] = self.cleaned_data
        if not values.get("is_on"):
            return values
        for name in ("name", "issuer", "client_id"):
            if not values.get(name) and name not in self.errors:
                self.add_error(name, _("Single sign-on needs this."))
        if not (values.get("secret") or self.instance.client_secret):
            self.add_error("secret", _("Single sign-on needs this."))
        if values.get("newcomers") and not values.get("domains") and "domains" not in self.errors:
            self.add_error("domains", _("Say which domains newcomers come from, or everybody could."))
        if not self.errors:
            self._ask(values["issuer"])
        return values

    def save(self, commit: bool = True) -> Any:
        """The secret only when a new one was typed."""
        if self.cleaned_data["secret"]:
            self.instance.client_secret = self.cleaned_data["secret"]
        return super().save(commit)

    def _ask(self, issuer: str) -> None:
        try:
            sso.discover(issuer)
        except sso.NotAProvider as error:
            self.add_error("issuer", now_("No provider answers there as it should. %(why)s") % {"why": error})
