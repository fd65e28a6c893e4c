"""What stands in deploy/ and the runbook can be run: every command there is, every setting is one that we read."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from cdp.runtime import probe
from cdp.runtime.programs import WORKERS, ours
from tests.house.test_environment import listed
from tests.house.tree import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
OURS: dict[str, Any] = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "kindred"}
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
WORKER = re.compile(r"celery -A cdp\.celery worker -Q (\S+) -c 1 -n (\w+)@%h -I cdp\.runtime\.children")
SYSTEM = {"PYTHONUNBUFFERED", "DJANGO_SETTINGS_MODULE"}


def unit(path: Path) -> configparser.ConfigParser:
    """A unit as systemd reads it."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def started() -> dict[str, str]:
    """What each process of compose and systemd runs, as on a command line."""
    default = re.findall(r"^CMD \[(.*)\]", DOCKERFILE, re.MULTILINE)[-1].replace('"', "").replace(",", "")
    found = {
        f"compose {name}": shlex.join(one["command"]) if "command" in one else default
        for name, one in OURS.items()
    }
    for path in UNITS:
        command = unit(path)["Service"]["ExecStart"].replace("%%", "%")
        found[path.name] = command.removeprefix("/srv/kindred/.venv/bin/")
    return found


@pytest.mark.parametrize("process", started())
def test_it_starts_only_what_there_is(process: str) -> None:
    command = started()[process].split()

    if command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    elif command[0] == "celery":
        assert WORKER.fullmatch(" ".join(command)) or command == ["celery", "-A", "cdp.celery", "beat"]
    else:
        served = [part for part in command if not re.match(r"[\d.]+:8000", part)]
        assert served == ["gunicorn", "-c", "python:cdp.runtime.web", "-b", "cdp.wsgi"]


@pytest.mark.parametrize("kind", ["compose", "kindred"])
def test_it_starts_everything_that_the_one_command_starts(kind: str) -> None:
    lines = [command for name, command in started().items() if name.startswith(kind)]

    workers = [found for line in lines if (found := WORKER.fullmatch(line))]
    assert {found[2]: found[1] for found in workers} == WORKERS
    assert len(lines) == len(ours(port=8000)) + 1  # and the migration
    assert sum("beat" in line for line in lines) == 1


def test_it_waits_for_the_tables() -> None:
    names = set(COMPOSE["services"])

    for name, one in OURS.items():
        assert set(one["depends_on"]) <= names
        assert name == "migrate" or one["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    for path in UNITS:
        if path.stem != "kindred-migrate":
            assert unit(path)["Unit"]["Requires"] == "kindred-migrate.service"


def test_it_sets_only_what_we_read() -> None:
    in_compose = {name for one in OURS.values() for name in one["environment"]}
    in_image = set(re.findall(r"\b([A-Z][A-Z_]+)=", DOCKERFILE.split("FROM")[-1]))
    in_units = {
        word.partition("=")[0] for path in UNITS for word in unit(path)["Service"]["Environment"].split()
    }

    assert (in_compose | in_image | in_units) - {"PATH", "PYTHONDONTWRITEBYTECODE"} - SYSTEM <= set(listed())


def test_it_keeps_the_environment_file_out_of_the_repository_and_the_image() -> None:
    assert OURS["web"]["env_file"] == "env"
    assert "/deploy/env" in (ROOT / ".gitignore").read_text().split()
    assert not any("deploy" in line for line in (ROOT / ".dockerignore").read_text().splitlines())


def test_it_builds_an_image_of_all_that_is_needed_and_runs_it_as_nobody_special() -> None:
    copied = {
        line.split()[1].removesuffix("/")
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
    }

    assert {"cdp", "profiles", "segments", "journeys", "templates", "static", "manage.py"} <= copied | {
        "pyproject.toml"
    }
    last = DOCKERFILE.split("\nFROM ")[-1]
    assert "\nUSER kindred\n" in last
    assert last.index("\nUSER kindred\n") < last.index("\nHEALTHCHECK ") < last.index("\nCMD ")
    assert "cdp.runtime.probe" in last
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize(
    ("names", "host"),
    [
        ("", "localhost"),
        ("*", "localhost"),
        (".noord.example", "noord.example"),
        ("a.example,b.example", "a.example"),
    ],
)
def test_it_asks_after_its_health_by_a_name_that_is_allowed(names: str, host: str) -> None:
    assert probe.host({"ALLOWED_HOSTS": names}) == host


def test_it_finds_nobody_where_nobody_listens() -> None:
    assert not probe.answers(port=1)


def test_it_names_only_units_and_commands_that_there_are() -> None:
    units = {path.stem for path in UNITS} | {"kindred"}
    named = set(re.findall(r"\bkindred-(?:worker-)?[a-z]+\b(?!\.example)", RUNBOOK)) - {"kindred-worker"}
    commands = set(re.findall(r"manage\.py (\w+)", RUNBOOK))

    assert named <= units
    assert commands <= set(get_commands())
    assert set(re.findall(r"`([A-Z][A-Z_]{4,})", RUNBOOK)) - {
        "CONCURRENTLY",
        "INVALID",
        "RESTORED_URL",
    } <= set(listed())


def test_it_is_understood_by_systemd() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("only on systems with systemd")

    said = subprocess.run(
        ["systemd-analyze", "verify", *map(str, UNITS), str(ROOT / "deploy/systemd/kindred.target")],
        capture_output=True,
        text=True,
        check=False,
    ).stderr

    about_us = [line for line in said.splitlines() if "kindred" in line]
    assert [line for line in about_us if "is not executable" not in line] == []


def test_it_has_every_setting_of_the_example_known_to_django() -> None:
    asked = [sys.executable, "-c", "import cdp.settings"]

    done = subprocess.run(
        asked, cwd=ROOT, env={"PATH": "/usr/bin", **_filled()}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def _filled() -> dict[str, str]:
    """The example with everything in it switched on, as somebody would who fills in all of it."""
    return {**{name: value for name, value in listed().items() if value}, "SECRET_KEY": "x" * 50}
