"""The audit log: who changed which setting, from what to what, found again and never rewritten."""

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from cdp import access, audit_log
from cdp.audit import KINDS
from cdp.audit_log import Search
from cdp.lib import audit
from journeys.models import Content, Journey, SmtpServer
from profiles.models import Brand, Campaign, Settings, Source, WriteKey
from profiles.shelf import archive, labels
from segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]


def last() -> LogEntry:
    """What was written down last."""
    entry: LogEntry = LogEntry.objects.order_by("-id")[0]
    return entry


def changes(entry: LogEntry) -> dict[str, Any]:
    """Field by field, before and after."""
    return {name: tuple(pair) for name, pair in (entry.changes or {}).items()}


def test_it_writes_down_who_changed_what_on_a_page(signed_in: Client, ada: User) -> None:
    days = {"new_days": 14, "active_days": 90, "at_risk_days": 180}

    signed_in.post(reverse("stages"), days)

    entry = last()
    assert entry.actor == ada
    assert entry.actor_email == "ada@kindred.example"
    assert changes(entry) == {"new_days": (30, 14)}
    assert entry.content_type.model_class() is Settings


def test_it_says_kindred_itself_where_nobody_asked() -> None:
    Brand.objects.create(name="Outlet")

    assert last().actor is None


def test_it_says_by_what_means() -> None:
    with audit.on_behalf("API key kp_1234…"):
        Brand.objects.create(name="Outlet")

    assert last().additional_data == {"means": "API key kp_1234…"}


def test_it_names_related_things(shop: Source) -> None:
    outlet = Brand.objects.create(name="Outlet")

    shop.brand = outlet
    shop.save()

    assert changes(last()) == {"brand": (None, "Outlet")}


def test_it_sees_what_is_changed_in_bulk(ada: User, now: dt.datetime) -> None:
    buyers = [Segment.objects.create(name=name) for name in ("Buyers", "Browsers")]
    campaign = Campaign.objects.create(name="Spring")
    before = LogEntry.objects.count()

    labels.give(Segment.objects.filter(pk__in=[one.pk for one in buyers]), by=ada, now=now, campaign=campaign)

    written = LogEntry.objects.order_by("id")[before:]
    assert {one.object_repr for one in written} == {"Buyers", "Browsers"}
    assert [changes(one) for one in written] == [{"campaign": (None, "Spring")}] * 2


def test_it_sees_the_archive(ada: User, now: dt.datetime) -> None:
    from cdp.shelves import SHELVES

    buyers = Segment.objects.create(name="Buyers")

    archive.archive(SHELVES["segments"], [buyers], by=ada, now=now)

    assert changes(last()) == {"archived_at": (None, str(now))}


def test_it_writes_nothing_down_where_nothing_changed(ada: User, now: dt.datetime) -> None:
    buyers = Segment.objects.create(name="Buyers", owner=ada)
    before = LogEntry.objects.count()

    labels.give(Segment.objects.filter(pk=buyers.pk), by=ada, now=now, owner=ada)
    buyers.save()

    assert LogEntry.objects.count() == before


def test_it_keeps_secrets_to_itself(ada: User, signed_in: Client, shop: Source) -> None:
    server = SmtpServer.objects.create(name="Post", host="mail.example", password="hunter2hunter2")
    server.password = "another long secret"
    server.save()
    signed_in.post(reverse("key_create", args=[shop.pk]))
    ada.set_password("entirely different words")
    ada.save()

    said = " ".join(f"{one.changes} {one.changes_text}" for one in LogEntry.objects.all())

    key = WriteKey.objects.get(source=shop)
    assert changes(LogEntry.objects.filter(content_type__model="smtpserver").order_by("-id")[0]) == {
        "password": (audit.HIDDEN, audit.HIDDEN)
    }
    assert not [word for word in ("hunter2", "another long", "md5$", "pbkdf2", "argon") if word in said]
    assert bytes(key.digest).hex() not in said


def test_it_follows_roles() -> None:
    access.furnish()
    linus = User.objects.create_user("linus", "linus@kindred.example")

    linus.groups.add(Group.objects.get(name="Marketer"))

    assert last().changes == {"groups": {"type": "m2m", "operation": "add", "objects": ["Marketer"]}}


def test_it_makes_nothing_of_an_autosave_or_a_sign_in(ada: User) -> None:
    content = Content.objects.create(name="Welcome")
    journey = Journey.objects.create(name="Welcome")
    before = LogEntry.objects.count()

    content.draft = {"mode": "blocks"}
    content.save()
    journey.draft = {"steps": []}
    journey.save(update_fields=["draft", "updated_at"])
    Client().force_login(ada)

    assert LogEntry.objects.count() == before


