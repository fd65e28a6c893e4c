"""`manage.py quickstart`: everything on one machine with one command."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdp.runtime.place import Place, PlaceError
from cdp.runtime.quickstart import Quickstart


class Command(BaseCommand):
    """Starts the database, the broker, the web server, the workers and the test mailbox; Ctrl-C stops them."""

    help = "Start Kindred on this machine: database, broker, web server, workers and test mailbox."
    requires_system_checks = []  # the database they may ask for does not run yet

    def add_arguments(self, parser: CommandParser) -> None:
        """What people may want to choose."""
        parser.add_argument("--port", type=int, default=8000, help="where the pages are served (8000)")
        parser.add_argument(
            "--data-dir", type=Path, default=Path(".data"), help="where everything is kept (.data)"
        )
        parser.add_argument("--no-demo", action="store_true", help="start without the sample shop")
        parser.add_argument(
            "--check", action="store_true", help="send one event through to one mail, then stop"
        )

    def handle(
        self, *args: Any, port: int, data_dir: Path, check: bool, no_demo: bool, **options: Any
    ) -> None:
        """Start, stay, stop."""
        if not 0 < port < 65536:
            raise CommandError(f"--port {port} is no port: choose one between 1024 and 65535.")
        try:
            with_demo = not (no_demo or check)
            Quickstart(
                place=Place(data_dir), port=port, check=check, with_demo=with_demo, say=self._say
            ).run()
        except PlaceError as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
