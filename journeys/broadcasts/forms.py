"""The forms of a broadcast, one for each of its steps: who, what, when."""

import datetime as dt
from typing import Any, ClassVar, Final

from django import forms
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.models import Content, Journey, Sender
from profiles.models import Channel, Topic
from segments.models import Segment

SELECT: Final = {"class": "form-select"}
TEXT: Final = {"class": "form-control"}


class NewForm(forms.Form):
    """What a broadcast is called."""

    name = forms.CharField(
        label=lazy("Name"),
        max_length=120,
        widget=forms.TextInput({**TEXT, "autofocus": True, "placeholder": lazy("November news")}),
        help_text=lazy("For you and your team; people never see it."),
    )

    def clean_name(self) -> str:
        """One name a broadcast."""
        name: str = self.cleaned_data["name"].strip()
        if Journey.objects.filter(kind=Journey.Kind.BROADCAST, name=name, archived_at=None).exists():
            raise forms.ValidationError(_("That name is already used."))
        return name


class StepForm(forms.Form):
    """One step of a broadcast: begins with what the draft says, and `draft` is what it says afterwards."""

    names: ClassVar[tuple[str, ...]] = ()  # the parts of the draft that this step is about

    def __init__(self, *arguments: Any, journey: Journey, **keywords: Any) -> None:
        super().__init__(*arguments, **{**keywords, "initial": self.begin(journey.draft)})
        self.journey = journey

    def begin(self, draft: dict[str, Any]) -> dict[str, Any]:
        """The fields' values as the draft has them."""
        return {name: draft.get(name) for name in self.names if draft.get(name) is not None}

    def say(self) -> dict[str, Any]:
        """The parts of the draft as the fields have them."""
        return {name: self.cleaned_data[name] for name in self.names}

    @property
    def draft(self) -> dict[str, Any]:
        """The whole draft with this step's answers."""
        return {**self.journey.draft, **self.say()}


