"""Becomes another program that cannot outlive whoever started it.

Run as a file, so that nothing of ours is imported: `python -P launch.py --signal INT --user postgres -- program …`.
A supervisor that is killed with -9 cannot stop its programs; the kernel does it for the programs started here.
"""

import argparse
import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent(number: int) -> None:
    """Have the kernel send us signal `number` when our parent dies. Only Linux knows how; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def drop_to(user: str) -> None:
    """Become `user` for good."""
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def clear_stale(lock: Path, *, program: str) -> None:
    """Remove a PostgreSQL lock file whose process number now belongs to something else.

    PostgreSQL takes any living process of its own user for its older self; in a container small numbers come
    round quickly, and the server would never start again.
    """
    try:
        pid = int(lock.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if program not in command_of(pid):
        lock.unlink(missing_ok=True)


def command_of(pid: int) -> str:
    """What process `pid` runs; "" when there is none, or where /proc does not exist."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def main() -> None:
    """Read the wishes, then become the program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", default="TERM", help="what to be sent when the parent dies")
    parser.add_argument("--user", help="become this user first")
    parser.add_argument(
        "--bare", action="store_true", help="start with an empty environment: our secrets are not for it"
    )
    parser.add_argument("--lock", type=Path, help="PostgreSQL's lock file, removed where it is stale")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    wishes = parser.parse_args()
    command = wishes.command[1:] if wishes.command[:1] == ["--"] else wishes.command
    if wishes.lock and sys.platform == "linux":
        clear_stale(wishes.lock, program=command[0])
    if wishes.user:
        drop_to(wishes.user)
        os.chdir("/")
    # After the change of user, which clears it.
    die_with_parent(signal.Signals[f"SIG{wishes.signal}"])
    bare = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": "/"}
    os.execve(command[0], command, bare if wishes.bare else dict(os.environ))  # noqa: S606 - the point of this file


if __name__ == "__main__":
    main()
