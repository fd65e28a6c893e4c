"""The broker: the Redis that is named, else a private one, else folders."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from cdp.runtime import broker
from cdp.runtime.place import Place, PlaceError, free_port

needs_redis = pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server on the PATH")


def test_it_refuses_a_named_redis_that_does_not_answer_without_telling_its_password(tmp_path: Path) -> None:
    url = f"redis://:geheim@127.0.0.1:{free_port()}/0"

    with pytest.raises(
        PlaceError, match=r"REDIS_URL is set, but Redis at 127\.0\.0\.1 does not answer"
    ) as caught:
        broker.choose(Place(tmp_path), environment={"REDIS_URL": url, "PATH": ""})

    assert "geheim" not in str(caught.value)


def test_it_uses_folders_where_there_is_no_redis(tmp_path: Path) -> None:
    chosen = broker.choose(Place(tmp_path), environment={"PATH": str(tmp_path)})

    assert chosen.command == []
    assert chosen.environment == {"REDIS_URL": "", "BROKER_FOLDER": str(tmp_path / "broker")}


@needs_redis
@pytest.mark.xdist_group("processes")
def test_it_runs_a_private_redis_that_only_its_password_opens(tmp_path: Path) -> None:
    chosen = broker.choose(Place(tmp_path), environment={"PATH": "/usr/bin:/bin:/usr/local/bin"})
    stranger = chosen.redis_url.split("@")[1]
    with subprocess.Popen(chosen.command, stdout=subprocess.DEVNULL) as server:
        for _ in range(100):
            if not broker.unanswered(chosen.redis_url):
                break

        answers = broker.unanswered(chosen.redis_url), broker.unanswered(f"redis://{stranger}")
        server.terminate()

    assert answers == ("", "it refuses the password")
    assert stat.S_IMODE((tmp_path / "redis" / "redis.conf").stat().st_mode) == 0o600
