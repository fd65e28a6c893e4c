"""Logs for machines: one JSON object a line, which says what request or what batch it belongs to."""

import datetime as dt
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from cdp import loops
from cdp.lib.requests import RequestId


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What our processes write, formatted as the settings say."""
    logging_settings: Any = settings.LOGGING
    formatter = dict(logging_settings["formatters"]["json"])
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(formatter.pop("()")(**formatter))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def line(written: io.StringIO) -> dict[str, Any]:
    """The one line there is."""
    (one,) = written.getvalue().splitlines()
    found: dict[str, Any] = json.loads(one)
    return found


@pytest.mark.parametrize("logger", [structlog.get_logger("tests.ours"), logging.getLogger("tests.theirs")])
def test_it_writes_the_requests_id_on_every_line(logger: Any, written: io.StringIO) -> None:
    def page(request: HttpRequest) -> HttpResponse:
        logger.error("something odd")
        return HttpResponse()

    RequestId(page)(RequestFactory().get("/", headers={"X-Request-Id": "from-the-proxy"}))

    said = line(written)
    assert (said["event"], said["request_id"]) == ("something odd", "from-the-proxy")
    assert said["level"] == "error"
    assert dt.datetime.fromisoformat(said["timestamp"])


def test_it_forgets_the_id_after_the_request(written: io.StringIO) -> None:
    RequestId(lambda request: HttpResponse())(RequestFactory().get("/"))

    structlog.get_logger("tests.after").error("something else")

    assert "request_id" not in line(written)


def test_it_answers_with_the_id_that_the_proxy_gave(client: Client) -> None:
    assert (
        client.get("/health", headers={"X-Request-Id": "from-the-proxy"})["X-Request-Id"] == "from-the-proxy"
    )


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "two words", "new\nline", '"},{"level":"none'])
def test_it_makes_an_id_where_none_is_usable(given: str, client: Client) -> None:
    ids = {client.get("/health", headers={"X-Request-Id": given})["X-Request-Id"] for _ in range(2)}

    assert len(ids) == 2
    assert all(len(made) == 32 for made in ids)


@pytest.mark.django_db
def test_it_writes_the_batchs_id_on_every_line(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "STAY_SECONDS", 0.05)

    def work(now: dt.datetime) -> int:
        structlog.get_logger("tests.loop").error("did something")
        return 0

    loops.stay(loops.Loop("test", work))

    said = [json.loads(one) for one in written.getvalue().splitlines()]
    batches = [one["batch_id"] for one in said if one["event"] == "did something"]
    assert len(batches) == len(set(batches)) >= 1
    assert {one["loop"] for one in said} == {"test"}
