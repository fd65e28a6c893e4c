"""The supervisor under the one-command start: it starts our programs, restarts what dies, and stops them in order."""

import http.client
import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from supervisor.xmlrpc import SupervisorTransport

from cdp.runtime.place import Place, PlaceError, write_private
from cdp.runtime.programs import LAUNCH, Program, configuration

STOP_SECONDS: Final = 90.0  # every program has its own, shorter limit
NOT_ANSWERING: Final = (OSError, http.client.HTTPException, xmlrpc.client.Error)


class Supervisor:
    """One running supervisor and its programs."""

    def __init__(self, place: Place, programs: list[Program], *, environment: Mapping[str, str]) -> None:
        self.place = place
        self.programs = sorted(programs, key=lambda program: program.order)
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the supervisor itself; it starts no program yet. Raises PlaceError when it does not come up."""
        config = self.place.run / "supervisord.conf"
        write_private(config, configuration(self.place, self.programs))
        (self.place.run / "supervisor.sock").unlink(missing_ok=True)
        command = [sys.executable, "-P", str(LAUNCH), "--signal", "TERM", "--"]
        command += [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)]
        with (self.place.logs / "supervisor.out").open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=self.place.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise PlaceError(f"The supervisor did not start:\n{tail(self.place.logs / 'supervisor.out')}")
            time.sleep(0.05)

    def launch(self, *names: str, ready: Callable[[], bool] = lambda: True, timeout: float = 90) -> None:
        """Start these programs and wait until `ready`.

        Raises PlaceError with the end of a program's log when one cannot run or `timeout` seconds pass.
        """
        for name in names:
            self._call("startProcess", self._address(name), False)
        deadline = time.monotonic() + timeout
        while not ready():
            for name in names:
                if self.state(name) in {"FATAL", "EXITED"}:
                    raise PlaceError(self._trouble(name, "does not start"))
            if not self.is_alive():
                raise PlaceError("The supervisor ended; nothing runs any more.")
            if time.monotonic() > deadline:
                raise PlaceError(self._trouble(names[0], f"did not get ready within {timeout:.0f} seconds"))
            time.sleep(0.1)

    def state(self, name: str) -> str:
        """What the supervisor says of a program: RUNNING, BACKOFF, FATAL, …"""
        return str(self._call("getProcessInfo", self._address(name))["statename"])

    def is_alive(self) -> bool:
        """Whether the supervisor itself still runs."""
        return self.process is not None and self.process.poll() is None

    def revive(self) -> list[str]:
        """Start again what the supervisor gave up on; the names. A full disk or a lost server may be back."""
        given_up = []
        try:
            for about in self._call("getAllProcessInfo"):
                if about["statename"] == "FATAL":
                    self._call("startProcess", f"{about['group']}:{about['name']}", False)
                    given_up.append(str(about["name"]))
        except NOT_ANSWERING:  # it is stopping, or gone: `is_alive` tells
            return given_up
        return given_up

    def stop(self) -> None:
        """Stop every program, last started first, then the supervisor. Nothing of ours runs afterwards."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:  # the kernel ends its programs with it
                self.process.kill()
                self.process.wait()
        self.process = None

    def _address(self, name: str) -> str:
        return next(program.address for program in self.programs if program.name == name)

    def _answers(self) -> bool:
        try:
            return bool(self._call("getState"))
        except NOT_ANSWERING:
            return False

    def _call(self, procedure: str, *arguments: Any) -> Any:
        address = f"unix://{self.place.run / 'supervisor.sock'}"
        transport = SupervisorTransport(None, None, address)  # type: ignore[no-untyped-call]
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as supervisor:
            return getattr(supervisor.supervisor, procedure)(*arguments)

    def _trouble(self, name: str, what: str) -> str:
        log = self.place.logs / f"{name}.log"
        return f"'{name}' {what}. The end of {log}:\n{tail(log)}{full_disk_hint(log)}"


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, "" where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def full_disk_hint(log: Path) -> str:
    """A plain sentence where the log's end says, in whatever words, that the disk is full."""
    end = tail(log)
    if "No space left" in end or "File too large" in end:
        return "\nThe disk is full: make room, or choose another folder with --data-dir."
    return ""
