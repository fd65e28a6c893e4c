"""The pages of segments and lists over HTTP: made, changed, saved, brought back, filled by hand, written to a file."""

import datetime as dt
import json
from typing import Any, Final

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from journeys.models import Journey, Run, Version
from profiles.models import AttributeDefinition
from segments import builder
from segments.models import Cause, Membership, Segment
from segments.settling import Change, remember
from tests.screens.conftest import meet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

DUTCH: Final[dict[str, Any]] = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}
THE_DUTCH: Final[dict[str, Any]] = {"type": "all", "children": [DUTCH]}


@pytest.fixture(autouse=True)
def known(db: None) -> None:
    """The catalogue knows countries."""
    AttributeDefinition.objects.get_or_create(
        key="country", defaults={"label": "Country", "type": "text", "is_standard": True}
    )


def form(tree: Any = THE_DUTCH, **changes: str) -> dict[str, str]:
    """What the builder posts."""
    return {"name": "The Dutch", "description": "", "draft": builder.opened(tree).dump(), **changes}


def made(tree: Any = THE_DUTCH, **fields: Any) -> Segment:
    """A segment that is there."""
    return Segment.objects.create(**{"name": "The Dutch", "definition": tree, **fields})


def test_it_saves_a_segment_and_keeps_its_first_version(signed_in: Client) -> None:
    answer = signed_in.post("/segments/new/", form())

    segment = Segment.objects.get()
    assert answer.headers["Location"] == f"/segments/{segment.pk}/"
    assert segment.definition == THE_DUTCH
    assert segment.owner == segment.edited_by
    assert segment.versions.get().number == 1


def test_it_saves_what_stands_beside_the_conditions(signed_in: Client) -> None:
    signed_in.post("/segments/new/", form(**{"n1.operator": "is_any_of", "n1.value": "NL, BE"}))

    assert Segment.objects.get().definition["children"][0]["value"] == ["NL, BE"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"draft": "{}"}, "Add a condition first"),
        ({"n1.value": ""}, "Add a condition first"),
    ],
)
def test_it_says_why_it_is_not_saved(signed_in: Client, changes: dict[str, str], sentence: str) -> None:
    answer = signed_in.post("/segments/new/", form(**changes))

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Segment.objects.exists()


def test_it_refuses_a_name_that_is_taken_and_keeps_the_conditions(signed_in: Client) -> None:
    made()

    answer = signed_in.post("/segments/new/", form(**{"n1.value": "BE"}))

    assert "That name is already used." in answer.content.decode()
    assert "&quot;value&quot;:&quot;BE&quot;" in answer.content.decode()


def test_it_saves_a_change_as_the_next_version(signed_in: Client, today: dt.datetime) -> None:
    segment = made(built_at=today)

    signed_in.post(f"/segments/{segment.pk}/edit/", form(**{"n1.value": "BE"}))

    segment.refresh_from_db()
    assert (segment.version, segment.built_at) == (2, None)
    assert segment.definition["children"][0]["value"] == "BE"


def test_it_counts_nothing_anew_when_only_the_name_changes(signed_in: Client, today: dt.datetime) -> None:
    segment = made(built_at=today)

    signed_in.post(f"/segments/{segment.pk}/edit/", form(name="Dutch people"))

    segment.refresh_from_db()
    assert (segment.name, segment.version, segment.built_at) == ("Dutch people", 1, today)


def test_it_tells_that_somebody_saved_meanwhile_and_overwrites_only_when_told_again(
    signed_in: Client,
) -> None:
    segment = made(version=2, edited_by=User.objects.create_user("grace", first_name="Grace"))
    url = f"/segments/{segment.pk}/edit/"

    asked = signed_in.post(f"/segments/{segment.pk}/saving/", form(version="1"))
    refused = signed_in.post(url, form(version="1", **{"n1.value": "BE"}))
    segment.refresh_from_db()

    assert "Grace saved another version" in asked.content.decode()
    assert (refused.status_code, segment.definition) == (422, THE_DUTCH)
    assert "Grace saved another version" in refused.content.decode()
    assert 'name="version" value="2"' in refused.content.decode()

    signed_in.post(url, form(version="2", **{"n1.value": "BE"}))
    segment.refresh_from_db()
    assert segment.version == 3


