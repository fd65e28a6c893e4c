"""What we depend on: pinned to the last package, and each choice of ours with its reason."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

TEXT = (ROOT / "pyproject.toml").read_text()
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
    ours = re.sub(r"    # >>> brought along\n.*?    # <<< brought along\n", "", TEXT, flags=re.DOTALL)
    lines = re.findall(r'^    "[^"]+==[^"]+",.*$', ours, re.MULTILINE)
    without = [line for line in lines if not re.search(r",  # \S+ \S+|,  # \S{4,}", line)]

    assert len(lines) > 20
    assert without == []
