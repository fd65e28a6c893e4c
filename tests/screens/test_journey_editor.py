"""The journey editor's answers: what a click saves, what is refused, what readers see."""

import datetime as dt
import html
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from journeys.editor import drafting, drawing, step_forms
from journeys.flow import publishing
from journeys.models import Content, ContentRevision, Journey, Run, Sender
from profiles.models import Topic
from tests.screens.conftest import meet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

MOST_STATEMENTS = 11  # for the drawer of any step, those of the sign-in counted


@pytest.fixture
def journey(ada: User, today: dt.datetime) -> Journey:
    """A draft: a wait, then a split."""
    made = Journey.objects.create(name="Welcome", owner=ada)
    fork = {"id": "fork", "kind": "split", "condition": {}, "yes": [], "no": [step("no")]}
    draft = {"trigger": {"kind": "by_hand"}, "settings": {}, "steps": [step("first"), fork]}
    drafting.save(made, draft, by=ada, now=today)
    return made


def step(name: str) -> dict[str, Any]:
    return {"id": name, "kind": "wait", "amount": 1, "unit": "day"}


def draft_of(journey: Journey) -> dict[str, Any]:
    journey.refresh_from_db()
    draft: dict[str, Any] = journey.draft
    return draft


def names(journey: Journey) -> list[str]:
    return [one["id"] for one in drawing.walk(draft_of(journey)["steps"])]


def post(client: Client, journey: Journey, verb: str, **values: Any) -> Any:
    return client.post(f"/journeys/{journey.pk}/{verb}/", values, headers={"HX-Request": "true"})


def test_it_adds_every_kind_of_step_opens_its_drawer_and_reads_its_form_back(
    signed_in: Client, journey: Journey, django_assert_max_num_queries: Any
) -> None:
    for kind in step_forms.FORMS:
        answer = post(signed_in, journey, "add", kind=kind, slot="into:fork:yes")

        added = draft_of(journey)["steps"][1]["yes"][0]
        assert added["kind"] == kind
        assert f'data-step="{added["id"]}"' in answer.content.decode()
        with django_assert_max_num_queries(MOST_STATEMENTS):
            assert signed_in.get(f"/journeys/{journey.pk}/step/{added['id']}/").status_code == 200
        assert post(signed_in, journey, f"step/{added['id']}", unknown="1").status_code == 200
        post(signed_in, journey, "delete", step=added["id"])
    assert names(journey) == ["first", "fork", "no"]


def test_it_saves_what_it_can_read_and_says_the_rest_beside_the_field(
    signed_in: Client, journey: Journey
) -> None:
    answer = post(signed_in, journey, "step/first", amount="soon", unit="week")

    first = draft_of(journey)["steps"][0]
    assert (first["amount"], first["unit"]) == (None, "week")
    assert 'id="e-amount" hx-swap-oob="true">Fill in a whole number.' in answer.content.decode()


FROM_NL = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}


def carried(answer: Any) -> str:
    """The state of the conditions that a page sends along."""
    found = re.search(r'name="draft" id="draft" value="([^"]*)"', answer.content.decode())
    assert found
    return html.unescape(found[1])


def test_it_builds_a_condition_as_segments_do(signed_in: Client, journey: Journey) -> None:
    page = signed_in.get(f"/journeys/{journey.pk}/step/fork/")
    picked = json.dumps({"type": "attribute", "key": "country"})
    added = post(signed_in, journey, "step/fork", draft=carried(page), action="add:people", node=picked)
    unfinished = draft_of(journey)["steps"][1]["condition"]
    filled = post(signed_in, journey, "step/fork", draft=carried(added), **{"n1.value": "NL"})
    post(signed_in, journey, "step/fork", draft=carried(filled), action="leave_out:n1")

    assert unfinished == {"type": "all", "children": [{**FROM_NL, "value": ""}]}
    assert "whose Country is “NL”" in filled.content.decode()
    assert draft_of(journey)["steps"][1]["condition"] == {
        "type": "all", "children": [{"type": "none", "children": [FROM_NL]}],
    }  # fmt: skip

    post(signed_in, journey, "undo")
    assert draft_of(journey)["steps"][1]["condition"] == {"type": "all", "children": [FROM_NL]}