def test_it_saves_as_new_and_leaves_the_old_one(signed_in: Client) -> None:
    segment = made()
    changes = {"n1.value": "BE", "as_new": "1", "new_name": "The Belgians"}

    signed_in.post(f"/segments/{segment.pk}/edit/", form(**changes))

    segment.refresh_from_db()
    assert segment.definition == THE_DUTCH
    assert Segment.objects.get(name="The Belgians").definition["children"][0]["value"] == "BE"


def test_it_opens_what_a_link_brings(signed_in: Client) -> None:
    page = signed_in.get("/segments/new/", {"definition": json.dumps(THE_DUTCH), "name": "From a link"})

    assert page.context["board"].people.children[0].subject == "Country"
    assert 'value="From a link"' in page.content.decode()


def test_it_says_where_a_link_breaks_off(signed_in: Client) -> None:
    page = signed_in.get("/segments/new/", {"definition": '{"type": "all"'}).content.decode()

    assert "This is not JSON yet" in page


def test_it_offers_examples_while_there_is_nothing(signed_in: Client) -> None:
    page = signed_in.get("/segments/new/").content.decode()

    assert "Lapsed but subscribed" in page
    assert "Lapsed but subscribed" not in signed_in.post("/segments/rows/", form()).content.decode()


def test_it_shows_what_is_wrong_beside_its_condition(signed_in: Client) -> None:
    rows = signed_in.post("/segments/rows/", form(**{"n1.value": ""})).content.decode()

    assert 'id="n1-problem"' in rows
    assert 'aria-describedby="n1-problem"' in rows
    assert "Not counted yet" in rows


def test_it_adds_a_condition_and_says_which_to_look_at(signed_in: Client) -> None:
    rows = signed_in.post("/segments/rows/", form(action="add:people", node=json.dumps(DUTCH)))

    assert 'data-shown="n2"' in rows.content.decode()


def test_it_brings_a_former_state_back_whatever_stands_in_the_form(signed_in: Client) -> None:
    rows = signed_in.post("/segments/rows/", form(**{"restored": "1", "n1.value": "BE"})).content.decode()

    assert "&quot;value&quot;:&quot;NL&quot;" in rows


def test_it_counts_what_is_finished(signed_in: Client, today: dt.datetime) -> None:
    meet("Grace", at=today, country="NL")
    meet("Linus", at=today, country="DE")
    half = {"type": "attribute", "key": "country", "operator": "is", "value": ""}

    answer = signed_in.post("/segments/preview/", form({"type": "all", "children": [DUTCH, half]}))

    rail = answer.context["rail"]
    assert (rail.count, rail.everyone, rail.share, rail.unfinished) == (1, 2, 50.0, 1)
    assert [contact.first_name for contact in rail.sample] == ["Grace"]
    assert [(step.id, step.number) for step in rail.steps] == [("n1", "1")]
    assert rail.words == "People whose Country is “NL”."


def test_it_counts_step_by_step_to_those_left_out(signed_in: Client, today: dt.datetime) -> None:
    for name, country in (("Ada", "NL"), ("Grace", "NL"), ("Linus", "DE")):
        meet(name, at=today, country=country)
    ada = {"type": "attribute", "key": "first_name", "operator": "is", "value": "Ada"}
    tree = {"type": "all", "children": [DUTCH, {"type": "none", "children": [ada]}]}

    rail = signed_in.post("/segments/preview/", form(tree)).context["rail"]

    assert [(step.id, step.number) for step in rail.steps] == [("n1", "2"), ("leave-out", "1")]
    assert json.loads(rail.left) == {
        "n1": ["2", "2 people are left after this"],
        "n2": ["−1", "1 person is left out by this, and by nothing above it"],
        "leave-out": ["1", "1 person is left after this"],
    }


