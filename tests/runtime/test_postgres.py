"""The embedded PostgreSQL: begins, goes on where it was, and keeps what it said was kept."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cdp.runtime import launch, postgres


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that PostgreSQL's user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="kindred-pg-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(home: Path) -> postgres.Server:
    """A server whose data folder is new; nobody runs it yet."""
    return postgres.prepare(home)


def ask(server: postgres.Server, statement: str) -> object:
    with psycopg.connect(server.url.replace("postgres://", "postgresql://"), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_it_starts_with_durable_settings(server: postgres.Server, home: Path) -> None:
    process = server.start(log=home / "log")
    server.ensure_database()

    found = {
        name: ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")
    }
    postgres.stop(process)

    assert found == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def test_it_keeps_committed_rows_through_kill_9(server: postgres.Server, home: Path) -> None:
    process = server.start(log=home / "log")
    server.ensure_database()
    ask(server, "CREATE TABLE ledger (name text)")
    ask(server, "INSERT INTO ledger VALUES ('Ada')")

    process.send_signal(signal.SIGKILL)
    process.wait()
    again = server.start(log=home / "log")

    try:
        assert ask(server, "SELECT name FROM ledger") == "Ada"
    finally:
        postgres.stop(again)


def test_it_goes_on_with_the_same_data_when_prepared_again(server: postgres.Server, home: Path) -> None:
    before = (server.data / "PG_VERSION").stat().st_mtime_ns

    again = postgres.prepare(home)

    assert again == server
    assert (server.data / "PG_VERSION").stat().st_mtime_ns == before


def test_it_takes_over_a_lock_whose_process_is_something_else(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/somewhere\n")

    launch.clear_stale(lock, program="/no/such/postgres")

    assert not lock.exists()


def test_it_leaves_the_lock_of_a_living_server(tmp_path: Path) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/somewhere\n")

    launch.clear_stale(lock, program=Path(sys.executable).name)

    assert lock.exists()


def test_it_does_not_touch_a_folder_that_is_no_data_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    home = Path(tempfile.mkdtemp(prefix="kindred-pg-"))
    home.chmod(0o755)
    mine = home / "postgres" / "data" / "thesis.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("years of work")

    with pytest.raises(postgres.PostgresError, match="no PostgreSQL data folder"):
        postgres.prepare(home)

    assert mine.read_text() == "years of work"
    shutil.rmtree(home)


def test_it_names_the_version_that_made_the_data(server: postgres.Server, home: Path) -> None:
    version = server.data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("9\n")

    try:
        with pytest.raises(postgres.PostgresError, match="made by PostgreSQL 9, and this is PostgreSQL"):
            postgres.prepare(home)
    finally:
        version.write_text(ours)


def test_it_says_that_the_disk_is_full() -> None:
    home = Path(tempfile.mkdtemp(prefix="kindred-pg-"))
    home.chmod(0o755)
    program = (
        "import resource, sys; from pathlib import Path; from cdp.runtime import postgres\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try: postgres.prepare(Path(sys.argv[1]))\n"
        "except postgres.PostgresError as error: print(error)"
    )

    said = subprocess.run(
        [sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=True
    ).stdout

    assert "The disk is full" in said
    assert not (home / "postgres" / "data").exists()
    shutil.rmtree(home)
