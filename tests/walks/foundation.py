"""What every product begins with, laid once: an empty PostgreSQL with all our tables, for walks to build upon.

Making the tables takes longer than many a walk. One walk of test_event_to_email.py begins with nothing at all, and the
long tests of tests/runtime/test_quickstart.py do.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from cdp.runtime import postgres

CODE = Path(__file__).resolve().parents[2]


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
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=CODE,
            env={**os.environ, "DATABASE_URL": server.url},
            check=True,
        )
    finally:
        postgres.stop(process)
    return server.data
