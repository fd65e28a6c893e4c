"""The one list page: finding things again, labelling them, putting them away and taking them out."""

import csv
import json
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client

from cdp.shelves import SHELVES
from journeys.models import Journey
from profiles.models import Brand, Campaign, Favourite, SavedView
from profiles.shelf import archive
from profiles.shelf.search import PAGE
from segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

DUTCH: Final = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}


def segment(name: str, **fields: Any) -> Segment:
    """A segment of Dutch people."""
    return Segment.objects.create(**{"name": name, "definition": DUTCH, **fields})


def listed(client: Client, path: str = "/segments/", **query: str) -> list[str]:
    """The names on a list, in their order."""
    return [row.thing.name for row in client.get(path, query).context["page"].rows]


def told(answer: Any) -> list[str]:
    """What the toasts say."""
    return [str(message) for message in get_messages(answer.wsgi_request)]


def undo(client: Client, answer: Any) -> None:
    """Press the Undo of the toast."""
    said = [message for message in get_messages(answer.wsgi_request) if message.extra_tags]
    offered = json.loads(said[0].extra_tags or "")
    client.post(offered["url"], offered["fields"])


@pytest.mark.parametrize("slug", SHELVES)
def test_it_shows_what_to_do_where_there_is_nothing(signed_in: Client, slug: str) -> None:
    shelf = SHELVES[slug]

    page = signed_in.get(f"/{shelf.path}").content.decode()

    assert str(shelf.empty.title) in page
    assert str(shelf.empty.sentence) in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "gold"}, ["Gold"]),
        ({"q": "GOL"}, ["Gold"]),
        ({"q": "precious"}, ["Gold"]),
        ({"q": "autumn"}, ["Silver"]),
        ({"tag": "autumn"}, ["Silver"]),
        ({"owner": "me"}, ["Silver"]),
        ({"archived": "1"}, ["Tin"]),
        ({"sort": "name"}, ["Gold", "Silver"]),
        ({"sort": "-name"}, ["Silver", "Gold"]),
        ({"owner": "x", "campaign": "9" * 30, "sort": "password", "after": "x"}, ["Silver", "Gold"]),
    ],
    ids=str,
)
def test_it_narrows_by_what_stands_in_the_address(
    signed_in: Client, ada: User, now: Any, query: dict[str, str], found: list[str]
) -> None:
    segment("Gold", description="The precious ones")
    segment("Silver", tags=["autumn"], owner=ada)
    segment("Tin", archived_at=now)

    assert listed(signed_in, **query) == found


@pytest.mark.parametrize("sort", ["name", "-name", "updated", "-updated", "created"])
def test_it_pages_through_everything_once(signed_in: Client, sort: str) -> None:
    everything = {segment(f"{'aAbB'[number % 4]} {number}").name for number in range(PAGE * 2 + 3)}

    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = signed_in.get("/segments/", {"sort": sort, "after": after}).context["page"]
        seen += [row.thing.name for row in page.rows]
        after = page.next

    assert len(seen) == len(everything)
    assert set(seen) == everything


def test_it_sorts_a_journey_by_its_status(signed_in: Client) -> None:
    for name, status in (("Welcome", "live"), ("Cart", "draft"), ("Birthday", "paused")):
        Journey.objects.create(name=name, status=status)

    assert listed(signed_in, "/journeys/", sort="status") == ["Cart", "Welcome", "Birthday"]
    assert listed(signed_in, "/journeys/", status="paused") == ["Birthday"]


def test_it_gives_a_star_to_one_person_alone(signed_in: Client, client: Client) -> None:
    gold = segment("Gold")
    segment("Silver")
    client.force_login(User.objects.create_superuser("grace"))

    signed_in.post(f"/segments/{gold.pk}/star/")

    assert listed(signed_in, starred="1") == ["Gold"]
    assert listed(client, starred="1") == []
    signed_in.post(f"/segments/{gold.pk}/star/")
    assert not Favourite.objects.exists()


def test_it_archives_and_undoes_it(signed_in: Client, ada: User) -> None:
    gold = segment("Gold")

    answer = signed_in.post(f"/segments/{gold.pk}/archive/", {"next": f"/segments/{gold.pk}/"})

    assert answer["Location"] == "/segments/"
    assert told(answer) == ["“Gold” is in the archive."]
    assert listed(signed_in) == []
    undo(signed_in, answer)
    gold.refresh_from_db()
    assert gold.archived_at is None
    assert gold.edited_by == ada
    assert gold.built_at is None  # nobody kept it meanwhile


