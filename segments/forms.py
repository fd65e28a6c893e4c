"""The form of a segment: a name, and its definition as text."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp.lib.json import Json
from segments import ast
from segments.models import Segment

EXAMPLE = {
    "type": "all",
    "children": [
        {"type": "attribute", "key": "country", "operator": "is", "value": "NL"},
        {
            "type": "event",
            "name": "Order Completed",
            "frequency": "at_least",
            "count": 1,
            "window": {"type": "last", "amount": 90, "unit": "day"},
        },
    ],
}


class NotYet(Exception):
    """A definition that cannot be counted; the message is for the person who writes it."""


def read(text: str) -> ast.Node:
    """The tree that was typed. Raises NotYet with what is wrong, and where."""
    try:
        tree: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotYet(
            _("This is not JSON yet: look at line %(line)d, column %(column)d.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except RecursionError as error:
        raise NotYet(_("This nests too deep.")) from error
    try:
        return ast.load(tree)
    except ast.InvalidSegment as error:
        raise NotYet(f"{error.message} ({error.path})" if error.path else error.message) from error


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Make or change a segment."""

    definition = forms.CharField(
        label=lazy("Definition"),
        widget=forms.Textarea(
            attrs={"rows": 18, "class": "form-control mono", "spellcheck": "false", "wrap": "soft"}
        ),
    )

    class Meta:
        model = Segment
        fields = ("name", "description", "include_visitors")
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "description": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "include_visitors": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.initial["definition"] = json.dumps(
            self.instance.definition or EXAMPLE, indent=2, ensure_ascii=False
        )

    def clean_name(self) -> str:
        """One name a segment."""
        name: str = self.cleaned_data["name"].strip()
        others = Segment.objects.filter(kind=self.instance.kind, archived_at=None).exclude(
            pk=self.instance.pk
        )
        if others.filter(name=name).exists():
            raise forms.ValidationError(_("That name is already used."))
        return name

    def clean_definition(self) -> dict[str, Any]:
        """As the segment language writes it."""
        try:
            return ast.dump(read(self.cleaned_data["definition"]))
        except NotYet as error:
            raise forms.ValidationError(str(error)) from error

    def save(self, commit: bool = True) -> Segment:
        """Save; a changed question begins a new version, which has yet to be built."""
        segment: Segment = super().save(commit=False)
        definition = self.cleaned_data["definition"]
        if definition != segment.definition or "include_visitors" in self.changed_data or segment.pk is None:
            segment.version += 0 if segment.pk is None else 1
            segment.definition = definition
            segment.built_at = None
        if commit:
            segment.save()
        return segment
