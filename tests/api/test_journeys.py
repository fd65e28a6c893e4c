"""Journeys, broadcasts and messages over the partner API: put in, taken out, held, and what became of each message."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from journeys.models import Journey, Message, Run
from profiles.models import Brand, Contact, Topic
from tests.api.conftest import Issue, Partner
from tests.journeys.stories import advance_all, live, mail, person, wait

API = {"kind": "api"}


@pytest.fixture
def ada(today: dt.datetime) -> Contact:
    """Somebody subscribed to the news."""
    brand, _made = Brand.objects.get_or_create(is_default=True, defaults={"name": "Kindred"})
    Topic.objects.get_or_create(key="news", defaults={"name": "News", "brand": brand})
    return person("Ada", now=today)


def put_in(partner: Partner, journey: Journey, *people: dict[str, Any]) -> Any:
    """Ask for it."""
    return partner.post(f"journeys/{journey.pk}/trigger/", {"people": list(people)})


def test_it_tells_what_a_journey_is_and_what_starts_it(
    partner: Partner, ada: Contact, today: dt.datetime
) -> None:
    journey = live(API, wait(), now=today).journey
    Journey.objects.create(name="Not yet")

    listed = partner.get("journeys/?status=live").json()["results"]
    told = partner.get(f"journeys/{journey.pk}/")

    assert [one["id"] for one in listed] == [journey.pk]
    assert (told.json()["version"], told.json()["trigger"]) == (1, "api")
    assert partner.get(f"journeys/{journey.pk}/", If_None_Match=told["ETag"]).status_code == 304


def test_it_puts_people_in_once_a_key(partner: Partner, ada: Contact, today: dt.datetime) -> None:
    journey = live(API, mail(), wait(), now=today).journey
    one = {"contact": ada.pk, "key": "booking-77", "data": {"booking": 77}}

    first = put_in(partner, journey, one).json()["results"]
    again = put_in(partner, journey, one).json()["results"]
    other = put_in(partner, journey, one | {"key": "booking-78"}, one | {"contact": 4_000_000_000}).json()[
        "results"
    ]

    assert first == again
    assert [one["result"] for one in first + other] == ["in", "not_admitted", "unknown"]
    run = Run.objects.get()
    assert (run.pk, run.variables["data"]) == (first[0]["run"], {"booking": 77})


@pytest.mark.parametrize("trigger", [{"kind": "by_hand"}])
def test_it_starts_no_journey_that_starts_otherwise(
    trigger: dict[str, Any], partner: Partner, ada: Contact, today: dt.datetime
) -> None:
    drawn = Journey.objects.create(name="Drawn")
    journey = live(trigger, wait(), now=today).journey

    answers = [put_in(partner, one, {"contact": ada.pk, "key": "a"}) for one in (drawn, journey)]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("who", "pointer"),
    [
        ({"key": "a"}, "/people/0"),
        ({"key": "a", "contact": 1, "identifier": "user_id:1"}, "/people/0"),
        ({"key": "a", "identifier": "nonsense"}, "/people/0/identifier"),
        ({"contact": 1}, "/people/0/key"),
    ],
)
def test_it_says_whom_it_does_not_understand(
    who: dict[str, Any], pointer: str, partner: Partner, ada: Contact, today: dt.datetime
) -> None:
    journey = live(API, wait(), now=today).journey

    answer = put_in(partner, journey, who)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_it_takes_somebody_out(partner: Partner, ada: Contact, today: dt.datetime) -> None:
    journey = live(API, wait(), now=today).journey
    [told] = put_in(partner, journey, {"contact": ada.pk, "key": "a"}).json()["results"]
    advance_all(timezone.now())

    before = partner.get(f"journeys/{journey.pk}/runs/?state=waiting&contact={ada.pk}").json()["results"]
    out = partner.post(f"runs/{told['run']}/exit/").json()
    again = partner.post(f"runs/{told['run']}/exit/").json()
    after = partner.get(f"runs/{told['run']}/").json()

    assert [one["id"] for one in before] == [told["run"]]
    assert (out["exited"], again["exited"]) == (True, False)
    assert (after["state"], after["words"]) == ("exited", "Left: taken out by hand")


def test_it_holds_a_journey_and_lets_it_go_on(partner: Partner, ada: Contact, today: dt.datetime) -> None:
    journey = live(API, wait(), now=today).journey

    held = partner.post(f"journeys/{journey.pk}/pause/").json()
    on = partner.post(f"journeys/{journey.pk}/resume/").json()
    drawn = partner.post(f"journeys/{Journey.objects.create(name='Drawn').pk}/pause/")

    assert (held["status"], on["status"], drawn.status_code) == ("paused", "live", 409)


def test_it_tells_what_became_of_messages(
    partner: Partner, issue: Issue, ada: Contact, today: dt.datetime
) -> None:
    journey = live(API, mail(), wait(), now=today).journey
    put_in(partner, journey, {"contact": ada.pk, "key": "a"})
    advance_all(timezone.now())
    message = Message.objects.get()
    message.state, message.reason, message.address = Message.State.SKIPPED, "capped", "ada@example.com"
    message.save()

    by_journey = partner.get(f"messages/?journey={journey.pk}&state=skipped").json()["results"]
    by_contact = partner.get(f"messages/?contact={ada.pk}").json()["results"]
    whole = partner.get(f"messages/{message.pk}/").json()
    blind = issue("messages:read").get(f"messages/{message.pk}/").json()
    numbers = partner.get(f"journeys/{journey.pk}/numbers/").json()["steps"]

    assert by_journey == by_contact
    assert (whole["state"], whole["reason"], whole["receipts"]) == ("skipped", "capped", [])
    assert whole["words"].startswith("Not sent, because")
    assert (whole["address"], blind["address"]) == ("ada@example.com", None)
    assert {one["step"]: one["waiting"] for one in numbers}["wait"] == 1


def test_it_asks_for_one_persons_or_one_journeys_messages(partner: Partner) -> None:
    assert partner.get("messages/").status_code == 400


def test_it_tells_of_broadcasts_and_can_stop_them(partner: Partner, ada: Contact, today: dt.datetime) -> None:
    broadcast = live(API, mail(), now=today, name="News").journey
    Journey.objects.filter(pk=broadcast.pk).update(kind=Journey.Kind.BROADCAST)
    drawn = Journey.objects.create(name="Drawn", kind=Journey.Kind.BROADCAST)

    listed = partner.get("broadcasts/").json()["results"]
    results = partner.get(f"broadcasts/{broadcast.pk}/results/").json()
    stopped = partner.post(f"broadcasts/{broadcast.pk}/stop/")
    refused = partner.post(f"broadcasts/{drawn.pk}/stop/")

    assert [one["name"] for one in listed] == ["News", "Drawn"]
    assert (results["sent"], results["revenue"]) == (0, "0.00")
    assert (stopped.json()["status"], refused.status_code) == ("paused", 409)
    assert partner.get(f"journeys/{broadcast.pk}/").status_code == 404
