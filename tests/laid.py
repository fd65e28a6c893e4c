"""A database with all our tables and nothing in them, laid once on a server for whoever needs one: tests copy it.

Making the tables takes ten times as long as a copy, and two workers of pytest and the walks want them at once.
"""

import hashlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parents[1]
NAME = "kindred_laid_"
LOCK = 0x4B_1A1D


@cache
def name() -> str:
    """Of the database on the server of DATABASE_URL; it is made when it is not there yet."""
    wanted = NAME + _digest()
    with _server() as server:
        # Whoever comes first makes it; the others wait here.
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        found = {str(one) for (one,) in server.execute("SELECT datname FROM pg_database").fetchall()}
        if wanted not in found:
            for older in [one for one in found if one.startswith(NAME)]:
                _do(server, "DROP DATABASE {} WITH (FORCE)", older)
            _make(server, wanted)
    return wanted


def address(database: str) -> str:
    """Of this database on the server of DATABASE_URL."""
    return make_conninfo(os.environ["DATABASE_URL"], dbname=database)


def _make(server: psycopg.Connection[Any], wanted: str) -> None:
    unfinished = f"{NAME}unfinished"
    _do(server, "CREATE DATABASE {} TEMPLATE template0", unfinished)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address(unfinished)},
        check=True,
    )
    _do(server, "ALTER DATABASE {} RENAME TO {}", unfinished, wanted)


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        yield server


def _do(server: psycopg.Connection[Any], words: LiteralString, *names: str) -> None:
    server.execute(sql.SQL(words).format(*map(sql.Identifier, names)))


def _digest() -> str:
    """Of everything that makes tables: our migrations, and the pinned packages with theirs."""
    pins = str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    ours = [path.read_bytes() for path in sorted(ROOT.glob("*/migrations/*.py"))]
    return hashlib.sha256(b"\0".join([pins.encode(), *ours])).hexdigest()[:12]
