"""The data folder: one start at a time, secrets that stay, and plain words where it cannot be used."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from cdp.runtime.place import Place, PlaceError, check_port, free_port, write_private

HOLD = """
import sys, time; from pathlib import Path; from cdp.runtime.place import Place
place = Place(Path(sys.argv[1])); place.prepare()
with place.locked(): print("held", flush=True); time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_it_refuses_a_second_start_and_names_the_first(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        try:
            with pytest.raises(PlaceError, match=rf"already runs on .* \(process {first.pid}\)"):
                enter(Place(tmp_path))
        finally:
            first.kill()


def enter(place: Place) -> None:
    with place.locked():
        pass


def test_it_takes_over_the_lock_of_a_start_that_was_killed(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        first.send_signal(signal.SIGKILL)

    with Place(tmp_path).locked():
        assert (tmp_path / "quickstart.lock").read_text() == str(os.getpid())


def test_it_ignores_a_supervisor_whose_number_went_to_somebody_else(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.prepare()
    (place.run / "supervisord.pid").write_text(f"{os.getpid()}\n")

    with place.locked():
        assert place.run.is_dir()


def test_it_keeps_a_secret_for_us_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)

    made = place.secret("secret-key")

    assert len(made) >= 50
    assert place.secret("secret-key") == made
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_it_says_where_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(PlaceError, match=r"Cannot write in .*--data-dir"):
        Place(tmp_path / "file" / "data").prepare()


def test_it_refuses_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 12 << 20))

    with pytest.raises(PlaceError, match=r"is full: 12 MB are free, and Kindred needs 400 MB"):
        Place(tmp_path).prepare()


def test_it_explains_a_disk_that_fills_up_while_writing() -> None:
    with pytest.raises(PlaceError, match="The disk is full"):
        fill(Path("/dev/full"))


def fill(device: Path) -> None:
    from cdp.runtime.place import explained

    with explained(device), device.open("wb", buffering=0) as file:
        file.write(b"more")


def test_it_writes_all_of_a_private_file_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_private(path, "first")

    with pytest.raises(UnicodeEncodeError):
        write_private(path, "half \ud800")

    assert path.read_text() == "first"


def test_it_moves_sockets_out_of_a_folder_with_a_long_name(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 60) / ("y" * 60)

    assert len(str(Place(deep).run)) < 80


def test_it_names_a_free_port_instead_of_a_taken_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(PlaceError, match=rf"Port {port} is taken by another program.*--port \d+"):
            check_port(port)


def test_it_accepts_a_free_port() -> None:
    check_port(free_port())
