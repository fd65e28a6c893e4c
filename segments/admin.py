"""Segments in the admin: what they ask and who came and went. They are edited in the product."""

from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import Fact
from profiles.admin_people import OfPeople
from profiles.permissions import SEE, SEE_PEOPLE
from segments.models import Leaf, MembershipChange, MembershipMerge, Segment, SegmentVersion, UntoldChange


@admin.register(Segment)
class SegmentAdmin(Fact):
    """A segment or list. The builder checks what is changed and tells who will come and go."""

    needs = SEE
    product = "segment"
    list_display = ("name", "kind", "owner", "version", "built_at", "updated_at", "archived_at")
    list_filter = ("kind",)
    search_help_text = _("Any part of the name")

    def named(self, queryset: Any, term: str) -> Any:
        """There are hundreds at most."""
        return queryset.filter(name__icontains=term)


@admin.register(SegmentVersion)
class SegmentVersionAdmin(Fact):
    """A definition as it was saved."""

    needs = SEE
    list_display = ("__str__", "segment", "number", "saved_at", "saved_by")
    jumps: ClassVar[tuple[str, ...]] = ("segment__id__exact",)

    def view_on_site(self, obj: Any) -> str | None:
        """Its segment."""
        return reverse("segment", args=[obj.segment_id])


@admin.register(MembershipChange)
class MembershipChangeAdmin(OfPeople):
    """Who came and went."""

    list_display = ("id", "segment", "contact", "entered", "changed_at", "cause")
    jumps: ClassVar[tuple[str, ...]] = ("segment__id__exact", "contact__id__exact")


@admin.register(UntoldChange)
class UntoldChangeAdmin(Fact):
    """A change that journeys have yet to hear of: gone within seconds, while the digest runs."""

    needs = SEE_PEOPLE
    list_display = ("id", "segment", "contact", "entered", "cause")


@admin.register(Leaf)
class LeafAdmin(Fact):
    """A condition that segments share."""

    needs = SEE
    list_display = ("id", "definition", "created_at")


@admin.register(MembershipMerge)
class MembershipMergeAdmin(Fact):
    """What the undo of a merge needs."""

    needs = SEE_PEOPLE
    list_display = ("merge",)
