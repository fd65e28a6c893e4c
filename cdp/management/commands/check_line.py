"""`manage.py check_line`: sends one event through a running Kindred to one mail in the test mailbox."""

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cdp.runtime import check


class Command(BaseCommand):
    """Exits 0 when the mail arrived; else says where the event got stuck."""

    help = "Send one event through to one delivered mail, and remove both again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where Kindred runs, and how long to wait."""
        parser.add_argument("--url", required=True, help="such as http://127.0.0.1:8000")
        parser.add_argument("--timeout", type=float, default=60, help="seconds (60)")

    def handle(self, *args: Any, url: str, timeout: float, **options: Any) -> None:
        """Arrange, send, wait, remove."""
        try:
            trial = check.arrange(now=timezone.now())
        except check.CannotCheck as error:
            raise CommandError(str(error)) from error
        try:
            send(url, trial)
            deadline = time.monotonic() + timeout
            while not check.delivered(trial):
                if time.monotonic() > deadline:
                    raise CommandError(check.stuck(trial))
                time.sleep(0.1)
        finally:
            check.erase(trial)


def send(url: str, trial: check.Trial) -> None:
    """POST the trial's event as any shop would. Raises CommandError with the door's answer when it is refused."""
    key = base64.b64encode(f"{trial.key}:".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{url.rstrip('/')}/v1/batch",
        data=json.dumps(trial.messages).encode(),
        headers={"Authorization": f"Basic {key}", "Content-Type": "application/json"},
    )
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20).close()
    except urllib.error.HTTPError as error:
        said = error.read(500).decode(errors="replace")
        raise CommandError(f"The door refused the event: HTTP {error.code} {said}") from error
    except OSError as error:
        raise CommandError(f"The door does not answer at {url}: {error}") from error