class WhoForm(StepForm):
    """The segments that get it and those that do not, and what people subscribed to."""

    names = ("everyone", "include", "exclude", "purpose", "topic", "why")

    everyone = forms.TypedChoiceField(
        label=lazy("Send to"),
        choices=[("", lazy("Segments or lists")), ("yes", lazy("Everyone we know"))],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    include = forms.TypedMultipleChoiceField(
        label=lazy("Send to"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    exclude = forms.TypedMultipleChoiceField(
        label=lazy("Don't send to"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    purpose = forms.ChoiceField(
        label=lazy("Why do people get it?"),
        choices=[
            ("marketing", lazy("Marketing: those who subscribed to a topic")),
            ("transactional", lazy("Transactional: it belongs to something they did")),
        ],
        initial="marketing",
        widget=forms.RadioSelect,
    )
    topic = forms.TypedChoiceField(
        label=lazy("Topic"), coerce=int, empty_value=None, required=False, widget=forms.Select(SELECT)
    )
    why = forms.CharField(
        label=lazy("What does it belong to?"), max_length=120, required=False, widget=forms.TextInput(TEXT),
        help_text=lazy("“Product recall”, say. It is kept with every message."),
    )  # fmt: skip

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        segments, topics = (
            list(model.objects.filter(archived_at=None).order_by("name").values_list("pk", "name"))
            for model in (Segment, Topic)
        )
        for name, choices in (("include", segments), ("exclude", segments), ("topic", topics)):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def begin(self, draft: dict[str, Any]) -> dict[str, Any]:
        """A first draft takes the first topic, so that the count means something."""
        first = Topic.objects.filter(archived_at=None).order_by("pk").values_list("pk", flat=True).first()
        said = super().begin(draft)
        return {
            "purpose": "marketing",
            "topic": first,
            **said,
            "everyone": "yes" if draft.get("everyone") else "",
        }

    def say(self) -> dict[str, Any]:
        """What belongs to the other purpose is forgotten."""
        said = {**super().say(), "everyone": bool(self.cleaned_data["everyone"])}
        is_marketing = said["purpose"] == "marketing"
        return {
            **said,
            "topic": said["topic"] if is_marketing else None,
            "why": "" if is_marketing else said["why"].strip(),
            "include": [] if said["everyone"] else said["include"],
        }

    def clean(self) -> dict[str, Any]:
        """Somebody gets it, and may know why."""
        said = super().clean() or {}
        if not said.get("everyone") and not said.get("include"):
            self.add_error("include", _("Choose at least one segment or list, or everyone we know."))
        if said.get("purpose") == "marketing" and not said.get("topic"):
            self.add_error("topic", _("Choose the topic, so that people can unsubscribe from it."))
        if said.get("purpose") == "transactional" and not (said.get("why") or "").strip():
            self.add_error("why", _("Say what it belongs to."))
        return said


class WhatForm(StepForm):
    """The mail, and who it is from."""

    names = ("content", "sender")

    content = forms.TypedChoiceField(label=lazy("Email"), coerce=int, widget=forms.RadioSelect)
    sender = forms.TypedChoiceField(label=lazy("From"), coerce=int, widget=forms.Select(SELECT))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        mails = Content.objects.filter(channel=Channel.EMAIL, archived_at=None).order_by("-updated_at")
        senders = Sender.objects.order_by("-is_default", "name")
        self.fields["content"].choices = [(one.pk, one.name) for one in mails]  # type: ignore[attr-defined]
        self.fields["sender"].choices = [(one.pk, str(one)) for one in senders]  # type: ignore[attr-defined]
        self.fields["content"].error_messages["required"] = _("Choose what the mail says.")


class WhenForm(StepForm):
    """Now or later, how fast, and what becomes of it in somebody's quiet hours."""

    names = ("at", "per_hour", "quiet")

    moment = forms.ChoiceField(
        label=lazy("When"),
        choices=[("now", lazy("As soon as it is confirmed")), ("later", lazy("At a date and time"))],
        initial="now",
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label=lazy("Date"), required=False, widget=forms.DateInput({**TEXT, "type": "date"})
    )
    clock = forms.TimeField(
        label=lazy("Time"), required=False, widget=forms.TimeInput({**TEXT, "type": "time"})
    )
    per_hour = forms.IntegerField(
        label=lazy("At most this many an hour"), min_value=1, max_value=10_000_000, required=False,
        widget=forms.NumberInput({**TEXT, "inputmode": "numeric", "placeholder": lazy("No limit")}),
        help_text=lazy("Spreads the load on your website, and warms up a new sending address."),
    )  # fmt: skip

    quiet = forms.ChoiceField(
        label=lazy("For whoever is in their quiet hours"),
        choices=[
            ("wait", lazy("It waits until those end")),
            ("skip", lazy("They do not get it")),
            ("send", lazy("It goes out all the same")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *arguments: Any, now: dt.datetime, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.now = now

    def begin(self, draft: dict[str, Any]) -> dict[str, Any]:
        """The moment as a day and a clock in the workspace's zone."""
        said = {"per_hour": draft.get("per_hour"), "moment": "now", "quiet": draft.get("quiet") or "wait"}
        if not draft.get("at"):
            return said
        local = timezone.localtime(dt.datetime.fromisoformat(draft["at"]))
        return {**said, "moment": "later", "day": local.date().isoformat(), "clock": f"{local:%H:%M}"}

    def clean_quiet(self) -> str:
        """To wait is what happens by itself."""
        return self.cleaned_data["quiet"] or "wait"

    def clean(self) -> dict[str, Any]:
        """A moment that exists and has not passed."""
        said = super().clean() or {}
        said["at"] = None
        if said.get("moment") != "later":
            return said
        for name in ("day", "clock"):
            if not said.get(name) and name not in self.errors:
                self.add_error(name, _("Say when."))
        if said.get("day") and said.get("clock"):
            at = dt.datetime.combine(said["day"], said["clock"], timezone.get_current_timezone())
            said["at"] = at.isoformat()
            if at <= self.now:
                words = formats.date_format(timezone.localtime(self.now), "j M Y, H:i")
                self.add_error("clock", _("That moment has passed: it is %(now)s now.") % {"now": words})
        return said
