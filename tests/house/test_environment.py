"""What an installation can set stands in deploy/env.example, with the default that the code has."""

import re

import pytest
from django.conf import settings

from cdp.runtime.programs import WORKERS
from tests.house.tree import PRODUCT, ROOT, modules

READS = re.compile(r"""\b(?:env\.\w+\(|environ\.get\(|environ\[)["']([A-Z][A-Z_]+)["']""")
LISTED = re.compile(r"^#?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
NOT_OURS = {"PATH", "PATH_INFO", "REQUEST_METHOD"}  # of the system and of WSGI
OF_TESTS = {"KINDRED_FAILPOINT", "TEST_DATABASE_NAME"}
FIGURES = ("INGEST_BODY_BYTES", "INGEST_BACKLOG_LIMIT", "DELIVERY_WINDOW", "DELIVERY_LEASE_SECONDS")


def read() -> set[str]:
    """The variables that the product reads."""
    return {name for path in modules(*PRODUCT) for name in READS.findall((ROOT / path).read_text())}


def listed() -> dict[str, str]:
    """The variables that the example names, with their values."""
    return dict(LISTED.findall((ROOT / "deploy" / "env.example").read_text()))


def test_it_lists_every_variable_and_no_other() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "BEAT_SCHEDULE", "WEB_WORKERS"} <= read()
    assert set(listed()) == read() - NOT_OURS - OF_TESTS


@pytest.mark.parametrize("name", FIGURES)
def test_it_names_the_defaults(name: str) -> None:
    assert int(listed()[name]) == getattr(settings, name)


@pytest.mark.parametrize("program", ["gunicorn", "celery -A cdp.celery beat", "manage.py test_mailbox"])
def test_it_says_what_to_run(program: str) -> None:
    assert program in (ROOT / "deploy" / "env.example").read_text()


def test_it_runs_the_same_workers_as_the_one_command() -> None:
    queues = re.findall(r"worker -Q (\S+) ", (ROOT / "deploy" / "env.example").read_text())
    assert sorted(queues) == sorted(WORKERS.values())
