"""The administration: facts are read only, lists stand on indexes, deeds ask first and are written down."""

import datetime as dt
import io
import json
import re
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from cdp import access
from cdp.admin import DISPOSABLE
from cdp.administration.rows import TABLES
from cdp.lib import db
from cdp.lib.admin import MOST_COUNTED, AtLeast, Bounded, Fact, Shown
from journeys.models import Message, SmtpServer
from profiles import keys, replaying
from profiles.models import (
    Contact,
    Event,
    EventDefinition,
    InboxItem,
    RejectedItem,
    SeenMessage,
    Settings,
    Source,
    Topic,
    WriteKey,
)
from tests.screens.conftest import happen, meet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

admin.autodiscover()
EVERY = sorted(admin.site._registry, key=lambda model: model._meta.label)
FACTS = [model for model in EVERY if isinstance(admin.site._registry[model], Fact)]


def listing(model: type, suffix: str = "changelist", **arguments: Any) -> str:
    """The address of a model's page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{suffix}", **arguments)  # type: ignore[attr-defined]


def act(client: Client, model: type, action: str, *numbers: int, sure: bool = True) -> Any:
    """Choose rows and do something with them; not `sure`, only ask for it."""
    data: dict[str, Any] = {"action": action, "_selected_action": [str(one) for one in numbers]}
    return client.post(listing(model), data | ({"post": "yes"} if sure else {}), follow=True)


def staff(bundle: str, name: str = "linus") -> Client:
    """Somebody of the staff with one bundle."""
    access.furnish()
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=bundle))
    client = Client()
    client.force_login(user)
    return client


def message(to: Contact, *, at: dt.datetime, **fields: Any) -> Message:
    """A message owed to somebody."""
    number = Message.objects.count() + 1
    given = {
        "run_id": number, "visit_number": 1, "version_id": 1, "step": "mail", "channel": "email",
        "purpose": "transactional", "due_at": at, "created_at": at, **fields,
    }  # fmt: skip
    return Message.objects.create(run_entered_at=at, contact=to, persona_id=to.pk, **given)


# --- what is shown


def opened(client: Client, models: list[type[Model]]) -> dict[str, int]:
    """What the lists, searches and forms of these answer with."""
    addresses = []
    for model in models:
        addresses.append(f"{listing(model)}?q=grace@example.com")
        if (first := model._base_manager.first()) is not None:
            addresses.append(listing(model, "change", args=[first.pk]))
        if admin.site._registry[model].may_add:  # type: ignore[attr-defined]
            addresses.append(listing(model, "add"))
    return {address: client.get(address).status_code for address in addresses}


def test_it_opens_lists_and_forms(signed_in: Client, today: dt.datetime, shop: Source) -> None:
    grace = meet("Grace", at=today)
    happen(grace, "Order Completed", at=today, source=shop)
    message(grace, at=today)

    answers = opened(
        signed_in, [Contact, Event, Message, Settings, Topic, SmtpServer, Source, User, LogEntry]
    )
    answers |= {name: signed_in.get(reverse("admin:rows", args=[name])).status_code for name in TABLES}
    answers["start"] = signed_in.get(reverse("admin:index")).status_code

    assert {where: answer for where, answer in answers.items() if answer != 200} == {}


@pytest.mark.long
def test_it_opens_every_list_and_every_form(signed_in: Client, today: dt.datetime, shop: Source) -> None:
    happen(meet("Grace", at=today), "Order Completed", at=today, source=shop)

    answers = opened(signed_in, EVERY)

    assert {where: answer for where, answer in answers.items() if answer != 200} == {}


def test_it_shows_nothing_but_our_way() -> None:
    assert all(isinstance(shown, Shown) for shown in admin.site._registry.values())


def test_it_shows_every_table_of_the_product() -> None:
    shown = {model._meta.label_lower for model in EVERY} | set(TABLES)
    ours = {
        model._meta.label_lower
        for name in ("profiles", "segments", "journeys", "cdp")
        for model in apps.get_app_config(name).get_models()
    }

    assert ours - shown == DISPOSABLE


def test_it_leaves_facts_alone(ada: User) -> None:
    request = RequestFactory().get("/admin/")
    request.user = ada

    for model in FACTS:
        shown = admin.site._registry[model]
        may = [
            shown.has_add_permission(request),
            shown.has_change_permission(request),
            shown.has_delete_permission(request),
        ]
        assert may == [False, False, False], model
    assert {Event, Message, Contact, RejectedItem, LogEntry, WriteKey} <= set(FACTS)


def test_it_deletes_nothing(signed_in: Client) -> None:
    for model in EVERY:
        assert not admin.site._registry[model].may_delete, model  # type: ignore[attr-defined]


def test_it_changes_no_promise(signed_in: Client) -> None:
    topic = Topic.objects.get(key="news")

    signed_in.post(
        listing(Topic, "change", args=[topic.pk]), {"name": "Newsletter", "basis": "interest", "key": "x"}
    )
    signed_in.post(
        listing(Settings, "change", args=[1]), {"name": "Shop", "currency": "USD", "time_zone": "Mars/Base"}
    )

    topic.refresh_from_db()
    assert (topic.name, topic.basis, topic.key) == ("Newsletter", "consent", "news")
    assert Settings.objects.get().currency == "EUR"
    assert Settings.objects.get().time_zone == "UTC"


def test_it_shows_no_password(signed_in: Client) -> None:
    server = SmtpServer.objects.create(name="Post", host="mail.example", password="hunter2hunter2")
    form = listing(SmtpServer, "change", args=[server.pk])
    given = {
        "name": "Post",
        "host": "mx.example",
        "port": 25,
        "security": "tls",
        "username": "",
        "password": "",
    }

    page = signed_in.get(form).content.decode()
    signed_in.post(form, given)

    server.refresh_from_db()
    assert "hunter2" not in page
    assert (server.host, server.password) == ("mx.example", "hunter2hunter2")


def test_it_leads_to_the_product_and_back(signed_in: Client, today: dt.datetime) -> None:
    grace = meet("Grace", at=today)

    there = signed_in.get(listing(Contact, "change", args=[grace.pk])).content.decode()
    back = signed_in.get(reverse("profile", args=[grace.pk])).content.decode()

    assert reverse("profile", args=[grace.pk]) in there
    assert listing(Contact, "change", args=[grace.pk]) in back


# --- who may


def test_it_lets_in_the_staff_alone(today: dt.datetime) -> None:
    stranger, marketer = Client(), Client()
    marketer.force_login(User.objects.create_user("linus"))

    asked = stranger.get(reverse("admin:index"), follow=False)

    assert asked.status_code == 302
    assert stranger.get(asked["Location"])["Location"].startswith(reverse("account_login"))
    assert marketer.get(reverse("admin:index"), follow=True).status_code == 403
    assert "administration" not in marketer.get("/").content.decode()


def test_it_shows_staff_what_their_bundle_shows(today: dt.datetime) -> None:
    manager, viewer = staff("Admin"), staff("Viewer", "grace")

    assert manager.get(listing(Contact)).status_code == 200
    assert manager.get(listing(Source)).status_code == 200
    assert manager.get(listing(User)).status_code == 403  # who changes these can give themselves everything
    assert viewer.get(listing(Contact)).status_code == 403
    assert viewer.get(reverse("admin:rows", args=["segments.membership"])).status_code == 403


def test_it_keeps_the_products_own_policy(signed_in: Client) -> None:
    product = signed_in.get("/")["Content-Security-Policy"]
    inside = signed_in.get(reverse("admin:index"))["Content-Security-Policy"]

    assert "unsafe" not in product
    assert "'nonce-" in product
    assert "script-src 'self' 'unsafe-eval';" in f"{inside};"
    assert "unsafe-inline" not in inside.partition("script-src")[2].partition(";")[0]


# --- millions of rows


def test_it_counts_no_further_than_anybody_leafs(signed_in: Client, shop: Source, now: dt.datetime) -> None:
    rows = [(1, shop.pk, b"%016d" % number, now, now, "{}") for number in range(MOST_COUNTED + 5)]
    db.copy(
        "profiles_inboxitem",
        ("lane", "source_id", "message_hash", "occurred_at", "received_at", "payload"),
        rows,
    )

    count = Bounded(InboxItem.objects.order_by("pk"), 50).count
    page = signed_in.get(listing(InboxItem)).content.decode()

    assert isinstance(count, AtLeast)
    assert count == MOST_COUNTED
    assert "10,000+" in page


ASKED: list[tuple[type, dict[str, str]]] = [
    (Contact, {}),
    (Contact, {"q": "grace@example.com"}),
    (Contact, {"q": "Grace"}),
    (Contact, {"q": "1000"}),
    (Event, {}),
    (Event, {"q": "grace@example.com"}),
    (Event, {"definition__id__exact": "1"}),
    (Event, {"contact__id__exact": "1000"}),
    (Message, {}),
    (Message, {"q": "grace@example.com"}),
    (Message, {"now": "waiting"}),
    (Message, {"now": "stuck"}),
]


def test_it_lists_and_searches_by_index(ada: User, today: dt.datetime) -> None:
    meet("Grace", at=today)
    EventDefinition.objects.get_or_create(id=1, defaults={"name": "Order Completed"})
    with connection.cursor() as cursor:
        # Of a nearly empty table reading all is quickest: asked is whether an index can serve.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    for model, query in ASKED:
        request = RequestFactory().get(listing(model), query)
        request.user = ada
        request.resolver_match = None
        found = admin.site._registry[model].get_changelist_instance(request).queryset
        plan = found[:51].explain()

        assert "Seq Scan" not in plan, plan
        assert not query or "Seq Scan" not in found.order_by()[: MOST_COUNTED + 1].explain()
        if not query.keys() & {"q", "contact__id__exact"}:  # what one person has is few
            assert not re.search(r"(?<!Incremental )Sort  \(", plan), plan


# --- deeds


def test_it_revokes_a_key(signed_in: Client, ada: User, shop: Source) -> None:
    keys.issue(shop)
    key = WriteKey.objects.get(source=shop)

    asked = act(signed_in, WriteKey, "revoke", key.pk, sure=False)
    key.refresh_from_db()
    before = key.revoked_at
    act(signed_in, WriteKey, "revoke", key.pk)

    key.refresh_from_db()
    assert "Revoke these keys?" in asked.content.decode()
    assert before is None
    assert key.revoked_at is not None
    entry = LogEntry.objects.filter(content_type__model="writekey").order_by("-id")[0]
    assert (entry.actor, list(entry.changes)) == (ada, ["revoked_at"])


def test_it_asks_who_may(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.issue(shop)
    viewer = staff("Marketer")

    act(viewer, WriteKey, "revoke", WriteKey.objects.get(source=shop).pk)

    assert WriteKey.objects.get(source=shop).revoked_at is None


def test_it_takes_messages_from_stuck_workers(signed_in: Client, today: dt.datetime) -> None:
    grace = meet("Grace", at=today)
    late, soon = today - dt.timedelta(minutes=5), today + dt.timedelta(minutes=5)
    prepared = message(grace, at=today, state="claimed", lease_until_at=soon, fence=3)
    doubtful = message(grace, at=today, state="handing_over", lease_until_at=late, fence=1)
    alive = message(grace, at=today, state="handing_over", lease_until_at=soon, fence=1)
    sent = message(grace, at=today, state="sent")

    act(signed_in, Message, "release", prepared.pk, doubtful.pk, alive.pk, sent.pk)

    states = dict(Message.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in (prepared, doubtful, alive, sent)] == [
        "queued",
        "uncertain",
        "handing_over",
        "sent",
    ]
    assert LogEntry.objects.order_by("-id")[0].additional_data["deed"] == "released"


def rejected(source: Source, payload: dict[str, Any], *, at: dt.datetime, **fields: Any) -> RejectedItem:
    """Something that was not accepted."""
    given = {"reason": "not_understood", "payload": json.dumps(payload), "received_at": at, **fields}
    return RejectedItem.objects.create(source=source, **given)


def test_it_sends_in_again_what_was_not_accepted(signed_in: Client, shop: Source, today: dt.datetime) -> None:
    good = {"type": "track", "event": "Ordered", "userId": "grace", "messageId": "one"}
    hour = dt.timedelta(hours=1)
    mended = rejected(shop, good, at=today - hour)
    wrong = rejected(shop, {"type": "track", "userId": "grace"}, at=today)

    act(signed_in, RejectedItem, "send_again", mended.pk, wrong.pk)
    act(signed_in, RejectedItem, "send_again", mended.pk)  # twice does nothing

    item = InboxItem.objects.get()
    mended.refresh_from_db()
    wrong.refresh_from_db()
    assert item.occurred_at == today - hour
    assert mended.replayed_at is not None
    assert wrong.replayed_at is None
    assert RejectedItem.objects.count() == 2
    assert LogEntry.objects.order_by("-id")[0].additional_data["deed"] == "sent in again"


def test_it_stores_nothing_twice(shop: Source, today: dt.datetime) -> None:
    """Of the one only a part was left out, the rest is stored; of the other nothing was."""
    part = rejected(
        shop,
        {"type": "identify", "userId": "grace"},
        at=today,
        reason="attribute_refused",
        message_hash=b"a" * 16,
    )
    whole = rejected(
        shop,
        {"type": "track", "event": "Ordered", "userId": "grace"},
        at=today,
        reason="event_blocked",
        message_hash=b"b" * 16,
    )
    for hash_ in (b"a" * 16, b"b" * 16):
        SeenMessage.objects.create(source=shop, message_hash=hash_, seen_on=today.date())

    done = replaying.replay([part, whole], now=today)

    assert done.sent == [whole]
    assert "stored twice" in done.staying[0][1]
    assert SeenMessage.objects.count() == 1


def test_it_encrypts_secrets_anew(settings: Any, signed_in: Client) -> None:
    server = SmtpServer.objects.create(name="Post", host="mail.example", password="hunter2hunter2")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key altogether"

    call_command("rotate_secrets", verbosity=0, stdout=io.StringIO())

    settings.SECRET_KEY_FALLBACKS = []
    assert SmtpServer.objects.get(pk=server.pk).password == "hunter2hunter2"
    entry = LogEntry.objects.order_by("-id")[0]
    assert entry.additional_data == {"deed": "encrypted anew", "means": "manage.py rotate_secrets"}
