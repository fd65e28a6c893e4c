"""Bundles of permissions with names people understand; a migration makes them as groups, the same every time."""

from typing import Any, Final

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.db import connections
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.lib import audit
from profiles.permissions import (
    APPROVE,
    EDIT,
    EXPORT_PEOPLE,
    MANAGE_DATA,
    MANAGE_TEAM,
    NAMED,
    PUBLISH,
    SEE,
    SEE_PEOPLE,
    SEND_LARGE,
)

BUNDLES: Final[dict[str, tuple[Promise, Promise, tuple[str, ...]]]] = {
    "Viewer": (_("Viewer"), _("Figures, segments and campaigns; no names or addresses"), (SEE,)),
    "Analyst": (
        _("Analyst"),
        _("Sees and exports people; changes nothing"),
        (SEE, SEE_PEOPLE, EXPORT_PEOPLE),
    ),
    "Editor": (_("Editor"), _("Prepares drafts; sends nothing"), (SEE, SEE_PEOPLE, EDIT)),
    "Marketer": (
        _("Marketer"),
        _("Makes, publishes and sends"),
        (SEE, SEE_PEOPLE, EXPORT_PEOPLE, EDIT, PUBLISH),
    ),
    "Approver": (
        _("Approver"),
        _("A marketer who also approves what others prepared, and sends to very many"),
        (SEE, SEE_PEOPLE, EXPORT_PEOPLE, EDIT, PUBLISH, SEND_LARGE, APPROVE),
    ),
    "Support": (
        _("Support"),
        _("One person at a time: their profile and why they got what"),
        (SEE, SEE_PEOPLE),
    ),
    "Admin": (
        _("Admin"),
        _("Everything, the team and the data too"),
        (SEE, SEE_PEOPLE, EXPORT_PEOPLE, EDIT, PUBLISH, SEND_LARGE, APPROVE, MANAGE_DATA, MANAGE_TEAM),
    ),
}

# In the administration an Admin sees every kind of thing, and changes these.
SHOWN: Final = ("profiles", "segments", "journeys", "cdp")
EDITABLE: Final = (
    *(
        "settings",
        "brand",
        "topic",
        "source",
        "campaign",
        "eventdefinition",
        "attributedefinition",
        "recordtype",
    ),
    *("identifierrule", "sender", "smtpserver"),
)


def furnish(*, using: str = "default", **_: Any) -> None:
    """Make the groups, or put right what became of them. Other groups are left alone."""
    if Group._meta.db_table not in connections[using].introspection.table_names():
        return  # a migration on the way to an empty database
    # Of our own app they are made by a listener that hears of a migration after us.
    create_permissions(apps.get_app_config("cdp"), verbosity=0, using=using)
    known = {
        f"profiles.{one.codename}": one
        for one in Permission.objects.using(using).filter(
            content_type__app_label="profiles", content_type__model="settings"
        )
    }
    with audit.silence():  # nobody's change, and the log's own table may be still to come
        for name, (_label, _meaning, permissions) in BUNDLES.items():
            group, _made = Group.objects.using(using).get_or_create(name=name)
            own = [known[one] for one in permissions if one in known]
            group.permissions.set([*own, *(_in_the_admin(using) if name == "Admin" else ())])


def _in_the_admin(using: str) -> list[Permission]:
    """What an Admin who may enter the administration finds there; who may enter is said of each person."""
    found = Permission.objects.using(using).filter(content_type__app_label__in=SHOWN)
    editable = [f"{deed}_{name}" for name in EDITABLE for deed in ("add", "change")]
    return list(found.filter(Q(codename__startswith="view_") | Q(codename__in=editable)))


def label(permission: str) -> Promise | str:
    """What a permission is called on screen."""
    return dict(NAMED).get(permission.partition(".")[2], permission)


def givers() -> list[User]:
    """Who can give permissions to others."""
    able = User.objects.with_perm(MANAGE_TEAM, backend="django.contrib.auth.backends.ModelBackend")
    return list(able.filter(is_active=True).order_by("pk")[:3])
