"""Every kind of message that Segment's specification names is taken, alone and in a batch."""

import datetime as dt
from typing import Any

import pytest

from profiles import keys
from profiles.models import Event, InboxItem, Lane, RejectedItem, Source
from tests.profiles.arriving import digested
from tests.profiles.door import answer, arrived, key_for, post

pytestmark = pytest.mark.django_db

KINDS: dict[str, dict[str, Any]] = {
    "identify": {"userId": "ada", "traits": {"plan": "gold"}},
    "track": {"userId": "ada", "event": "Thing Done"},
    "page": {"anonymousId": "a1", "name": "Tents", "category": "Shop"},
    "screen": {"anonymousId": "a1", "name": "Basket"},
    "group": {"userId": "ada", "groupId": "acme", "traits": {"name": "Acme"}},
    "alias": {"userId": "ada", "previousId": "a1"},
}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    keys.forget()


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_each_kind_at_its_own_address(kind: str, shop: Source) -> None:
    response = post(kind, KINDS[kind], key=key_for(shop))

    assert response.status_code == 200, response.content
    [message] = arrived()
    assert message["type"] == kind


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("group", {"userId": "ada"}, "no_group"),
        ("group", {"groupId": "acme"}, "no_identifier"),
        ("group", {"groupId": ["acme"], "userId": "ada"}, "wrong_type"),
        ("alias", {"userId": "ada"}, "no_alias"),
        ("alias", {"anonymousId": "a2", "previousId": "a1"}, "no_alias"),
        ("alias", {"userId": "ada", "previousId": "ada"}, "no_alias"),
        ("page", {"userId": "ada", "name": 7}, "wrong_type"),
        ("screen", {}, "no_identifier"),
    ],
)
def test_it_says_what_is_missing(kind: str, body: dict[str, Any], code: str, shop: Source) -> None:
    response = post(kind, body, key=key_for(shop))

    assert (response.status_code, answer(response)["code"]) == (400, code)
    assert RejectedItem.objects.get().reason == code


def test_a_bad_one_does_not_cost_its_neighbours(shop: Source) -> None:
    good = [{"type": kind, **body} for kind, body in KINDS.items()]
    bad = [{"type": "group", "userId": "ada"}, {"type": "alias", "userId": "ada"}]

    response = post("batch", {"batch": [bad[0], *good, bad[1]]}, key=key_for(shop))

    told = answer(response)
    assert told["accepted"] == len(KINDS)
    assert [(one["index"], one["code"]) for one in told["refused"]] == [(0, "no_group"), (7, "no_alias")]


@pytest.mark.django_db(transaction=False)
def test_an_import_is_history(shop: Source, now: dt.datetime) -> None:
    batch = [{"type": kind, **body} for kind, body in KINDS.items()]
    batch.append({"type": "track", "event": "Email Bounced", "userId": "ada"})

    response = post("import", {"batch": [*batch, {"type": "track"}]}, key=key_for(shop))

    assert response.status_code == 200
    assert answer(response)["accepted"] == len(batch)
    assert {item.lane for item in InboxItem.objects.all()} == {Lane.BULK}
    arrivals = digested(now=dt.datetime.now(dt.UTC))
    assert all(touched.backfill for touched in arrivals.touched.values())


def test_a_view_says_which_page_it_was(shop: Source, now: dt.datetime) -> None:
    page = {"url": "https://shop.example/tents?gclid=xyz", "path": "/tents", "search": "?gclid=xyz"}
    context = {"page": page, "campaign": {"source": "news"}}
    key = key_for(shop)
    post("page", {"userId": "ada", "name": "Tents", "category": "Shop", "context": context}, key=key)
    post("page", {"userId": "ada", "properties": {"path": "/boots", "title": "Boots"}}, key=key)
    post("screen", {"userId": "ada", "name": "Basket", "context": context}, key=key)

    digested(now=dt.datetime.now(dt.UTC))

    tents, boots, basket = Event.objects.order_by("id").select_related("definition")
    assert tents.definition.name == "Page Viewed"
    assert tents.properties == {**page, "name": "Tents", "category": "Shop"}
    assert tents.context["utm"] == {"source": "news"}
    assert tents.context["click_ids"] == {"gclid": "xyz"}
    assert boots.properties == {"path": "/boots", "title": "Boots"}
    assert (basket.definition.name, basket.properties) == ("Screen Viewed", {"name": "Basket"})
