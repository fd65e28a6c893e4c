"""The sample shop in the database: everybody in their place, and nothing left of it once it is removed."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client

from cdp.demo import dropping, finding, pulse, registry, removing, state, stirring, story
from cdp.demo.models import Demo, SampleThing
from cdp.lib import db
from journeys import why
from journeys.flow import engine
from journeys.messages import delivery
from journeys.models import Content, Credit, Journey, Message, Run, SmtpServer
from profiles import ingest
from profiles.models import Contact, Event, Purchase, RejectedItem, Settings, Source
from segments import lists, rebuild
from segments.models import Membership, Segment
from tests import smtp_sink
from tests.demo import shop
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db

PEOPLE = 80
# The catalogue keeps names; conditions and message ids age by themselves.
KEPT = {"Demo", "AttributeDefinition", "EventDefinition", "SeenMessage", "Leaf", "Flip"}


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        yield server


def journey(key: str) -> Journey:
    found = finding.thing(key)
    assert isinstance(found, Journey)
    return found


def test_everybody_is_in_their_place(now: dt.datetime) -> None:
    demo = shop.load(now=now, people=PEOPLE)

    assert (demo.phase, demo.percent) == ("ready", 100)
    assert not Contact.objects.filter(is_sample=False).exists()
    assert Contact.objects.filter(known_since_at__isnull=False, merged_into=None).count() == PEOPLE
    assert Settings.objects.get().name == "Noord & Co"
    assert RejectedItem.objects.count() == 12
    people = {one.key: one.contact for one in finding.people()}
    assert list(people) == ["sanne", "thomas", "aisha", "lars", "marie", "john", "emma", "piotr", "claire"]
    # Known since their stories say so, not since they were loaded.
    assert (now - (people["sanne"].known_since_at or now)).days == 55
    assert db.fetch(
        "SELECT count(*) FROM profiles_identitylink link JOIN profiles_persona persona ON persona.id = persona_id"
        " WHERE contact_id = %s AND namespace = 'anonymous_id'",
        [people["sanne"].pk],
    ) == [(3,)]
    assert [people[key].lifecycle_stage for key in ("thomas", "aisha")] == ["active", "at_risk"]
    assert Purchase.objects.filter(contact=people["marie"]).count() == 7

    # Aisha waits, with the second mail before her; Lars has ten minutes.
    aisha = Run.objects.get(contact=people["aisha"], journey=journey("winback"))
    assert (aisha.state, aisha.step) == ("waiting", "back")
    assert (aisha.wake_at or now) > now
    assert Membership.objects.filter(
        segment=registry.number("slipping") or 0, contact=people["aisha"]
    ).exists()
    lars = Run.objects.get(contact=people["lars"], journey=journey("cart"))
    assert (lars.state, lars.wake_at) == ("waiting", now + dt.timedelta(minutes=10))

    piotr = finding.capped()
    assert piotr is not None
    assert (piotr.state, piotr.reason) == ("skipped", "capped")
    assert "the person got enough messages lately" in why.of_message(piotr).sentence
    assert Message.objects.filter(contact=people["emma"], purpose="transactional", state="sent").exists()
    assert not Message.objects.filter(contact=people["emma"], version__journey=journey("sent")).exists()

    states = dict(Journey.objects.values_list("name", "status"))
    assert (states["Weekend ride"], states["Winter check"], states["Spring sale"]) == (
        "completed", "scheduled", "draft",
    )  # fmt: skip
    assert {states["Win back the slipping"], states["Ask for a review"], states["Birthday"]} == {
        "live", "paused", "draft",
    }  # fmt: skip
    assert Journey.objects.filter(campaign__name="Ready for winter").count() == 2
    assert not Segment.objects.filter(built_at=None).exists()
    assert Credit.objects.exists()
    # Nothing was sent for it, and nobody but Lars is on their way because of it.
    assert not Message.objects.exclude(state__in=["sent", "skipped"]).exists()
    assert engine.advance(now=now) == 0


def test_it_goes_on_where_it_was_stopped(now: dt.datetime) -> None:
    told = story.tell(seed=1, now=now, size=16)
    state.begin(now=now, people=16)

    shop.go_on(now=now, until="digested")
    # Killed after its calls went through the door, before it could say so: they come a second time.
    Demo.objects.update(stage="people", place=3)
    for stage in ("past", "today"):
        shop.go_on(now=now, until=stage)
    shop.go_on(now=now)

    assert Contact.objects.filter(known_since_at__isnull=False, merged_into=None).count() == 16
    assert Purchase.objects.count() == sum(len(one.orders) for one in told.people)
    assert Message.objects.count() == len(told.posted)


def test_it_moves_and_no_mail_of_it_leaves(sink: Sink, now: dt.datetime) -> None:
    shop.load(now=now, people=16)
    before, soon, later = Event.objects.count(), now + dt.timedelta(minutes=2), now + dt.timedelta(hours=3)
    SmtpServer.objects.create(name="Real", host="mail.invalid", port=25, security="none")

    assert stirring.order_for_lars(now=soon)
    shop.digest(now=soon)
    engine.advance(now=soon)
    run = Run.objects.filter(contact=finding.person("lars"), journey=journey("cart")).get()
    assert (run.state, Message.objects.filter(run=run).exists()) == ("exited", False)

    # A night later he has another cart, and this time the reminder goes out.
    for at in (later, later, later + dt.timedelta(seconds=20)):  # a nudge that came twice is one beat
        pulse.beat(now=at)
        shop.digest(now=at)
    assert Event.objects.count() > before
    over = later + dt.timedelta(hours=1)
    while engine.advance(now=over):
        shop.digest(now=over)
    delivered = delivery.deliver(now=lambda: over)

    assert delivered.failed == 0
    assert "lars@example.com" in {mail.recipient for mail in sink.mails}


def rows() -> dict[str, int]:
    """How many rows there are of each kind."""
    ours = [
        one for one in apps.get_models() if one._meta.app_label in ("profiles", "segments", "journeys", "cdp")
    ]
    return {model.__name__: model._base_manager.count() for model in ours}


def test_it_is_gone_and_what_is_the_users_stays(now: dt.datetime, admin_user: User) -> None:
    before = rows()
    shop.load(now=now, people=30)
    source = Source.objects.create(name="My shop", kind=Source.Kind.SERVER)
    calls = (
        b'{"type": "identify", "userId": "u-1", "messageId": "1", "traits": {"email": "ada@example.com"}}',
        b'{"type": "track", "userId": "u-1", "messageId": "2", "event": "Order Completed",'
        b' "properties": {"order_id": "1", "total": 9}}',
    )
    ingest.accept(source=source, items=list(calls), sent_at=None, now=now)
    shop.digest(now=now)
    ada = Contact.objects.get(is_sample=False)
    mine = Segment.objects.create(
        name="Mine",
        definition={"type": "all", "children": [
            {"type": "segment", "segment": registry.number("buyers-90"), "operator": "in"}
        ]},
    )  # fmt: skip
    rebuild.rebuild(mine, now=now)
    picked = Segment.objects.create(name="Picked", kind="static", built_at=now)
    lists.add(picked, [ada.pk, Contact.objects.filter(is_sample=True).first().pk], by=admin_user, now=now)  # type: ignore[union-attr]
    used = Content.objects.get(pk=registry.number("welcome-mail") or 0)
    own = Journey.objects.create(
        name="Own",
        draft={"trigger": {"kind": "by_hand"}, "steps": [{"id": "a", "kind": "email", "content": used.pk}]},
    )
    changed = journey("birthday")
    changed.description, changed.edited_by = "Better words", admin_user
    changed.save()

    shop.remove(now=now)

    assert list(Contact.objects.all()) == [ada]
    assert set(Segment.objects.values_list("name", flat=True)) == {
        "Mine",
        "Picked",
        "Bought in the last 90 days",
    }
    assert set(Journey.objects.values_list("pk", flat=True)) == {own.pk, changed.pk}
    assert list(Content.objects.all()) == [used]
    assert "Sample" not in Segment.objects.get(name="Bought in the last 90 days").tags
    assert not SampleThing.objects.exists()
    assert state.read().phase == "absent"
    # Still true: she bought, so she is in the segment that hers refers to.
    assert set(Membership.objects.filter(contact=ada).values_list("segment__name", flat=True)) == {
        "Mine", "Picked", "Bought in the last 90 days",
    }  # fmt: skip
    assert set(Event.objects.values_list("contact_id", flat=True)) == {ada.pk}
    assert Settings.objects.get().name == "Noord & Co"
    assert not Source.objects.filter(is_sample=True).exists()
    assert not state.begin_on_a_new_installation(now=now)

    # And once the user's things are gone as well, nothing but what the product learned by the way.
    Run.objects.all().delete()
    dropping.people([ada.pk])
    for model, numbers in ((Journey, [own.pk, changed.pk]), (Content, [used.pk]), (Segment, None)):
        dropping.named(model, numbers or list(Segment.objects.values_list("pk", flat=True)))
    source.delete()
    left = {name for name, number in rows().items() if number > before[name]}
    assert left <= KEPT


def test_somebody_in_charge_removes_it_once_its_name_is_typed(
    client: Client, admin_user: User, now: dt.datetime
) -> None:
    state.begin(now=now, people=30)
    client.force_login(admin_user)

    progress = client.get("/sample-shop/progress/", headers={"HX-Request": "true"})
    wrong = client.post("/settings/sample-data/remove/", {"word": "yes"})
    stranger = Client()
    stranger.force_login(User.objects.create_user("grace"))

    assert b"Loading the sample shop: 0 %" in progress.content
    assert (wrong.status_code, state.read().phase) == (422, "loading")
    assert stranger.post("/settings/sample-data/remove/", {"word": "Noord & Co"}).status_code == 403
    assert client.post("/settings/sample-data/remove/", {"word": "noord & co"}).status_code == 302
    assert state.read().phase == "removing"
    assert b"Removing the sample data" in client.get("/").content
    while removing.advance(now=now):
        pass
    assert client.get("/sample-shop/progress/").headers["HX-Refresh"] == "true"


@pytest.mark.long
def test_two_thousand_people_fit(now: dt.datetime) -> None:
    shop.load(now=now, people=2000)

    assert Contact.objects.filter(known_since_at__isnull=False, merged_into=None).count() == 2000
    assert 30_000 < Event.objects.count() < 60_000
    assert Membership.objects.filter(segment=registry.number("slipping") or 0).count() >= 10
    assert Membership.objects.filter(segment=registry.number("london-pricing") or 0).count() >= 10
    shop.remove(now=now)
    assert not Contact.objects.exists()
