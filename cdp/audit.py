"""What the audit log follows: each kind of configuration with its name, its fields in words, and its page.

A new kind is one line here. Facts about people are not configuration: they have ledgers of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.db.models.signals import pre_save
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from cdp.lib import audit
from cdp.team.models import Invitation, SignInRules
from cdp.webhooks.models import WebhookEndpoint
from journeys.models import Broadcast, Content, ContentRevision, Image, Journey, Sender, SmtpServer, Version
from profiles.models import (
    ApiKey,
    AttributeDefinition,
    Brand,
    Campaign,
    EventDefinition,
    IdentifierRule,
    RecordType,
    Settings,
    Source,
    Topic,
    WriteKey,
)
from segments.models import Segment

NAMED: Final = ("name", "description", "owner", "tags", "campaign", "brand", "archived_at")

WORDS: Final[dict[str, Promise]] = {
    "archived_at": _("archived"),
    "basis": _("lawful basis"),
    "blocked_patterns": _("patterns never accepted"),
    "blocked_values": _("values never accepted"),
    "brand": _("brand"),
    "campaign": _("campaign"),
    "cancelled_at": _("stopped for good"),
    "definition": _("conditions"),
    "description": _("description"),
    "disabled_at": _("switched off"),
    "email": _("e-mail"),
    "fallback": _("language if none fits"),
    "fate": _("people inside"),
    "fields": _("fields"),
    "groups": _("roles"),
    "hint": _("begins with"),
    "include_visitors": _("include visitors"),
    "bundle": _("may"),
    "client_secret": _("client secret"),
    "is_active": _("active"),
    "is_staff": _("may use the administration"),
    "is_superuser": _("may do everything"),
    "key": _("key"),
    "kind": _("kind"),
    "label": _("label"),
    "name": _("name"),
    "number": _("number"),
    "owner": _("owner"),
    "password": _("password"),
    "per_hour": _("at most an hour"),
    "permissions": _("permissions"),
    "revoked_at": _("revoked"),
    "starts_at": _("starts"),
    "status": _("status"),
    "tags": _("tags"),
    "theme": _("colours and fonts"),
    "user_permissions": _("permissions of their own"),
    "version": _("version"),
    "event_names": _("events"),
    "secret": _("secret"),
    "url": _("address"),
    "wants": _("is told"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of configuration. `page` gives the address of a thing's own page by its number.

    Or by the number that its field `page_of` holds.
    """

    model: type[Model]
    label: Promise
    fields: tuple[str, ...]
    page: Callable[[int], str] | None = None
    page_of: str = ""
    masked: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    title: Callable[[Any], str] | None = field(default=None)

    @property
    def name(self) -> str:
        """As addresses name it: "profiles.brand"."""
        return self.model._meta.label_lower


def _at(route: str) -> Callable[[int], str]:
    return lambda number: reverse(route, args=[number])


def _always(route: str) -> Callable[[int], str]:
    return lambda _number: reverse(route)


def _version_title(number: Any) -> str:
    row = Version.objects.filter(pk=number).values_list("journey__name", "number").first()
    return now_("%(name)s, version %(number)s") % {"name": row[0], "number": row[1]} if row else ""


def _revision_title(number: Any) -> str:
    row = ContentRevision.objects.filter(pk=number).values_list("content__name", "number").first()
    return now_("%(name)s, version %(number)s") % {"name": row[0], "number": row[1]} if row else ""


def _broadcast_title(number: Any) -> str:
    return Journey.objects.filter(pk=number).values_list("name", flat=True).first() or ""


def _key_title(number: Any) -> str:
    row = WriteKey.objects.filter(pk=number).values_list("source__name", "hint").first()
    return f"{row[0]} ({row[1]}…)" if row else ""


def _settings_fields() -> tuple[str, ...]:
    return tuple(one.name for one in Settings._meta.concrete_fields if one.name not in ("id", "stages_after"))


