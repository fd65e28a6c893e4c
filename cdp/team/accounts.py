"""Accounts: people are invited, nobody signs up."""

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import user_logged_in
from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest

from cdp.team import factors, sessions
from cdp.team import mail as team_mail

log = structlog.get_logger()

# What allauth would tell that the page says anyway.
SILENT = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class InvitedOnly(DefaultAccountAdapter):
    """allauth's adapter with the open door closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an admin makes accounts."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where somebody calls from; behind a socket without a proxy's word, this machine."""
        return get_client_ip(request) or "127.0.0.1"

    def get_from_email(self) -> str:
        """Who writes to people of the team."""
        return team_mail.sender()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A page must not fail because a mail server is away, nor tell by it who is in the team."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            log.warning("team_mail_not_sent", template=template_prefix, error=str(error))

    def format_email_subject(self, subject: str) -> str:
        """Without the name of a site."""
        return subject

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **named: Any
    ) -> None:
        """Its messages, but for those that only repeat what one sees."""
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **named)


def connect() -> None:
    """Hear of sign-ins."""
    user_logged_in.connect(factors.on_sign_in, dispatch_uid="cdp.team.factors")
    user_logged_in.connect(sessions.on_sign_in, dispatch_uid="cdp.team.sessions")
