"""The checks check: every stage is run, the gate runs README's command, no missing tool passes for a passed test."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.test_readme import TEST
from tests.house.tree import ROOT

REPORT = """<testsuites><testsuite>
    <testcase classname="tests.walks" name="test_it_walks"/>
    <testcase classname="tests.screens" name="test_it_shows">{mark}</testcase>
</testsuite></testsuites>"""
# What the house promises to check, as one of the stages must do it.
CHECKS = {
    "ruff": "ruff check .",
    "its format": "ruff format --check .",
    "import contracts": "lint-imports",
    "templates": "djlint --lint",
    "migrations": "makemigrations --check",
    "deployment": "manage.py check --deploy",
    "types": "mypy",
    "README's test command": 'bash -c "$(readme_block)"',
    "nothing skipped": ".ci/check_report --skips",
    "SQL on Debian's PostgreSQL": "pytest -q tests/segments tests/profiles tests/journeys",
    "long slice": "pytest -m long -n 0 -v",
    "clean tree": "git status --porcelain",
}
REHEARSAL = """
declare -f
stage() { printf 'STAGE %s\\n' "${*:2}"; }
report() { echo REPORT; }
"""
PROJECT = """
[project]
dependencies = [
    "ada==1.0",  # counts
    # >>> brought along
    "stale==0.1",
    # <<< brought along
]

[project.optional-dependencies]
test = [
    "grace[navy]==2.0",  # compiles
    # >>> brought along
    # <<< brought along
]
"""


@pytest.mark.parametrize(
    "reason", ["no browser here", "redis-server is not on the PATH", "needs Node", "Chromium is missing"]
)
def test_it_fails_when_a_tool_was_missing(tmp_path: Path, reason: str) -> None:
    assert judged(tmp_path, "--skips", f'<skipped message="{reason}"/>') == 1


@pytest.mark.parametrize("mark", ["", '<skipped message="only on other systems"/>'])
def test_it_lets_other_skips_pass(tmp_path: Path, mark: str) -> None:
    assert judged(tmp_path, "--skips", mark) == 0


def test_it_asks_a_second_time_only_what_waits_for_a_browser_or_for_processes(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    lost = "<failure message='too late'/>"
    patient = f'<testcase classname="tests.screens.test_pages" name="test_it_shows[light]@browser">{lost}</testcase>'
    exact = f'<testcase classname="tests.profiles.test_merge" name="test_it_merges">{lost}</testcase>'

    report.write_text(f"<testsuites><testsuite>{patient}</testsuite></testsuites>")
    said = run(ROOT / ".ci/check_report", "--again", str(report))
    assert (said.returncode, said.stdout) == (0, b"tests/screens/test_pages.py::test_it_shows[light]\n")

    report.write_text(f"<testsuites><testsuite>{patient}{exact}</testsuite></testsuites>")
    assert run(ROOT / ".ci/check_report", "--again", str(report)).returncode == 1


def test_it_takes_a_missing_report_for_a_failure(tmp_path: Path) -> None:
    assert run(ROOT / ".ci/check_report", "--skips", str(tmp_path / "none.xml")).returncode == 1


def test_it_runs_the_command_that_the_readme_shows() -> None:
    text = (ROOT / ".ci/run").read_text()
    begin = text.index("readme_block() {")
    function = text[begin : text.index("\n}\n", begin) + 3]

    shown = subprocess.run(
        ["bash", "-c", f"{function}\nreadme_block"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == TEST


def test_it_is_a_script_that_bash_can_read() -> None:
    assert shutil.which("bash")
    assert subprocess.run(["bash", "-n", ROOT / ".ci/run"], capture_output=True).stderr == b""


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one worker is one group")
@pytest.mark.xdist_group("alone")
def test_it_keeps_tests_together_that_share_something_costly(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@alone")


@dataclass(frozen=True)
class Rehearsal:
    """What `.ci/run` would do: its functions with their bodies, and the commands of its stages in order."""

    functions: dict[str, str]
    stages: list[str]
    reports: bool

    def deeds(self) -> list[str]:
        """Each stage's command, with the body of the function that it calls."""
        return [f"{command}\n{self.functions.get(command, '')}" for command in self.stages]


