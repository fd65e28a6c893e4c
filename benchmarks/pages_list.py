"""Every page and every fragment that `benchmarks/pages.py` asks for, each with words that show it is the right one.

A page is what an address leads to; a fragment is what htmx fetches into a page. `OTHERS` are the addresses that
answer with neither, or that are measured by what they share; `tests/roof/test_pages_measured.py` says which address
is in none of the lists.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus

from django.urls import reverse

from benchmarks.pages_seed import LAST, Shop
from cdp.shelves import SHELVES

type Address = Callable[[Shop, int], str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing to ask for. `address` gets the shop and the number of the request, so that each looks at another.

    So does `edited`, which makes what is posted, where it is given.
    """

    name: str
    route: str
    address: Address
    says: str  # stands in every answer; "" where the answer is empty
    posted: Mapping[str, str] = field(default_factory=dict)
    is_fragment: bool = False
    status: int = 200
    edited: Callable[[int], Mapping[str, str]] | None = None

    def posts(self, number: int) -> Mapping[str, str]:
        """What the request of this number posts."""
        return self.edited(number) if self.edited else self.posted


def _to(route: str, *names: str, query: str = "") -> Address:
    """The address of a route, its numbers taken from the shop by name; `person` is another one each time."""

    def address(shop: Shop, number: int) -> str:
        def value(name: str) -> Any:
            if name.startswith("="):
                return name[1:]
            return _person(shop, number) if name == "person" else getattr(shop, name)

        return reverse(route, args=[value(name) for name in names]) + query

    return address


def _person(shop: Shop, number: int) -> int:
    return shop.people[number % len(shop.people)]


def _page(name: str, route: str, *names: str, says: str, query: str = "") -> Visit:
    return Visit(name, route, _to(route, *names, query=query), says)


def _part(
    name: str,
    route: str,
    *names: str,
    says: str,
    query: str = "",
    posted: Mapping[str, str] | None = None,
    status: int = 200,
) -> Visit:
    return Visit(name, route, _to(route, *names, query=query), says, posted or {}, True, status)


def _search(route: str, words: Callable[[int], str]) -> Address:
    return lambda _, number: f"{reverse(route)}?q={words(number)}"


def _surname(number: int) -> str:
    return quote_plus(LAST[number % len(LAST)].lower())


def _email(number: int) -> str:
    return f"person{number * 37 % 1000}"


def _why(shop: Shop, number: int) -> str:
    return f"{reverse('journeys_why', args=[_person(shop, number)])}?journey={shop.journey}"


def _why_here(shop: Shop, number: int) -> str:
    return f"{reverse('journey_why', args=[shop.journey])}?contact={_person(shop, number)}"


def _simulated(shop: Shop, number: int) -> str:
    return f"{reverse('journey_simulate', args=[shop.journey])}?simulate={_person(shop, number)}"


def _why_sent(shop: Shop, number: int) -> str:
    return f"{reverse('broadcast_why', args=[shop.broadcast])}?contact={_person(shop, number)}"


def _merge(shop: Shop, number: int) -> str:
    return reverse("merge_preview", args=[_person(shop, number), _person(shop, number + 1)])


ORDERED: Final = {
    "type": "event", "name": "Order Completed", "frequency": "at_least", "count": 1, "where": [],
    "window": {"type": "last", "amount": 90, "unit": "day"}, "id": "n1",
}  # fmt: skip
FROM: Final = {"type": "attribute", "key": "country", "operator": "is", "value": "NL", "id": "n2"}
SPENT: Final = {
    "type": "purchase", "measure": "revenue", "operator": "gt", "value": 100, "window": {"type": "ever"}, "id": "n3",
}  # fmt: skip


def _built(ordered: Mapping[str, Any] = ORDERED, spent: Mapping[str, Any] = SPENT) -> dict[str, str]:
    people = {"type": "all", "id": "people", "children": [ordered, FROM]}
    leave_out = {"type": "none", "id": "leave-out", "children": [spent]}
    return {"draft": json.dumps({"people": people, "leave_out": leave_out}), "name": "Tried"}


def _other_days(number: int) -> dict[str, str]:
    return _built(ordered={**ORDERED, "window": {"type": "last", "amount": 90 + number, "unit": "day"}})


def _other_amount(number: int) -> dict[str, str]:
    return _built(spent={**SPENT, "value": 100 + number})


BUILT: Final = _built()
EVERYBODY: Final = {"everyone": "yes", "purpose": "marketing"}

