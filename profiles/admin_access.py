"""Who may use the partner API, in the admin: keys are made in the product, which shows the secret that once."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from cdp.lib.admin import Fact
from profiles import admin_keys
from profiles.models.access import ApiKey
from profiles.permissions import MANAGE_TEAM


@admin.register(ApiKey)
class ApiKeyAdmin(Fact):
    """A partner's key; only its beginning is known."""

    needs = MANAGE_TEAM
    list_display = (
        "name",
        "prefix",
        "source",
        "made_by",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    search_help_text = _("Exactly: how the key begins, or any part of its name")
    actions = ("revoke",)

    def named(self, queryset: Any, term: str) -> Any:
        """There are few."""
        return queryset.filter(prefix__startswith=term[:16]) | queryset.filter(name__icontains=term)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whoever may in the product."""
        return request.user.has_perm(MANAGE_TEAM)

    @action(description=_("Revoke"), permissions=["manage"])
    def revoke(self, request: HttpRequest, chosen: "QuerySet[ApiKey]") -> HttpResponse | None:
        """Let nobody ask with these from now on."""
        return admin_keys.revoke(
            self, request, chosen, sentence=now_("Programs that use them are refused at once.")
        )