def test_it_keeps_what_is_in_use(signed_in: Client) -> None:
    gold = segment("Gold")
    draft = {"trigger": {"kind": "segment", "segment": gold.pk, "members": "future"}, "steps": []}
    Journey.objects.create(name="Welcome", status="live", draft=draft)

    answer = signed_in.post(f"/segments/{gold.pk}/archive/")

    gold.refresh_from_db()
    assert gold.archived_at is None
    assert told(answer) == ["“Gold” stays: it is used in Welcome."]
    assert "Welcome" in signed_in.get(f"/segments/{gold.pk}/used-in/").content.decode()


def test_it_keeps_what_a_broadcast_is_about_to_leave_out(signed_in: Client, ada: User, now: Any) -> None:
    gold = segment("Gold")
    draft = {"audience": {"include": [], "exclude": [gold.pk]}}
    Journey.objects.create(name="News", kind="broadcast", status="scheduled", draft=draft)

    put = archive.archive(SHELVES["segments"], [gold], by=ada, now=now)

    assert put.staying == ["“Gold” stays: it is used in News."]


def test_it_lets_go_of_what_only_a_draft_uses(signed_in: Client, ada: User, now: Any) -> None:
    gold = segment("Gold")
    asks = {"type": "segment", "segment": gold.pk, "operator": "in"}
    draft = {"trigger": {"kind": "by_hand"}, "steps": [{"id": "a", "kind": "split", "condition": asks}]}
    Journey.objects.create(name="Welcome", draft=draft)

    put = archive.archive(SHELVES["segments"], [gold], by=ada, now=now)

    assert put.away == [gold]


def test_it_keeps_a_live_journey(signed_in: Client) -> None:
    welcome = Journey.objects.create(name="Welcome", status="live")

    answer = signed_in.post(f"/journeys/{welcome.pk}/archive/")

    assert told(answer) == ["“Welcome” stays: it is live. Finish it first."]


def test_it_numbers_a_name_that_was_given_away_meanwhile(signed_in: Client, now: Any) -> None:
    old = segment("Gold", archived_at=now)
    segment("gold")

    signed_in.post(f"/segments/{old.pk}/restore/")

    assert sorted(listed(signed_in)) == ["Gold (2)", "gold"]


def test_it_copies_a_journey_as_a_draft_of_ones_own(signed_in: Client, ada: User) -> None:
    steps = {"trigger": {"kind": "by_hand"}, "steps": []}
    welcome = Journey.objects.create(name="Welcome", status="live", draft=steps, tags=["autumn"])

    answer = signed_in.post(f"/journeys/{welcome.pk}/copy/")
    signed_in.post(f"/journeys/{welcome.pk}/copy/")

    copy = Journey.objects.get(name="Copy of Welcome")
    assert (copy.status, copy.owner, copy.tags, copy.draft) == ("draft", ada, ["autumn"], steps)
    assert answer["Location"] == f"/journeys/{copy.pk}/"
    assert Journey.objects.filter(name="Copy of Welcome (2)").exists()


def test_it_does_one_thing_to_everything_that_was_found(signed_in: Client) -> None:
    for number in range(PAGE + 5):
        segment(f"Gold {number}")
    segment("Silver")

    answer = signed_in.post(
        "/segments/bulk/", {"deed": "tag", "tags": "autumn, sale", "all": "1", "query": "q=gold"}
    )

    assert Segment.objects.filter(tags=["autumn", "sale"]).count() == PAGE + 5
    undo(signed_in, answer)
    assert not Segment.objects.exclude(tags=[]).exists()


@pytest.mark.parametrize("deed", ["archive", "tag", "campaign", "owner", "nonsense"])
def test_it_asks_to_choose_something_first(signed_in: Client, deed: str) -> None:
    gold = segment("Gold")

    signed_in.post("/segments/bulk/", {"deed": deed})

    gold.refresh_from_db()
    assert (gold.archived_at, gold.tags, gold.campaign, gold.owner) == (None, [], None, None)


def test_it_hands_many_to_a_campaign_and_an_owner(signed_in: Client) -> None:
    gold, silver = segment("Gold"), segment("Silver")
    grace = User.objects.create_user("grace")
    friday = Campaign.objects.create(name="Black Friday")
    chosen = {"ids": [gold.pk, silver.pk]}

    signed_in.post("/segments/bulk/", {**chosen, "deed": "campaign", "to_campaign": friday.pk})
    signed_in.post("/segments/bulk/", {**chosen, "deed": "owner", "to_owner": grace.pk})

    assert Segment.objects.filter(owner=grace, campaign=friday).count() == 2
    assert "Silver" in signed_in.get(f"/campaigns/{friday.pk}/").content.decode()


