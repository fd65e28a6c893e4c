"""A partner's program with a key, and the people it asks about."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cdp import pipeline
from profiles import partitions
from profiles.models import ApiKey
from profiles.rest import keys, scopes


@dataclass
class Partner:
    """A program that asks with a key."""

    key: ApiKey
    secret: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request; the answer as Django's test client has it. Headers with _ for -."""
        told = {
            "Authorization": f"Bearer {self.secret}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        address = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        content: dict[str, Any] = (
            {"data": body, "content_type": "application/json"} if body is not None else {}
        )
        return getattr(self.client, method)(address, headers=told, **content)

    def get(self, path: str, **headers: str) -> Any:
        """Read."""
        return self.ask("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Write."""
        return self.ask("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """Edit."""
        return self.ask("patch", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """Replace."""
        return self.ask("put", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        """Take away."""
        return self.ask("delete", path, **headers)


type Issue = Callable[..., Partner]


@pytest.fixture
def issue(db: None) -> Issue:
    """Makes partners with the scopes that are named."""

    def make(*held: str, expires_at: dt.datetime | None = None, name: str = "Partner") -> Partner:
        key, secret = keys.issue(name=name, scopes=held, expires_at=expires_at, by=None)
        return Partner(key, secret)

    return make


@pytest.fixture
def partner(issue: Issue) -> Partner:
    """A partner that may do everything."""
    return issue(*scopes.every())


@pytest.fixture
def today(db: None) -> dt.datetime:
    """This very moment, with the months around it: the API looks at the clock."""
    moment = timezone.now()
    partitions.ensure([moment - dt.timedelta(days=40)], now=moment)
    return moment


@pytest.fixture
def digest(today: dt.datetime) -> Callable[[], None]:
    """Digests all that was accepted."""

    def run() -> None:
        while pipeline.digest(now=timezone.now()).taken:
            pass

    return run
