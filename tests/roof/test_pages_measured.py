"""The twin of `benchmarks/pages.py`: everything that it asks for is there and right, and it asks for everything."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from benchmarks import pages_seed
from benchmarks.pages_list import FRAGMENTS, OTHERS, PAGES, Visit
from benchmarks.pages_seed import Shop
from profiles.models import Contact
from segments.models import Membership, Segment
from tests import smtp_sink

ELSEWHERE = ("admin", "v1", "api")  # the administration, and the APIs: other programs, other limits


@pytest.fixture
def shop(db: None, settings: Any, django_user_model: Any) -> tuple[Shop, Client]:
    """Sixty people instead of 25,000, made as the benchmark makes them."""
    now: dt.datetime = timezone.now()
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        ada = pages_seed.open_shop(60, now=now)
        opened = pages_seed.put_to_work(ada, now=now)
    client = Client()
    client.force_login(ada)
    return opened, client


def test_it_measures_pages_that_are_right(shop: tuple[Shop, Client]) -> None:
    opened, client = shop

    wrong = [said for one in (*PAGES, *FRAGMENTS) if (said := _problem(one, opened, client))]

    assert not wrong, "\n".join(wrong)
    assert Contact.objects.filter(known_since_at__isnull=False).count() == 60
    dutch = Segment.objects.get(name="From NL")
    assert Membership.objects.filter(segment=dutch).count() == Contact.objects.filter(country="NL").count()


def _problem(visit: Visit, shop: Shop, client: Client) -> str:
    headers = {"HX-Request": "true"} if visit.is_fragment else {}
    address = visit.address(shop, 0)
    answer = (
        client.post(address, dict(posted), headers=headers)
        if (posted := visit.posts(0))
        else client.get(address, headers=headers)
    )
    if answer.status_code != visit.status:
        return f"{visit.name}: {answer.status_code}"
    return "" if visit.says in answer.content.decode() else f"{visit.name} does not say {visit.says!r}"


def test_it_measures_every_page() -> None:
    measured = {one.route for one in (*PAGES, *FRAGMENTS)}

    routes = {name for name in _routes(get_resolver()) if name}

    assert routes - measured - OTHERS.keys() == set(), "in none of the lists of benchmarks/pages_list.py"
    assert (measured | OTHERS.keys()) - routes == set(), "lists of benchmarks/pages_list.py name what is gone"


def _routes(resolver: URLResolver) -> Iterator[str | None]:
    for one in resolver.url_patterns:
        if str(one.pattern).startswith(ELSEWHERE):
            continue
        if isinstance(one, URLPattern):
            yield one.name
        elif isinstance(one, URLResolver):
            yield from _routes(one)
