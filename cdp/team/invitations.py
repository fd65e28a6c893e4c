"""Invitations: a signed link that works for a week and once."""

import datetime as dt
import secrets
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cdp.access import BUNDLES
from cdp.lib import audit
from cdp.models import Invitation
from cdp.team import mail as team_mail
from cdp.team import people as team
from profiles.models import Settings

DAYS: Final = 7
SALT: Final = "kindred.invitation"


def waiting() -> QuerySet[Invitation]:
    """Those neither accepted nor withdrawn, the latest first; some of them may have expired."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("-sent_at")


def invite(email: str, *, bundle: str, by: User, now: dt.datetime) -> tuple[Invitation, bool]:
    """Invite somebody, or again who was invited before; whether the mail went out. Raises team.Refused."""
    email = email.strip().lower()
    known = team.by_email(email)
    if known is not None and known.is_active:
        raise team.Refused(_("%(email)s is in the team already.") % {"email": email})
    if bundle not in BUNDLES:
        raise team.Refused(_("There is no such bundle."))
    fresh = {"nonce": secrets.token_urlsafe(32), "sent_at": now, "expires_at": now + dt.timedelta(days=DAYS)}
    invitation, _made = Invitation.objects.update_or_create(
        email=email,
        accepted_at=None,
        withdrawn_at=None,
        defaults={**fresh, "bundle": bundle, "invited_by": by},
    )
    return invitation, _write(invitation, by=by)


def withdraw(invitation: Invitation, *, now: dt.datetime) -> None:
    """Make the link void."""
    audit.update(waiting().filter(pk=invitation.pk), withdrawn_at=now)


def link(invitation: Invitation) -> str:
    """The address that opens it: signed, so that reading the database is not enough to make one."""
    token = signing.dumps([invitation.pk, invitation.nonce], salt=SALT, compress=False)
    return settings.PUBLIC_URL + reverse("team_join", args=[token])


def read(token: str, *, now: dt.datetime) -> Invitation | None:
    """The invitation that a link opens; None when it is void, used or expired."""
    try:
        number, nonce = signing.loads(token, salt=SALT, max_age=dt.timedelta(days=DAYS))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return waiting().filter(pk=number, nonce=nonce, expires_at__gt=now).first()


def open_for(email: str, *, now: dt.datetime) -> Invitation | None:
    """The invitation that waits for this address."""
    return waiting().filter(email=email.lower(), expires_at__gt=now).first()


@transaction.atomic
def accept(invitation: Invitation, *, name: str, password: str | None, now: dt.datetime) -> User:
    """Join. Raises team.Refused when the link was used a moment ago."""
    mine = waiting().filter(pk=invitation.pk, nonce=invitation.nonce)
    if not audit.update(mine, accepted_at=now):
        raise team.Refused(_("This invitation has been used or withdrawn."))
    return team.join(invitation.email, name=name, bundle=invitation.bundle, password=password)


def _write(invitation: Invitation, *, by: User) -> bool:
    workspace = Settings.objects.values_list("name", flat=True).first() or "Kindred"
    subject = _("%(name)s invites you to %(workspace)s") % {"name": team.called(by), "workspace": workspace}
    context: dict[str, object] = {
        "by": team.called(by),
        "workspace": workspace,
        "link": link(invitation),
        "bundle": BUNDLES[invitation.bundle][0],
        "meaning": BUNDLES[invitation.bundle][1],
        "expires_at": invitation.expires_at,
    }
    return team_mail.send("invitation", to=invitation.email, subject=subject, context=context)
