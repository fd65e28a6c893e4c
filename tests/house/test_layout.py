"""Where things lie and what they are called."""

import ast
import re
import tomllib

import pytest

from tests.house.tree import PRODUCT, ROOT, VENDORED, modules, parsed, tracked

FOLDERS = {
    *(".ci", "benchmarks", "cdp", "deploy", "docs", "journeys", "profiles", "segments", "static"),
    *("templates", "tests"),
}
FILES = {"LICENSE", "README.md", "manage.py", "pyproject.toml"}
VAGUE = {"services", "service", "utils", "util", "helpers", "helper", "misc", "common", "manager", "managers"}
OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(work|root|home/\w+|opt/(wheels|pypi)|tmp/plan|Users/\w+)(/|\b)")
OF_A_REGISTRY = re.compile(r"https?://[^\s\"'/]*(npmjs|pypi|pythonhosted|registry|artifactory|nexus)\b")


def test_it_has_only_the_folders_that_the_design_names() -> None:
    found = {path.parts[0] for path in tracked() if len(path.parts) > 1}

    assert found <= FOLDERS


def test_it_has_nothing_else_at_the_top_but_dot_files() -> None:
    found = {path.name for path in tracked() if len(path.parts) == 1 and not path.name.startswith(".")}

    assert found == FILES


def test_it_says_of_every_module_what_it_is_for() -> None:
    silent = [
        str(path) for path in modules() if path.name != "__init__.py" and not ast.get_docstring(parsed(path))
    ]

    assert silent == []


def test_it_says_of_every_package_of_the_product_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in modules(*PRODUCT)
        if path.name == "__init__.py" and not ast.get_docstring(parsed(path))
    ]

    assert silent == []


def test_it_has_no_drawer_for_odds_and_ends() -> None:
    vague = [str(path) for path in tracked() if path.stem in VAGUE or VAGUE & set(path.parts[:-1])]

    assert [path for path in vague if not path.startswith(VENDORED)] == []


@pytest.mark.parametrize("tell_tale", [OF_ONE_MACHINE, OF_A_REGISTRY], ids=["paths", "registries"])
def test_it_tells_nothing_of_the_machine_it_was_written_on(tell_tale: re.Pattern[str]) -> None:
    found = []
    for path in tracked():
        if str(path).startswith(VENDORED) or path.suffix in {".png", ".xz", ".woff2", ".ico"}:
            continue
        for number, line in enumerate((ROOT / path).read_text(errors="replace").splitlines(), start=1):
            if tell_tale.search(line):
                found.append(f"{path}:{number}: {line.strip()[:80]}")

    assert found == []


def test_it_is_licensed_by_the_unaltered_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text()

    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "Copyright [yyyy] [name of copyright owner]" in text


def test_it_lists_every_package_for_installation() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {
        ".".join(path.parts[:-1])
        for path in tracked()
        if path.name == "__init__.py" and path.parts[0] in PRODUCT
    }

    assert there == set(listed)
