"""Mail to people of the workspace (invitations, new passwords): the same way out as every mail of the product."""

from collections.abc import Sequence
from email import policy
from typing import Final

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from journeys.channels.base import Accepted, Envelope
from journeys.channels.email import EmailChannel
from journeys.models import Sender

SECONDS: Final = 15.0  # somebody waits at a page


class ProductMail(BaseEmailBackend):
    """Django's mail over the mail server in use; to the test mailbox while there is none. Returns how many went out."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Hand each over, and say aloud when a server does not take it. Raises OSError, as Django's own does."""
        taken = 0
        for message in email_messages:
            content = message.message(policy=policy.SMTP).as_bytes()
            sender = _bare(message.from_email)
            envelopes = [
                Envelope(number, sender, _bare(one), content)
                for number, one in enumerate(message.recipients())
            ]
            outcomes = EmailChannel().hand_over(envelopes, within_seconds=SECONDS).values()
            refused = [str(getattr(one, "detail", "")) for one in outcomes if not isinstance(one, Accepted)]
            if refused:
                raise OSError("; ".join(refused))
            taken += not refused
        return taken


def sender() -> str:
    """Who writes to people of the workspace: the default sender."""
    found = Sender.objects.filter(is_default=True).order_by("brand_id", "pk").first()
    return str(found) if found else "Kindred <kindred@localhost>"


def send(template: str, *, to: str, subject: str, context: dict[str, object]) -> bool:
    """Write to one address out of `team/mails/<template>`; False when no mail server takes it."""
    message = EmailMultiAlternatives(
        subject, render_to_string(f"team/mails/{template}.txt", context), sender(), [to]
    )
    message.attach_alternative(render_to_string(f"team/mails/{template}.html", context), "text/html")
    try:
        return bool(message.send())
    except OSError:
        return False


def _bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">").strip()
