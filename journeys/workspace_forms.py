"""The form of the workspace: what it is called, where it is at home, and when it keeps quiet."""

import functools
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import phonenumbers
from django import forms
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from profiles import money
from profiles.models import ExchangeRate, Purchase, Settings

TEXT: Final = {"class": "form-control"}
NUMBER: Final = {**TEXT, "min": 1, "inputmode": "numeric"}
CLOCK: Final = {**TEXT, "type": "time"}
# What money is counted in, by its ISO code; other codes are taken, too.
CURRENCIES: Final = (
    "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD",
    "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP",
    "PLN", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
)  # fmt: skip
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")


@functools.cache  # looked for on the disk
def zones() -> Sequence[str]:
    """The time zones that there are, by a place in them, as people look for them."""
    names = {name for name in zoneinfo.available_timezones() if "/" in name}
    return ["UTC", *sorted(name for name in names if not name.startswith(("Etc/", "SystemV/", "US/")))]


# What is offered while somebody types.
LISTED: Final[Mapping[str, Callable[[], Sequence[str]]]] = {
    "time_zone": zones,
    "country": lambda: sorted(phonenumbers.SUPPORTED_REGIONS),
    "currency": lambda: CURRENCIES,
}


@functools.cache  # six hundred options, the same for everybody
def _drawn_lists() -> SafeString:
    return format_html_join(
        "",
        '<datalist id="{}-known">{}</datalist>',
        (
            (name, format_html_join("", '<option value="{}"></option>', ((option,) for option in options())))
            for name, options in LISTED.items()
        ),
    )


def is_counted_in() -> bool:
    """Whether something is kept in the workspace's currency, so that another would make it wrong."""
    return Purchase.objects.exists() or ExchangeRate.objects.exists()


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """One row of settings. Fields are shown in four groups."""

    week_starts_on = forms.TypedChoiceField(
        label=lazy("Weeks begin on"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        widget=forms.Select({"class": "form-select"}),
    )
    languages = forms.CharField(
        label=lazy("Languages"),
        required=False,
        max_length=200,
        widget=forms.TextInput({**TEXT, "autocomplete": "off", "spellcheck": "false"}),
        help_text=lazy(
            "Codes with commas between, the one to fall back on first: en, nl. Mails begin in the first."
        ),
    )

    class Meta:
        model = Settings
        fields = (
            "name", "time_zone", "week_starts_on", "country", "languages", "currency",
            "quiet_from", "quiet_until", "click_credit_days", "delivery_credit_hours", "freshness_hours",
        )  # fmt: skip
        labels = {
            "name": lazy("Name"),
            "time_zone": lazy("Time zone"),
            "country": lazy("Home country"),
            "currency": lazy("Currency"),
            "quiet_from": lazy("From"),
            "quiet_until": lazy("Until"),
            "click_credit_days": lazy("A click earns credit for an order (days)"),
            "delivery_credit_hours": lazy("A text message or push earns it (hours)"),
            "freshness_hours": lazy("An event counts as news for (hours)"),
        }
        help_texts = {
            "time_zone": lazy("Days begin and end by this clock, in charts, segments and on every page."),
            "country": lazy(
                "Its two letters, NL say. Phone numbers without a country code are read as from there."
            ),
            "click_credit_days": lazy(
                "The last message that somebody clicked before they ordered gets the credit."
            ),
            "delivery_credit_hours": lazy(
                "Where nothing was clicked: the last one that arrived before the order."
            ),
            "freshness_hours": lazy("What we hear of later starts no journey, unless the journey says so."),
        }
        widgets = {
            "name": forms.TextInput(TEXT),
            "quiet_from": forms.TimeInput(CLOCK, format="%H:%M"),
            "quiet_until": forms.TimeInput(CLOCK, format="%H:%M"),
            "click_credit_days": forms.NumberInput({**NUMBER, "max": 365}),
            "delivery_credit_hours": forms.NumberInput({**NUMBER, "max": 8760}),
            "freshness_hours": forms.NumberInput({**NUMBER, "max": 8760}),
        }

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        fields = self.fields
        for name in LISTED:
            fields[name].widget.attrs.update({**TEXT, "list": f"{name}-known", "autocomplete": "off"})
        self.initial["languages"] = ", ".join(self.instance.languages or [])
        self.is_counted_in = is_counted_in()
        fields["currency"].disabled = self.is_counted_in
        fields["currency"].help_text = (
            _("It cannot be changed any more: orders and exchange rates are kept in it.")
            if self.is_counted_in
            else _(
                "Choose it before the first order comes in: amounts are kept in it, and it cannot be changed then."
            )
        )
        for name in ("click_credit_days", "delivery_credit_hours", "freshness_hours"):
            fields[name].min_value = 1  # type: ignore[attr-defined]

    @property
    def lists(self) -> SafeString:
        """What the fields of LISTED offer while somebody types."""
        return _drawn_lists()

    def clean_time_zone(self) -> str:
        """One that exists; the name of its city is enough where there is one of that name."""
        name: str = self.cleaned_data["time_zone"].strip().replace(" ", "_")
        if name in zoneinfo.available_timezones():
            return name
        found = [one for one in zones() if name.lower() in (one.lower(), one.rpartition("/")[2].lower())]
        if len(found) != 1:
            raise ValidationError(
                _("There is no such time zone. Choose one of the list, Europe/Amsterdam say.")
            )
        return found[0]

    def clean_country(self) -> str:
        """None, or one that telephones know."""
        code: str = self.cleaned_data["country"].strip().upper()
        if code and code not in phonenumbers.SUPPORTED_REGIONS:
            raise ValidationError(_("There is no such country. Write its two letters: NL, DE, GB."))
        return code

    def clean_currency(self) -> str:
        """A code of three letters."""
        code: str = self.cleaned_data["currency"].strip().upper()
        if not money.CURRENCY.fullmatch(code):
            raise ValidationError(_("Write the three letters of the currency: EUR, GBP, USD."))
        return code

    def clean_languages(self) -> list[str]:
        """Each once, in the order given."""
        codes = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["languages"].lower().strip())))
        codes = [code for code in codes if code]
        for code in codes:
            if not LANGUAGE.fullmatch(code) or code.partition("-")[0] not in LANG_INFO:
                raise ValidationError(
                    _("We do not know the language “%(code)s”. Write en, nl, de.") % {"code": code}
                )
        return codes

    def clean(self) -> dict[str, Any]:
        """Both ends of the quiet hours, or none; at least one day or hour of the others."""
        said: dict[str, Any] = super().clean() or {}
        ends = ("quiet_from", "quiet_until")
        given = [said.get(name) for name in ends]
        for name, value in zip(ends, given, strict=True):
            if value is None and any(given) and name not in self.errors:
                self.add_error(name, _("Give both ends of the quiet hours, or neither."))
        if given[0] is not None and given[0] == given[1]:
            self.add_error("quiet_until", _("This is when they begin. Choose another time, or none at all."))
        for name in ("click_credit_days", "delivery_credit_hours", "freshness_hours"):
            if said.get(name) == 0:
                self.add_error(name, _("At least 1."))
        return said
