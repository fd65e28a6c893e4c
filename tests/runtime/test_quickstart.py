"""The one command: what it refuses before it starts anything, and the whole product once."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from cdp.runtime.place import check_port, free_port
from cdp.runtime.programs import CODE

OURS = {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "LOG_LEVEL"}
PAGE_WITHIN = 60  # seconds from the command to a page that somebody signed in sees


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="kindred-start-"))
    made.chmod(0o755)
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


def command(folder: Path, port: int) -> list[str]:
    return [sys.executable, "manage.py", "quickstart", "--data-dir", str(folder), "--port", str(port)]


def surroundings(**more: str) -> dict[str, str]:
    """Our environment, as somebody has it who set nothing up."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | more


def quickstart(
    folder: Path, *wishes: str, port: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*command(folder, port or free_port()), *wishes],
        cwd=CODE,
        env=surroundings(**environment),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@dataclass
class Started:
    """A command that stays, and what it has said so far."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    out: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self, words: str, *, seconds: float = 200) -> str:
        """All it said, as soon as these words (a pattern) are among them."""
        deadline = time.monotonic() + seconds
        while not re.search(words, text := self.out.read_text()):
            assert self.process.poll() is None, f"it ended:\n{text}"
            assert time.monotonic() < deadline, f"it never said {words!r}:\n{text}"
            time.sleep(0.1)
        return text

    def everything(self) -> list[psutil.Process]:
        """All processes that it started and that still run."""
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def press_ctrl_c(self) -> int:
        """As a terminal does it: to the whole group in the foreground. The exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(100)


@contextmanager
def started(folder: Path) -> Iterator[Started]:
    """The command, begun in a terminal's stead."""
    port, out = free_port(), folder.with_name("said")
    with out.open("wb") as file:
        process = subprocess.Popen(
            command(folder, port),
            cwd=CODE,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    running = Started(folder, port, process, out)
    try:
        yield running
    finally:
        if process.poll() is None:
            running.press_ctrl_c()


@contextmanager
def bystanders(folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs of somebody else that look like ours."""
    sleep = "import time; time.sleep(300)"
    commands = [[sys.executable, "-c", sleep, "celery", "worker", "gunicorn", "cdp.wsgi", "bin/postgres"]]
    if shutil.which("redis-server"):
        port = str(free_port())
        commands.append(["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", str(folder)])
    others = [subprocess.Popen(each, stdout=subprocess.DEVNULL) for each in commands]
    try:
        yield others
    finally:
        for other in others:
            other.kill()
            other.wait()


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


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


@pytest.mark.long
@pytest.mark.xdist_group("processes")
def test_it_shows_a_page_to_somebody_signed_in_within_a_minute(folder: Path) -> None:
    with started(folder) as running:
        told = running.said(r"Starting the web server … [\d.]+ s")
        sign_in = re.findall(r"^(?:Sign in|Password) +(\S+)$", (folder / "sign-in.txt").read_text(), re.M)

        with httpx.Client(base_url=running.url, follow_redirects=True, timeout=60) as browser:
            form = browser.get("/")
            page = browser.post(
                "/accounts/login/?next=/",
                data=dict(zip(("login", "password"), sign_in, strict=True))
                | {"csrfmiddlewaretoken": browser.cookies["csrftoken"]},
                headers={"Referer": running.url},
            )

    assert form.url.path == "/accounts/login/"
    assert (page.status_code, page.url.path) == (200, "/")
    assert "/accounts/logout/" in page.text
    assert sum(map(float, re.findall(r"… ([\d.]+) s$", told, re.M))) < PAGE_WITHIN


@pytest.mark.long
@pytest.mark.xdist_group("processes")
def test_it_stops_what_it_started_and_nothing_else_on_ctrl_c(folder: Path) -> None:
    with bystanders(folder.parent) as others, started(folder) as running:
        running.said("Kindred is ready")
        ours = running.everything()
        lines = [" ".join(process.cmdline()) for process in ours]

        code = running.press_ctrl_c()

        assert code == 0, running.out.read_text()
        for part in ("supervisord", "bin/postgres", "gunicorn", "celery", "beat", "test_mailbox"):
            assert [line for line in lines if part in line], f"{part} did not run at all"
        assert holds_within(10, lambda: not any(process.is_running() for process in ours))
        assert [other.poll() for other in others] == [None] * len(others)
    check_port(running.port)
    assert not (folder / "postgres" / "data" / "postmaster.pid").exists()
