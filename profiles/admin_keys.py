"""Revoking keys in the admin, of sources and of partners alike."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.lib import audit

if TYPE_CHECKING:
    from django.db.models import QuerySet


def revoke(
    admin: Any, request: HttpRequest, chosen: "QuerySet[Any]", *, sentence: str
) -> HttpResponse | None:
    """Ask first; then let these keys open nothing from now on. None when it is done."""
    page: HttpResponse | None = admin.confirmed(
        request,
        chosen,
        action="revoke",
        title=_("Revoke these keys?"),
        sentence=f"{sentence} {_('A revoked key cannot be used again.')}",
        yes=_("Revoke"),
    )
    if page is None:
        open_ones = chosen.select_related(None).filter(revoked_at=None)
        count = audit.update(open_ones, revoked_at=timezone.now())
        messages.success(
            request, ngettext("%(n)d key is revoked.", "%(n)d keys are revoked.", count) % {"n": count}
        )
    return page
