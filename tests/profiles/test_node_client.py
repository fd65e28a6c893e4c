"""Segment's own client for Node, unmodified, delivers when it is given a host and a key, and nothing else."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.live_server_helper import LiveServer

from profiles import keys
from profiles.models import InboxItem, Merge, Record, Source
from tests.profiles.arriving import contact, digested
from tests.profiles.door import key_for

HERE = Path(__file__).parents[1] / "node_client"
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def client() -> Path:
    """The folder of the client: installed once for each state of its lock file, outside of the tree."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.skip(f"Node's client needs {tool}")
    lock = (HERE / "package-lock.json").read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kindred-tests"
    folder = caches / f"node-client-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not folder.exists():
        caches.mkdir(parents=True, exist_ok=True)
        _install(folder)
    shutil.copy(HERE / "send.mjs", folder)
    return folder


def _install(folder: Path) -> None:
    """Beside its place first, so that a test that was stopped leaves no half of it."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, beside)
        done = subprocess.run(
            INSTALL, cwd=beside, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
        if done.returncode:
            if any(code in done.stderr for code in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")):
                pytest.skip(f"Node's client could not be fetched: {done.stderr[-300:]}")
            pytest.fail(done.stderr)
        shutil.copytree(beside, f"{beside}-done")
    try:
        os.rename(f"{beside}-done", folder)
    except OSError:  # somebody else was first
        shutil.rmtree(f"{beside}-done")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    keys.forget()
    yield
    keys.forget()


def sent_by(client: Path, *arguments: str) -> dict[str, list[str]]:
    """What the program says after it sent its messages."""
    done = subprocess.run(
        ["node", "send.mjs", *arguments], cwd=client, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, list[str]] = json.loads(done.stdout)
    return said


def test_it_delivers_one_of_each_kind(client: Path, real_shop: Source, server: LiveServer) -> None:
    said = sent_by(client, server.url, key_for(real_shop))

    assert said == {"failures": []}
    items = InboxItem.objects.filter(source=real_shop).order_by("id")
    sent = [json.loads(item.payload) for item in items]
    assert [one["type"] for one in sent] == ["page", "screen", "identify", "track", "group", "alias"]
    assert {one["context"]["library"]["name"] for one in sent} == {"@segment/analytics-node"}
    with transaction.atomic():
        digested(now=max(item.received_at for item in items))
        check_what_became_of_it()
        transaction.set_rollback(True)


def check_what_became_of_it() -> None:
    """One person, who was a visitor before, of one company."""
    ada = contact("user_id", "ada")
    assert contact("anonymous_id", "a-1") == ada == contact("email", "ada@example.com")
    assert Merge.objects.count() == 1
    acme = Record.objects.get(key="acme")
    assert acme.fields == {"name": "Acme", "employees": 40}
    assert [(link.contact, link.role) for link in acme.links.all()] == [(ada, "owner")]


def test_it_is_told_of_a_wrong_key(client: Path, real_shop: Source, server: LiveServer) -> None:
    said = sent_by(client, server.url, "ks_wrong")

    assert len(said["failures"]) == 6
    assert not InboxItem.objects.filter(source=real_shop).exists()


# With a database of its own although it asks nothing of it: where this file runs alone, that one is made for all.
@pytest.mark.django_db
def test_each_of_its_packages_is_pinned_by_its_content() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text())

    packages = {name: package for name, package in lock["packages"].items() if name}

    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