KINDS: Final[tuple[Kind, ...]] = (
    Kind(Settings, _("Workspace settings"), _settings_fields(), _always("stages")),
    Kind(
        Brand,
        _("Brand"),
        ("name", "is_default", "postal_address", "website", "theme"),
        _at("brand"),
    ),
    Kind(
        Topic,
        _("Topic"),
        ("key", "name", "description", "brand", "basis", "needs_confirmation", "archived_at"),
    ),
    Kind(Sender, _("Sender"), ("brand", "name", "email", "reply_to", "is_default")),
    Kind(
        SmtpServer,
        _("Mail server"),
        ("name", "host", "port", "security", "username", "password", "is_active"),
        masked=("password",),
    ),
    Kind(
        Source,
        _("Source"),
        ("name", "kind", "party", "lane", "brand", "events_per_second", "disabled_at"),
        _always("sources"),
    ),
    Kind(
        WriteKey, _("Key of a source"), ("source", "hint", "revoked_at"), _always("sources"), title=_key_title
    ),
    Kind(
        ApiKey,
        _("Key of the partner API"),
        ("name", "prefix", "scopes", "source", "per_minute", "expires_at", "revoked_at"),
        _always("developers"),
    ),
    Kind(
        IdentifierRule,
        _("Rule of identifiers"),
        (
            *("namespace", "kind", "priority", "makes_known", "limit", "limit_days"),
            *("blocked_values", "blocked_patterns"),
        ),
    ),
    Kind(
        EventDefinition,
        _("Kind of event"),
        ("name", "label", "description", "is_blocked", "retention_days"),
    ),
    Kind(
        AttributeDefinition,
        _("Attribute"),
        ("key", "label", "type", "is_personal", "third_party_days"),
    ),
    Kind(RecordType, _("Record type"), ("key", "label", "fields", "date_field")),
    Kind(
        Campaign,
        _("Campaign"),
        (*(one for one in NAMED if one != "campaign"), "utm_campaign", "starts_on", "ends_on", "goal"),
        _at("campaign"),
    ),
    Kind(
        Segment,
        _("Segment or list"),
        (*NAMED, "kind", "definition", "include_visitors"),
        _at("segment"),
    ),
    Kind(Journey, _("Journey or broadcast"), (*NAMED, "kind", "status"), _at("journey")),
    Kind(
        Version,
        _("Published version"),
        ("journey", "number", "fate"),
        _at("journey"),
        page_of="journey",
        title=_version_title,
    ),
    Kind(
        Broadcast,
        _("Sending of a broadcast"),
        ("version", "starts_at", "per_hour", "cancelled_at"),
        _at("broadcast"),
        title=_broadcast_title,
    ),
    Kind(Content, _("E-mail or message"), (*NAMED, "channel"), _at("email_edit")),
    Kind(
        ContentRevision,
        _("Saved version of a message"),
        ("content", "number", "fallback"),
        title=_revision_title,
    ),
    Kind(Image, _("Image"), ("name", "alt", "archived_at"), _at("image")),
    Kind(
        User,
        _("Person of the team"),
        ("username", "email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "password"),
        _always("team"),
        masked=("password",),
        many=("groups", "user_permissions"),
    ),
    Kind(
        WebhookEndpoint,
        _("Webhook"),
        ("name", "url", "wants", "event_names", "status", "secret"),
        _at("webhook"),
        masked=("secret",),
    ),
    Kind(
        Invitation,
        _("Invitation"),
        ("email", "bundle", "expires_at", "accepted_at", "withdrawn_at"),
        _always("team"),
    ),
    Kind(
        SignInRules,
        _("Rules of the sign-in"),
        (
            *("needs_two_factors", "is_on", "name", "issuer", "client_id", "client_secret", "domains"),
            "newcomers",
        ),
        _always("team_sign_in"),
        masked=("client_secret",),
    ),
    Kind(Group, _("Role"), ("name",), many=("permissions",)),
)
BY_MODEL: Final = {kind.model: kind for kind in KINDS}


def follow() -> None:
    """Begin to write down what becomes of these. Once, when Django starts."""
    for kind in KINDS:
        auditlog.register(
            kind.model,
            include_fields=list(kind.fields),
            mask_fields=list(kind.masked),
            mask_callable="cdp.lib.audit.mask",
            m2m_fields=set(kind.many),
        )
        if kind.title:
            audit.titles[kind.model] = kind.title
    pre_save.connect(_complete, sender=LogEntry, dispatch_uid="cdp.audit")


def _complete(instance: LogEntry, **_: Any) -> None:
    audit.complete(instance)
