"""The programs of the one-command start, in the order they are started; they are stopped the other way round."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cdp.runtime.broker import Broker
from cdp.runtime.place import Place
from cdp.runtime.postgres import Server

CODE: Final = Path(__file__).resolve().parents[2]
LAUNCH: Final = Path(__file__).with_name("launch.py")
# Queues by concern, a worker each: a long task of one never holds up another.
WORKERS: Final = {
    "ingest": "ingest",
    "upkeep": "segments,maintenance",
    "journeys": "journeys",
    "delivery": "delivery",
}


@dataclass(frozen=True)
class Program:
    """One program under the supervisor: what runs, how it is asked to end, how long it may take."""

    name: str
    command: list[str]
    order: int
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    user: str | None = None
    lock: Path | None = None
    group: str = ""  # programs of one group stop at the same time
    foreign: bool = False  # not our code: it gets none of our secrets

    @property
    def address(self) -> str:
        """What the supervisor calls it."""
        return f"{self.group}:{self.name}" if self.group else self.name

    def section(self) -> str:
        """Its part of the supervisor's configuration."""
        wishes = ["--signal", self.stop_signal]
        wishes += ["--user", self.user] if self.user else []
        wishes += ["--lock", str(self.lock)] if self.lock else []
        wishes += ["--bare"] if self.foreign else []
        lines = {
            "command": _line([sys.executable, "-P", str(LAUNCH), *wishes, "--", *self.command]),
            "directory": _escaped(str(CODE)),
            "priority": self.order,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": 1,
            "startretries": 5,
            "stopsignal": self.stop_signal,
            "stopwaitsecs": self.stop_seconds,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": f"logs/{self.name}.log",
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": 3,
        }
        return f"[program:{self.name}]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())


def database(server: Server) -> Program:
    """The embedded PostgreSQL. SIGINT: at once for its clients, with its files in order."""
    lock = server.data / "postmaster.pid"
    return Program("postgres", server.command, 10, "INT", 30, user=server.user, lock=lock, foreign=True)


def broker(chosen: Broker) -> list[Program]:
    """The private Redis, when there is one."""
    return [Program("redis", chosen.command, 20, foreign=True)] if chosen.command else []


def ours(*, port: int) -> list[Program]:
    """Test mailbox, workers, beat and web."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "cdp.celery"]
    alone = [
        "-c",
        "1",
        "-I",
        "cdp.runtime.children",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ]
    workers = [
        Program(
            f"worker-{name}",
            [*celery, "worker", "-Q", queues, "-n", f"{name}@%h", *alone],
            40,
            group="workers",
        )
        for name, queues in WORKERS.items()
    ]
    return [
        Program("mailbox", [sys.executable, "manage.py", "test_mailbox"], 30),
        *workers,
        Program("beat", [*celery, "beat"], 50, group="workers"),
        Program(
            "web",
            [*python, "gunicorn", "-c", "python:cdp.runtime.web", "-b", f"127.0.0.1:{port}", "cdp.wsgi"],
            60,
        ),
    ]


def configuration(place: Place, programs: list[Program]) -> str:
    """The supervisor's whole configuration. Secrets are not in it: the environment carries these."""
    # Names relative to the data folder, where the supervisor stands: it reads the % of an absolute one twice.
    run = place.run.relative_to(place.folder) if place.run.is_relative_to(place.folder) else place.run
    head = f"""\
[supervisord]
nodaemon=true
silent=true
logfile=logs/supervisor.log
logfile_maxbytes=10MB
logfile_backups=3
pidfile={run}/supervisord.pid
identifier=kindred
childlogdir=logs

[unix_http_server]
file={run}/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

"""
    user = "user=root\n" if os.geteuid() == 0 else ""
    sections = [program.section() for program in programs]
    for group in sorted({program.group for program in programs if program.group}):
        members = [program for program in programs if program.group == group]
        names = ",".join(program.name for program in members)
        sections.append(f"[group:{group}]\nprograms={names}\npriority={members[0].order}\n")
    return head.replace("nodaemon=true\n", f"nodaemon=true\n{user}") + "\n".join(sections)


def environment(base: Mapping[str, str], **ours: str) -> dict[str, str]:
    """What our processes see: the caller's environment and our settings."""
    # BROKER_URL would win over the broker that this start has chosen.
    passed = {
        name: value
        for name, value in base.items()
        if name != "BROKER_URL" and not name.startswith("SUPERVISOR_")
    }
    path = [str(CODE), *filter(None, [base.get("PYTHONPATH", "")])]
    return {
        **passed,
        "DJANGO_SETTINGS_MODULE": "cdp.settings",
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "C_FORCE_ROOT": "1",
        # Each worker would load every route to check it: half of its start, and nothing here has changed since.
        "CELERY_SKIP_CHECKS": "1",
        **ours,
    }


def _line(command: list[str]) -> str:
    return _escaped(shlex.join(command))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