def test_it_counts_inside_groups_among_those_who_come_to_them(signed_in: Client, today: dt.datetime) -> None:
    for name, country, city in (
        ("Ada", "NL", "Utrecht"),
        ("Grace", "NL", "Delft"),
        ("Linus", "DE", "Utrecht"),
        ("Barbara", "NL", "Utrecht"),
    ):
        meet(name, at=today, country=country, city=city)
    ada = {"type": "attribute", "key": "first_name", "operator": "is", "value": "Ada"}
    of_utrecht = {"type": "attribute", "key": "city", "operator": "is", "value": "Utrecht"}
    not_ada = {**ada, "operator": "is_not"}
    either = {"type": "any", "children": [ada, {"type": "all", "children": [of_utrecht, not_ada]}]}

    beside = signed_in.post("/segments/preview/", form({"type": "all", "children": [DUTCH, either]}))
    adding = signed_in.post("/segments/preview/", form({"type": "any", "children": [ada, DUTCH]}))

    # Barbara alone comes by the inner group: Ada came by her name, Grace lives elsewhere.
    assert {one.id: one.number for one in beside.context["rail"].beside} == {
        "n1": "3", "n2": "2", "n3": "+1", "n4": "+1", "n5": "1", "n6": "1",
    }  # fmt: skip
    assert [(one.id, one.number) for one in adding.context["rail"].steps] == [("n1", "+1"), ("n2", "+2")]


def test_it_shows_numbers_but_nobody_to_those_who_may_not_see_people(
    client: Client, today: dt.datetime
) -> None:
    grace = User.objects.create_user("grace")
    grace.user_permissions.add(Permission.objects.get(codename="see"))
    client.force_login(grace)
    meet("Linus", at=today, country="NL")

    answer = client.post("/segments/preview/", form())

    assert answer.context["rail"].count == 1
    assert "Linus" not in answer.content.decode()


def test_it_tells_before_saving_who_comes_and_who_leaves(signed_in: Client, today: dt.datetime) -> None:
    grace = meet("Grace", at=today, country="NL")
    meet("Linus", at=today, country="BE")
    segment = made(built_at=today)
    Membership.objects.create(segment=segment, contact=grace, entered_at=today, cause=Cause.FACT)

    page = signed_in.post(f"/segments/{segment.pk}/saving/", form(**{"n1.value": "BE"}))

    assert "+1 / −1" in page.content.decode()


def test_it_tells_who_uses_a_segment_and_who_leaves_it_while_inside(
    signed_in: Client, today: dt.datetime
) -> None:
    segment, grace = made(), meet("Grace", at=today, country="NL")
    Membership.objects.create(segment=segment, contact=grace, entered_at=today, cause=Cause.FACT)
    draft = {"trigger": {"kind": "segment", "segment": segment.pk, "members": "future"}, "steps": []}
    for name in ("Welcome to the Dutch", "Dutch again"):
        journey = Journey.objects.create(name=name, draft=draft)
        version = Version.objects.create(journey=journey, number=1, definition=draft, published_at=today)
        Run.objects.create(
            journey=journey,
            version=version,
            contact=grace,
            persona_id=grace.pk,
            step="wait",
            entered_at=today,
        )
    Journey.objects.create(name="Something else", draft={})
    Journey.objects.create(name="Dutch news", kind="broadcast", draft={"to": {"include": [segment.pk]}})

    def asked(country: str) -> str:
        definition = json.dumps(DUTCH | {"value": country})
        page = signed_in.post(f"/journeys/using/{segment.pk}/", {"definition": definition})
        return " ".join(page.content.decode().split())

    assert "Used in 2 journeys and 1 broadcast." in asked("NL")
    assert "Welcome to the Dutch" in asked("NL")
    assert "Something else" not in asked("NL")
    assert "of those who leave" not in asked("NL")
    assert "1 of those who leave is in one of these journeys, and goes on there." in asked("BE")


def test_it_offers_what_there_is_to_ask_about(signed_in: Client) -> None:
    made(name="The Dutch")
    page = signed_in.get("/segments/picker/").content.decode()

    for words in ("Number of orders", "Country", "The Dutch", "Can be reached", "Lifecycle stage"):
        assert words in page


def test_it_suggests_values_that_are_known(signed_in: Client, today: dt.datetime) -> None:
    for name, country in (("Ada", "NL"), ("Grace", "NL"), ("Linus", "DE")):
        meet(name, at=today, country=country, attributes={"likes": ["tents", "maps"], "plan": "gold"})

    assert _values(signed_in, attribute="country") == ["NL", "DE"]
    assert _values(signed_in, attribute="likes") == ["maps", "tents"]
    assert _values(signed_in, attribute="it's") == []
    assert _values(signed_in, event="Order Completed", property="total") == []
    assert _values(signed_in, bought="category") == []


