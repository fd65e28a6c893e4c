"""The plain form of a journey: what starts it, one wait, one email."""

from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.messages import rendering
from journeys.models import Content, ContentRevision, Journey, Sender
from profiles.models import Channel, EventDefinition, Settings, Topic
from segments.models import Segment

TEXT: Final = {"class": "form-control", "autocomplete": "off"}
SELECT: Final = {"class": "form-select"}


class JourneyForm(forms.Form):
    """Make or change the drawing of a journey; publishing is another step."""

    name = forms.CharField(label=lazy("Name"), max_length=120, widget=forms.TextInput(TEXT))
    trigger = forms.ChoiceField(
        label=lazy("What starts it?"),
        choices=[("event", lazy("Somebody does something")), ("segment", lazy("Somebody is in a segment"))],
        widget=forms.RadioSelect,
    )
    event = forms.CharField(
        label=lazy("Event"),
        max_length=200,
        required=False,
        widget=forms.TextInput(TEXT | {"list": "event-names"}),
    )
    segment = forms.ModelChoiceField(
        Segment.objects.none(), label=lazy("Segment"), required=False, widget=forms.Select(SELECT)
    )
    members = forms.ChoiceField(
        label=lazy("Who of them?"),
        choices=[
            ("future", lazy("Those who enter from now on")),
            ("current", lazy("Those who are in it now")),
            ("both", lazy("Both")),
        ],
        required=False,
        widget=forms.Select(SELECT),
    )
    reentry = forms.ChoiceField(
        label=lazy("How often can somebody go through it?"),
        choices=[
            ("never", lazy("Once")),
            ("after_exit", lazy("Again, once they are through")),
            ("always", lazy("Every time")),
        ],
        widget=forms.Select(SELECT),
    )
    wait_amount = forms.IntegerField(
        label=lazy("Wait before the email"), min_value=0, max_value=1000, widget=forms.NumberInput(TEXT)
    )
    wait_unit = forms.ChoiceField(
        label=lazy("Unit"),
        choices=[
            ("minute", lazy("minutes")),
            ("hour", lazy("hours")),
            ("day", lazy("days")),
            ("week", lazy("weeks")),
        ],
        widget=forms.Select(SELECT),
    )
    subject = forms.CharField(label=lazy("Subject"), max_length=500, widget=forms.TextInput(TEXT))
    preheader = forms.CharField(
        label=lazy("Preview text"), max_length=500, required=False, widget=forms.TextInput(TEXT),
        help_text=lazy("The line that mail programs show after the subject."),
    )  # fmt: skip
    html = forms.CharField(
        label=lazy("What it says"),
        widget=forms.Textarea({"class": "form-control mono", "rows": 14, "spellcheck": "true"}),
        help_text=lazy(
            "HTML. Personalise with Liquid, as in {{ contact.first_name | default: 'there' }}. "
            "The footer with the way to unsubscribe is added by itself."
        ),
    )
    purpose = forms.ChoiceField(
        label=lazy("Why do people get it?"),
        choices=[
            ("marketing", lazy("Marketing: those who subscribed to a topic")),
            ("transactional", lazy("Transactional: it belongs to something they did")),
        ],
        widget=forms.RadioSelect,
    )
    topic = forms.ModelChoiceField(
        Topic.objects.none(), label=lazy("Topic"), required=False, widget=forms.Select(SELECT)
    )
    why = forms.CharField(
        label=lazy("What does it belong to?"), max_length=120, required=False, widget=forms.TextInput(TEXT),
        help_text=lazy("“Order confirmation”, say. It is kept with every message."),
    )  # fmt: skip
    sender = forms.ModelChoiceField(
        Sender.objects.none(), label=lazy("From"), empty_label=None, widget=forms.Select(SELECT)
    )

    def __init__(self, *arguments: Any, journey: Journey, **keywords: Any) -> None:
        super().__init__(*arguments, **{**keywords, "initial": _initial(journey)})
        self.journey = journey
        self._choose("segment", Segment.objects.filter(archived_at=None).order_by("name"))
        self._choose("topic", Topic.objects.filter(archived_at=None).order_by("name"))
        self._choose("sender", Sender.objects.order_by("-is_default", "name"))
        self.event_names = list(EventDefinition.objects.filter(is_blocked=False).order_by("name")[:500])

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = choices

    def clean_name(self) -> str:
        """One name a journey."""
        name: str = self.cleaned_data["name"].strip()
        others = Journey.objects.filter(kind=self.journey.kind, archived_at=None).exclude(pk=self.journey.pk)
        if others.filter(name=name).exists():
            raise forms.ValidationError(_("That name is already used."))
        return name

    def clean_subject(self) -> str:
        """Liquid that can be read."""
        return _readable("subject", self.cleaned_data["subject"], is_html=False)

    def clean_html(self) -> str:
        """Liquid that can be read."""
        return _readable("message", self.cleaned_data["html"], is_html=True)

    def clean(self) -> dict[str, Any]:
        """What one answer asks of another."""
        said = super().clean() or {}
        needs = {
            "event": said.get("trigger") == "event",
            "segment": said.get("trigger") == "segment",
            "topic": said.get("purpose") == "marketing",
            "why": said.get("purpose") == "transactional",
        }
        sentences = {
            "event": _("Say which event starts the journey."),
            "segment": _("Choose the segment that starts the journey."),
            "topic": _("Choose the topic, so that people can unsubscribe from it."),
            "why": _("Say what it belongs to."),
        }
        for name, is_needed in needs.items():
            if is_needed and not said.get(name) and name not in self.errors:
                self.add_error(name, sentences[name])
        return said

    @transaction.atomic
    def save(self, *, by: User) -> Journey:
        """Save the drawing, and what its email says as a new revision where that changed."""
        said = self.cleaned_data
        self.journey.name = said["name"]
        if self.journey.pk is None:
            self.journey.owner = by
        self.journey.draft = {
            **self.journey.draft,
            "trigger": self._trigger(),
            "settings": {**self.journey.draft.get("settings", {}), "reentry": said["reentry"]},
            "steps": self._steps(_revision(self.journey, said, by=by)),
        }
        self.journey.save()
        return self.journey

    def _trigger(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said["trigger"] == "event":
            return {"kind": "event", "event": said["event"].strip(), "where": []}
        return {"kind": "segment", "segment": said["segment"].pk, "members": said["members"] or "future"}

    def _steps(self, revision: ContentRevision) -> list[dict[str, Any]]:
        """Names of steps stay the same for good, so that people inside can follow a new version."""
        said = self.cleaned_data
        wait = {"id": "wait", "kind": "wait", "amount": said["wait_amount"], "unit": said["wait_unit"]}
        email = {"id": "email", "kind": "email", "revision": revision.pk, "sender": said["sender"].pk}
        if said["purpose"] == "marketing":
            email |= {"purpose": "marketing", "topic": said["topic"].pk}
        else:
            email |= {"purpose": "transactional", "why": said["why"].strip()}
        return [*([wait] if wait["amount"] else []), email, {"id": "exit", "kind": "exit"}]


def _readable(name: str, source: str, *, is_html: bool) -> str:
    try:
        rendering.parse(name, source, is_html=is_html)
    except rendering.TemplateProblem as problem:
        raise forms.ValidationError(str(problem)) from problem
    return source


def _language() -> str:
    languages = Settings.objects.values_list("languages", flat=True).first()
    return str(languages[0]) if languages else "en"


def step_of(draft: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first step of this kind; {} where there is none."""
    return next((step for step in draft.get("steps", []) if step.get("kind") == kind), {})


def _initial(journey: Journey) -> dict[str, Any]:
    draft = journey.draft
    trigger, wait, email = draft.get("trigger", {}), step_of(draft, "wait"), step_of(draft, "email")
    revision = ContentRevision.objects.filter(pk=email.get("revision", 0)).first()
    said = revision.languages.get(revision.fallback, {}) if revision else {}
    sender = Sender.objects.filter(is_default=True).values_list("pk", flat=True).first()
    topic = Topic.objects.filter(archived_at=None).order_by("pk").values_list("pk", flat=True).first()
    return {
        "name": journey.name,
        "trigger": trigger.get("kind", "event"),
        "event": trigger.get("event", ""),
        "segment": trigger.get("segment"),
        "members": trigger.get("members", "future"),
        "reentry": draft.get("settings", {}).get("reentry", "never"),
        "wait_amount": wait.get("amount", 0 if draft else 1),
        "wait_unit": wait.get("unit", "hour"),
        "subject": said.get("subject", ""),
        "preheader": said.get("preheader", ""),
        "html": said.get("html", ""),
        "purpose": email.get("purpose", "marketing"),
        "topic": email.get("topic", topic),
        "why": email.get("why", ""),
        "sender": email.get("sender", sender),
    }


def _revision(journey: Journey, said: dict[str, Any], *, by: User) -> ContentRevision:
    """What the email says: the revision there is, or a new one where a word changed."""
    words = {"subject": said["subject"], "preheader": said["preheader"], "html": said["html"], "text": ""}
    last = (
        ContentRevision.objects.select_related("content")
        .filter(pk=step_of(journey.draft, "email").get("revision", 0))
        .first()
    )
    if last is None:
        content = Content.objects.create(name=said["name"], channel=Channel.EMAIL)
        language = _language()
        return ContentRevision.objects.create(
            content=content, number=1, languages={language: words}, fallback=language, saved_by=by
        )
    languages = {**last.languages, last.fallback: {**last.languages.get(last.fallback, {}), **words}}
    if languages == last.languages:
        return last
    number = last.content.revisions.aggregate(last=Max("number"))["last"] + 1
    return ContentRevision.objects.create(
        content=last.content, number=number, languages=languages, fallback=last.fallback, saved_by=by
    )
