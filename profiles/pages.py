"""What every page behind the sign-in has in common: who may see it, in which time zone, and how lists are paged."""

import datetime as dt
import functools
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Final

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails

from cdp.lib import db
from profiles import workspace

MAY: Final = """
SELECT type.app_label || '.' || permission.codename
FROM auth_permission permission JOIN django_content_type type ON type.id = permission.content_type_id
WHERE permission.id IN (
    SELECT permission_id FROM auth_user_user_permissions WHERE user_id = %(user)s
    UNION ALL
    SELECT held.permission_id FROM auth_group_permissions held
    JOIN auth_user_groups belongs ON belongs.group_id = held.group_id WHERE belongs.user_id = %(user)s)
"""


class PageRequest(HttpRequest):
    """A request of somebody who is signed in."""

    htmx: HtmxDetails
    user: User


class Missing(PermissionDenied):
    """Somebody lacks a permission; the page that says so names it."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


type View[**P] = Callable[Concatenate[PageRequest, P], HttpResponse]


def page[**P](*permissions: str) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Decorate a view: signed-in people with these permissions only; times on it are the workspace's.

    Strangers go to the sign-in; people who lack a permission get a 403.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                # A fragment must not become a sign-in form in the middle of a page.
                return (
                    HttpResponseClientRefresh()
                    if _is_fragment(request)
                    else redirect_to_login(request.get_full_path())
                )
            _remember_rights(request.user)
            for permission in permissions:
                if not request.user.has_perm(permission):
                    raise Missing(permission)
            with workspace.held(), timezone.override(zone()):
                response = view(request, *args, **kwargs)  # type: ignore[arg-type]
            patch_cache_control(response, private=True, no_store=True)  # pages show people
            return response

        return wrapper  # type: ignore[return-value]  # functools.wraps keeps the name of the first argument

    return decorate


def _remember_rights(user: User) -> None:
    """What somebody may do, in one statement, kept where Django's `ModelBackend` keeps what it finds in two."""
    if not user.is_superuser and not hasattr(user, "_perm_cache"):
        user._perm_cache = {name for (name,) in db.fetch(MAY, {"user": user.pk})}  # type: ignore[attr-defined]


def _is_fragment(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def zone() -> dt.tzinfo:
    """The workspace's time zone; UTC while its name is not one we know."""
    try:
        return zoneinfo.ZoneInfo(workspace.current().time_zone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return dt.UTC


type Cursor = tuple[dt.datetime, int]


def read_cursor(text: str | None) -> Cursor | None:
    """The place in a list that a link named; None where it names none (or nonsense: then the list starts over)."""
    micros, _, number = (text or "").partition("-")
    if not (micros.isdigit() and number.isdigit()) or len(micros) > 17 or len(number) > 18:
        return None
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=int(micros)), int(number)


def write_cursor(cursor: Cursor) -> str:
    """How a place in a list stands in a link."""
    moment, number = cursor
    return f"{(moment - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1)}-{number}"


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list. `next` is the link's `after`; None on the last page."""

    rows: list[T]
    next: str | None
    is_later: bool  # there is a first page before this one


def paged[T](found: Sequence[T], *, size: int, after: object, cursor: Callable[[T], Any]) -> Page[T]:
    """A page of `size` rows out of `size` + 1 fetched; the row too many only says that there is more."""
    rows = list(found[:size])
    following = cursor(rows[-1]) if len(found) > size else None
    text = write_cursor(following) if isinstance(following, tuple) else following and str(following)
    return Page(rows, text, after is not None)