def _values(client: Client, **query: str) -> list[str]:
    answer = client.get("/segments/values/", query)
    assert answer.status_code == 200
    values: list[str] = answer.context["values"]
    return values


def test_it_brings_an_older_version_back(signed_in: Client) -> None:
    signed_in.post("/segments/new/", form())
    segment = Segment.objects.get()
    signed_in.post(f"/segments/{segment.pk}/edit/", form(**{"n1.value": "BE"}))

    signed_in.post(f"/segments/{segment.pk}/versions/1/restore/")

    segment.refresh_from_db()
    assert (segment.definition, segment.version) == (THE_DUTCH, 3)


@pytest.fixture
def dutch(today: dt.datetime) -> Segment:
    """A segment with Grace in it."""
    grace = meet("Grace", at=today, country="NL")
    meet("Linus", at=today, country="BE")
    segment = made(built_at=today)
    Membership.objects.create(segment=segment, contact=grace, entered_at=today, cause=Cause.FACT)
    remember([Change(segment.pk, grace.pk, True, Cause.FACT)], now=today)
    return segment


def test_it_shows_a_segment_with_its_people(signed_in: Client, dutch: Segment) -> None:
    page = signed_in.get(f"/segments/{dutch.pk}/")

    assert (page.context["size"], page.context["came"], page.context["went"]) == (1, 1, 0)
    assert "grace@example.com" in page.content.decode()
    assert "Nobody here" in signed_in.get(f"/segments/{dutch.pk}/", {"q": "Linus"}).content.decode()


def test_it_writes_the_people_to_a_file(signed_in: Client, dutch: Segment) -> None:
    file = signed_in.get(f"/segments/{dutch.pk}/people.csv")

    lines = b"".join(file).decode().splitlines()
    assert len(lines) == 2
    assert "grace@example.com" in lines[1]


@pytest.mark.django_db(transaction=True)
def test_it_fills_a_list_by_hand(signed_in: Client, dutch: Segment, today: dt.datetime) -> None:
    signed_in.post("/segments/lists/new/", {"name": "Friends", "description": ""})
    friends = Segment.objects.get(kind=Segment.Kind.STATIC)
    at = f"/segments/{friends.pk}/people"

    assert "Linus" in signed_in.get(f"{at}/find/", {"q": "linus"}).content.decode()
    pasted = signed_in.post(f"{at}/paste/", {"text": "linus@example.com, nobody@example.com"})
    signed_in.post(f"{at}/from/", {"segment": dutch.pk})

    assert "nobody@example.com" in pasted.content.decode()
    assert set(friends.membership_set.values_list("contact__first_name", flat=True)) == {"Grace", "Linus"}
    assert "Remove Linus" in signed_in.get(f"/segments/{friends.pk}/").content.decode()

    linus = Membership.objects.get(segment=friends, contact__first_name="Linus").contact_id
    page = signed_in.post(f"{at}/remove/", {"contact": linus}, follow=True).content.decode()
    assert "Linus is off the list." in page
    assert "toast-undo" in page

    signed_in.post(f"{at}/add/", {"contact": str(linus)})
    assert friends.membership_set.count() == 2

    signed_in.post(reverse("lists_duplicate", args=[friends.pk]))
    copy = Segment.objects.get(name="Copy of Friends")
    assert (copy.membership_set.count(), copy.filled_from) == (2, None)


@pytest.mark.parametrize("path", ["/segments/new/", "/segments/picker/", "/segments/lists/new/"])
def test_it_lets_only_editors_build(client: Client, path: str) -> None:
    linus = User.objects.create_user("linus")
    linus.user_permissions.add(Permission.objects.get(codename="see"))
    client.force_login(linus)

    assert client.get(path).status_code == 403


def test_it_refuses_a_question_that_asks_itself_through_another(signed_in: Client) -> None:
    def asking(number: int) -> dict[str, Any]:
        return {"type": "all", "children": [{"type": "segment", "segment": number, "operator": "in"}]}

    first = Segment.objects.create(name="First", definition=asking(0))
    second = Segment.objects.create(name="Second", definition=asking(first.pk))

    page = signed_in.post(
        f"/segments/{first.pk}/edit/", {"name": "First", "definition": json.dumps(asking(second.pk))}
    )

    assert page.status_code == 422
    assert "Through “Second” this segment would ask itself" in page.content.decode()
