"""The same code against servers: Django's own checks for deployment have nothing to say."""

import os
import subprocess
import sys

from cdp.runtime.programs import CODE


def test_it_passes_the_checks_for_deployment() -> None:
    environment = {
        **os.environ,
        "SECRET_KEY": "k" * 20 + "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF",
        "PUBLIC_URL": "https://kindred.example",
        "ALLOWED_HOSTS": "kindred.example",
    }

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=CODE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
