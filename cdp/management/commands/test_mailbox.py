"""`manage.py test_mailbox`: the SMTP server that keeps what it receives."""

import asyncio
import contextlib
import signal
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cdp import mailbox

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Keeps every mail that reaches it; the page Test mailbox shows them."""

    help = "Receive mail over SMTP and keep it for the page Test mailbox; nothing is sent on."
    requires_system_checks = []  # they load every route, and this only keeps mail

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen; the setting TEST_MAILBOX by default."""
        host, _, port = settings.TEST_MAILBOX.rpartition(":")
        parser.add_argument("--host", default=host)
        parser.add_argument("--port", type=int, default=int(port))

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Serve until Ctrl-C or SIGTERM."""
        try:
            asyncio.run(self._serve(host, port))
        except OSError as error:
            raise CommandError(
                f"The test mailbox cannot listen on {host}:{port}: {error.strerror or error}"
            ) from error

    async def _serve(self, host: str, port: int) -> None:
        task = asyncio.ensure_future(
            mailbox.serve(
                host,
                port,
                handler=mailbox.Handler(clock=timezone.now),
                started=lambda port: log.info("mailbox.listening", host=host, port=port),
            )
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task
