"""The admin's navigation, in the groups of the product's own."""

import datetime as dt
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import Bounded
from journeys.admin_sending import HELD
from journeys.models import Message
from profiles.models import InboxItem, RejectedItem
from profiles.permissions import MANAGE_DATA

# Each group: the models shown in it, with the kit's icon and the product's word for each.
GROUPS: Final[tuple[tuple[Promise, tuple[tuple[str, str, Promise], ...]], ...]] = (
    (
        _("People"),
        (
            ("profiles_contact", "group", _("Contacts")),
            ("segments_segment", "filter_alt", _("Segments & lists")),
            ("segments_membershipchange", "swap_horiz", _("Entered and left segments")),
            ("profiles_identitylink", "fingerprint", _("Identifiers")),
            ("profiles_merge", "merge", _("Merges")),
            ("profiles_consent", "verified_user", _("Consents")),
            ("profiles_suppression", "block", _("Blocked addresses")),
        ),
    ),
    (
        _("Campaigns"),
        (
            ("profiles_campaign", "campaign", _("All campaigns")),
            ("journeys_journey", "route", _("Journeys & broadcasts")),
            ("journeys_version", "history", _("Published versions")),
            ("journeys_broadcast", "send", _("Sending of broadcasts")),
            ("journeys_run", "directions_walk", _("People in journeys")),
            ("journeys_message", "mail", _("Messages")),
            ("journeys_receipt", "mark_email_read", _("Delivery reports")),
        ),
    ),
    (
        _("Content"),
        (
            ("journeys_content", "article", _("Emails & messages")),
            ("journeys_image", "image", _("Images")),
            ("profiles_product", "inventory_2", _("Products")),
        ),
    ),
    (
        _("Data"),
        (
            ("profiles_source", "power", _("Sources")),
            ("profiles_writekey", "key", _("Keys of sources")),
            ("profiles_rejecteditem", "report", _("Not accepted")),
            ("profiles_inboxitem", "inbox", _("Waiting to be digested")),
            ("profiles_event", "bolt", _("Events")),
            ("profiles_eventdefinition", "label", _("Kinds of events")),
            ("profiles_attributedefinition", "data_object", _("Attributes")),
            ("profiles_purchase", "shopping_cart", _("Purchases")),
            ("profiles_record", "folder", _("Records")),
        ),
    ),
    (
        _("Settings"),
        (
            ("profiles_settings", "settings", _("Workspace")),
            ("profiles_brand", "palette", _("Brands")),
            ("journeys_sender", "person", _("Senders")),
            ("journeys_smtpserver", "dns", _("Mail servers")),
            ("profiles_topic", "topic", _("Topics")),
            ("profiles_identifierrule", "rule", _("Rules of identifiers")),
            ("profiles_apikey", "api", _("Keys of the partner API")),
            ("auth_user", "manage_accounts", _("Team")),
            ("auth_group", "shield_person", _("Roles")),
            ("auditlog_logentry", "history_edu", _("Audit log")),
            ("cdp_heartbeat", "monitor_heart", _("Processes")),
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
    for heading, names in GROUPS:
        items = [
            {
                "title": label,
                "icon": icon,
                "link": reverse(f"admin:{name}_changelist"),
            }
            for name, icon, label in names
            if name in shown and shown[name].has_view_permission(request)
        ]
        if items:
            groups.append({"title": heading, "separator": True, "items": items})
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


def attention(request: HttpRequest, *, now: dt.datetime) -> list[dict[str, Any]]:
    """What an admin should look at, each counted no further than the admin's lists are."""
    lists = (
        (
            _("Messages held for too long"),
            "journeys_message",
            "now=stuck",
            Message.objects.filter(state__in=HELD, lease_until_at__lt=now),
        ),
        (
            _("Not accepted in the last day"),
            "profiles_rejecteditem",
            "",
            RejectedItem.objects.filter(received_at__gt=now - dt.timedelta(days=1)),
        ),
        (_("Waiting to be digested"), "profiles_inboxitem", "", InboxItem.objects.all()),
    )
    return [
        {
            "label": label,
            "count": Bounded(found.order_by("pk"), 1).count,
            "url": f"{reverse(f'admin:{name}_changelist')}?{query}".rstrip("?"),
        }
        for label, name, query, found in lists
        if request.user.has_perm(MANAGE_DATA)
    ]