@cache
def rehearsed() -> Rehearsal:
    """Go through the script with stages that only say what they would run."""
    head, begin, rest = (ROOT / ".ci/run").read_text().partition('\nstage "')
    said = subprocess.run(
        ["bash", "-c", head + REHEARSAL + begin + rest, str(ROOT / ".ci/run")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.findall(r"^(\w+) \(\) \n\{(.*?)^\}", said, flags=re.MULTILINE | re.DOTALL)
    stages = re.findall(r"^STAGE (.*)$", said, flags=re.MULTILINE)
    return Rehearsal(dict(found), stages, reports=said.endswith("REPORT\n"))


@pytest.mark.parametrize("check", CHECKS)
def test_it_makes_every_check_of_the_house(check: str) -> None:
    assert [deed for deed in rehearsed().deeds() if CHECKS[check] in deed]


def test_it_uses_every_function_that_it_defines() -> None:
    script = (ROOT / ".ci/run").read_text()

    unused = [name for name in rehearsed().functions if len(re.findall(rf"\b{name}\b", script)) < 2]

    assert len(rehearsed().functions) > len(CHECKS)
    assert unused == []


def test_it_calls_nothing_that_is_not_there() -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    missing = [
        word
        for word in (command.split()[0] for command in rehearsed().stages)
        if not (word in rehearsed().functions or (ROOT / word).is_file() or shutil.which(word, path=path))
    ]

    assert missing == []


def test_it_looks_at_the_tree_when_all_else_is_done_and_then_reports() -> None:
    assert rehearsed().stages[-1] == "clean_tree"
    assert rehearsed().reports


class FakeResolver:
    """Knows what ada and grace bring along."""

    def resolve(
        self, requirements: list[str], *, preferred: list[str], constraints: list[str]
    ) -> dict[str, str]:
        """The requirements, and what these two need."""
        brings = {"ada": ["babbage==3.0"], "grace": ["babbage==3.0", "cobol==1.1 ; sys_platform == 'linux'"]}
        lines = [*requirements]
        for requirement in requirements:
            lines += brings[pin().name_of(requirement)]
        return {pin().key_of(line): line for line in lines}


def test_it_pins_what_is_brought_along_once_and_where_it_belongs() -> None:
    pinned = pin().filled(PROJECT, FakeResolver(), keep=True)

    core, extra = pinned.split("[project.optional-dependencies]")
    assert '    "babbage==3.0",\n' in core
    assert "stale" not in core
    assert "babbage" not in extra
    assert "    \"cobol==1.1 ; sys_platform == 'linux'\",\n" in extra


def test_it_changes_nothing_when_pinned_twice() -> None:
    once = pin().filled(PROJECT, FakeResolver(), keep=True)

    assert pin().filled(once, FakeResolver(), keep=True) == once


def test_it_holds_nothing_against_a_long_test_that_was_cut_short(tmp_path: Path) -> None:
    script = (ROOT / ".ci/run").read_text()
    begin = script.index("long_slice() {")
    function = script[begin : script.index("\n}\n", begin) + 3]
    rehearsal = """
        readonly BUDGET=100 SLICE_LIMIT=100 SCRATCH=/nowhere
        pytest() { echo tests/test_a.py::test_it_is; echo tests/test_b.py::test_it_is; }
        timeout() { return {code}; }
        long_slice; echo "ended with $?"
    """

    def ended(code: int) -> str:
        script = function + rehearsal.replace("{code}", str(code))
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout

    assert ended(0).endswith("ended with 0\n")
    assert ended(1).endswith("ended with 1\n")
    assert ended(124).endswith("The time was over.\nended with 0\n")


def judged(folder: Path, question: str, mark: str) -> int:
    """The exit code of the judge about a report with this mark."""
    report = folder / "report.xml"
    report.write_text(REPORT.format(mark=mark))
    return run(ROOT / ".ci/check_report", question, str(report)).returncode


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run one of the Python programs of .ci."""
    return subprocess.run([sys.executable, str(program), *arguments], capture_output=True)


def pin() -> ModuleType:
    """The pinning program as a module."""
    loader = SourceFileLoader("kindred_pin", str(ROOT / ".ci/pin"))
    spec = spec_from_loader("kindred_pin", loader)
    assert spec is not None
    module = module_from_spec(spec)
    writes = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    sys.dont_write_bytecode = writes
    return module
