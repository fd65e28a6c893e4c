"""Our own rules, kept by machine: what ruff is told of, and what only the syntax tree shows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import PRODUCT, ROOT, modules, parsed

DELAYS = {"eta", "countdown"}
CLOCKS = {
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
SQL_CLOCKS = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)"
    r"|\b(CURRENT_TIMESTAMP|CURRENT_DATE|LOCALTIMESTAMP)\b"
)
SEES_TIME = re.compile(
    r"(^|/)(views|api|tasks)(/|\.py$)|_(views|api)\.py$|/admin_\w+\.py$|/management/commands/"
)


def delayed(tree: ast.Module) -> Iterator[int]:
    """Lines that put a task off: Redis hands such tasks out twice, and people get mail twice."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (node.lineno for keyword in node.keywords if keyword.arg in DELAYS)
        if isinstance(node, ast.Dict):
            keys = (key.value for key in node.keys if isinstance(key, ast.Constant))
            yield from (node.lineno for key in keys if key in DELAYS)


def looks_at_a_clock(tree: ast.Module) -> Iterator[int]:
    """Lines that ask Python what time it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.attr) in CLOCKS:
                yield node.lineno


def asks_the_database_for_the_time(tree: ast.Module) -> Iterator[int]:
    """Lines of SQL that ask PostgreSQL what time it is; docstrings may speak of it."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs and SQL_CLOCKS.search(str(node.value)):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.models.functions":
            yield from (node.lineno for name in node.names if name.name == "Now")


def swallows_errors(tree: ast.Module) -> Iterator[int]:
    """Lines that catch everything and say nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            everything = node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
            if everything and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body):
                yield node.lineno


def below_the_clock() -> list[Path]:
    """The modules that take `now` as an argument."""
    low = [path for path in modules("profiles", "segments", "journeys") if not SEES_TIME.search(str(path))]
    return low + [path for path in modules("cdp") if path.parts[1] == "lib"]


def test_it_puts_no_task_off() -> None:
    assert [f"{path}:{line}" for path in modules(*PRODUCT) for line in delayed(parsed(path))] == []


def test_it_looks_at_no_clock_below_views_tasks_and_commands() -> None:
    assert [f"{path}:{line}" for path in below_the_clock() for line in looks_at_a_clock(parsed(path))] == []


def test_it_lets_no_statement_look_at_the_clock_either() -> None:
    places = [path for path in below_the_clock() if "models" not in path.parts and path.name != "models.py"]

    assert [
        f"{path}:{line}" for path in places for line in asks_the_database_for_the_time(parsed(path))
    ] == []


def test_it_swallows_no_error() -> None:
    assert [f"{path}:{line}" for path in modules() for line in swallows_errors(parsed(path))] == []


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        (delayed, "digest.apply_async(eta=later)"),
        (delayed, "digest.apply_async(countdown=10)"),
        (delayed, "digest.apply_async(**{'countdown': 10})"),
        (delayed, "@shared_task(countdown=3)\ndef digest(): ..."),
        (looks_at_a_clock, "moment = dt.datetime.now(dt.UTC)"),
        (looks_at_a_clock, "moment = timezone.now()"),
        (looks_at_a_clock, "stay(clock=time.time)"),
        (asks_the_database_for_the_time, "db.execute('SELECT now()')"),
        (asks_the_database_for_the_time, "db.execute(f'DELETE FROM {t} WHERE at < CURRENT_TIMESTAMP')"),
        (asks_the_database_for_the_time, "from django.db.models.functions import Now"),
        (swallows_errors, "try:\n    send()\nexcept Exception:\n    pass"),
    ],
)
def test_it_notices_what_is_planted(rule: object, planted: str) -> None:
    assert list(rule(ast.parse(planted)))  # type: ignore[operator]


def test_it_lets_time_be_measured() -> None:
    measuring = ast.parse("started = time.monotonic(); spent = time.perf_counter() - started")

    assert list(looks_at_a_clock(measuring)) == []


@pytest.mark.parametrize("place", ["profiles/planted.py", "segments/planted.py", "journeys/flow/planted.py"])
def test_it_has_ruff_refuse_a_clock_below(place: str) -> None:
    assert "TID251" in ruff(place, "from django.utils import timezone\n\nMOMENT = timezone.now()\n")


@pytest.mark.parametrize("place", ["journeys/views.py", "cdp/tasks.py", "cdp/management/commands/planted.py"])
def test_it_has_ruff_allow_a_clock_above(place: str) -> None:
    assert "TID251" not in ruff(place, "from django.utils import timezone\n\nMOMENT = timezone.now()\n")


def test_it_has_ruff_refuse_a_swallowed_error() -> None:
    assert "S110" in ruff("profiles/planted.py", "try:\n    print()\nexcept Exception:\n    pass\n")


def ruff(place: str, text: str) -> str:
    """What ruff says about `text`, did it stand at `place`."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", place, "-"]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True).stdout
