"""E-mail: which server a mail goes to, and what an address looks like on the wire."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from django.conf import settings

from journeys.channels import smtp
from journeys.channels.base import DeliveryError, Envelope, Outcome
from journeys.channels.connections import Endpoint
from journeys.models import SmtpServer

ADDRESS: Final = re.compile(r"[^\s<>@\"(),:;\[\]\\\x00-\x1f\x7f]+@[^\s<>@\"(),:;\[\]\\\x00-\x1f\x7f]+")


def wire_address(address: str) -> str:
    """An address as SMTP takes it: ASCII, the domain in punycode.

    Raises DeliveryError (permanent) for what is no address, or one that would need every server on its way to
    understand letters beyond ASCII.
    """
    if not ADDRESS.fullmatch(address):
        raise DeliveryError(
            f"“{address}” is not an e-mail address.", permanent=True, reason="invalid_address"
        )
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise DeliveryError(
            f"“{address}” has letters before the @ that most mail servers do not take.",
            permanent=True,
            reason="invalid_address",
        )
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise DeliveryError(
            f"“{domain}” is not a domain name.", permanent=True, reason="invalid_address"
        ) from error


def test_mailbox() -> Endpoint:
    """The mail server of ours that keeps what it gets."""
    host, _, port = settings.TEST_MAILBOX.rpartition(":")
    return Endpoint(host, int(port))


test_mailbox.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test


class EmailChannel:
    """Hands mail to the server in use; to the test mailbox while there is none, and for sample contacts always."""

    def __init__(self) -> None:
        """Look up the server once, for a batch."""
        server = SmtpServer.objects.filter(is_active=True).order_by("pk").first()
        self.test = test_mailbox()
        self.real = self.test
        if server is not None:
            self.real = Endpoint(server.host, server.port, server.security, server.username, server.password)

    def hand_over(self, envelopes: Sequence[Envelope], *, within_seconds: float) -> dict[int, Outcome]:
        """Send these; an outcome for each key."""
        routes: defaultdict[Endpoint, list[Envelope]] = defaultdict(list)
        for envelope in envelopes:
            routes[self.test if envelope.is_sample else self.real].append(envelope)
        outcomes: dict[int, Outcome] = {}
        for endpoint, mine in routes.items():
            # Their share each, so that a slow server does not outlast the lease.
            share = within_seconds / len(routes)
            outcomes |= smtp.pool().send(endpoint, mine, within_seconds=share)
        return outcomes
