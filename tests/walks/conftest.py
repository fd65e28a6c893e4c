"""Where the walks keep their data: a folder of each walk's own; and a product for those that leave others alone.

Not pytest's temporary root: every session that begins resets that root to mode 0700, and PostgreSQL, which does not
run as root, is then shut out of its own data in the middle of somebody else's walk.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.walks.stack import Stack


@contextmanager
def _ground(session: pytest.Session) -> Iterator[Path]:
    """A folder that every user may pass through; gone afterwards, unless a test failed meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="kindred-walk-"))
    folder.chmod(0o755)
    failed = session.testsfailed
    yield folder
    if session.testsfailed == failed:
        shutil.rmtree(folder)
    else:
        print(f"kept for whoever looks into it: {folder}")


@pytest.fixture
def ground(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder for one walk."""
    with _ground(request.session) as folder:
        yield folder


@pytest.fixture(scope="module")
def common_ground(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder for all walks of a module."""
    with _ground(request.session) as folder:
        yield folder


@pytest.fixture(scope="package")
def product(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """One running product for the walks that can tell their own from what others left: a start takes long."""
    with _ground(request.session) as folder, Stack(folder / "kindred") as stack:
        yield stack
