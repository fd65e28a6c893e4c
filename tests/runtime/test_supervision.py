"""The supervisor under the one-command start: restarts what dies, stops all it started, and dies with its owner."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cdp.runtime import programs
from cdp.runtime.place import Place, PlaceError
from cdp.runtime.programs import Program
from cdp.runtime.supervision import Supervisor

pytestmark = pytest.mark.xdist_group("processes")
SLEEP = (
    "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(100)"
)


@pytest.fixture
def place() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="kindred 100% "))  # names that a configuration may trip over
    made = Place(folder)
    made.prepare()
    yield made
    shutil.rmtree(folder)


def sleeper(place: Place, name: str, order: int) -> Program:
    return Program(name, [sys.executable, "-c", SLEEP, str(place.folder / name)], order)


def pid_of(place: Place, name: str) -> int:
    try:
        return int((place.folder / name).read_text())
    except (OSError, ValueError):
        return 0


def lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 15
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_it_restarts_what_dies_and_leaves_nothing_behind(place: Place) -> None:
    supervisor = Supervisor(place, [sleeper(place, "ada", 1)], environment=os.environ)
    try:
        supervisor.start()
        supervisor.launch("ada", ready=lambda: pid_of(place, "ada") > 0)
        first = pid_of(place, "ada")

        os.kill(first, signal.SIGKILL)

        assert wait_for(lambda: pid_of(place, "ada") not in (0, first))
    finally:
        supervisor.stop()
    assert not lives(pid_of(place, "ada"))


def test_it_says_why_a_program_does_not_start(place: Place) -> None:
    broken = Program("grace", [sys.executable, "-c", "import time; print('no such luck'); time.sleep(.1)"], 1)
    supervisor = Supervisor(place, [broken], environment=os.environ)

    try:
        supervisor.start()
        with pytest.raises(PlaceError, match=r"'grace' did not get ready(.|\n)*no such luck"):
            supervisor.launch("grace", ready=lambda: False, timeout=2)
    finally:
        supervisor.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_it_leaves_no_orphan_when_the_supervisor_is_killed(place: Place) -> None:
    supervisor = Supervisor(place, [sleeper(place, "linus", 1)], environment=os.environ)
    supervisor.start()
    supervisor.launch("linus", ready=lambda: pid_of(place, "linus") > 0)

    assert supervisor.process
    supervisor.process.kill()
    supervisor.stop()

    assert wait_for(lambda: not lives(pid_of(place, "linus")))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_it_stops_everything_when_its_owner_is_killed(place: Place) -> None:
    owner = """
import os, sys, time; from pathlib import Path
from cdp.runtime.place import Place; from cdp.runtime.programs import Program
from cdp.runtime.supervision import Supervisor
folder = Path(sys.argv[1]); command = [sys.executable, "-c", sys.argv[2], str(folder / "ada")]
supervisor = Supervisor(Place(folder), [Program("ada", command, 1)], environment=os.environ)
supervisor.start(); supervisor.launch("ada"); time.sleep(100)
"""
    with subprocess.Popen(
        [sys.executable, "-c", owner, str(place.folder), SLEEP], cwd=programs.CODE
    ) as process:
        assert wait_for(lambda: pid_of(place, "ada") > 0)
        process.kill()

    assert wait_for(lambda: not lives(pid_of(place, "ada")))
    assert wait_for(lambda: not (place.run / "supervisord.pid").exists())


def test_it_gives_programs_that_are_not_ours_an_empty_environment(place: Place) -> None:
    out = place.folder / "environment"
    show = f"import os, pathlib; pathlib.Path({str(out)!r}).write_text(repr(dict(os.environ)))"
    environment = {**os.environ, "SECRET_KEY": "geheim"}

    subprocess.run(
        [sys.executable, "-P", str(programs.LAUNCH), "--bare", "--", sys.executable, "-c", show],
        env=environment,
        check=True,
    )

    assert "geheim" not in out.read_text()


def test_it_keeps_secrets_out_of_the_configuration(place: Place) -> None:
    text = programs.configuration(place, programs.ours(port=8000))

    assert "environment" not in text
    assert "-Q ingest" in text
    assert "priority=40" in text
