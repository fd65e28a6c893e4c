"""What a webhook can tell: every kind of happening, with the words for it and the events that are one."""

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVENT: Final = "event.happened"
TEST: Final = "webhook.test"

CHOICES: Final[tuple[tuple[Promise, tuple[tuple[str, Promise], ...]], ...]] = (
    (
        _("Contacts"),
        (
            ("contact.created", _("Somebody becomes a contact")),
            ("contact.updated", _("An attribute of a contact changes")),
            ("contact.merged", _("Two contacts become one")),
            ("contact.unmerged", _("A merge is undone")),
            ("contact.subscribed", _("Somebody subscribes")),
            ("contact.unsubscribed", _("Somebody unsubscribes")),
        ),
    ),
    (
        _("Segments"),
        (
            ("segment.entered", _("Somebody enters a segment")),
            ("segment.left", _("Somebody leaves a segment")),
        ),
    ),
    (
        _("Messages"),
        (
            ("message.sent", _("A message is sent")),
            ("message.delivered", _("A message is delivered")),
            ("message.opened", _("A message is opened")),
            ("message.clicked", _("A link is clicked")),
            ("message.bounced", _("A message bounces")),
            ("message.complained", _("A message is marked as spam")),
            ("message.not_sent", _("A message is not sent")),
        ),
    ),
    (_("Events"), ((EVENT, _("An event happens")),)),
)
LABELS: Final[dict[str, Promise]] = {key: label for _group, kinds in CHOICES for key, label in kinds}
ALL: Final[dict[str, Promise]] = {**LABELS, TEST: _("Test")}

_MESSAGE: Final = re.compile(r"(?:Email|SMS|WhatsApp|Push|Web Push) (.+)")
_OF_MESSAGE: Final = {
    "Sent": "message.sent",
    "Delivered": "message.delivered",
    "Opened": "message.opened",
    "Clicked": "message.clicked",
    "Link Clicked": "message.clicked",
    "Bounced": "message.bounced",
    "Marked as Spam": "message.complained",
    "Not Sent": "message.not_sent",
}
_OF_NAME: Final = {"Subscribed": "contact.subscribed", "Unsubscribed": "contact.unsubscribed"}


def of_event(name: str) -> str | None:
    """The kind that events of this name are, beside being events."""
    found = _MESSAGE.fullmatch(name)
    return _OF_MESSAGE.get(found[1]) if found else _OF_NAME.get(name)
