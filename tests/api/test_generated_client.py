"""The description yields a typed client that works: generated, imported, and used against a running server."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from cdp.rest import description as rest
from profiles.models import InboxItem
from profiles.rest import keys, scopes

PACKAGE = "kindred_client"
CONFIG = "post_hooks: []\n"  # whether it is pretty is not asked


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the generated package."""
    folder = tmp_path_factory.mktemp("client")
    schema, config = folder / "schema.json", folder / "config.yml"
    config.write_text(CONFIG)
    schema.write_bytes(rest.written()[0])
    command = [
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", str(schema), "--meta", "none"),
        *("--output-path", str(folder / PACKAGE), "--config", str(config), "--fail-on-warning"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def secret(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A key that is really committed; what it wrote is removed afterwards."""
    with django_db_blocker.unblock():
        key, secret = keys.issue(name="Generated", scopes=scopes.every(), expires_at=None, by=None)
        try:
            yield secret
        finally:
            InboxItem.objects.filter(source=key.source).delete()
            source = key.source
            key.delete()
            source.delete()


@pytest.fixture
def server(secret: str) -> Iterator[LiveServer]:
    """A web server on the rows that are really committed."""
    running = LiveServer("localhost:0")
    yield running
    running.stop()


@pytest.fixture
def client(generated: Path, server: LiveServer, secret: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The generated client, with the key."""
    monkeypatch.syspath_prepend(str(generated))
    return importlib.import_module(PACKAGE).AuthenticatedClient(base_url=server.url, token=secret)


def called(name: str) -> Any:
    """A module of the generated package."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def test_it_asks_and_writes(client: Any) -> None:
    models = called("models")
    somebody = models.ContactRequest.from_dict(
        {"identifiers": {"email": "ada@example.com"}, "attributes": {"first_name": "Ada"}}
    )
    upsert = called("api.contacts.contacts_upsert").sync_detailed

    with client:
        sources = called("api.sources.sources_list").sync(client=client)
        first = upsert(client=client, body=somebody, idempotency_key="one")
        again = upsert(client=client, body=somebody, idempotency_key="one")
        change = called("api.contacts.changes_read").sync(first.parsed.id, client=client)
        nobody = called("api.contacts.contacts_read").sync(999_999_999, client=client)

    assert "Generated" in [source.name for source in sources.results]
    assert (first.status_code, first.parsed.id) == (202, again.parsed.id)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (type(change), change.state.value) == (models.Change, "waiting")
    assert (type(nobody), nobody.status) == (models.Problem, 404)


@pytest.mark.long
def test_it_has_types_that_hold(generated: Path) -> None:
    config = generated / "mypy.ini"
    config.write_text("[mypy]\n")

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(config), PACKAGE],
        cwd=generated,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
