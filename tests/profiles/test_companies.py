"""Companies: a group message makes one, says what is known of it, and who belongs to it."""

import datetime as dt

import pytest
from django.test import Client

from profiles import identity
from profiles.models import Merge, Record, RecordLink, RecordType, RejectedItem, Source, Touch
from segments import membership
from segments.models import Cause, Segment
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    return Sender(shop, now)


def test_it_makes_a_company_and_links_its_people(till: Sender, now: dt.datetime) -> None:
    till.group("acme", {"name": "Acme", "employees": 40, "role": "owner"}, userId="ada")
    till.group("acme", {"plan": "pro"}, userId="grace")

    arrivals = digested(now=now)

    [acme] = Record.objects.all()
    assert (acme.type.key, acme.key, acme.name) == ("company", "acme", "Acme")
    assert acme.fields == {"name": "Acme", "employees": 40, "plan": "pro"}
    assert [field["type"] for field in RecordType.objects.get().fields] == ["text", "number", "text"]
    ada, grace = contact("user_id", "ada"), contact("user_id", "grace")
    links = RecordLink.objects.order_by("id").values_list("contact_id", "role", "since_at")
    assert list(links) == [(ada.pk, "owner", now), (grace.pk, "", now)]
    assert {ada.pk, grace.pk} == {id_ for id_, touched in arrivals.touched.items() if touched.records}
    assert Touch.objects.filter(what=Touch.What.RECORD).count() == 2


def test_it_keeps_what_was_said_of_it_last_whenever_that_arrives(till: Sender, now: dt.datetime) -> None:
    hour = dt.timedelta(hours=1)
    till.group("acme", {"plan": "gold", "seats": 3}, userId="ada", at=now - 5 * hour)
    digested(now=now)
    till.group("acme", {"plan": "gold", "seats": None}, userId="ada", at=now - hour)
    digested(now=now)

    till.group("acme", {"plan": "tin", "seats": 9}, userId="grace", at=now - 2 * hour)
    digested(now=now)

    assert Record.objects.get().fields == {"plan": "gold"}
    assert RecordLink.objects.get(contact=contact("user_id", "ada")).since_at == now - 5 * hour


def test_it_says_which_field_it_could_not_keep(till: Sender, now: dt.datetime) -> None:
    till.group("acme", {"employees": 40}, userId="ada")
    till.group("acme", {"employees": "many", "plan": "pro"}, userId="ada")

    digested(now=now)

    assert Record.objects.get().fields == {"employees": 40, "plan": "pro"}
    [refused] = RejectedItem.objects.all()
    assert refused.detail == "A company's field was left out: “many” is not a number, which “employees” is."


def test_its_news_reaches_the_segments_of_all_its_people(till: Sender, now: dt.datetime) -> None:
    is_pro = {"property": "plan", "operator": "is", "value": "pro"}
    definition = {
        "type": "record",
        "record": "company",
        "frequency": "at_least",
        "count": 1,
        "where": [is_pro],
    }
    till.group("acme", {"plan": "free"}, userId="ada")
    till.group("acme", userId="grace")
    digested(now=now)
    segment = Segment.objects.create(name="Of a company on Pro", definition=definition, built_at=now)
    till.group("acme", {"plan": "pro"}, userId="ada")

    changes = membership.refresh(digested(now=now).touched, now=now)

    people = {contact("user_id", name).pk for name in ("ada", "grace")}
    assert {(change.segment_id, change.contact_id) for change in changes} == {
        (segment.pk, person) for person in people
    }
    assert {change.cause for change in changes} == {Cause.FACT}


def test_a_merge_takes_its_people_along_and_an_undo_gives_them_back(till: Sender, now: dt.datetime) -> None:
    till.group("acme", {"name": "Acme"}, anonymousId="a1")
    till.group("acme", {"role": "owner"}, userId="ada")
    digested(now=now)
    till.alias("ada", "a1")
    digested(now=now)
    ada = contact("user_id", "ada")
    assert {link.contact for link in RecordLink.objects.all()} == {ada}

    identity.unmerge(Merge.objects.get(), by=None, now=now)

    of = {link.contact: link.role for link in RecordLink.objects.all()}
    assert of == {ada: "owner", contact("anonymous_id", "a1"): ""}


def test_it_stands_on_the_profile_with_its_name_and_fields(
    till: Sender, now: dt.datetime, admin_client: Client
) -> None:
    traits = {"name": "Acme", "website": "https://acme.example", "since": "2020-03-01", "role": "owner"}
    till.group("acme", traits, userId="ada")
    digested(now=now)

    page = admin_client.get(f"/profiles/{contact('user_id', 'ada').pk}/?tab=data").content.decode()

    assert "Acme" in page
    assert 'href="https://acme.example"' in page
    assert "owner" in page
