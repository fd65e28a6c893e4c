"""The team: who belongs to the workspace, what they may do, and how they leave it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.translation import gettext as _

from cdp.access import BUNDLES
from cdp.lib import audit
from cdp.team import sessions
from cdp.team.factors import FACTORS
from profiles.models.named import Named
from profiles.permissions import MANAGE_TEAM

ADMIN: Final = "Admin"


class Refused(Exception):
    """A change that would leave the workspace without an admin, or makes no sense; the message says which."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the team as the list shows them."""

    user: User
    bundle: str
    has_two_factors: bool

    @property
    def name(self) -> str:
        """What to call them."""
        return called(self.user)


def members() -> list[Member]:
    """Everybody who can sign in, by name."""
    found = User.objects.filter(is_active=True).prefetch_related("groups")
    secured = set(Authenticator.objects.filter(type__in=FACTORS).values_list("user_id", flat=True))
    rows = [Member(one, bundle_of(one), one.pk in secured) for one in found]
    return sorted(rows, key=lambda one: one.name.lower())


def called(user: User) -> str:
    """A person's name; their address while they have none."""
    return user.get_full_name() or user.email or user.get_username()


def by_email(email: str) -> User | None:
    """Who signs in with this address, also when they may no longer."""
    owner = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    found = (
        owner.user if owner else User.objects.filter(email__iexact=email).order_by("-is_active", "pk").first()
    )
    return found if isinstance(found, User) else None


def bundle_of(user: User) -> str:
    """What somebody may do, in one word; "" where no bundle says it."""
    if user.is_superuser:
        return ADMIN
    mine = {group.name for group in user.groups.all()}
    return next((name for name in reversed(BUNDLES) if name in mine), "")


@transaction.atomic
def join(email: str, *, name: str, bundle: str, password: str | None) -> User:
    """Make the account, or wake the one of somebody who comes back. Without a password they sign in elsewhere."""
    user = by_email(email) or User(username=email[:150], email=email)
    user.is_active = True
    user.first_name, user.last_name = split(name)
    user.set_password(password)
    user.save()
    EmailAddress.objects.filter(user=user).exclude(email__iexact=email).update(primary=False)
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    _give(user, bundle)
    return user


def split(name: str) -> tuple[str, str]:
    """First name and the rest, as Django keeps them."""
    first, _space, rest = name.strip().partition(" ")
    return first[:150], rest.strip()[:150]


@transaction.atomic
def change_bundle(user: User, bundle: str) -> None:
    """Give somebody another bundle. Raises Refused when nobody could manage the team any more."""
    if bundle != ADMIN:
        _keep_an_admin(besides=user)
        user.is_superuser = user.is_staff = False
        user.save(update_fields=["is_superuser", "is_staff"])
    _give(user, bundle)


@transaction.atomic
def remove(user: User, *, heir: User) -> int:
    """Take somebody off the team at once, and hand their things over; how many. Raises Refused.

    The account stays, switched off: what they did keeps their name, and an invitation wakes it again.
    """
    if heir == user or not heir.is_active:
        raise Refused(_("Choose somebody of the team who takes over."))
    _keep_an_admin(besides=user)
    user.is_active = user.is_superuser = user.is_staff = False
    user.set_unusable_password()
    user.save()
    user.groups.set([])  # one by one, so that the audit log names those that were theirs
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    sessions.end(user)
    return sum(audit.update(model._default_manager.filter(owner=user), owner=heir) for model in owned())


def owned() -> Iterator[type[Named]]:
    """Every kind of thing that has an owner."""
    return (model for model in apps.get_models() if issubclass(model, Named))


def owns(user: User) -> list[tuple[str, int]]:
    """How many of each kind somebody owns: ("segments", 3)."""
    counted = ((model, model._default_manager.filter(owner=user).count()) for model in owned())
    return [(str(model._meta.verbose_name_plural), number) for model, number in counted if number]


def _give(user: User, bundle: str) -> None:
    if bundle not in BUNDLES:
        raise Refused(_("There is no such bundle."))
    user.groups.remove(*Group.objects.filter(name__in=BUNDLES))
    user.groups.add(Group.objects.get(name=bundle))


def _keep_an_admin(*, besides: User) -> None:
    """Raise Refused when nobody else manages the team. One at a time: two admins could demote each other."""
    list(Group.objects.select_for_update().filter(name=ADMIN))
    able = User.objects.with_perm(MANAGE_TEAM, backend="django.contrib.auth.backends.ModelBackend")
    if not able.filter(is_active=True).exclude(pk=besides.pk).exists():
        raise Refused(_("Nobody else can manage the team: make somebody else an admin first."))
