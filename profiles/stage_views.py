"""Settings of the lifecycle stages: how long after an order each of them lasts."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from profiles import staging
from profiles.models import Settings
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA


class StagesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The three numbers of days, each longer than the one before it."""

    class Meta:
        model = Settings
        fields = ("new_days", "active_days", "at_risk_days")
        labels = {
            "new_days": lazy("New for so many days after the first order"),
            "active_days": lazy("Active for so many days after the last order"),
            "at_risk_days": lazy("At risk until so many days after the last order"),
        }
        help_texts = {
            "active_days": lazy("Whoever orders after having lapsed is “won back” for as long."),
            "at_risk_days": lazy("Beyond it, people have lapsed."),
        }

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        for field in self.fields.values():
            field.widget = forms.NumberInput(attrs={"class": "form-control", "min": 1, "max": 3650})

    def clean(self) -> dict[str, Any]:
        """Shorter before longer."""
        given: dict[str, Any] = super().clean() or {}
        days = [given.get(name) for name in self.Meta.fields]
        if all(isinstance(one, int) and one > 0 for one in days):
            if days[1] >= days[2]:  # type: ignore[operator]
                self.add_error("at_risk_days", _("Make this longer than the time people count as active."))
        else:
            for name, one in zip(self.Meta.fields, days, strict=True):
                if one is not None and one < 1:
                    self.add_error(name, _("At least one day."))
        return given


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def stages(request: PageRequest) -> HttpResponse:
    """The thresholds; saving others has everybody's stage decided again."""
    form = StagesForm(request.POST or None, instance=Settings.objects.get())
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            if form.changed_data:
                staging.begin_again()
        messages.success(request, _("Saved. Everybody's stage is being decided again."))
        return redirect("stages")
    context = {"form": form, "is_waiting": staging.is_waiting()}
    return render(request, "profiles/stages.html", context, status=422 if form.errors else 200)
