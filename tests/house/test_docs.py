"""The documents hold together: links lead somewhere, decisions have their parts."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import PRODUCT, ROOT, VENDORED, modules, parsed, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md" and not str(path).startswith(VENDORED)]
DECISIONS = [path for path in DOCUMENTS if path.parts[:2] == ("docs", "decisions")]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")
GUIDE = [path for path in DOCUMENTS if path.parts[:2] == ("docs", "guide")]
PICTURES = [path for path in tracked() if path.parts[:2] == ("docs", "images") and path.suffix == ".png"]
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
TRANSLATED = re.compile(r"""translate\s+(?:"([^"]+)"|'([^']+)')""")
HEAVIEST = 130_000  # bytes
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


def said_on_screen() -> set[str]:
    """What templates and code may put on a screen."""
    templates = [path for path in tracked() if path.parts[0] == "templates"]
    found = {
        double or single
        for path in templates
        for double, single in TRANSLATED.findall((ROOT / path).read_text())
    }
    for path in modules(*PRODUCT):
        found |= {
            node.value
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return found


def test_it_quotes_the_screens_word_by_word() -> None:
    said = said_on_screen()
    quoted = {
        (path.name, " ".join(words.split()))
        for path in GUIDE
        for words in BOLD.findall((ROOT / path).read_text())
    }

    wrong = [one for one in sorted(quoted) if not any(there.startswith(one[1]) for there in said)]

    assert GUIDE
    assert wrong == []


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_it_shows_every_picture_that_is_there_and_none_too_heavy(picture: Path) -> None:
    texts = [(path, (ROOT / path).read_text()) for path in DOCUMENTS]
    shown = {(ROOT / path).parent / target for path, text in texts for target, _ in LINK.findall(text)}

    assert (ROOT / picture).resolve() in {one.resolve() for one in shown}
    assert (ROOT / picture).stat().st_size <= HEAVIEST
