"""Settings of sending: how many marketing messages a person gets at most, and how many people are very many."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from profiles.models import Settings
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA, SEND_LARGE


class SendingForm(forms.ModelForm):  # type: ignore[type-arg]
    """The cap; an empty number means that there is none."""

    class Meta:
        model = Settings
        fields = ("cap_messages", "cap_days", "large_send")
        labels = {
            "cap_messages": lazy("Marketing messages a person gets at most"),
            "cap_days": lazy("in so many days"),
            "large_send": lazy("Sending to more people than this needs its own permission"),
        }
        help_texts = {
            "cap_messages": lazy("Empty: as many as there are. Order mails and the like do not count."),
            "cap_days": lazy("Counted back from the moment at which a message would go out."),
            "large_send": lazy("Who has it is under Team: “send to very many people”."),
        }

    def __init__(self, *arguments: Any, may_send_large: bool, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        for field, most in zip(self.fields.values(), (1000, 365, 100_000_000), strict=True):
            field.widget = forms.NumberInput(attrs={"class": "form-control", "min": 1, "max": most})

        # Else who may not send to very many would only have to say that these are few.
        self.fields["large_send"].disabled = not may_send_large

    def clean(self) -> dict[str, Any]:
        """At least one of each."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("cap_messages") == 0:
            self.add_error("cap_messages", _("At least one; leave it empty for no limit."))
        if given.get("large_send") == 0:
            self.add_error("large_send", _("At least 1."))
        if given.get("cap_days") == 0:
            self.add_error("cap_days", _("At least one day."))
        return given


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def sending(request: PageRequest) -> HttpResponse:
    """The cap, which delivery asks from the next message on."""
    may = request.user.has_perm(SEND_LARGE)
    form = SendingForm(request.POST or None, instance=Settings.objects.get(), may_send_large=may)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("sending")
    return render(request, "journeys/sending.html", {"form": form}, status=422 if form.errors else 200)
