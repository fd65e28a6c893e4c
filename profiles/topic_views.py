"""Settings → Topics & consent: what people can subscribe to, on which ground they may be written to."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cdp.lib import audit, shortly
from profiles import topics as noun
from profiles.models import Basis, Brand, Topic
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA
from profiles.shelf import undoable

TEXT: Final = {"class": "form-control"}
BASES: Final = {
    Basis.CONSENT: lazy("Consent: only people who said yes"),
    Basis.CUSTOMER: lazy("Existing customers: everybody, until they say no"),
    Basis.CONTRACT: lazy("Contract: what somebody has agreed with you needs it"),
    Basis.INTEREST: lazy("Legitimate interest: everybody, until they say no"),
}


class TopicForm(forms.ModelForm):  # type: ignore[type-arg]
    """A topic. On which ground people are written to is settled when it is made: they agreed to that."""

    basis = forms.ChoiceField(
        label=lazy("On what ground may people be written to?"),
        choices=list(BASES.items()),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Topic
        fields = ("name", "description", "brand", "basis", "needs_confirmation")
        labels = {
            "brand": lazy("Brand"),
            "needs_confirmation": lazy("A yes counts once it is confirmed (double opt-in)"),
        }
        help_texts = {
            "name": lazy("As people read it where they unsubscribe: “News and offers”, say."),
            "description": lazy("One sentence: what they get, and how often."),
        }
        widgets = {
            "name": forms.TextInput({**TEXT, "autocomplete": "off"}),
            "description": forms.Textarea({**TEXT, "rows": 2}),
            "brand": forms.Select({"class": "form-select"}),
            "needs_confirmation": forms.CheckboxInput({"class": "form-check-input"}),
        }

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        brands = Brand.objects.order_by("-is_default", "name")
        if self.instance.pk:
            self.fields["basis"].disabled = self.fields["brand"].disabled = True
        else:
            self.fields["name"].widget.attrs["autofocus"] = True
            self.initial.update(brand=brands.first(), basis=Basis.CONSENT)
        self.fields["brand"].queryset = brands  # type: ignore[attr-defined]
        self.fields["brand"].empty_label = None  # type: ignore[attr-defined]
        self.has_brands = len(brands) > 1
        if not self.has_brands:
            self.fields["brand"].required = False

    def clean_brand(self) -> Brand:
        """The only one, while there is no other."""
        return self.cleaned_data["brand"] or Brand.objects.get(is_default=True)

    def clean_name(self) -> str:
        """One topic a name."""
        name: str = self.cleaned_data["name"].strip()
        others = Topic.objects.filter(name__iexact=name, archived_at=None).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("That name is already used."))
        return name


@page(MANAGE_DATA)
@require_safe
def topics(request: PageRequest) -> HttpResponse:
    """Every topic; the archived ones last."""
    found = Topic.objects.select_related("brand").order_by("archived_at", "brand__name", "name")
    listed = sorted(found, key=lambda one: one.archived_at is not None)
    has_brands = len({one.brand_id for one in listed}) > 1
    return render(
        request, "profiles/topics.html", {"topics": listed, "has_brands": has_brands, "bases": BASES}
    )


@page(MANAGE_DATA)
@require_safe
def said(request: PageRequest, topic_id: int) -> HttpResponse:
    """A part of the list: how many subscribed to a topic, at most a minute old."""
    topic = get_object_or_404(Topic, pk=topic_id)
    counted, as_of = shortly.kept("topic", topic.pk, lambda: noun.said(topic), now=timezone.now())
    context = {"topic": topic, "said": counted, "as_of": as_of}
    return render(request, "profiles/topics.html#said", context)


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """Make a topic."""
    form = TopicForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.key = noun.key(form.cleaned_data["name"])
        form.save()
        messages.success(
            request, _("“%(name)s” is there. Journeys and broadcasts can use it.") % {"name": form.instance}
        )
        return redirect("topics")
    return _form(request, form)


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def topic(request: PageRequest, topic_id: int) -> HttpResponse:
    """One topic: its name and its words."""
    form = TopicForm(request.POST or None, instance=get_object_or_404(Topic, pk=topic_id))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("topics")
    return _form(request, form)


def _form(request: PageRequest, form: TopicForm) -> HttpResponse:
    kept = Topic.objects.filter(pk=form.instance.pk).first()  # called as it was, while a wrong name is shown
    context = {"form": form, "topic": kept}
    return render(request, "profiles/topic.html", context, status=422 if form.errors else 200)


@page(MANAGE_DATA)
@require_POST
def archive(request: PageRequest, topic_id: int) -> HttpResponse:
    """Out of the choices; what people said stays, and what names it already goes on."""
    found = get_object_or_404(Topic, pk=topic_id)
    audit.update(Topic.objects.filter(pk=topic_id), archived_at=timezone.now())
    sentence = _("“%(name)s” is archived.") % {"name": found.name}
    undoable(request, sentence, url=reverse("topic_restore", args=[topic_id]))
    return redirect("topics")


@page(MANAGE_DATA)
@require_POST
def restore(request: PageRequest, topic_id: int) -> HttpResponse:
    """Among the choices again."""
    audit.update(Topic.objects.filter(pk=topic_id), archived_at=None)
    return redirect("topics")
