"""Journeys and what they send, in the admin: drawings are edited in the product, what happened stays."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import Fact
from journeys import admin_sending
from journeys.models import (
    Bookmark,
    Broadcast,
    Content,
    ContentRevision,
    DraftState,
    Image,
    Intake,
    Journey,
    Occasion,
    Run,
    RunMerge,
    Signal,
    Version,
    Visit,
)
from profiles.admin_people import OfPeople
from profiles.permissions import SEE, SEE_PEOPLE

__all__ = ["admin_sending"]  # loaded for what it registers


class Named(Fact):
    """Things with a name: there are hundreds at most."""

    needs = SEE
    search_help_text = _("Any part of the name")

    def named(self, queryset: Any, term: str) -> Any:
        """Whatever has it in its name."""
        return queryset.filter(name__icontains=term)


@admin.register(Journey)
class JourneyAdmin(Named):
    """A journey or broadcast."""

    list_display = ("name", "kind", "status", "owner", "updated_at", "archived_at")
    list_filter = ("kind", "status")

    def view_on_site(self, obj: Any) -> str | None:
        """The page of its kind."""
        return reverse("broadcast" if obj.kind == Journey.Kind.BROADCAST else "journey", args=[obj.pk])


@admin.register(Version)
class VersionAdmin(Fact):
    """A published drawing."""

    needs = SEE
    list_display = ("__str__", "journey", "number", "state", "published_at", "published_by", "fate")
    list_filter = ("state",)
    jumps: ClassVar[tuple[str, ...]] = ("journey__id__exact",)

    def view_on_site(self, obj: Any) -> str | None:
        """Its journey."""
        return reverse("journey", args=[obj.journey_id])


@admin.register(Run)
class RunAdmin(OfPeople):
    """Somebody in a journey."""

    list_display = ("id", "contact", "journey", "version", "state", "step", "wake_at", "entered_at")
    jumps: ClassVar[tuple[str, ...]] = ("contact__id__exact", "version__id__exact", "journey__id__exact")


@admin.register(Visit)
class VisitAdmin(Fact):
    """A step that somebody took."""

    needs = SEE_PEOPLE
    list_display = ("id", "run_id", "number", "version", "step", "arrived_at", "left_at", "outcome")
    jumps: ClassVar[tuple[str, ...]] = ("run__id__exact",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of it."""
        return ("run_id", "number", "version", "step", "arrived_at", "left_at", "outcome", "next_step")


@admin.register(Signal)
class SignalAdmin(OfPeople):
    """Something that a journey may be waiting for."""

    list_display = ("seq", "contact", "definition", "event_id", "occurred_at", "signalled_at")


@admin.register(Bookmark)
class BookmarkAdmin(Fact):
    """How far a reader has come."""

    list_display = ("name", "seq")


@admin.register(RunMerge)
class RunMergeAdmin(Fact):
    """What the undo of a merge needs."""

    needs = SEE_PEOPLE
    list_display = ("merge",)


@admin.register(Broadcast)
class BroadcastAdmin(Fact):
    """How far a broadcast has come."""

    needs = SEE
    product = "broadcast"
    list_display = ("journey", "starts_at", "started_at", "taken_in_at", "taken", "cancelled_at")


@admin.register(Content)
class ContentAdmin(Named):
    """What a message says."""

    product = "email_edit"
    list_display = ("name", "channel", "owner", "updated_at", "archived_at")


@admin.register(ContentRevision)
class ContentRevisionAdmin(Fact):
    """A saved state of a message."""

    needs = SEE
    list_display = ("__str__", "content", "number", "fallback", "saved_at", "saved_by")
    jumps: ClassVar[tuple[str, ...]] = ("content__id__exact",)


@admin.register(DraftState)
class DraftStateAdmin(Fact):
    """A state that undo can bring back."""

    needs = SEE
    list_display = ("__str__", "kind", "thing_id", "number", "saved_at", "saved_by")


@admin.register(Image)
class ImageAdmin(Named):
    """A picture of the library."""

    product = "image"
    list_display = ("name", "alt", "width", "height", "size", "uploaded_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the bytes."""
        return super().get_queryset(request).defer("content", "thumbnail")


@admin.register(Intake)
class IntakeAdmin(Fact):
    """A segment's members, put into a journey by hand."""

    needs = SEE
    list_display = ("__str__", "segment", "version", "requested_by", "requested_at", "entered", "done_at")


@admin.register(Occasion)
class OccasionAdmin(OfPeople):
    """Something that leads somebody into a journey once."""

    list_display = ("name", "contact", "journey", "at")
