"""Finished letters: an allowed message with its words, sender and headers, as bytes."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, Final

import structlog

from journeys.channels.base import DeliveryError, Envelope
from journeys.channels.email import wire_address
from journeys.messages import content, links, mime
from journeys.messages.claims import Claimed
from journeys.messages.limits import Allowed, Forbidden
from journeys.messages.rendering import TemplateProblem
from journeys.models import Message, Run, Sender
from profiles.models import Brand

log = structlog.get_logger(__name__)
FEEDBACK: Final = "kindred"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message ready to be handed over."""

    message: Claimed
    envelope: Envelope
    contact_id: int  # whom it goes to, merges followed
    email: str  # the contact's address as we know it; the envelope has it as SMTP does
    subject: str = ""


class Stationery:
    """Brands and senders, looked up once for a batch."""

    def __init__(self) -> None:
        """Two statements."""
        self.brands = {brand.pk: brand for brand in Brand.objects.all()}
        self.default_brand = next(brand for brand in self.brands.values() if brand.is_default)
        self.senders = {sender.pk: sender for sender in Sender.objects.all()}

    def brand(self, brand_id: int | None) -> Brand:
        """The message's brand, or the default one."""
        return self.brands.get(brand_id or 0, self.default_brand)

    def sender(self, sender_id: int | None, brand: Brand) -> Sender:
        """The step's sender, else the brand's default one, else any. Raises TemplateProblem when there is none."""
        if sender_id in self.senders:
            return self.senders[sender_id]
        ranked = sorted(
            self.senders.values(), key=lambda one: (one.brand_id != brand.pk, not one.is_default, one.pk)
        )
        if not ranked:
            raise TemplateProblem("Nobody is set up to send from: add a sender in the settings.")
        return ranked[0]


def write(
    allowed: Sequence[Allowed], stationery: Stationery, *, now: dt.datetime
) -> tuple[list[Letter], list[Forbidden]]:
    """The letters of these messages, and those that could not be written with the reason. One statement."""
    variables = dict(
        Run.objects.filter(pk__in={one.message.run_id for one in allowed}).values_list("pk", "variables")
    )
    date = format_datetime(now)
    letters, failed = [], []
    for one in allowed:
        try:
            letters.append(_letter(one, variables.get(one.message.run_id) or {}, stationery, date=date))
        except (TemplateProblem, DeliveryError) as problem:
            failed.append(Forbidden(one.message, "template_error", str(problem), failed=True))
        except Exception:
            log.exception("letter_failed", message=one.message.id, version=one.message.version_id)
            detail = "Something went wrong while writing this message; the log has the details."
            failed.append(Forbidden(one.message, "internal_error", detail, failed=True))
    return letters, failed


def _letter(allowed: Allowed, variables: Mapping[str, Any], stationery: Stationery, *, date: str) -> Letter:
    message, contact = allowed.message, allowed.contact
    step = content.of_step(message.version_id, message.step)
    brand = stationery.brand(message.brand_id)
    sender = stationery.sender(step.sender_id, brand)
    revision = content.revision(step.revision_id)
    language = revision.language_for(contact)
    marketing = message.purpose == Message.Purpose.MARKETING
    about = content.About(
        message.named, contact, message.persona_id, message.topic_id, marketing, variables, brand
    )
    words = content.render(revision.parts(language), about, language=language)
    sender_address = wire_address(sender.email)
    mail = mime.Mail(
        sender_name=sender.name,
        sender=sender_address,
        address=allowed.address,
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message_id(message, sender_address),
        date=date,
        reply_to=wire_address(sender.reply_to) if sender.reply_to else "",
        unsubscribe=words.unsubscribe_url,
        feedback_id=f"{message.step}:{message.version_id}:{message.purpose}:{FEEDBACK}",
    )
    envelope = Envelope(message.id, sender_address, allowed.address, mime.write(mail), contact.is_sample)
    return Letter(message, envelope, contact.pk, contact.email, words.subject)


def message_id(message: Claimed, sender_address: str) -> str:
    """The same for the same message, however often it is tried, so that receivers can tell a repetition."""
    domain = sender_address.rpartition("@")[2]
    return f"<{message.id}.{links.proof(message.named)}@{domain}>"


def by_window(letters: Sequence[Letter], size: int) -> Iterable[Sequence[Letter]]:
    """The letters in portions."""
    return (letters[start : start + size] for start in range(0, len(letters), size))
