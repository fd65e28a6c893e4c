"""The one-command start: from nothing to a page one can sign in to, each step told."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdp.runtime import broker, postgres, programs
from cdp.runtime.place import Place, PlaceError, check_port, free_port
from cdp.runtime.supervision import Supervisor, full_disk_hint, tail

WATCH_SECONDS = 2.0
PATIENCE_SECONDS = 120.0  # seconds for a part to come up on a machine with much else to do


class Stop(BaseException):
    """Somebody asked us to end: Ctrl-C, SIGTERM, or the terminal was closed."""


@dataclass
class Quickstart:
    """One start, from the checks to the stop."""

    place: Place
    port: int
    check: bool
    with_demo: bool
    say: Callable[[str], None]  # prints without a line's end, at once
    began: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Start everything, stay until told to stop, stop everything.

        Raises PlaceError when it cannot start, or the check got stuck.
        """
        with ending_on_signals():
            self.place.prepare()
            with self.place.locked():
                self._run_locked()

    def _run_locked(self) -> None:
        check_port(self.port)
        chosen = broker.choose(self.place, environment=os.environ)
        supervisor: Supervisor | None = None
        try:
            server = self._server()
            parts = [programs.database(server)] if server else []
            parts += [*programs.broker(chosen), *programs.ours(port=self.port)]
            supervisor = Supervisor(self.place, parts, environment=self._environment(server, chosen))
            self._start(supervisor, server, chosen)
            if self.check:
                self._check(supervisor)
            else:
                self._stay(supervisor)
        except Stop:
            self.say("\n")
        finally:
            with undisturbed():
                self._stop(supervisor)

    def _server(self) -> postgres.Server | None:
        if os.environ.get("DATABASE_URL"):
            return None
        with self.step("Preparing the data folder"):
            try:
                return postgres.prepare(self.place.folder)
            except (postgres.PostgresError, OSError) as error:
                raise PlaceError(str(error)) from error

    def _environment(self, server: postgres.Server | None, chosen: broker.Broker) -> dict[str, str]:
        ours = {
            "SECRET_KEY": os.environ.get("SECRET_KEY") or self.place.secret("secret-key"),
            "PUBLIC_URL": os.environ.get("PUBLIC_URL") or f"http://localhost:{self.port}",
            "TEST_MAILBOX": os.environ.get("TEST_MAILBOX") or f"127.0.0.1:{free_port()}",
            "BEAT_SCHEDULE": str(self.place.folder / "beat-schedule"),
            **chosen.environment,
        }
        if server:
            ours["DATABASE_URL"] = server.url
        return programs.environment(os.environ, **ours)

    def _start(self, supervisor: Supervisor, server: postgres.Server | None, chosen: broker.Broker) -> None:
        with self.step("Starting the supervisor"):
            supervisor.start()
        if server:
            with self.step("Starting PostgreSQL"):
                supervisor.launch("postgres", ready=server.is_ready)
                server.ensure_database()
        with self.step(f"Starting the broker: {chosen.label}" if chosen.command else f"Using {chosen.label}"):
            if chosen.command:
                supervisor.launch("redis", ready=lambda: not broker.unanswered(chosen.redis_url))
        with self.step("Preparing the database"):
            wishes = ["--with-demo"] if self.with_demo else []
            self._manage(
                supervisor, "prepare_installation", "--sign-in-file", str(self.place.sign_in), *wishes
            )
        # The page people wait for first; everything at once would make each of them slow on a small machine.
        with self.step("Starting the web server"):
            supervisor.launch("web", ready=lambda: self._answers("/health"), timeout=PATIENCE_SECONDS)
        with self.step("Starting the test mailbox and the workers"):
            rest = [
                program.name
                for program in supervisor.programs
                if program.order >= 30 and program.name != "web"
            ]
            supervisor.launch(*rest)
            self._await_ready(supervisor)

    def _await_ready(self, supervisor: Supervisor, timeout: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + timeout
        while not self._answers("/health/ready"):
            if time.monotonic() > deadline:
                self.say(f"(not all yet: see http://localhost:{self.port}/health/ready) ")
                return
            if not supervisor.is_alive():
                raise PlaceError("The supervisor ended; nothing runs any more.")
            time.sleep(0.5)

    def _stay(self, supervisor: Supervisor) -> None:
        took = time.monotonic() - self.began
        self.say(
            f"\nKindred is ready after {took:.0f} s.\n\n"
            f"  Address    http://localhost:{self.port}/\n"
            f"{sign_in_lines(self.place.sign_in)}"
            f"  Data       {self.place.folder}\n"
            f"  Logs       {self.place.logs}\n\n"
            "Mail goes to the test mailbox; nothing leaves this machine. Stop with Ctrl-C.\n"
        )
        while supervisor.is_alive():
            for name in supervisor.revive():
                self.say(f"'{name}' keeps stopping; started it again. See {self.place.logs / name}.log\n")
            time.sleep(WATCH_SECONDS)
        raise PlaceError(f"The supervisor ended unexpectedly. See {self.place.logs / 'supervisor.log'}")

    def _check(self, supervisor: Supervisor) -> None:
        with self.step("Checking: one event through to one delivered mail"):
            self._manage(supervisor, "check_line", "--url", f"http://127.0.0.1:{self.port}")
        self.say("The check passed.\n")

    def _stop(self, supervisor: Supervisor | None) -> None:
        if supervisor is None or supervisor.process is None:
            return
        with self.step("Stopping"):
            supervisor.stop()

    def _manage(self, supervisor: Supervisor, *arguments: str) -> None:
        log = self.place.logs / f"{arguments[0]}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=programs.CODE,
                env=dict(supervisor.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            try:
                code = process.wait()
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
        if code:
            raise PlaceError(f"{last_words(log)}{full_disk_hint(log)}\n(all of it: {log})")

    def _answers(self, path: str) -> bool:
        return health(f"http://127.0.0.1:{self.port}{path}") is not None

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what is being done, then how long it took."""
        started = time.monotonic()
        self.say(f"  {title} … ")
        try:
            yield
        except BaseException:
            self.say("\n")
            raise
        self.say(f"{time.monotonic() - started:.1f} s\n")


@contextlib.contextmanager
def ending_on_signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal raise Stop; what was set before is set again afterwards."""

    def stop(number: int, _: Any) -> None:
        raise Stop(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    except Stop:
        pass
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """While stopping: an impatient second Ctrl-C must not leave half of it running."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def health(url: str) -> dict[str, Any] | None:
    """What a health page says when all is well, else None. Asked without any proxy of the environment."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as answer:  # only our own address
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError):
        return None


def last_words(log: Path) -> str:
    """What a command of ours that failed said last: its error, without a traceback."""
    lines = [line for line in tail(log, 40).splitlines() if line.strip()]
    return lines[-1] if lines else f"A step failed without a word; see {log}."


def sign_in_lines(file: Path) -> str:
    """The lines of the sign-in; the first password is shown until it was changed."""
    if not file.exists():
        return "  Sign in    with the password you chose\n"
    return "".join(f"  {line}\n" for line in file.read_text().splitlines())
