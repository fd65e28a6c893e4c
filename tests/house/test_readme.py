"""README's two commands are the product's front door: everybody who comes runs exactly these."""

import re
from pathlib import Path

from tests.house.tree import ROOT

START = "python3 -m venv .venv && . .venv/bin/activate && pip install -e . && python manage.py quickstart"
TEST = 'python3 -m venv .venv && . .venv/bin/activate && pip install -e ".[test]" && pytest'


def blocks() -> list[str]:
    """The fenced blocks of README.md, without their fences."""
    return re.findall(r"^```\w*\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def test_it_starts_with_the_command_that_starts_everything() -> None:
    assert blocks()[0].strip() == START


def test_it_goes_on_with_the_command_that_tests_everything() -> None:
    assert blocks()[1].strip() == TEST


def test_it_shows_only_pictures_that_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text())

    assert [picture for picture in pictures if not (ROOT / Path(picture)).is_file()] == []


def test_it_names_only_commands_that_there_are() -> None:
    commands = set(re.findall(r"manage\.py (\w+)", (ROOT / "README.md").read_text())) - {"check"}
    there = {path.stem for path in ROOT.glob("*/management/commands/*.py")}

    assert commands <= there
