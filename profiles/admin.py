"""The workspace in the admin: what can be set, under the same rules as on the product's own pages."""

import re
import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import Fact, Shown
from profiles import admin_access, admin_facts, admin_people, admin_sources
from profiles.models import (
    AttributeDefinition,
    Brand,
    EventDefinition,
    Favourite,
    IdentifierRule,
    RecordType,
    SavedView,
    Settings,
    Topic,
)
from profiles.permissions import MANAGE_DATA

__all__ = ["admin_access", "admin_facts", "admin_people", "admin_sources"]  # loaded for what they register


class Few(Shown):
    """Kinds of which there are hundreds at most: any part of the name finds them."""

    by: tuple[str, ...] = ("name",)
    search_help_text = _("Any part of the name")

    def named(self, queryset: Any, term: str) -> Any:
        """Whatever has it in its name."""
        found = queryset.none()
        for name in self.by:
            found |= queryset.filter(**{f"{name}__icontains": term})
        return found


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The workspace's settings, with time zones that exist and lengths that make sense."""

    def clean_time_zone(self) -> str:
        """One that Python knows."""
        name: str = self.cleaned_data["time_zone"]
        if name not in zoneinfo.available_timezones():
            raise ValidationError(now_("There is no such time zone. Write it like Europe/Amsterdam."))
        return name

    def clean(self) -> dict[str, Any]:
        """Both ends of the quiet hours, or none; a cap over at least a day; nothing kept for no time at all."""
        given: dict[str, Any] = super().clean() or {}
        if (given.get("quiet_from") is None) != (given.get("quiet_until") is None):
            self.add_error("quiet_until", now_("Give both ends of the quiet hours, or neither."))
        for name in ("cap_days", "retention_months", "visitor_months", "freshness_hours"):
            if given.get(name) is not None and given[name] < 1:
                self.add_error(name, now_("At least 1."))
        if (given.get("week_starts_on") or 0) > 6:
            self.add_error("week_starts_on", now_("A day of the week: 0 is Monday, 6 is Sunday."))
        return given


@admin.register(Settings)
class SettingsAdmin(Shown):
    """The one row. What money and stages were counted with is not changed here."""

    needs = MANAGE_DATA
    form = SettingsForm
    list_display = ("name", "time_zone", "currency", "country")
    readonly_fields = ("currency", "new_days", "active_days", "at_risk_days")
    fieldsets = (
        (None, {"fields": ("name", "time_zone", "country", "languages", "week_starts_on", "currency")}),
        (
            _("Sending"),
            {
                "fields": (
                    "quiet_from",
                    "quiet_until",
                    "cap_messages",
                    "cap_days",
                    "large_send",
                    "freshness_hours",
                )
            },
        ),
        (_("Credit for sales"), {"fields": ("click_credit_days", "delivery_credit_hours")}),
        (_("Keeping"), {"fields": ("retention_months", "visitor_months")}),
        (
            _("Lifecycle stages"),
            {
                "fields": ("new_days", "active_days", "at_risk_days"),
                "description": _("Changed in Kindred, which then decides everybody's stage again."),
            },
        ),
    )

    def view_on_site(self, obj: Any) -> str | None:
        """Where the product shows a part of them."""
        return reverse("stages")


@admin.register(Brand)
class BrandAdmin(Few):
    """A face towards customers. Its colours and fonts are chosen in the product, which shows them."""

    needs = MANAGE_DATA
    product = "brand"
    may_add = True
    list_display = ("name", "is_default", "website", "created_at")
    search_fields = ("name",)
    fields = ("name", "website", "postal_address", "is_default", "created_at")
    readonly_fields = ("is_default", "created_at")


@admin.register(Topic)
class TopicAdmin(Few):
    """What people subscribe to. What they agreed to does not change under them."""

    needs = MANAGE_DATA
    may_add = True
    list_display = ("name", "key", "brand", "basis", "needs_confirmation", "archived_at")
    search_fields = ("name",)
    by = ("name", "key")
    fixed = ("key", "brand", "basis")
    prepopulated_fields = {"key": ("name",)}
    autocomplete_fields = ("brand",)

    def get_prepopulated_fields(self, request: Any, obj: Any = None) -> Any:
        """Only while it is made."""
        return self.prepopulated_fields if obj is None else {}


class IdentifierRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a namespace accepts."""

    def clean_blocked_patterns(self) -> list[str]:
        """Patterns that can be read."""
        for pattern in self.cleaned_data["blocked_patterns"]:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValidationError(
                    now_("“%(pattern)s” is no pattern: %(error)s") % {"pattern": pattern, "error": error}
                ) from error
        return list(self.cleaned_data["blocked_patterns"])

    def clean_limit(self) -> int:
        """One at least."""
        if self.cleaned_data["limit"] < 1:
            raise ValidationError(now_("At least 1."))
        return int(self.cleaned_data["limit"])


@admin.register(IdentifierRule)
class IdentifierRuleAdmin(Few):
    """How identifiers behave. Which ones are unique to one person was promised when people were told apart by them."""

    needs = MANAGE_DATA
    form = IdentifierRuleForm
    list_display = ("namespace", "kind", "priority", "makes_known", "limit", "limit_days")
    search_fields = ("namespace",)
    by = ("namespace",)
    fixed = ("namespace", "kind", "priority", "makes_known")
    ordering = ("priority",)


@admin.register(EventDefinition)
class EventDefinitionAdmin(Few):
    """A kind of event. Its name and properties are as they were sent."""

    needs = MANAGE_DATA
    list_display = ("name", "label", "is_blocked", "is_system", "first_seen_at", "retention_days")
    list_filter = ("is_blocked", "is_system")
    search_fields = ("name",)
    by = ("name", "label")
    fixed = ("name", "properties", "is_system", "first_seen_at")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """Nobody blocks what Kindred itself says."""
        known = super().get_readonly_fields(request, obj)
        return [*known, "is_blocked", "retention_days"] if obj is not None and obj.is_system else known


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(Few):
    """What a contact can have. Values are stored by key and type, so these stay."""

    needs = MANAGE_DATA
    list_display = ("key", "label", "type", "is_personal", "is_standard", "third_party_days")
    list_filter = ("type", "is_standard")
    search_fields = ("key",)
    by = ("key", "label")
    fixed = ("key", "type", "is_standard", "created_at")


@admin.register(RecordType)
class RecordTypeAdmin(Few):
    """A kind of record. Its fields are those that its records have."""

    needs = MANAGE_DATA
    list_display = ("label", "key", "date_field", "created_at")
    search_fields = ("label",)
    by = ("label", "key")
    fixed = ("key", "fields", "date_field", "created_at")


@admin.register(Favourite)
class FavouriteAdmin(Fact):
    """A star."""

    list_display = ("user", "kind", "thing_id", "starred_at")


@admin.register(SavedView)
class SavedViewAdmin(Fact):
    """A list's filters under a name."""

    list_display = ("name", "user", "kind", "query", "created_at")
