"""Which broker carries the nudges: the Redis that is named, a private one if there is a program, else folders."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import redis

from cdp.runtime.place import Place, PlaceError, free_port, write_private

ANSWER_SECONDS = 3


@dataclass(frozen=True)
class Broker:
    """A broker: what to tell our processes, and the command that runs it (none: nothing to run)."""

    label: str
    environment: Mapping[str, str]
    command: list[str] = field(default_factory=list)

    @property
    def redis_url(self) -> str:
        """The Redis behind it, "" where there is none."""
        return self.environment.get("REDIS_URL", "")


def choose(place: Place, *, environment: Mapping[str, str]) -> Broker:
    """The broker for this start.

    Raises PlaceError when REDIS_URL names a server that does not answer.
    """
    if named := environment.get("REDIS_URL"):
        if trouble := unanswered(named):
            host = urlsplit(named).hostname or "the socket it names"
            raise PlaceError(
                f"REDIS_URL is set, but Redis at {host} does not answer: {trouble}. "
                "Start it, correct REDIS_URL, or unset REDIS_URL to use a broker of our own."
            )
        return Broker("the Redis that REDIS_URL names", {"REDIS_URL": named})
    if program := shutil.which("redis-server", path=environment.get("PATH", os.defpath)):
        return _private_redis(place, Path(program))
    return Broker(
        "folders on disk (no redis-server found)",
        {"REDIS_URL": "", "BROKER_FOLDER": str(place.folder / "broker")},
    )


def unanswered(url: str) -> str:
    """Why the Redis at `url` does not answer, in a few words without secrets; "" when it does."""
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS
        ) as client:
            client.ping()
    except redis.AuthenticationError:
        return "it refuses the password"
    except redis.TimeoutError:
        return f"no answer within {ANSWER_SECONDS} seconds"
    except redis.ConnectionError:
        return "no connection"
    except (redis.RedisError, ValueError) as error:
        return type(error).__name__
    return ""


def _private_redis(place: Place, program: Path) -> Broker:
    """A Redis of our own on a random port of the loopback device; other users of the machine lack its password."""
    folder = place.folder / "redis"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    password, port = place.secret("redis-password"), free_port()
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{folder}"',
        'save ""',  # nudges need no disk: whatever is lost with them, a sweep finds
        "appendonly no",
        "daemonize no",
    ]
    write_private(folder / "redis.conf", "\n".join(lines) + "\n")
    return Broker(
        "a private Redis",
        {"REDIS_URL": f"redis://:{password}@127.0.0.1:{port}/0"},
        [str(program), str(folder / "redis.conf")],
    )
