"""Starts what the tests need before Django reads its settings: PostgreSQL, unless DATABASE_URL names one.

Loaded as an early pytest plugin (`-p tests.servers`), because pytest-django reads the settings before any
conftest. The workers of pytest-xdist inherit the environment and start nothing.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cdp.runtime import postgres

_started: list[tuple[subprocess.Popen[bytes], Path]] = []

os.environ.setdefault("SECRET_KEY", "tests-only-and-long-enough-to-sign-with-0123456789abcdef")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ["BROKER_URL"] = "memory://"
os.environ["REDIS_URL"] = ""

if not os.environ.get("DATABASE_URL"):
    _folder = Path(tempfile.mkdtemp(prefix="kindred-tests-"))
    _folder.chmod(0o755)
    _server = postgres.prepare(_folder, durable=False)
    _started.append((_server.start(log=_folder / "postgres.log"), _folder))
    _server.ensure_database()
    os.environ["DATABASE_URL"] = _server.url


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    while _started:
        process, folder = _started.pop()
        postgres.stop(process)
        shutil.rmtree(folder, ignore_errors=True)
