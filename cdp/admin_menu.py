"""The admin's navigation, in the groups of the product's own."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Each group: the models shown in it, with the kit's icon for each.
GROUPS: Final[tuple[tuple[Promise, tuple[tuple[str, str], ...]], ...]] = (
    (
        _("People"),
        (
            ("profiles_contact", "group"),
            ("segments_segment", "filter_alt"),
            ("segments_membershipchange", "swap_horiz"),
            ("profiles_identitylink", "fingerprint"),
            ("profiles_merge", "merge"),
            ("profiles_consent", "verified_user"),
            ("profiles_suppression", "block"),
        ),
    ),
    (
        _("Campaigns"),
        (
            ("profiles_campaign", "campaign"),
            ("journeys_journey", "route"),
            ("journeys_version", "history"),
            ("journeys_broadcast", "send"),
            ("journeys_run", "directions_walk"),
            ("journeys_message", "mail"),
            ("journeys_receipt", "mark_email_read"),
        ),
    ),
    (
        _("Content"),
        (
            ("journeys_content", "article"),
            ("journeys_image", "image"),
            ("profiles_product", "inventory_2"),
        ),
    ),
    (
        _("Data"),
        (
            ("profiles_source", "power"),
            ("profiles_writekey", "key"),
            ("profiles_rejecteditem", "report"),
            ("profiles_inboxitem", "inbox"),
            ("profiles_event", "bolt"),
            ("profiles_eventdefinition", "label"),
            ("profiles_attributedefinition", "data_object"),
            ("profiles_purchase", "shopping_cart"),
            ("profiles_record", "folder"),
        ),
    ),
    (
        _("Settings"),
        (
            ("profiles_settings", "settings"),
            ("profiles_brand", "palette"),
            ("journeys_sender", "person"),
            ("journeys_smtpserver", "dns"),
            ("profiles_topic", "topic"),
            ("profiles_identifierrule", "rule"),
            ("profiles_apikey", "api"),
            ("auth_user", "manage_accounts"),
            ("auth_group", "shield_person"),
            ("auditlog_logentry", "history_edu"),
            ("cdp_heartbeat", "monitor_heart"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """What this person may see of it; the first lines lead back to the product and to the start."""
    from django.contrib import admin

    site = admin.site
    shown = {
        f"{model._meta.app_label}_{model._meta.model_name}": one for model, one in site._registry.items()
    }
    groups: list[dict[str, Any]] = [
        {
            "items": [
                {"title": _("Open Kindred"), "icon": "arrow_back", "link": reverse("home"), "active": False},
                {"title": _("Overview"), "icon": "apps", "link": reverse("admin:index")},
            ]
        }
    ]
    for label, names in GROUPS:
        items = [
            {
                "title": shown[name].model._meta.verbose_name_plural.capitalize(),
                "icon": icon,
                "link": reverse(f"admin:{name}_changelist"),
            }
            for name, icon in names
            if name in shown and shown[name].has_view_permission(request)
        ]
        if items:
            groups.append({"title": label, "separator": True, "items": items})
    groups.append(
        {
            "separator": True,
            "items": [
                {
                    "title": _("More tables"),
                    "icon": "table",
                    "link": reverse("admin:rows", args=["segments.membership"]),
                }
            ],
        }
    )
    return groups
