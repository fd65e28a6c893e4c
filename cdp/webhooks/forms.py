"""Forms about webhooks: where they go, what they tell, which of the past is sent again."""

import datetime as dt
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from cdp.webhooks import calling, kinds
from cdp.webhooks.guard import Forbidden
from cdp.webhooks.models import WebhookEndpoint

_TEXT: Final = {"class": "form-control", "autocomplete": "off"}
_CHECK: Final = forms.CheckboxInput({"class": "form-check-input"})
MOST_NAMES: Final = 100


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """One webhook."""

    wants = forms.MultipleChoiceField(label=_("Tell it when"), choices=list(kinds.LABELS.items()))
    names = forms.CharField(
        label=_("Only these events"),
        required=False,
        widget=forms.Textarea({"class": "form-control", "rows": 3}),
        help_text=_("One name a line, such as Order Completed. Nothing here means every event."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "wants")
        widgets = {
            "name": forms.TextInput({**_TEXT, "autofocus": True}),
            "url": forms.URLInput({**_TEXT, "placeholder": "https://"}),
        }
        help_texts = {"url": _("It gets a POST with JSON for each thing that happens.")}

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["names"].initial = "\n".join(self.instance.event_names)

    def groups(self) -> list[tuple[Any, list[tuple[str, Any, bool]]]]:
        """The kinds in their groups: value, words, whether it is chosen."""
        chosen = self["wants"].value() or []
        return [
            (label, [(key, words, key in chosen) for key, words in group]) for label, group in kinds.CHOICES
        ]

    def clean_url(self) -> str:
        """An address that webhooks may go to. What it resolves to is looked at with each call."""
        url = str(self.cleaned_data["url"])
        try:
            calling.check(url)
        except Forbidden as error:
            raise forms.ValidationError(str(error)) from error
        return url

    def clean_names(self) -> list[str]:
        """The names, each once."""
        lines = (line.strip() for line in str(self.cleaned_data["names"]).splitlines())
        names = list(dict.fromkeys(line for line in lines if line))
        if len(names) > MOST_NAMES or any(len(name) > 200 for name in names):
            raise forms.ValidationError(now_("At most 100 names of at most 200 characters."))
        return names

    def save(self, commit: bool = True) -> WebhookEndpoint:
        """Names are kept only where events are told."""
        chosen = kinds.EVENT in self.cleaned_data["wants"]
        self.instance.event_names = self.cleaned_data["names"] if chosen else []
        saved: WebhookEndpoint = super().save(commit)
        return saved


class ReplayForm(forms.Form):
    """A stretch of time to be told again."""

    since = forms.DateTimeField(
        label=_("From"), widget=forms.DateTimeInput({**_TEXT, "type": "datetime-local"})
    )
    until = forms.DateTimeField(
        label=_("To"), widget=forms.DateTimeInput({**_TEXT, "type": "datetime-local"})
    )
    only_failed = forms.BooleanField(
        label=_("Only what was given up"), required=False, initial=True, widget=_CHECK
    )

    def clean(self) -> dict[str, Any]:
        """The end comes after the beginning."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if isinstance(since, dt.datetime) and isinstance(until, dt.datetime) and since >= until:
            raise forms.ValidationError(now_("The end comes after the beginning."))
        return cleaned
