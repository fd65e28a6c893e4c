"""The frozen baseline of `send.py`: what a careful Django developer writes first. Do not improve it.

Django's own mail classes over one reused SMTP connection, Django's own templates, and one durable row update a
message, so that a crash can repeat at most one mail.
"""

import smtplib
from collections.abc import Sequence
from email.utils import make_msgid

from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.template import engines
from django.utils import timezone

from journeys.models import Message
from profiles.models import Consent, ConsentState, Contact, Suppression


def send(messages: Sequence[Message], *, subject: str, html: str, text: str, host: str, port: int) -> int:
    """Send these to their contacts, one after another; how many went out."""
    engine = engines["django"]
    templates = [engine.from_string(source) for source in (subject, html, text)]
    sent = 0
    with smtplib.SMTP(host, port, local_hostname="localhost") as client:
        for message in messages:
            sent += _send(message, templates, client)
    return sent


def _send(message: Message, templates: Sequence[object], client: smtplib.SMTP) -> bool:
    contact = Contact.objects.get(pk=message.contact_id)
    last = Consent.objects.filter(contact=contact, topic=message.topic_id).order_by("-at", "-id").first()
    if last is None or last.state != ConsentState.SUBSCRIBED:
        return False
    if Suppression.objects.filter(address=contact.email.lower()).exists():
        return False
    token = signing.dumps({"message": message.pk})
    context = {"contact": contact, "token": token}
    subject, html, text = (template.render(context) for template in templates)  # type: ignore[attr-defined]
    mail = EmailMultiAlternatives(
        subject,
        text,
        "Shop <hello@shop.example>",
        [contact.email],
        headers={
            "Message-ID": make_msgid(domain="shop.example"),
            "List-Unsubscribe": f"<http://localhost:8000/u/{token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(html, "text/html")
    client.sendmail("hello@shop.example", [contact.email], mail.message().as_bytes())
    Message.objects.filter(pk=message.pk, run_entered_at=message.run_entered_at).update(
        state="sent", sent_at=timezone.now()
    )
    assert not connection.in_atomic_block, "each update must be durable before the next mail"
    return True
