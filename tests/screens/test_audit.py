"""The audit log: who changed which setting, from what to what, found again and never rewritten."""

import datetime as dt
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from cdp import access
from cdp.lib import audit
from journeys.models import Content, Journey, SmtpServer
from profiles.models import Brand, Campaign, Settings, Source, WriteKey
from profiles.shelf import archive, labels
from segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]


def last() -> LogEntry:
    """What was written down last."""
    return LogEntry.objects.order_by("-id")[0]


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
    assert changes(LogEntry.objects.get_for_object(server)[0]) == {"password": (audit.HIDDEN, audit.HIDDEN)}
    assert not [word for word in ("hunter2", "another long", "pbkdf2", "argon") if word in said]
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
