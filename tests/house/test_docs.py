"""The documents hold together: links lead somewhere, decisions have their parts."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, VENDORED, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md" and not str(path).startswith(VENDORED)]
DECISIONS = [path for path in DOCUMENTS if path.parts[:2] == ("docs", "decisions")]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")
MODULE = re.compile(r"`((?:cdp|profiles|segments|journeys|tests|benchmarks)/[\w/.]+\.py)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_it_links_only_to_what_is_there(document: Path) -> None:
    folder = (ROOT / document).parent
    dead = [
        target for target, _ in LINK.findall((ROOT / document).read_text()) if not (folder / target).exists()
    ]

    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_it_names_only_modules_that_are_there(document: Path) -> None:
    named = MODULE.findall((ROOT / document).read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_it_dates_a_decision_and_says_why_and_what_follows(decision: Path) -> None:
    text = (ROOT / decision).read_text()

    assert re.match(r"\d{4}-[\w-]+$", decision.stem)
    assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert [part for part in ("## Context", "## Decision", "## Consequences") if part not in text] == []