def test_it_keeps_groups_deeper_than_it_shows(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    deep: dict[str, Any] = FROM_NL
    for kind in ("any", "all", "any", "all"):
        deep = {"type": kind, "children": [deep, {**FROM_NL, "value": kind}]}
    draft = drawing.change(draft_of(journey), "fork", {**draft_of(journey)["steps"][1], "condition": deep})
    drafting.save(journey, draft, by=ada, now=today)

    page = signed_in.get(f"/journeys/{journey.pk}/step/fork/")
    post(signed_in, journey, "step/fork", draft=carried(page))

    assert "This group lies deeper than three levels" in page.content.decode()
    assert draft_of(journey)["steps"][1]["condition"] == deep


def test_it_asks_who_read_a_mail_of_the_journey(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    mail = {"id": "mail", "kind": "email", "content": Content.objects.create(name="Hello").pk}
    drafting.save(
        journey, drawing.insert(draft_of(journey), drawing.read_slot("start"), mail), by=ada, now=today
    )

    picker = signed_in.get(f"/journeys/{journey.pk}/conditions/").content.decode()
    node = next(one for one in re.findall(r'data-node="([^"]*)"', picker) if "Email Opened" in one)
    page = signed_in.get(f"/journeys/{journey.pk}/step/fork/")
    picked = html.unescape(node)
    added = post(signed_in, journey, "step/fork", draft=carried(page), action="add:people", node=picked)

    assert "Opened “Email: Hello”" in picker
    assert '<option value="mail" selected>Email: Hello</option>' in added.content.decode()
    assert "where mail is “Email: Hello”" in added.content.decode()
    asked = draft_of(journey)["steps"][2]["condition"]["children"][0]
    assert [one["property"] for one in asked["where"]] == ["step", "machine"]


def test_it_asks_about_the_details_of_an_event(signed_in: Client, journey: Journey) -> None:
    start = {"kind": "event", "event": "Signed Up"}
    post(signed_in, journey, "step/trigger", kind="event", reshapes="1")
    post(signed_in, journey, "step/trigger", **start)
    post(signed_in, journey, "step/trigger", **start, action="detail:n0")
    post(signed_in, journey, "step/trigger", **start, **{"n0.where.0.property": "plan"})
    filter_ = {"n0.where.0.operator": "is", "n0.where.0.value": "gold"}
    post(signed_in, journey, "step/trigger", **start, **filter_)

    assert draft_of(journey)["trigger"]["where"] == [{"property": "plan", "operator": "is", "value": "gold"}]


def test_it_undoes_and_does_again(signed_in: Client, journey: Journey) -> None:
    post(signed_in, journey, "delete", step="first")
    post(signed_in, journey, "delete", step="fork", keep="no")
    assert names(journey) == ["no"]

    post(signed_in, journey, "undo")
    post(signed_in, journey, "undo")
    assert names(journey) == ["first", "fork", "no"]

    post(signed_in, journey, "redo")
    assert names(journey) == ["fork", "no"]


def test_a_toast_does_not_undo_what_is_undone_already(signed_in: Client, journey: Journey) -> None:
    post(signed_in, journey, "add", kind="wait", slot="start")
    told = json.loads(post(signed_in, journey, "delete", step="first")["HX-Trigger"])["told"]
    post(signed_in, journey, "undo")

    answer = post(signed_in, journey, "undo", at=told["at"])

    assert len(names(journey)) == 4
    assert "not the last change" in answer["HX-Trigger"]


def test_it_tells_instead_of_overwriting_somebody_else(
    signed_in: Client, journey: Journey, today: dt.datetime
) -> None:
    seen = drafting.open_desk(journey).place.number
    grace = User.objects.create_user("grace")
    drafting.save(journey, drawing.delete(draft_of(journey), "first"), by=grace, now=today)

    answer = post(signed_in, journey, "add", kind="wait", slot="start", since=seen)

    assert names(journey) == ["fork", "no"]
    assert "grace changed this journey meanwhile" in json.loads(answer["HX-Trigger"])["told"]["words"]


def test_it_pastes_steps_under_new_names_and_nothing_else(signed_in: Client, journey: Journey) -> None:
    copied = json.dumps(draft_of(journey)["steps"][1])
    post(signed_in, journey, "paste", slot="start", copied=copied)
    post(signed_in, journey, "paste", slot="start", copied='{"kind": "bomb"}')
    post(signed_in, journey, "paste", slot="start", copied="[" * 5000)

    assert len(names(journey)) == 5
    assert len(set(names(journey))) == 5


def test_it_moves_up_and_down_and_refuses_nonsense(signed_in: Client, journey: Journey) -> None:
    post(signed_in, journey, "move", step="first", way="down")
    assert names(journey) == ["fork", "no", "first"]

    answer = post(signed_in, journey, "move", step="fork", slot="into:fork:yes")

    assert names(journey) == ["fork", "no", "first"]
    assert "cannot move into itself" in answer["HX-Trigger"]


def test_it_asks_which_path_of_a_split_stays(signed_in: Client, journey: Journey) -> None:
    page = signed_in.get(f"/journeys/{journey.pk}/delete/fork/").content.decode()

    assert "Keep the Yes path" in page
    assert "Delete both" in page


def test_it_changes_what_starts_the_journey(signed_in: Client, journey: Journey) -> None:
    post(signed_in, journey, "step/trigger", kind="date", reshapes="1")
    post(signed_in, journey, "step/trigger", kind="date", what="attribute:birth_date", when="before", days="3",
         at="08:30", zone="contact", yearly="1")  # fmt: skip

    assert draft_of(journey)["trigger"] == {
        "kind": "date", "attribute": "birth_date", "days": -3, "at": "08:30", "yearly": True, "zone": "contact",
    }  # fmt: skip


def live(journey: Journey, ada: User, today: dt.datetime) -> Run:
    """The journey live with Grace in it."""
    words = {"en": {"subject": "Hello", "html": "<p>Hello</p>", "text": "", "preheader": ""}}
    content = Content.objects.create(name="Hello")
    ContentRevision.objects.create(content=content, number=1, languages=words)
    mail = {"id": "mail", "kind": "email", "content": content.pk, "purpose": "marketing",
            "topic": Topic.objects.earliest("pk").pk, "sender": Sender.objects.earliest("pk").pk}  # fmt: skip
    draft = {"trigger": {"kind": "by_hand"}, "settings": {}, "steps": [step("first"), mail]}
    drafting.save(journey, draft, by=ada, now=today)
    version = publishing.publish(journey, by=ada, now=today)
    grace = meet("Grace", at=today)
    journey.refresh_from_db()
    return Run.objects.create(
        journey=journey, version=version, contact=grace, persona_id=grace.pk, state="waiting", step="first",
        entered_at=today, arrived_at=today, wake_at=today + dt.timedelta(days=1), visit_number=1,
    )  # fmt: skip


def test_it_keeps_a_draft_beside_what_is_live(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    live(journey, ada, today)
    untouched = signed_in.get(f"/journeys/{journey.pk}/").content.decode()
    post(signed_in, journey, "delete", step="first")

    page = signed_in.get(f"/journeys/{journey.pk}/").content.decode()
    dialog = signed_in.get(f"/journeys/{journey.pk}/publish/").content.decode()
    compared = signed_in.get(f"/journeys/{journey.pk}/compare/").content.decode()
    post(signed_in, journey, "discard")

    assert "you edit a draft" not in untouched
    assert "Version 1 is live with 1 person; you edit a draft." in page
    assert "1 person is inside. What happens to them?" in dialog
    assert "1 person stands there now" in compared
    assert names(journey) == ["first", "mail"]


def test_it_moves_people_and_takes_them_out(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    run = live(journey, ada, today)

    page = signed_in.get(f"/journeys/{journey.pk}/people/", {"step": "first"}).content.decode()
    post(signed_in, journey, "people/act", run=run.pk, do="move", to="mail", step="first")
    run.refresh_from_db()
    moved = run.step
    post(signed_in, journey, "people/act", run=run.pk, do="out", step="mail")
    run.refresh_from_db()

    assert "Grace" in page
    assert moved == "mail"
    assert (run.state, run.exit_reason) == ("exited", "by_hand")


def test_it_puts_somebody_in_by_hand(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    live(journey, ada, today)
    linus = meet("Linus", at=today)

    found = signed_in.get(f"/journeys/{journey.pk}/people/find/", {"q": "linus"}).content.decode()
    post(signed_in, journey, "people/put-in", contact=linus.pk)

    assert "linus@example.com" in found
    assert Run.objects.filter(contact=linus, journey=journey).exists()


def test_it_keeps_every_version_and_goes_back_to_one(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    live(journey, ada, today)
    post(signed_in, journey, "delete", step="first")

    listed = signed_in.get(f"/journeys/{journey.pk}/versions/").content.decode()
    shown = signed_in.get(f"/journeys/{journey.pk}/versions/1/").content.decode()
    signed_in.post(f"/journeys/{journey.pk}/versions/1/restore/")

    assert "Version 1" in listed
    assert "Wait 1 day" in shown
    assert names(journey) == ["first", "mail"]


def test_it_answers_why_on_a_journey_and_on_a_profile(
    signed_in: Client, journey: Journey, ada: User, today: dt.datetime
) -> None:
    run = live(journey, ada, today)

    here = signed_in.get(f"/journeys/{journey.pk}/why/", {"contact": run.contact_id}).content.decode()
    there = signed_in.get(f"/journeys/of/{run.contact_id}/why/", {"journey": journey.pk}).content.decode()

    assert "They are in it now" in here
    assert "They are in it now" in there


def reader(*permissions: str) -> Client:
    """Somebody who may look, and what else is named."""
    linus = User.objects.create_user("linus")
    linus.user_permissions.set(Permission.objects.filter(codename__in=["see", *permissions]))
    client = Client()
    client.force_login(linus)
    return client


def test_it_lets_readers_read(journey: Journey, ada: User, today: dt.datetime) -> None:
    live(journey, ada, today)
    client = reader()

    page = client.get(f"/journeys/{journey.pk}/").content.decode()

    assert "Wait 1 day" in page
    assert "Grace" not in page
    assert 'class="plus"' not in page
    assert client.get(f"/journeys/{journey.pk}/people/").status_code == 403
    for verb in (
        "add",
        "move",
        "delete",
        "undo",
        "paste",
        "discard",
        "publish",
        "pause",
        "people/act",
        "step/first",
    ):
        assert post(client, journey, verb, step="first", kind="wait", slot="start").status_code == 403


def test_it_lets_editors_draw_but_not_publish(journey: Journey) -> None:
    client = reader("edit")

    assert post(client, journey, "add", kind="wait", slot="start").status_code == 200
    assert client.post(f"/journeys/{journey.pk}/publish/").status_code == 403


def test_it_makes_a_journey_from_a_starting_point(signed_in: Client) -> None:
    signed_in.post("/journeys/new/", {"name": "Hello", "from": "welcome"})
    refused = signed_in.post("/journeys/new/", {"name": "Hello", "from": "blank"})

    made = Journey.objects.get()
    assert [one["kind"] for one in made.draft["steps"]] == ["email", "wait_for"]
    assert "That name is already used." in refused.content.decode()


def test_it_simulates_a_persons_way_and_changes_nothing(
    signed_in: Client, ada: User, today: dt.datetime, django_assert_max_num_queries: Any
) -> None:
    linus = meet("Linus", at=today, attributes={}, country="NL", timezone="Asia/Kathmandu")
    later = {"id": "later", "kind": "wait_for", "event": "Order Completed", "amount": 1, "unit": "day"}
    mail = {"id": "mail", "kind": "email", "purpose": "marketing", "topic": Topic.objects.get(key="news").pk}
    fork = {"id": "fork", "kind": "split", "condition": FROM_NL, "yes": [mail], "no": [step("no")]}
    chance = {"id": "chance", "kind": "random", "branches": [{"name": "A", "weight": 1, "steps": []},
                                                            {"name": "B", "weight": 0, "steps": []}]}  # fmt: skip
    empty = {"id": "empty", "kind": "split", "condition": {}, "yes": [], "no": []}
    drawn = {
        "trigger": {"kind": "by_hand"},
        "settings": {},
        "steps": [later, fork, chance, empty, step("last")],
    }
    made = Journey.objects.create(name="Welcome", owner=ada, draft=drawn)

    asked = f"/journeys/{made.pk}/simulate/?simulate={linus.pk}"
    with django_assert_max_num_queries(MOST_STATEMENTS + 12):
        answer = signed_in.get(asked + "&choose=chance:branch_2")
    text = html.unescape(answer.content.decode())

    assert re.findall(r'data-passes="(\w+)"', text) == ["later", "fork", "mail", "chance", "empty"]
    for said in (
        "Clocks show the time in Kathmandu.",
        "They come in when somebody puts them in by hand.",
        "It does not happen: waits until",
        "Yes, by what is known now.",
        "Would not be sent, because the person is not subscribed to the topic.",
        "Not finished yet: Choose what the mail says.",
        "Here: B · 0 %",
        "The way is known up to here",
    ):
        assert said in text
    assert answer["HX-Replace-Url"] == f"/journeys/{made.pk}/?simulate={linus.pk}&choose=chance%3Abranch_2"
    page = signed_in.get(f"/journeys/{made.pk}/?simulate={linus.pk}&choose=later:happened").content.decode()
    assert "It happens, here at once." in page
    assert "Linus" in signed_in.get(f"/journeys/{made.pk}/simulate/").content.decode()
    assert f"simulate={linus.pk}" in signed_in.get(f"/journeys/{made.pk}/simulate/?q=linu").content.decode()
    assert not Run.objects.exists()
    assert Client().get(asked).status_code == 302


def test_only_who_sees_people_simulates(journey: Journey) -> None:
    grace = User.objects.create_user("grace", password="a long enough word")
    grace.user_permissions.add(Permission.objects.get(codename="see"))
    client = Client()
    client.force_login(grace)

    assert client.get(f"/journeys/{journey.pk}/simulate/").status_code == 403
    assert b"/simulate/" not in client.get(f"/journeys/{journey.pk}/?simulate=1").content
