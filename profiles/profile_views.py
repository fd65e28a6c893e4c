"""One person's profile: its header, its tabs, and the fragments that they load."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from profiles import (
    belongings,
    biography,
    biography_chart,
    moments,
    note_views,
    permitting,
    portrait,
    timeline,
    workspace,
)
from profiles.models import Contact, DeviceToken, IdentityLink, Merge, Purchase, Source
from profiles.pages import Missing, PageRequest, page, read_cursor, write_cursor
from profiles.permissions import EXPORT_PEOPLE, SEE_PEOPLE
from profiles.stages import Stage
from profiles.timeline import Kind

TABS: Final = {
    "overview": _("Overview"),
    "messages": _("Messages & journeys"),
    "products": _("Products"),
    "consent": _("Consent"),
    "data": _("Data"),
}
RANGES: Final = {"30d": _("30 days"), "90d": _("90 days"), "12m": _("12 months"), "all": _("All")}
LETTERS: Final = {
    "S": _("first seen"),
    "K": _("became known"),
    "M": _("merged"),
    "C": _("consent given or withdrawn"),
    "J": _("entered a journey"),
}  # of the chart's marks
SHOWN: Final = 30  # moments a page of the timeline
HISTORY: Final = 200


@page(SEE_PEOPLE)
@require_safe
def profile(request: PageRequest, contact_id: int) -> HttpResponse:
    """Everything about one person; somebody who was merged is found under the profile that remains."""
    contact = timeline.find(contact_id)
    if contact.merged_into_id:
        return redirect("profile", _survivor(contact).pk)
    if request.htmx and request.htmx.target == "timeline-card":
        context = {"contact": contact, **_overview(request, contact)}
        return render(request, "profiles/parts/timeline.html", context)
    tab = request.GET.get("tab", "overview")
    tab = tab if tab in TABS else "overview"
    head = _header(contact)
    context = {
        **head,
        "tabs": TABS,
        "tab": tab,
        **note_views.told(contact, has_some="notes" in head["has"]),
        **TAB_CONTEXTS[tab](request, contact, head["has"]),
    }
    return render(request, "profiles/profile.html", context)


def _survivor(contact: Contact) -> Contact:
    """Whoever this contact was merged into, at the end of the chain."""
    while contact.merged_into is not None:
        contact = contact.merged_into
    return contact


def _header(contact: Contact) -> dict[str, Any]:
    """What the strip on top of every tab shows; `state` changes when it does."""
    head = portrait.head_of(contact, now=timezone.now())
    stage = contact.lifecycle_stage
    context = {
        "contact": contact,
        "identifiers": head.identifiers,
        "channels": head.channels,
        "has": head.has,
        "stage": Stage(stage).label if stage in Stage else "",
    }
    activity = getattr(contact, "activity", None)
    shown = [context["identifiers"], context["channels"], stage, contact.name, contact.email, contact.phone]
    told = f"{shown} {activity.last_seen_at if activity else ''}"
    return context | {"state": hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}


@page(SEE_PEOPLE)
@require_safe
def header(request: PageRequest, contact_id: int) -> HttpResponse:
    """The strip on top, when it is another one than the page shows; else 204."""
    contact = get_object_or_404(
        Contact.objects.select_related("activity"), pk=contact_id, merged_into__isnull=True
    )
    context = _header(contact)
    if context["state"] == request.GET.get("is"):
        return HttpResponse(status=204)
    return render(request, "profiles/parts/header.html", context)


def _zone() -> dt.tzinfo:
    return timezone.get_current_timezone()


def _currency() -> str:
    return workspace.current().currency


def _overview(request: PageRequest, contact: Contact) -> dict[str, Any]:
    months, events = request.GET.get("range", ""), timeline.names(contact)
    return {
        "months": months if months in RANGES else biography.USUAL,
        "ranges": RANGES,
        **_moments(request, contact, kinds=events),
        **_choices(events),
    }


def _moments(request: PageRequest, contact: Contact, *, kinds: Sequence[Kind] = ()) -> dict[str, Any]:
    """One page of the timeline, as the address narrows it."""
    narrow = timeline.Filter.read(request.GET.dict())
    at, before = read_cursor(request.GET.get("at")), read_cursor(request.GET.get("before"))
    if at:  # the moment itself is the first that is shown
        before = (at[0], at[1] + 1) if at[1] else (at[0] + dt.timedelta(microseconds=1), 0)
    entries = timeline.of(contact, before=before, narrow=narrow, zone=_zone(), limit=SHOWN + 1, kinds=kinds)
    shown = entries[:SHOWN]
    return {
        "narrow": narrow,
        "query": urlencode(narrow.query),
        "at": at,
        "is_earlier": before is not None,
        "currency": _currency(),
        "entries": shown,
        "head": write_cursor(shown[0].cursor) if shown else "0-0",
        "more": write_cursor(shown[-1].cursor) if len(entries) > SHOWN else None,
    }


def _choices(events: Sequence[Kind]) -> dict[str, Any]:
    """What the timeline can be narrowed to."""
    there = {moments.kind_of(one.name) for one in events}
    kinds = {f"{timeline.KIND}{kind}": label for kind, label in moments.KINDS.items() if kind in there}
    sources = list(Source.objects.order_by("name").values_list("pk", "name")[:50])
    return {"events": events, "kinds": kinds, "sources": sources}


@page(SEE_PEOPLE)
@require_safe
def life(request: PageRequest, contact_id: int) -> HttpResponse:
    """The lifecycle chart, a fragment of the profile."""
    contact = timeline.find(contact_id)
    months = request.GET.get("range", "")
    months = months if months in RANGES else biography.USUAL
    zone = _zone()
    told = biography.tell(contact, months=months, zone=zone, now=timezone.now())
    may_export = request.user.has_perm(EXPORT_PEOPLE)
    if request.GET.get("format") == "csv":
        if not may_export:
            raise Missing(EXPORT_PEOPLE)
        file = HttpResponse(biography_chart.as_csv(told, zone=zone), content_type="text/csv; charset=utf-8")
        file["Content-Disposition"] = f'attachment; filename="profile-{contact.pk}.csv"'
        return file
    narrow = timeline.Filter.read(request.GET.dict())
    chart = biography_chart.draw(
        told,
        name=contact.name,
        zone=zone,
        chosen=(narrow.since, narrow.until),
        csv_url=f"{request.path}?range={months}&format=csv" if may_export else "",
    )
    context = {
        "letters": {one.letter: LETTERS[one.letter] for one in told.marks},
        "contact": contact,
        "chart": chart,
        "ranges": RANGES,
        "months": months,
        "query": urlencode(narrow.query),
        "value": portrait.value_of(told.orders),
        "currency": told.currency,
    }
    return render(request, "profiles/parts/life.html", context)


@page(SEE_PEOPLE)
@require_safe
def more_timeline(request: PageRequest, contact_id: int) -> HttpResponse:
    """The moments below what is shown."""
    contact = timeline.find_bare(contact_id)
    context = {"contact": contact, **_moments(request, contact)}
    return render(request, "profiles/parts/timeline.html#moments", context)


@page(SEE_PEOPLE)
@require_safe
def new_timeline(request: PageRequest, contact_id: int) -> HttpResponse:
    """What happened since the page was drawn, to be put on top; 204 when nothing did."""
    contact = timeline.find_bare(contact_id)
    narrow = timeline.Filter.read(request.GET.dict())
    after = read_cursor(request.GET.get("after"))
    entries = timeline.of(contact, after=after, narrow=narrow, zone=_zone()) if after else []
    if not entries:
        return HttpResponse(status=204)
    context = {
        "contact": contact,
        "query": urlencode(narrow.query),
        "currency": _currency(),
        "entries": entries,
        "is_new": True,
        "head": write_cursor(entries[0].cursor),
    }
    return render(request, "profiles/parts/timeline.html#news", context)


def _products(request: PageRequest, contact: Contact, has: frozenset[str]) -> dict[str, Any]:
    contacts = timeline.contacts_of(contact)
    orders = list(Purchase.objects.filter(contact__in=contacts).order_by("-occurred_at", "-id"))
    shown = orders[:HISTORY]
    prefetch_related_objects(shown, "items")
    counted = [order for order in orders if order.cancelled_at is None]
    return {
        "interests": belongings.interests(contacts),
        "orders": shown,
        "order_count": len(counted),
        "revenue": sum(order.amount_base - order.refunded_base for order in counted),
        "currency": _currency(),
    }


def _consent(request: PageRequest, contact: Contact, has: frozenset[str]) -> dict[str, Any]:
    return permitting.standing(contact, now=timezone.now())


def _data(request: PageRequest, contact: Contact, has: frozenset[str]) -> dict[str, Any]:
    contacts = timeline.contacts_of(contact)
    return {
        "attributes": portrait.attributes_of(contact, contacts=contacts),
        "links": portrait.named(IdentityLink.objects.filter(persona__contact=contact)),
        "records": belongings.parts(contacts) if "records" in has else [],
        "merges": _merges(contact) if "merges" in has else [],
        "devices": _devices(contacts) if "devices" in has else [],
    }


def _merges(contact: Contact) -> list[Merge]:
    merges = Merge.objects.filter(survivor=contact).select_related("merged_by", "undone_by")
    return list(merges.order_by("-merged_at", "-id"))


def _devices(contacts: Sequence[int]) -> list[DeviceToken]:
    return list(DeviceToken.objects.filter(contact__in=contacts).order_by("-last_seen_at")[:HISTORY])


def _nothing(request: PageRequest, contact: Contact, has: frozenset[str]) -> dict[str, Any]:
    return {}


TAB_CONTEXTS: Final = {
    "overview": lambda request, contact, _has: _overview(request, contact),
    "messages": _nothing,
    "products": _products,
    "consent": _consent,
    "data": _data,
}
