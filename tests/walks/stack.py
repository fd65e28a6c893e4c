"""The whole product under test: `manage.py quickstart` in its own data folder, with hands to hurt it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from tests.walks import foundation

CODE = Path(__file__).resolve().parents[2]
SETUP = "import json, django; django.setup()\n"


class Stack:
    """One running product. Use it as a context manager; it leaves nothing behind.

    Its tables are there already, unless it is `bare`: then it makes them, as on somebody's first day.
    """

    def __init__(
        self, folder: Path, *, environment: Mapping[str, str] | None = None, bare: bool = False
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "quickstart.log"
        self.bare = bare
        ours = {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "LOG_LEVEL", "PYTEST_CURRENT_TEST"}
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        self.asked = {**inherited, "LOG_LEVEL": "INFO", **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Stack":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)  # PostgreSQL's user passes through where we are root
        if not self.bare:
            foundation.lay(self.folder / "data")
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "quickstart", *self._choices()],
                cwd=CODE,
                env=self.asked,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            self.wait_for(lambda: "Kindred is ready" in self.log.read_text(), "the start", seconds=200)
        except BaseException:
            self.stop()
            raise
        self.environment = self.named("gunicorn").environ()
        return self

    def _choices(self) -> list[str]:
        return ["--no-demo", "--port", str(self.port), "--data-dir", str(self.folder / "data")]

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ctrl-C, and wait for the end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                for child in psutil.Process(self.process.pid).children(recursive=True):
                    child.kill()
                self.process.kill()
                self.process.wait()

    def wait_for(self, holds: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
        """Wait until `holds`; raises AssertionError with the product's own words when it does not in time."""
        deadline = time.monotonic() + seconds
        while not holds():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(
                    f"quickstart ended while waiting for {what}:\n{self.log.read_text()[-3000:]}"
                )
            if time.monotonic() > deadline:
                raise AssertionError(f"no sign of {what} within {seconds} s:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def processes(self) -> list[psutil.Process]:
        """Everything that quickstart started and is still there."""
        if self.process is None:
            return []
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def named(self, *words: str) -> psutil.Process:
        """The process whose command line holds all these words."""
        for process in self.processes():
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if all(word in line for word in words):
                return process
        raise LookupError(f"no process runs {words}")

    def kill(self, *words: str) -> bool:
        """kill -9 the process that these words name, and its children. False when it is not there just now."""
        try:
            victim = self.named(*words)
            family = [victim, *victim.children(recursive=True)]
        except (LookupError, psutil.Error):
            return False
        for process in family:
            try:
                process.kill()
            except psutil.Error:
                continue
        return True

    def python(self, code: str) -> Any:
        """Run code beside the product, in its environment, with Django set up; what it binds to `answer`."""
        done = subprocess.run(
            [sys.executable, "-c", f"{SETUP}answer = None\n{code}\nprint(json.dumps(answer, default=str))"],
            cwd=CODE,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{code}\n{done.stderr[-3000:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def beside(self, code: str, **environment: str) -> int:
        """Run code as `python` does, with other settings; the process's exit code (-9: it was killed)."""
        return subprocess.run(
            [sys.executable, "-c", SETUP + code],
            cwd=CODE,
            env={**self.environment, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        ).returncode

    def manage(self, *arguments: str, seconds: float = 600) -> str:
        """Run a management command in the product's environment; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CODE,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{arguments}: {done.stdout[-1000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The answer of the product's database, asked from outside."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as database:
            return database.execute(sql, parameters or None).fetchall()

    def one(self, sql: str, *parameters: Any) -> Any:
        """The first value of the first row."""
        return self.rows(sql, *parameters)[0][0]

    def backlog(self) -> int:
        """What is under way: arrivals, due steps, owed messages. Raises nothing while the database restarts."""
        try:
            return int(
                self.one("""
                    SELECT (SELECT count(*) FROM profiles_inboxitem)
                         + (SELECT count(*) FROM journeys_run
                            WHERE state IN ('active', 'waiting') AND wake_at <= now())
                         + (SELECT count(*) FROM journeys_message
                            WHERE state IN ('queued', 'claimed', 'handing_over'))
                """)
            )
        except psycopg.Error:
            return 1_000_000

    def wait_until_idle(self, *, seconds: float = 60) -> None:
        """Wait until nothing is under way."""
        self.wait_for(lambda: self.backlog() == 0, "an empty backlog", seconds=seconds)

    def key(self, name: str, kind: str = "server") -> str:
        """A fresh write key."""
        return self.manage("create_source", name, "--kind", kind).split()[-1]

    def post(self, path: str, body: Any, *, key: str = "") -> httpx.Response:
        """One call to the event API."""
        return httpx.post(f"{self.url}{path}", json=body, auth=(key, "") if key else None, timeout=30)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
