"""Imports point down, and a planted one that points up is seen."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import PRODUCT, ROOT, modules

UNPLACED = {"__init__", "lib"}  # of the roof: the package itself, and the floor


def test_it_keeps_every_contract() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("contract", "place", "line"),
    [
        ("apps", "profiles/arrivals.py", "import journeys.models"),
        ("apps", "profiles/partitions.py", "from segments import models"),
        ("apps", "segments/apps.py", "from journeys.models import Run"),
        ("apps", "journeys/apps.py", "import cdp.pipeline"),
        ("apps", "cdp/lib/json.py", "from profiles.models import Contact"),
        ("journeys", "journeys/models/flow.py", "import journeys.messages.outbox"),
        ("journeys", "journeys/messages/outbox.py", "import journeys.flow"),
        ("language", "segments/ast.py", "from django.db import models"),
    ],
)
def test_it_sees_a_planted_upward_import(tmp_path: Path, contract: str, place: str, line: str) -> None:
    copy(tmp_path)
    assert lint_imports(tmp_path, contract).returncode == 0

    with (tmp_path / place).open("a") as module:
        module.write(f"\n{line}\n")
    done = lint_imports(tmp_path, contract)

    assert done.returncode == 1
    assert "BROKEN" in done.stdout


def test_it_has_a_place_in_the_contract_for_every_module_of_the_roof() -> None:
    there = {path.parts[1].removesuffix(".py") for path in modules("cdp")} - UNPLACED
    layers = next(contract for contract in contracts() if contract["id"] == "apps")["layers"]
    placed = {name.strip(" ()").removeprefix("cdp.") for name in layers[0].split(":")}

    assert there - placed == set()


def contracts() -> list[dict[str, Any]]:
    """The import contracts as pyproject.toml has them."""
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
    return found


def copy(folder: Path) -> None:
    """The product's code and its contracts, where nobody minds a planted line."""
    for name in PRODUCT:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def lint_imports(folder: Path, contract: str = "") -> subprocess.CompletedProcess[str]:
    """import-linter's verdict on the code in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    only = ["--contract", contract] if contract else []
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [program, "--no-cache", "--no-logo", *only],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
