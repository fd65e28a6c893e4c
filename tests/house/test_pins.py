"""What we depend on: pinned to the last package, and each choice of ours with its reason."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import PRODUCT, ROOT, modules, parsed

TEXT = (ROOT / "pyproject.toml").read_text()
BROUGHT = re.compile(r"    # >>> brought along\n.*?    # <<< brought along\n", re.DOTALL)
PROJECT = tomllib.loads(TEXT)["project"]
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.!+-]+( ; .+)?$")


def lists() -> dict[str, list[str]]:
    """Every list of requirements in pyproject.toml."""
    return {"dependencies": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}


def reachable(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Every requirement that installing `name[extras]` brings along here, each package once an extra."""
    waiting, seen = [(name, extras)], {(name, extras)}
    while waiting:
        parent, wanted = waiting.pop()
        for line in metadata.requires(parent) or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in wanted or {""}):
                continue
            yield requirement
            child = (canonicalize_name(requirement.name), frozenset(requirement.extras) | {""})
            if child not in seen:
                seen.add(child)
                waiting.append(child)


def test_it_pins_every_requirement_exactly() -> None:
    loose = [line for lines in lists().values() for line in lines if not PINNED.match(line)]

    assert loose == []


def test_it_names_a_version_for_everything_that_comes_along() -> None:
    named = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    named |= {canonicalize_name(Requirement(line).name) for line in PROJECT["optional-dependencies"]["test"]}
    brought = {canonicalize_name(need.name) for need in reachable("kindred", frozenset({"", "test"}))}

    assert brought - named == set()


def test_it_runs_with_the_versions_it_names() -> None:
    lines = [Requirement(line) for name in ("dependencies", "test") for line in lists()[name]]
    here = [line for line in lines if line.marker is None or line.marker.evaluate()]

    different = [str(line) for line in here if metadata.version(line.name) not in line.specifier]

    assert different == []


def test_it_gives_a_reason_for_every_direct_dependency() -> None:
    lines = re.findall(r'^    "[^"]+==[^"]+",.*$', BROUGHT.sub("", TEXT), re.MULTILINE)
    without = [line for line in lines if not re.search(r",  # \S+ \S+|,  # \S{4,}", line)]

    assert len(lines) > 20
    assert without == []


def imported(*tops: str) -> set[str]:
    """The packages of others that modules under these folders import, by their first name."""
    names: set[str] = set()
    for path in modules(*tops):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    first = {name.partition(".")[0] for name in names}
    return first - sys.stdlib_module_names - {*PRODUCT, "tests", "benchmarks"}


def test_it_chooses_every_package_that_it_imports() -> None:
    project = tomllib.loads(BROUGHT.sub("", TEXT))["project"]
    groups = {name: project["optional-dependencies"][name] for name in project["optional-dependencies"]}
    chosen = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    for_tests = chosen | {
        canonicalize_name(Requirement(line).name) for lines in groups.values() for line in lines
    }
    homes = metadata.packages_distributions()

    for allowed, names in ((chosen, imported(*PRODUCT)), (for_tests, imported("tests", "benchmarks"))):
        found = {name: {canonicalize_name(home) for home in homes.get(name, [name])} for name in names}

        assert {name for name, packages in found.items() if not packages & allowed} == set()