PAGES: Final = (
    _page("Home", "home", says="Journeys"),
    _page("Notifications", "bell", says="Results"),
    _page("Contacts", "contacts", says="@example.com"),
    Visit("Contacts, searched by name", "contacts", _search("contacts", _surname), "@example.com"),
    Visit("Contacts, searched by e-mail", "contacts", _search("contacts", _email), "@example.com"),
    _page("Contacts of a country", "contacts", says="@example.com", query="?country=NL"),
    _page("Profile: overview", "profile", "person", says="@example.com"),
    _page("Profile: messages", "profile", "person", says="@example.com", query="?tab=messages"),
    _page("Profile: products", "profile", "person", says="@example.com", query="?tab=products"),
    _page("Profile: consent", "profile", "person", says="@example.com", query="?tab=consent"),
    _page("Profile: data", "profile", "person", says="@example.com", query="?tab=data"),
    _page("Segments", "segments", says="Bought lately"),
    _page("One segment", "segment", "segment", says="Bought lately"),
    _page("Segment builder", "segment_edit", "segment", says="Bought lately"),
    _page("New segment", "segment_create", says="Birthday this month"),
    _page("Lists", "lists", says="Friends of the shop"),
    _page("One list", "segment", "list", says="Friends of the shop"),
    _page("New list", "list_create", says="<form"),
    _page("Broadcasts", "broadcasts", says="Autumn news"),
    _page("New broadcast", "broadcast_create", says="<form"),
    _page("A broadcast: results", "broadcast", "broadcast", says="Autumn news"),
    _page("A broadcast: who", "broadcast_step", "draft", "=who", says="Winter news"),
    _page("A broadcast: what", "broadcast_step", "draft", "=what", says="Winter news"),
    _page("A broadcast: when", "broadcast_step", "draft", "=when", says="Winter news"),
    _page("A broadcast: check", "broadcast_step", "draft", "=check", says="Winter news"),
    _page("Journeys", "journeys", says="Welcome 0"),
    _page("New journey", "journey_create", says="<form"),
    _page("One journey: its editor", "journey", "journey", says="Welcome 0"),
    _page("Versions of a journey", "journey_versions", "journey", says="Welcome 0"),
    _page("A version of a journey", "journey_version", "journey", "=1", says="Welcome 0"),
    _page("Emails", "emails", says="Mail 1"),
    _page("New email", "email_create", says="<form"),
    _page("Email editor", "email_edit", "email", says="Mail 1"),
    _page("Email preview", "email_preview", "email", says="Mail 1"),
    _page("Versions of an email", "email_versions", "email", says="ersion"),
    _page("Images", "images", says="Images"),
    _page("Brands", "brands", says="Brands"),
    _page("One brand", "brand", "brand", says="Brand"),
    _page("Calendar", "calendar", says="All times"),
    _page("Calendar, a week", "calendar", says="All times", query="?week=2026-11-16"),
    _page("Campaigns", "campaigns", says="Spring"),
    _page("One campaign", "campaign", "campaign", says="Spring"),
    _page("New campaign", "campaign_create", says="<form"),
    _page("Lifecycle", "lifecycle", says="Lifecycle"),
    _page("Search", "search", says="Segments", query="?q=at"),
    _page("Lifecycle stages, set", "stages", says="<form"),
    _page("Audit log", "audit_log", says="Newest first"),
    _page("Sources", "sources", says="Till and shop"),
    _page("New source", "source_create", says="<form"),
    _page("Imports", "imports", says="Imports"),
    _page("Import people", "import_upload", says="<form"),
    _page("Not accepted", "not_accepted", says="Not accepted"),
    _page("Examples", "examples", says="Bought once"),
    _page("Tour", "tour", says="Tour"),
    _page("Developers", "developers", says="Developers"),
    _page("Webhooks", "webhooks", says="Webhooks"),
    _page("New webhook", "webhook_create", says="<form"),
    _page("Workspace, set", "workspace", says="<form"),
    _page("Topics", "topics", says="News"),
    _page("New topic", "topic_create", says="<form"),
    _page("One topic", "topic", "topic", says="News"),
    _page("Sending, set", "sending", says="<form"),
    _page("Sample data", "sample_data", says="Sample"),
    _page("Test mailbox", "mailbox", says="person"),
    _page("One mail", "mail", "mail", says="Hello"),
)

