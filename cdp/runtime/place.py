"""The data folder of the one-command start: ours alone while we run, with the secrets that must survive."""

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cdp.runtime.launch import command_of

NEEDED_FRESH: Final = 400 * 1024 * 1024  # bytes: a new PostgreSQL, its first log segments, our tables
NEEDED_LATER: Final = 100 * 1024 * 1024
SOCKET_PATH_LIMIT: Final = 80  # the kernel's limit is 107 bytes; supervisor appends a process number
PATIENCE_SECONDS: Final = 30.0


class PlaceError(Exception):
    """The start cannot go on; the message says why and what to do about it."""


class Place:
    """A data folder and where things lie in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.logs = self.folder / "logs"
        self.sign_in = self.folder / "sign-in.txt"
        self.run = self._run_folder()

    def prepare(self) -> None:
        """Make the folders.

        Raises PlaceError where we may not write, or the disk is nearly full.
        """
        with explained(self.folder):
            for folder in (self.folder, self.logs, self.run):
                folder.mkdir(parents=True, exist_ok=True)
            # PostgreSQL's user passes through as root; nobody else has business here, and no file is readable.
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.run.chmod(0o700)
            self.logs.chmod(0o700)
            probe = self.folder / f".probe-{os.getpid()}"
            probe.write_bytes(b"\0" * 65536)
            probe.unlink()
        needed = NEEDED_LATER if (self.folder / "postgres").exists() else NEEDED_FRESH
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise PlaceError(
                f"The disk that holds {self.folder} is full: {free >> 20} MB are free, and Kindred needs "
                f"{needed >> 20} MB. Make room, or choose another folder with --data-dir."
            )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other start away from this folder; a lock that a dead start left is taken over.

        Raises PlaceError when another start runs here, or what it started does not end.
        """
        with explained(self.folder):
            file = (self.folder / "quickstart.lock").open("a+")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise PlaceError(
                    f"Kindred already runs on {self.folder} (process {file.read().strip() or '?'}). "
                    "Stop it with Ctrl-C where it runs, or start another one with --data-dir and --port."
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            self._await_former()
            yield
            file.truncate(0)

    def secret(self, name: str) -> str:
        """A random secret that is made once and kept, readable by us alone."""
        path = self.folder / name
        with explained(path):
            if path.exists() and (kept := path.read_text().strip()):
                return kept
            made = secrets.token_urlsafe(50)
            write_private(path, made + "\n")
            return made

    def _run_folder(self) -> Path:
        inside = self.folder / "run"
        if len(str(inside)) <= SOCKET_PATH_LIMIT:
            return inside
        name = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"kindred-run-{os.geteuid()}-{name}"

    def _await_former(self) -> None:
        """A start that was killed with -9 leaves a supervisor that is still stopping: let it finish."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (former := self._former()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if former:
            raise PlaceError(
                f"An earlier start on {self.folder} is still stopping (process {former}). Wait a little and try "
                f"again; if it never ends: kill {former}"
            )

    def _former(self) -> int | None:
        try:
            pid = int((self.run / "supervisord.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if str(self.run / "supervisord.conf") in command_of(pid) else None


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into words for the person at the keyboard."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            hint = "The disk is full: make room, or choose another folder with --data-dir."
        else:
            hint = "Choose a folder you may write to with --data-dir."
        raise PlaceError(f"Cannot write in {path}: {error.strerror or error}. {hint}") from error


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, all of it or nothing."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def check_port(port: int) -> None:
    """Raise PlaceError when `port` cannot be ours on this machine."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except PermissionError as error:
            raise PlaceError(f"Port {port} needs root rights. Choose one above 1023: --port 8000") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PlaceError(
                    f"Port {port} is taken by another program. Choose another one: --port {free_port()}"
                ) from error
            if family == socket.AF_INET:
                raise PlaceError(f"Port {port} cannot be used: {error.strerror or error}.") from error


def free_port() -> int:
    """A port of this machine that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
