"""The one command: what it refuses before it starts anything, and the whole product once."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdp.runtime.place import free_port
from cdp.runtime.programs import CODE

OURS = {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "LOG_LEVEL"}


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="kindred-start-"))
    made.chmod(0o755)
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def quickstart(
    folder: Path, *wishes: str, port: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [
            sys.executable,
            "manage.py",
            "quickstart",
            "--data-dir",
            str(folder),
            "--port",
            str(port or free_port()),
            *wishes,
        ],
        cwd=CODE,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_it_names_a_taken_port_before_it_starts_anything(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = quickstart(folder, port=other.getsockname()[1])

    assert done.returncode == 1
    assert re.fullmatch(r"CommandError: Port \d+ is taken by another program\. .*--port \d+\n", done.stderr)
    assert not (folder / "postgres").exists()


def test_it_names_a_redis_that_does_not_answer(folder: Path) -> None:
    done = quickstart(folder, REDIS_URL="redis://:geheim@127.0.0.1:1/0")

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: REDIS_URL is set, but Redis at 127.0.0.1 does not answer")
    assert "geheim" not in done.stderr + done.stdout


@pytest.mark.long
@pytest.mark.xdist_group("processes")
def test_it_brings_one_event_to_one_mail_and_stops(folder: Path) -> None:
    done = quickstart(folder, "--check", "--no-demo")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "The check passed." in done.stdout
    assert not (folder / "postgres" / "data" / "postmaster.pid").exists()


@pytest.mark.long
@pytest.mark.xdist_group("processes")
def test_it_continues_with_the_same_data(folder: Path) -> None:
    kept = [folder / "secret-key", folder / "sign-in.txt", folder / "postgres" / "data" / "PG_VERSION"]

    first = quickstart(folder, "--check")
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in kept]
    second = quickstart(folder, "--check")

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout + second.stderr
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in kept] == before