FRAGMENTS: Final = (
    Visit("Contacts, as one types", "contacts", _search("contacts", _email), "@example.com", is_fragment=True),
    _part("Profile header, unchanged or not", "profile_header", "person", says="@example.com"),
    _part("Lifecycle chart of a person", "profile_life", "person", says="<figure"),
    _part("Timeline: earlier", "timeline_more", "person", says="", query="?before=1900000000000000-0"),
    _part("Timeline: anything new?", "timeline_new", "person", says="", query="?after=1900000000000000-0", status=204),
    _part("Profile: its segments", "segments_of", "person", says="egments"),
    _part("Profile: its notes", "notes_of", "person", says="notes-list"),
    _part("Profile: messages and journeys", "journeys_of", "person", says="ourney"),
    _part("Profile: what happens next", "journeys_next", "person", says=""),
    Visit("Profile: why (not)?", "journeys_why", _why, "", is_fragment=True),
    _part("Merge: choose", "merge_choose", "person", says="<form"),
    Visit("Merge: look before", "merge_preview", _merge, "", is_fragment=True),
    _part("Segment builder: rows", "segment_rows", says="rder", posted=BUILT),
    _part("Segment builder: the count", "segment_preview", says="rail", posted=BUILT),
    Visit(
        "Segment builder: counted after an edit", "segment_preview", _to("segment_preview"), "rail",
        is_fragment=True, edited=_other_days,
    ),
    Visit(
        "Segment builder: after an edit of money", "segment_preview", _to("segment_preview"), "rail",
        is_fragment=True, edited=_other_amount,
    ),
    _part("Segment builder: picker", "segment_picker", says="rder"),
    _part("Segment builder: known values", "segment_values", says="", query="?type=attribute&key=plan"),
    _part("Segment builder: what saving would do", "segment_saving", "segment", says="", posted=BUILT),
    _part("Segment builder: of a new one", "segment_saving_new", says="", posted=BUILT),
    _part("Segment: its people", "segment", "segment", says="@example.com"),
    _part("Segment: journeys that use it", "journeys_using", "segment", says=""),
    _part("Segments: where it is used", "segments_uses", "segment", says="ourney"),
    _part("Segments: details", "segments_details", "segment", says="Bought lately"),
    _part("Segments, filtered", "segments", says="From NL", query="?q=from"),
    _part("List: find people", "list_find", "list", says="", query="?q=sanne"),
    _part("Journey: the drawing", "journey_tree", "journey", says="tree"),
    _part("Journey: drawer of a step", "journey_step", "journey", "email_step", says="drawer"),
    _part("Journey: drawer of a split", "journey_step", "journey", "split", says="drawer"),
    _part("Journey: drawer of the start", "journey_step", "journey", "=trigger", says="drawer"),
    _part("Journey: conditions to choose", "journey_picker", "journey", says="rder"),
    _part("Journey: people in it", "journey_people", "journey", says="traveller"),
    _part("Journey: find people", "journey_find", "journey", says="", query="?q=sanne"),
    _part("Journey: why (not)?", "journey_why", "journey", says=""),
    Visit("Journey: why this one?", "journey_why", _why_here, "", is_fragment=True),
    _part("Journey: whom to simulate", "journey_simulate", "journey", says="found-list"),
    Visit("Journey: simulate", "journey_simulate", _simulated, "data-passes", is_fragment=True),
    _part("Journey: what changed", "journey_compare", "journey", says=""),
    _part("Journey: before a split is deleted", "journey_ask_delete", "journey", "split", says=""),
    _part("Broadcast: how many get it", "broadcast_count", "draft", says="count", posted=EVERYBODY),
    _part("Broadcast: how it goes", "broadcast_progress", "broadcast", says="numbers"),
    Visit("Broadcast: why (not)?", "broadcast_why", _why_sent, "", is_fragment=True),
    _part("Email editor: drawer", "email_drawer", "email", says="drawer"),
    _part("Email: as it is seen", "email_frame", "email", says="<"),
    _part("Lifecycle: stages", "lifecycle_chart", "=stages", says="<figure"),
    _part("Lifecycle: moves", "lifecycle_chart", "=moves", says="<figure"),
    _part("Lifecycle: cohorts", "lifecycle_chart", "=cohorts", says="<figure"),
    _part("Lifecycle: second orders", "lifecycle_chart", "=second", says="<figure"),
    _part("Bell: how many are new", "bell_count", says=""),
    _part("Palette, empty", "search", says="Segments"),
    _part("Palette: a name", "search", says="@example.com", query="?q=sanne"),
    _part("Topic: how many subscribed", "topic_said", "topic", says="email"),
    _part("Calendar: another month", "calendar", says="calendar-grid", query="?month=2026-10"),
    _part("Brand: a sample of its mails", "brand_sample", "brand", says="<"),
    _part("A mail's HTML", "mail_html", "mail", says="Hello"),
)  # fmt: skip

