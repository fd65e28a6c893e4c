"""What every product begins with, laid once: an empty PostgreSQL with all our tables, for walks to build upon.

Making the tables takes longer than many a walk. Among the long tests, one walk of test_event_to_email.py begins with
nothing at all, and those of tests/runtime/test_quickstart.py do.
"""

import atexit
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from cdp.runtime import postgres
from tests import laid


def lay(data_folder: Path) -> None:
    """Put the tables where `quickstart --data-dir` looks for its PostgreSQL, unless something lies there."""
    root = data_folder / "postgres"
    if root.exists():
        return
    root.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(_migrated()), str(root / "data")], check=True)


@cache
def _migrated() -> Path:
    """The data of a PostgreSQL that was stopped in order, with all tables and no rows of ours."""
    folder = Path(tempfile.mkdtemp(prefix="kindred-foundation-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = postgres.prepare(folder)
    process = server.start(log=folder / "postgres.log")
    try:
        server.ensure_database()
        _copy_tables(server)
    finally:
        postgres.stop(process)
    return server.data


def _copy_tables(server: postgres.Server) -> None:
    """From the database that the other tests copy as well."""
    programs = f"{server.programs}/bin"
    dump = [f"{programs}/pg_dump", "--no-owner", "--no-privileges", laid.address(laid.name())]
    load = [f"{programs}/psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", server.url]
    tables = subprocess.run(dump, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(load, input=tables, stdout=subprocess.DEVNULL, check=True)
