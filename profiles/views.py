"""Pages about people: the list of contacts, and one person's profile."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from profiles import consent, people, timeline
from profiles.models import AttributeChange, Consent, Contact, IdentityLink, Merge, Purchase, Settings
from profiles.pages import PageRequest, page, paged, read_cursor, write_cursor
from profiles.permissions import SEE_PEOPLE
from profiles.portrait import attributes_of, channels_of

TABS: Final = {
    "overview": _("Overview"),
    "messages": _("Messages & journeys"),
    "orders": _("Orders"),
    "consent": _("Consent"),
    "data": _("Data"),
}
SHOWN: Final = 30  # moments a page of the timeline
HISTORY: Final = 200


@page(SEE_PEOPLE)
@require_safe
def contacts(request: PageRequest) -> HttpResponse:
    """Known contacts, newest first; the search and the filters stand in the address."""
    search = people.Search.read(request.GET)
    found = people.find(search)
    after = read_cursor(request.GET.get("after"))
    rows = people.page_of(found, after=after, visitors=search.visitors)
    context = {
        "search": search,
        "page": paged(rows, size=people.PAGE, after=after, cursor=lambda one: _place(one, search)),
        "count": people.count(found),
        "most": people.MOST_COUNTED,
        "countries": _countries(),
    }
    part = "#results" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"profiles/contacts.html{part}", context)


def _place(contact: Contact, search: people.Search) -> Any:
    return (contact.created_at if search.visitors else contact.known_since_at), contact.pk


def _countries() -> list[str]:
    known = Contact.objects.filter(known_since_at__isnull=False, merged_into__isnull=True).exclude(country="")
    return list(known.order_by("country").values_list("country", flat=True).distinct()[:250])


@page(SEE_PEOPLE)
@require_safe
def profile(request: PageRequest, contact_id: int) -> HttpResponse:
    """Everything about one person; somebody who was merged is found under the profile that remains."""
    contact = get_object_or_404(Contact.objects.select_related("activity"), pk=contact_id)
    if contact.merged_into_id:
        return redirect("profile", _survivor(contact).pk)
    tab = request.GET.get("tab", "overview")
    tab = tab if tab in TABS else "overview"
    links = list(
        IdentityLink.objects.filter(persona__contact=contact)
        .select_related("source")
        .order_by("namespace", "id")
    )
    context = {
        "contact": contact,
        "links": links,
        "channels": channels_of(contact, now=timezone.now()),
        "tabs": TABS,
        "tab": tab,
        **(TAB_CONTEXTS[tab](request, contact) if tab in TAB_CONTEXTS else {}),
    }
    return render(request, "profiles/profile.html", context)


def _survivor(contact: Contact) -> Contact:
    """Whoever this contact was merged into, at the end of the chain."""
    while contact.merged_into is not None:
        contact = contact.merged_into
    return contact


def _currency() -> str:
    return (Settings.objects.first() or Settings()).currency


def _timeline(request: PageRequest, contact: Contact) -> dict[str, Any]:
    name = request.GET.get("event", "")
    before = read_cursor(request.GET.get("before"))
    entries = timeline.of(contact, before=before, name=name, limit=SHOWN + 1)
    shown = entries[:SHOWN]
    return {
        "event": name,
        "currency": _currency(),
        "events": timeline.names(contact),
        "entries": shown,
        "head": write_cursor(shown[0].cursor) if shown else "0-0",
        "more": write_cursor(shown[-1].cursor) if len(entries) > SHOWN else None,
    }


@page(SEE_PEOPLE)
@require_safe
def more_timeline(request: PageRequest, contact_id: int) -> HttpResponse:
    """The moments below what is shown."""
    contact = get_object_or_404(Contact, pk=contact_id)
    return render(
        request, "profiles/profile.html#moments", {"contact": contact, **_timeline(request, contact)}
    )


@page(SEE_PEOPLE)
@require_safe
def new_timeline(request: PageRequest, contact_id: int) -> HttpResponse:
    """What happened since the page was drawn, to be put on top; 204 when nothing did."""
    contact = get_object_or_404(Contact, pk=contact_id)
    name = request.GET.get("event", "")
    after = read_cursor(request.GET.get("after"))
    entries = timeline.of(contact, after=after, name=name) if after else []
    if not entries:
        return HttpResponse(status=204)
    context = {"contact": contact, "event": name, "currency": _currency(), "entries": entries, "is_new": True}
    context["head"] = write_cursor(entries[0].cursor)
    return render(request, "profiles/profile.html#news", context)


def _orders(request: PageRequest, contact: Contact) -> dict[str, Any]:
    orders = Purchase.objects.filter(contact__in=timeline.contacts_of(contact.pk)).prefetch_related("items")
    counted = list(orders.filter(cancelled_at__isnull=True))
    return {
        "orders": list(orders.order_by("-occurred_at", "-id")[:HISTORY]),
        "order_count": len(counted),
        "revenue": sum(order.amount_base - order.refunded_base for order in counted),
        "currency": _currency(),
    }


def _consent(request: PageRequest, contact: Contact) -> dict[str, Any]:
    return {
        "statements": consent.current(contact.pk),
        "ledger": _ledger(contact),
    }


def _ledger(contact: Contact) -> list[Consent]:
    ledger = Consent.objects.filter(contact__in=timeline.contacts_of(contact.pk))
    return list(ledger.select_related("topic", "source").order_by("-at", "-id")[:HISTORY])


def _data(request: PageRequest, contact: Contact) -> dict[str, Any]:
    changes = AttributeChange.objects.filter(contact__in=timeline.contacts_of(contact.pk))
    merges = Merge.objects.filter(survivor=contact).select_related("merged_by", "undone_by", "absorbed")
    return {
        "attributes": attributes_of(contact),
        "changes": list(
            changes.select_related("definition", "source").order_by("-occurred_at", "-id")[:HISTORY]
        ),
        "merges": list(merges.order_by("-merged_at", "-id")),
    }


TAB_CONTEXTS: Final = {"overview": _timeline, "orders": _orders, "consent": _consent, "data": _data}
