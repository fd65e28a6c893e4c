"""The roof in the admin: the team, campaigns, the audit log, our processes; and tables with keys of two parts."""

from importlib import import_module
from typing import Any, Final

from auditlog.models import LogEntry
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import CompositePrimaryKey
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import Fact, Shown
from cdp.models import Heartbeat, TestMail
from cdp.team.models import Invitation
from cdp.webhooks.models import WebhookDelivery, WebhookEndpoint
from profiles.models import Campaign
from profiles.permissions import EDIT, MANAGE_DATA, MANAGE_TEAM, SEE_PEOPLE


class ForSuperusers(Shown):
    """Whoever can change these can give themselves everything: that is for superusers."""

    def _needed(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


@admin.register(User)
class UserAdmin(ForSuperusers):
    """A person of the team. People are invited, and choose their own password, in the product."""

    list_display = (
        "username",
        "email",
        "first_name",
        "last_name",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("username",)
    search_help_text = _("Any part of the name or address")
    ordering = ("username",)
    fields = (
        *("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "groups"),
        *("last_login", "date_joined"),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups",)

    def named(self, queryset: Any, term: str) -> Any:
        """There are dozens."""
        names = ("username", "email", "first_name", "last_name")
        found = queryset.none()
        for name in names:
            found |= queryset.filter(**{f"{name}__icontains": term})
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody locks themselves out."""
        known = super().get_readonly_fields(request, obj)
        return [*known, "is_active", "is_staff", "is_superuser"] if obj == request.user else known


@admin.register(Group)
class GroupAdmin(ForSuperusers):
    """A role. Kindred's own are put right after each upgrade."""

    may_add = True
    list_display = ("name",)
    search_fields = ("name",)
    filter_horizontal = ("permissions",)

    def named(self, queryset: Any, term: str) -> Any:
        """There are a few."""
        return queryset.filter(name__icontains=term)


@admin.register(Campaign)
class CampaignAdmin(Shown):
    """A named initiative."""

    needs = EDIT
    product = "campaign"
    may_add = True
    fields = (
        *("name", "description", "starts_on", "ends_on", "utm_campaign"),
        *("owner", "tags", "brand", "archived_at"),
    )
    list_display = ("name", "starts_on", "ends_on", "utm_campaign", "owner", "archived_at")
    search_fields = ("name",)

    def named(self, queryset: Any, term: str) -> Any:
        """There are dozens."""
        return queryset.filter(name__icontains=term)


@admin.register(LogEntry)
class LogEntryAdmin(Fact):
    """Who changed what. The product's page says it in words."""

    needs = MANAGE_TEAM
    list_display = ("timestamp", "actor", "action", "content_type", "object_repr")
    list_filter = ("action",)
    search_help_text = _("Any word")
    ordering = ("-timestamp", "-id")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may read it in the product."""
        return request.user.has_perm(MANAGE_TEAM)

    def named(self, queryset: Any, term: str) -> Any:
        """Any word, by index."""
        return queryset.filter(changes_text__icontains=term)

    def view_on_site(self, obj: Any) -> str | None:
        """The page Audit log, of this thing."""
        kind = f"{obj.content_type.app_label}.{obj.content_type.model}"
        return f"{reverse('audit_log')}?kind={kind}&thing={obj.object_pk}"


@admin.register(Heartbeat)
class HeartbeatAdmin(Fact):
    """A sign of life of one of our processes."""

    list_display = ("name", "beat_at", "details")
    ordering = ("name",)

    def named(self, queryset: Any, term: str) -> Any:
        """There are a handful."""
        return queryset.filter(name__icontains=term)


@admin.register(TestMail)
class TestMailAdmin(Fact):
    """A mail that the test mailbox kept."""

    needs = SEE_PEOPLE
    product = "mail"
    list_display = ("recipient", "subject", "received_at")
    search_help_text = _("Exactly: the recipient")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the mails themselves."""
        return super().get_queryset(request).defer("content")

    def named(self, queryset: Any, term: str) -> Any:
        """By its recipient."""
        return queryset.filter(recipient=term)


@admin.register(Invitation)
class InvitationAdmin(Fact):
    """Somebody asked to join: from the page of the team."""

    needs = MANAGE_TEAM
    list_display = ("email", "bundle", "invited_by", "sent_at", "expires_at", "accepted_at", "withdrawn_at")
    fields = ("email", "bundle", "invited_by", "sent_at", "expires_at", "accepted_at", "withdrawn_at")
    search_help_text = _("Any part of the address")

    def named(self, queryset: Any, term: str) -> Any:
        """There are dozens."""
        return queryset.filter(email__icontains=term)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(Fact):
    """An address outside that is told what happens; set up in the product."""

    needs = MANAGE_TEAM
    product = "webhook"
    list_display = ("name", "url", "status", "failing_since_at", "disabled_at", "created_at")
    fields = (
        *("name", "url", "wants", "event_names", "status", "failing_since_at", "disabled_at"),
        *("made_by", "created_at"),
    )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(Fact):
    """What is owed to such an address, and what became of it."""

    needs = MANAGE_TEAM
    list_display = ("id", "endpoint", "message", "state", "attempts", "next_attempt_at", "delivered_at")


class OtherAdmin(Fact):
    """Whatever has no page of its own here: its rows as they are, without secrets and bytes."""

    needs = MANAGE_DATA


# Made again by themselves, or of no use to anybody who reads them.
DISPOSABLE: Final = frozenset(
    {
        *("profiles.apiallowance", "profiles.apianswer", "profiles.lifecyclecount", "segments.keptset"),
        "cdp.sharedcache",
    }
)


def show_the_others() -> None:
    """No table of the product is out of sight, also none that was added a moment ago."""
    for below in ("profiles", "segments", "journeys"):
        import_module(f"{below}.admin")  # what has a page of its own is registered first, whoever imports us
    for name in ("profiles", "segments", "journeys", "cdp"):
        for model in apps.get_app_config(name).get_models():
            has_two_parts = isinstance(model._meta.pk, CompositePrimaryKey)
            is_hidden = (
                has_two_parts or model._meta.label_lower in DISPOSABLE or admin.site.is_registered(model)
            )
            if not is_hidden:
                admin.site.register(model, OtherAdmin)


show_the_others()
