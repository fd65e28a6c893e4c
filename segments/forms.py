"""What a segment is called, and its question as it comes from a form or a link."""

import json
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from cdp.lib.json import Json, JsonObject
from profiles.shelf import names
from segments import ast
from segments.models import Segment
from segments.shelves import LISTS, SEGMENTS


class NotYet(Exception):
    """A definition that cannot be counted; the message is for the person who writes it."""


def tree_of(text: str) -> Json:
    """The JSON that was typed or linked to. Raises NotYet with where it stops being JSON."""
    try:
        tree: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotYet(
            _("This is not JSON yet: look at line %(line)d, column %(column)d.")
            % {"line": error.lineno, "column": error.colno}
        ) from error
    except RecursionError as error:
        raise NotYet(_("This nests too deep.")) from error
    return tree


def read(text: str) -> ast.Node:
    """The tree that was typed. Raises NotYet with what is wrong, and where."""
    try:
        return ast.load(tree_of(text))
    except ast.InvalidSegment as error:
        raise NotYet(f"{error.message} ({error.path})" if error.path else error.message) from error


TEXT: Final = {"class": "form-control", "autocomplete": "off"}


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and describe a segment; the builder brings the question."""

    class Meta:
        model = Segment
        fields = ("name", "description", "include_visitors")
        widgets = {
            "name": forms.TextInput(attrs=TEXT),
            "description": forms.TextInput(attrs=TEXT),
            "include_visitors": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def clean_name(self) -> str:
        """One name a segment."""
        return free_name(self.cleaned_data["name"], self.instance)

    def save_as(self, definition: JsonObject) -> Segment:
        """Save; a changed question begins a new version, which has yet to be built."""
        segment: Segment = super().save(commit=False)
        if definition != segment.definition or "include_visitors" in self.changed_data or segment.pk is None:
            segment.version += 0 if segment.pk is None else 1
            segment.definition = definition
            segment.built_at = None
        segment.save()
        return segment


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """Make a list of people picked by hand."""

    class Meta:
        model = Segment
        fields = ("name", "description")
        widgets = {"name": forms.TextInput(attrs=TEXT), "description": forms.TextInput(attrs=TEXT)}

    def clean_name(self) -> str:
        """One name a list."""
        return free_name(self.cleaned_data["name"], self.instance)

    def save(self, commit: bool = True) -> Any:
        """A list is what it is at once; nothing has to be built."""
        self.instance.kind = Segment.Kind.STATIC
        return super().save(commit)


def free_name(name: str, segment: Segment) -> str:
    """The name as it is kept. Raises ValidationError when another one has it."""
    shelf = LISTS if segment.kind == Segment.Kind.STATIC else SEGMENTS
    if names.is_taken(shelf, name, besides=segment.pk):
        raise forms.ValidationError(_("That name is already used."))
    return name.strip()
