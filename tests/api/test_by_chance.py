"""Chance asks everything that the description allows, and more: never a fault of ours, never an undescribed answer."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cdp.wsgi import application
from profiles.models import Brand, Contact, Merge, Topic
from tests.api.conftest import Partner

CHECKS: Final = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PEOPLE: Final = [
    {
        "identifiers": {"user_id": "1", "email": "ada@example.com"},
        "attributes": {"first_name": "Ada", "plan": 1},
    },
    {"identifiers": {"user_id": "2"}, "attributes": {"first_name": "Grace", "country": "NL"}},
    {"identifiers": {"email": "linus@example.com"}, "attributes": {"first_name": "Linus"}},
]


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests leave the test's connection alone, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def known(partner: Partner, digest: Callable[[], None], settings: Any) -> dict[str, list[Any]]:
    """What there is, so that chance does not ask for nothing all the time: values of parameters by name."""
    settings.API_REQUESTS_PER_MINUTE = 10**9
    topic = Topic.objects.create(key="letters", name="Letters", brand=Brand.objects.get())
    change = ""
    for one in PEOPLE:
        change = partner.post("contacts/", one).json()["id"]
    event = {"name": "Product Viewed", "identifiers": {"user_id": "1"}, "properties": {"sku": "p"}}
    partner.post("events/", {"events": [event, event]})
    digest()
    people = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    merge = partner.post(f"contacts/{people[0]}/merges/", {"other": people[2]}).json()["id"]
    blocked = partner.post("suppressions/", {"channel": "email", "address": "a@example.com"}).json()["id"]
    assert Merge.objects.filter(pk=merge).exists()
    return {
        "contact_id": people,
        "merge_id": [merge],
        "suppression_id": [blocked],
        "source_id": [partner.key.source_id],
        "key": [topic.key],
        "number": [change],
        "identifier": ["user_id:1", "email:linus@example.com"],
        "contact": people,
        "name": ["Product Viewed"],
    }


@one_connection()
def ask(
    partner: Partner,
    known: dict[str, list[Any]],
    *,
    examples: int,
    mode: GenerationMode,
    most: int | None = None,
) -> Counter[str]:
    """Ask each operation so often, or `most` operations by chance; how often each answered what."""
    told: Counter[str] = Counter()
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
    number = random.randrange(2**32)
    print(f"seed {number}")
    operations = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    drawn = random.Random(number).sample(operations, min(most or len(operations), len(operations)))
    for operation in drawn:

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def run(case: Any, data: st.DataObject) -> None:
            for place in (case.path_parameters, case.query):
                for name in list(place or {}):
                    if name in known and data.draw(st.integers(0, 3)):
                        place[name] = data.draw(st.sampled_from(known[name]))
            headers = {"Authorization": f"Bearer {partner.secret}"}
            if case.method in ("PATCH", "PUT", "DELETE") and data.draw(st.booleans()):
                headers["If-Match"] = "*"
            answer = case.call(headers=headers)
            told[f"{case.operation.label} {answer.status_code}"] += 1
            case.validate_response(answer, checks=CHECKS, headers=headers)

        run()
    return told


def test_it_answers_what_it_says(partner: Partner, known: dict[str, list[Any]]) -> None:
    told = ask(partner, known, examples=4, mode=GenerationMode.POSITIVE, most=15)

    print(*sorted(f"{line}: {times}" for line, times in told.items()), sep="\n")
    assert sum(told.values()) >= 15


def test_it_answers_nonsense_as_it_says(partner: Partner, known: dict[str, list[Any]]) -> None:
    told = ask(partner, known, examples=3, mode=GenerationMode.NEGATIVE, most=8)

    print(*sorted(f"{line}: {times}" for line, times in told.items()), sep="\n")
    assert told


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_it_answers_as_it_says_at_length(partner: Partner, known: dict[str, list[Any]], mode: Any) -> None:
    told = ask(partner, known, examples=80, mode=mode)

    print(*sorted(f"{line}: {times}" for line, times in told.items()), sep="\n")
    good = {line.rpartition(" ")[0] for line in told if line.rpartition(" ")[2] < "400"}
    assert sum(told.values()) > 500
    assert len(good) > 15  # it does not ask for nothing all the time