def test_nobody_rewrites_it(ada: User) -> None:
    Brand.objects.create(name="Outlet")

    for forbidden in (
        lambda: LogEntry.objects.filter(pk=last().pk).update(object_repr="Nothing"),
        lambda: LogEntry.objects.filter(pk=last().pk).delete(),
        lambda: LogEntry.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
            forbidden()


def test_it_remembers_people_who_left(signed_in: Client, ada: User) -> None:
    signed_in.post(reverse("stages"), {"new_days": 14, "active_days": 90, "at_risk_days": 180})
    entry = last()

    ada.delete()

    entry.refresh_from_db()
    assert (entry.actor, entry.actor_email) == (None, "ada@kindred.example")


# --- the page


@pytest.fixture
def nothing_yet(db: None) -> None:
    """Without what other tests committed; the log itself forgets nothing."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE auditlog_logentry")


@pytest.fixture
def log(nothing_yet: None, signed_in: Client, ada: User) -> Client:
    """Ada as she looks at a log with a few entries in it: hers, and Kindred's own."""
    Brand.objects.create(name="Outlet")
    signed_in.post(reverse("stages"), {"new_days": 14, "active_days": 90, "at_risk_days": 180})
    question = {
        "type": "all",
        "children": [{"type": "attribute", "key": "country", "operator": "is", "value": "NL"}],
    }
    buyers = Segment.objects.create(name="Buyers", definition={"type": "all", "children": []})
    buyers.definition = question
    buyers.save()
    return signed_in


def said(client: Client, **query: str) -> str:
    """The page as it reads."""
    answer = client.get(reverse("audit_log"), query)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode().partition('id="results"')[2]).split())


def test_it_tells_the_newest_change_first_in_words(log: Client) -> None:
    page = said(log)

    assert (
        page.index("Segment or list Buyers") < page.index("Workspace settings") < page.index("Brand Outlet")
    )
    assert "New for (days) 30 → became 14" in page
    assert "People whose Country is “NL”." in page
    assert "Kindred itself made Brand Outlet" in page


FOUND: list[tuple[dict[str, str], str, str]] = [  # asked, what is there, what is not
    ({"q": "outl"}, "Outlet", "Buyers"),
    ({"q": "ada@kindred 14"}, "Workspace settings", "Outlet"),
    ({"who": "kindred"}, "Outlet", "New for"),
    ({"kind": "segments.segment"}, "Buyers", "Outlet"),
    ({"until": "2020-01-01"}, "No change like that", "Outlet"),
    ({"from": "2020-01-01", "q": "buyers"}, "Buyers", "Outlet"),
    ({"who": "x", "kind": "auth.permission", "from": "soon"}, "Outlet", "No change"),
]


def test_it_finds(log: Client) -> None:
    for query, has, lacks in FOUND:
        page = said(log, **query)

        assert has in page, query
        assert lacks not in page, query


def test_it_links_to_what_is_still_there(log: Client) -> None:
    gone = Brand.objects.create(name="Gone")
    gone.delete()

    page = log.get(reverse("audit_log")).content.decode()

    assert reverse("segment", args=[Segment.objects.get(name="Buyers").pk]) in page
    assert reverse("brand", args=[Brand.objects.get(name="Outlet").pk]) in page
    assert "deleted" in page
    assert page.count("/settings/brands/") == page.count(">Outlet</a>") + 1  # and the navigation


def test_it_leafs_by_place(signed_in: Client) -> None:
    for number in range(120):
        Brand.objects.create(name=f"Brand {number:03}")
    seen: list[str] = []
    query: dict[str, str] = {"kind": "profiles.brand", "q": "Brand"}

    while True:
        page = signed_in.get(reverse("audit_log"), query).context["page"]
        seen += [line.thing for line in page.rows]
        if page.next is None:
            break
        query["after"] = page.next

    assert seen == [f"Brand {number:03}" for number in reversed(range(120))]


def test_it_exports_what_is_shown(log: Client) -> None:
    answer = log.get(reverse("audit_export"), {"q": "14"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["Who"], row["Did"], row["Field"], row["Before"], row["After"]) for row in rows] == [
        ("ada@kindred.example", "changed", "new for (days)", "30", "14")
    ]


def test_it_is_for_those_who_manage_the_team(signed_in: Client) -> None:
    access.furnish()
    linus = User.objects.create_user("linus")
    linus.groups.add(Group.objects.get(name="Marketer"))
    client = Client()
    client.force_login(linus)

    answers = [client.get(reverse(route)).status_code for route in ("audit_log", "audit_export")]

    assert answers == [403, 403]
    assert reverse("audit_log") not in client.get("/").content.decode()
    assert reverse("audit_log") in signed_in.get("/").content.decode()


def test_it_has_words_for_an_empty_log(signed_in: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE auditlog_logentry")

    assert "Nothing was changed yet" in said(signed_in)


def test_it_searches_by_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    for search in (Search(), Search(words="outlet"), Search(kind="profiles.brand"), Search(who="1")):
        plan = audit_log.find(search).order_by("-timestamp", "-id")[:51].explain()
        assert "Seq Scan on auditlog_logentry" not in plan, plan


def test_it_follows_no_facts() -> None:
    """What comes by the thousand is never an entry: that would be one more insert for each."""
    facts = {
        "Contact",
        "Event",
        "Consent",
        "Message",
        "Receipt",
        "Run",
        "Membership",
        "InboxItem",
        "AttributeChange",
    }

    assert not facts & {kind.model.__name__ for kind in KINDS}


def test_it_has_words_for_every_field_it_follows() -> None:
    unknown = [
        (kind.name, name)
        for kind in KINDS
        for name in (*kind.fields, *kind.many)
        if name not in {field.name for field in kind.model._meta.get_fields()}
    ]

    assert unknown == []
