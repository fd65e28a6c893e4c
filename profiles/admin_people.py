"""People in the admin: contacts, who they are known as, and how they came together."""

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import Fact, is_number, link
from profiles.models import (
    Contact,
    ContactNote,
    EventCount,
    IdentityLink,
    IdentityLinkMove,
    Merge,
    Persona,
)
from profiles.permissions import SEE_PEOPLE

MOST_NAMED: Final = 500
MOST_SHOWN: Final = 50  # rows of a table on a contact's page


def contacts_named(term: str) -> list[int]:
    """The contacts that have exactly this identifier (or that number); each question is answered by an index."""
    linked = IdentityLink.objects.filter(value__in={term, term.lower(), term.replace(" ", "")})
    found = set(linked.values_list("persona__contact_id", flat=True)[:MOST_NAMED])
    if is_number(term):
        found |= set(Contact.objects.filter(pk=int(term)).values_list("pk", flat=True))
    return sorted(found)


class OfPeople(Fact):
    """Facts about people: found by the person's e-mail, phone, user id or number, or by their own number."""

    needs = SEE_PEOPLE
    jumps: ClassVar[tuple[str, ...]] = ("contact__id__exact", "contact")
    search_help_text = _("Exactly: an e-mail, phone, user id or other identifier of a person, or a number")

    def named(self, queryset: Any, term: str) -> Any:
        """The facts about whoever has this identifier, or the one of that number."""
        wanted = Q(contact__in=contacts_named(term))
        if is_number(term):
            wanted |= Q(pk=int(term))
        return queryset.filter(wanted)


def table(title: str, heads: list[str], rows: list[list[Any]]) -> str:
    """A small table on a page of the admin."""
    return render_to_string("admin/table.html", {"title": title, "heads": heads, "rows": rows})


@admin.register(Contact)
class ContactAdmin(Fact):
    """One person; the tables beneath have keys of two parts, which the admin cannot list by themselves."""

    needs = SEE_PEOPLE
    product = "profile"
    list_display = ("name", "email", "phone", "lifecycle_stage", "country", "known_since_at", "is_sample")
    list_display_links = ("name",)
    search_help_text = _("Exactly: an e-mail, phone, user id, other identifier, number, first or last name")
    readonly_fields = ("identifiers", "counts", "more")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the wide columns, in lists."""
        found = super().get_queryset(request)
        return found.defer("attributes", "provenance") if self._is_list(request) else found

    def _is_list(self, request: HttpRequest) -> bool:
        return bool(
            request.resolver_match and request.resolver_match.url_name == "profiles_contact_changelist"
        )

    def named(self, queryset: Any, term: str) -> Any:
        """Whoever has this identifier, number or name."""
        found = contacts_named(term)
        if len(term) >= 3:  # shorter ones have no trigram
            called = Q(first_name__iexact=term) | Q(last_name__iexact=term)
            found += Contact.objects.filter(called).values_list("pk", flat=True)[:MOST_NAMED]
        return queryset.filter(pk__in=found)

    @admin.display(description=_("Known as"))
    def identifiers(self, contact: Contact) -> str:
        """Every identifier of every persona."""
        links = IdentityLink.objects.filter(persona__contact=contact).order_by("namespace", "value")
        rows = [[one.namespace, one.value, one.persona_id, one.last_seen_at] for one in links[:MOST_SHOWN]]
        return table("", [now_("Kind"), now_("Value"), now_("Identity"), now_("Last seen")], rows)

    @admin.display(description=_("What they did"))
    def counts(self, contact: Contact) -> str:
        """How often they did what, ever."""
        counted = EventCount.objects.filter(contact=contact).select_related("definition")
        latest = sorted(counted[: MOST_SHOWN * 10], key=lambda one: one.last_at, reverse=True)
        rows: list[list[Any]] = [
            [str(one.definition), one.count, one.first_at, one.last_at] for one in latest
        ]
        return table("", [now_("Event"), now_("Times"), now_("First"), now_("Last")], rows[:MOST_SHOWN])

    @admin.display(description=_("More"))
    def more(self, contact: Contact) -> str:
        """Links to the lists of what belongs to this person."""
        kinds = {
            now_("Events"): "profiles_event",
            now_("Attributes over time"): "profiles_attributechange",
            now_("Consents"): "profiles_consent",
            now_("Purchases"): "profiles_purchase",
            now_("Messages"): "journeys_message",
            now_("People in journeys"): "journeys_run",
            now_("Segments entered and left"): "segments_membershipchange",
        }
        query = urlencode({"contact__id__exact": contact.pk})
        links = [
            [link(f"{reverse(f'admin:{name}_changelist')}?{query}", label)] for label, name in kinds.items()
        ]
        where = reverse("admin:rows", args=["segments.membership"])
        links.append([link(f"{where}?contact={contact.pk}", now_("Segments they are in"))])
        return table("", [], links)


@admin.register(Persona)
class PersonaAdmin(OfPeople):
    """An identity as it first appeared."""

    list_display = ("id", "contact", "created_at")


@admin.register(IdentityLink)
class IdentityLinkAdmin(Fact):
    """One identifier of one persona."""

    needs = SEE_PEOPLE
    list_display = ("namespace", "value", "persona", "last_seen_at")
    search_help_text = _("Exactly: the identifier")

    def named(self, queryset: Any, term: str) -> Any:
        """The identifier in whichever namespace."""
        return queryset.filter(value__in={term, term.lower()})


@admin.register(IdentityLinkMove)
class IdentityLinkMoveAdmin(Fact):
    """An identifier that went from one person to another."""

    needs = SEE_PEOPLE


@admin.register(Merge)
class MergeAdmin(Fact):
    """Two people found to be one. Undone on the profile, where everything that hangs on it is undone too."""

    needs = SEE_PEOPLE
    list_display = ("__str__", "survivor", "absorbed", "cause", "merged_at", "merged_by", "undone_at")

    def view_on_site(self, obj: Any) -> str | None:
        """The profile that remained."""
        return reverse("profile", args=[obj.survivor_id])


@admin.register(ContactNote)
class ContactNoteAdmin(OfPeople):
    """What the team wrote down about a person."""

    list_display = ("__str__", "contact", "written_by", "written_at")