# Addresses that are no page and no fragment to look at, or share all their work with one that is measured.
_SHARED: Final = "the same code as the segments'"
_DEED: Final = "changes something and sends back to a page"
_FILE: Final = "a file"
_MACHINE: Final = "for machines and mail programs: benchmarks/ingest.py, benchmarks/send.py"
OTHERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("click", "pixel", "image", "thumbnail", "unsubscribe"), _MACHINE),
    **dict.fromkeys(("health", "health_ready"), _MACHINE),
    **{f"{slug}_{name}": _SHARED for slug in SHELVES for name in ("uses", "details") if slug != "segments"},
    **{f"{slug}_export": _FILE for slug in SHELVES},
    **{
        f"{slug}_{name}": _DEED
        for slug in SHELVES
        for name in (
            *(
                "columns",
                "view_save",
                "view_remove",
                "bulk",
                "star",
                "archive",
                "restore",
                "duplicate",
                "rename",
            ),
        )
    },
    **dict.fromkeys(("audit_export", "contacts_export", "segment_export"), _FILE),
    **dict.fromkeys(
        (
            *("theme", "consent_change", "note_write", "note_change", "note_delete", "note_restore"),
            *("key_create", "key_revoke", "segment_version_restore", "merge_people", "undo_merge"),
            *("list_add", "list_remove", "list_paste", "list_fill"),
            *(
                "broadcast_send",
                "broadcast_unschedule",
                "broadcast_stop",
                "broadcast_resume",
                "broadcast_cancel",
            ),
            *("journey_add", "journey_move", "journey_delete", "journey_duplicate", "journey_paste"),
            *("journey_undo", "journey_redo", "journey_discard", "journey_write", "journey_rename"),
            *("journey_publish", "journey_pause", "journey_resume", "journey_finish", "journey_restore"),
            *("journey_act", "journey_put_in"),
            *("email_change", "email_upload", "email_test", "email_keep", "email_back"),
            *("image_archive", "image_restore", "campaign_uncopy", "topic_archive", "topic_restore"),
            *("import_begin", "import_stop", "demo_load", "demo_remove", "demo_stir"),
            *("api_key_create", "api_key_revoke", "webhook_again", "webhook_delete", "webhook_edit"),
            *("webhook_replay", "webhook_rotate", "webhook_switch", "webhook_test"),
        ),
        _DEED,
    ),
    "journey_edit": "the same page as journey",
    "import_refused": _FILE,
    "api_nowhere": "the partner API's word for addresses that are none",
    **dict.fromkeys(
        ("import", "import_progress"), "there once somebody sent a file up; a row and its refusals"
    ),
    **dict.fromkeys(("demo_customers", "demo_progress"), "there only with the sample shop"),
    "webhook": "there once somebody made one; a row and a page of its log",
    "image": "the library's page with one picture",
    **dict.fromkeys(
        (
            *("account_login", "account_logout", "account_inactive", "account_reauthenticate"),
            *("account_change_password", "account_set_password", "account_reset_password"),
            *("account_reset_password_done", "account_reset_password_from_key"),
            *("account_reset_password_from_key_done", "openid_connect_login", "openid_connect_callback"),
            *(
                "mfa_index",
                "mfa_authenticate",
                "mfa_reauthenticate",
                "mfa_activate_totp",
                "mfa_deactivate_totp",
            ),
            *(
                "mfa_view_recovery_codes",
                "mfa_generate_recovery_codes",
                "mfa_list_webauthn",
                "mfa_add_webauthn",
            ),
            *(
                "mfa_login_webauthn",
                "mfa_reauthenticate_webauthn",
                "mfa_remove_webauthn",
                "mfa_edit_webauthn",
            ),
            *("team", "team_invite", "team_resend", "team_withdraw", "team_bundle", "team_remove"),
            *("team_forget_factors", "team_sign_in", "team_join"),
            *("account", "account_end_others", "account_end_session"),
        ),
        "accounts: seldom visited, and the sign-in's time is that of hashing a password",
    ),
}