def test_it_keeps_a_search_under_a_name(signed_in: Client) -> None:
    segment("Gold")
    signed_in.post("/segments/views/", {"name": "Shiny", "query": "q=gold"})
    view = SavedView.objects.get()

    tabs = {tab.label: tab for tab in signed_in.get("/segments/?q=gold&sort=name").context["views"]}
    answer = signed_in.post(f"/segments/views/{view.pk}/remove/")

    assert tabs["Shiny"].is_current
    undo(signed_in, answer)
    assert SavedView.objects.get().query == "q=gold"


def test_it_shows_the_columns_that_one_keeps(signed_in: Client) -> None:
    segment("Gold")

    signed_in.post("/segments/columns/", {"column": ["created"]})

    heads = signed_in.get("/segments/").context["headings"]
    assert [head.key for head in heads] == ["name", "created"]


def test_it_hides_brands_while_there_is_one(signed_in: Client) -> None:
    segment("Gold")
    before = [head.key for head in signed_in.get("/segments/").context["columns"]]

    Brand.objects.create(name="Second")

    assert "brand" not in before
    assert "brand" in [head.key for head in signed_in.get("/segments/").context["columns"]]


def test_it_exports_what_was_found_and_no_formula(signed_in: Client) -> None:
    segment("=Gold()", tags=["a", "b"])
    segment("Silver")

    answer = signed_in.get("/segments/export/", {"q": "gold"})

    lines = list(csv.reader(answer.content.decode().splitlines()))
    assert [line[0] for line in lines] == ["Name", "'=Gold()"]
    assert lines[1][-2] == "a, b"


@pytest.mark.parametrize(
    ("name", "problem"), [("", "This field is required."), ("silver ", "That name is already used.")]
)
def test_it_says_what_is_wrong_with_a_name(signed_in: Client, name: str, problem: str) -> None:
    gold = segment("Gold")
    segment("Silver")

    answer = signed_in.post(f"/segments/{gold.pk}/details/", {"name": name})

    assert answer.status_code == 422
    assert problem in answer.content.decode()


def test_it_keeps_details(signed_in: Client, ada: User) -> None:
    gold = segment("Gold")

    signed_in.post(
        f"/segments/{gold.pk}/details/", {"name": " Gold  members", "tags": "a, b,a,,", "owner": ada.pk}
    )

    gold.refresh_from_db()
    assert (gold.name, gold.tags, gold.owner, gold.edited_by) == ("Gold members", ["a", "b"], ada, ada)


def test_it_renames_in_place(signed_in: Client) -> None:
    gold = segment("Gold")
    segment("Silver")

    taken = signed_in.post(f"/segments/{gold.pk}/name/", {"name": "Silver"}, headers={"HX-Request": "true"})
    signed_in.post(f"/segments/{gold.pk}/name/", {"name": "Platinum"}, headers={"HX-Request": "true"})

    gold.refresh_from_db()
    assert "“Silver” is already used." in taken.content.decode()
    assert gold.name == "Platinum"


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example"])
def test_it_leads_back_to_our_own_pages_only(signed_in: Client, where: str) -> None:
    gold = segment("Gold")

    assert signed_in.post(f"/segments/{gold.pk}/star/", {"next": where})["Location"] == "/segments/"


def test_it_changes_nothing_for_viewers(client: Client) -> None:
    grace = User.objects.create_user("grace")
    grace.groups.create(name="Lookers").permissions.add(*_permissions("see"))
    client.force_login(grace)
    gold = segment("Gold")

    page = client.get("/segments/").content.decode()
    refused = [
        client.post(f"/segments/{gold.pk}/{deed}/").status_code
        for deed in ("archive", "restore", "copy", "name", "details")
    ] + [client.post("/segments/bulk/", {"deed": "archive", "ids": gold.pk}).status_code]

    assert set(refused) == {403}
    assert "Duplicate" not in page
    assert client.post(f"/segments/{gold.pk}/star/").status_code == 302


def _permissions(*names: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=names, content_type__app_label="profiles")


def test_it_asks_the_database_no_more_for_many_than_for_few(
    signed_in: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(PAGE):
        segment(f"Gold {number}")
    signed_in.get("/segments/")

    with django_assert_max_num_queries(13):
        signed_in.get("/segments/")
