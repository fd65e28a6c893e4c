"""What every benchmark shares: a durable PostgreSQL, fair pairs, figures with their range, CPU told apart.

A benchmark is a program (`python benchmarks/ingest.py`), not a test: it asserts that its sides did the same
work under the same durability, and prints figures for a person to judge.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdp.runtime import postgres

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def start_postgres() -> Iterator[str]:
    """A durable embedded PostgreSQL with the migrated schema; its address, which is also in DATABASE_URL.

    Call it before anything that reads Django's settings. Stops the server and removes its data afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="kindred-benchmark-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = postgres.prepare(home, durable=True)
        process = server.start(log=home / "postgres.log")
        try:
            server.ensure_database()
            prepare_django(server.url)
            yield server.url
        finally:
            _close()
            postgres.stop(process)


def prepare_django(url: str) -> None:
    """Point Django at the database and migrate it."""
    os.environ["DATABASE_URL"] = url
    os.environ.setdefault("SECRET_KEY", "benchmarks-only-0123456789abcdef0123456789abcdef-and-some-more")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _close() -> None:
    from django.db import connections

    connections.close_all()


def durability() -> dict[str, str]:
    """What the server says of its own durability, read back and asserted; print it beside the figures."""
    from cdp.lib import db

    names = ["synchronous_commit", "fsync", "full_page_writes"]
    said = {name: str(db.fetch("SELECT current_setting(%s)", [name])[0][0]) for name in names}
    assert set(said.values()) == {"on"}, f"not durable: {said}"
    said["server_version"] = str(db.fetch("SELECT current_setting('server_version')")[0][0])
    return said


@dataclass(frozen=True)
class Measure:
    """One run of one side: how many units of work, in how many seconds, and other figures worth printing."""

    units: int
    seconds: float
    extra: Mapping[str, float] = field(default_factory=dict)  # e.g. p50_ms, p99_ms, load_cpu_share

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.seconds


def interleave(
    sides: Mapping[str, Callable[[], Measure]], *, pairs: int = 5, before: Callable[[], None] | None = None
) -> dict[str, list[Measure]]:
    """Run every side `pairs` times in turn, the order reversed each round, so that drift hits all alike.

    `before` runs ahead of each single run (a checkpoint, an empty table) and is not measured.
    """
    assert pairs >= 5, "fewer than five pairs say nothing about the range"
    measured: dict[str, list[Measure]] = {name: [] for name in sides}
    for round_number in range(pairs):
        order = list(sides) if round_number % 2 == 0 else list(sides)[::-1]
        for name in order:
            if before:
                before()
            measured[name].append(sides[name]())
            print(f"  round {round_number + 1} {name}: {measured[name][-1].rate:,.0f}/s", file=sys.stderr)
    return measured


def report(title: str, measured: Mapping[str, Sequence[Measure]], *, unit: str, baseline: str) -> None:
    """Print median and range of each side's rate, and of its ratio to the baseline of the same round."""
    print(f"\n{title}")
    for name, runs in measured.items():
        ratios = [run.rate / base.rate for run, base in zip(runs, measured[baseline], strict=True)]
        line = (
            f"  {name:<28} {spread([run.rate for run in runs])} {unit}/s   x{spread(ratios, 2)} of {baseline}"
        )
        print(line)
        keys = sorted({key for run in runs for key in run.extra})
        if keys:
            figures = (
                f"{key} {spread([run.extra[key] for run in runs if key in run.extra], 2)}" for key in keys
            )
            print(f"  {'':<28} {' · '.join(figures)}")


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median and range: `1,024 (980–1,101)`."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@contextmanager
def program(
    *command: str, environment: Mapping[str, str] | None = None, silent: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of ours (a web server, say) from the repository's folder until the block ends."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL if silent else None,
        stderr=subprocess.DEVNULL if silent else None,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_child(*command: str, environment: Mapping[str, str] | None = None) -> tuple[dict[str, Any], float]:
    """Run a program of ours to its end; the JSON object it printed, and the CPU seconds it took.

    Raises AssertionError when it fails. Load generators run so: the figure shows whether they were the limit.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}"
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer, cpu


def cpu_seconds(pid: int) -> float:
    """CPU seconds that a running process and its children have taken so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = sum(int(ticks) for ticks in fields[11:15]) / TICK  # utime, stime and those of ended children
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    children = listed.read_text().split() if listed.exists() else []
    return own + sum(cpu_seconds(int(child)) for child in children)


def wait_until(holds: Callable[[], bool], *, timeout: float = 30, what: str = "the server") -> None:
    """Ask every 50 ms until it holds; AssertionError when it does not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"{what} was not ready within {timeout} s"
        time.sleep(0.05)
