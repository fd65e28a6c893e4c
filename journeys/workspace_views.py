"""Settings of the workspace: its name, its clock, its money, its languages, and its quiet hours."""

import datetime as dt
from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cdp.lib import db
from journeys.messages import quiet
from journeys.workspace_forms import WorkspaceForm, is_counted_in
from profiles import workspace as row
from profiles.models import Settings
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA

ROUNDS: Final = 40  # of asking again about what is held: so many thousands are asked about at once
HOURS: Final = frozenset({"quiet_from", "quiet_until", "time_zone"})


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def workspace(request: PageRequest) -> HttpResponse:
    """The settings; what hangs on them follows by itself."""
    is_posted = request.method == "POST"  # what is typed must not be taken for what holds
    form = WorkspaceForm(
        request.POST or None, instance=Settings.objects.get() if is_posted else row.current()
    )
    if is_posted and form.is_valid() and _save(form):
        now = timezone.now()
        _follow(form, now=now)
        messages.success(request, _said(form, now))
        return redirect("workspace")
    status = 422 if form.errors else 200
    return render(request, "journeys/workspace.html", {"form": form}, status=status)


def _save(form: WorkspaceForm) -> bool:
    """Keep what the form says; not where an order came in meanwhile in the currency that was to change."""
    if "currency" not in form.changed_data:
        form.save()
        return True
    with db.transaction_with_lock(db.DIGEST_LOCK):  # no order comes in now
        if is_counted_in():
            form.add_error(
                "currency", _("An order came in just now: the currency cannot be changed any more.")
            )
            return False
        form.save()
    return True


def _follow(form: WorkspaceForm, *, now: dt.datetime) -> None:
    """Have done what other hours or another clock ask for."""
    if not HOURS.intersection(form.changed_data):
        return
    for _round in range(ROUNDS):
        with transaction.atomic():
            if not quiet.ask_again(now=now):
                return


def _said(form: WorkspaceForm, now: dt.datetime) -> str:
    """That it was saved, and when, by the clock that counts from now on."""
    clock = formats.time_format(now.astimezone(row.home(form.instance)), "H:i")
    if "time_zone" in form.changed_data:
        return _("Saved %(clock)s. Segments that speak of days are counted anew.") % {"clock": clock}
    return _("Saved %(clock)s.") % {"clock": clock}
