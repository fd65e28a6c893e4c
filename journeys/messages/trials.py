"""A mail tried out before anybody gets it: as people who differ would see it, and as a test to the team."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final

from django.utils.translation import gettext as _

from cdp.lib import shortly
from journeys.channels.base import Accepted, Envelope
from journeys.channels.email import EmailChannel, wire_address
from journeys.messages import content, contents, mime
from journeys.messages.content import About, Parts, Rendered
from journeys.messages.drafting import Draft, spoken
from journeys.messages.letters import Stationery
from journeys.messages.links import Named
from journeys.models import Content
from profiles.models import Brand, Contact

LOOKED_AT: Final = 2000  # of the newest people; those who differ are found among them
FEW: Final = 5
WITHIN_SECONDS: Final = 10.0
NOBODY: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class NotSent(Exception):
    """The test did not go out; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Somebody to look at a mail as: why they are interesting, and who they are."""

    key: str
    why: str
    contact: Contact

    @property
    def name(self) -> str:
        """What they are called, or that nobody knows."""
        return f"{self.contact.first_name} {self.contact.last_name}".strip() or _("No name known")


def somebodies(draft: Draft, *, real: bool, now: dt.datetime) -> list[Somebody]:
    """Five people picked to differ: the longest name, the least known, each language. Made up unless `real`.

    Who they are is decided once a minute, because it takes a look at very many; what is known of them is of now.
    """
    if not real:
        return _made_up(draft)
    spoken_here = _spoken(draft)
    chosen, _as_of = shortly.kept("trials", spoken_here, lambda: _choose(spoken_here), now=now)
    there = Contact.objects.filter(merged_into__isnull=True).in_bulk([number for number, _why in chosen])
    picked = [
        Somebody(str(number), _why_words(*why), there[number]) for number, why in chosen if number in there
    ]
    return picked or _made_up(draft)


def _choose(languages: list[str]) -> list[tuple[int, tuple[str, str]]]:
    known = _newest()
    return [(one.pk, why) for why, one in _differing(known, languages)] if known else []


def _newest() -> list[Contact]:
    found = Contact.objects.filter(known_since_at__isnull=False, merged_into__isnull=True)
    return list(found.order_by("-known_since_at", "-id")[:LOOKED_AT])


def _differing(known: list[Contact], languages: list[str]) -> list[tuple[tuple[str, str], Contact]]:
    """Those who differ most, each once, with why: a reason, and the language it is about."""
    wanted = [
        (("longest", ""), max(known, key=lambda one: len(one.first_name) + len(one.last_name))),
        (("least", ""), min(known, key=_filled)),
        *((("reads", one), reader) for one in languages if (reader := _reader(known, one))),
        (("newest", ""), known[0]),
        (("best", ""), max(known, key=_filled)),
    ]
    picked: dict[int, tuple[tuple[str, str], Contact]] = {}
    for why, contact in wanted:
        picked.setdefault(contact.pk, (why, contact))
    return list(picked.values())[:FEW]


def _why_words(why: str, language: str) -> str:
    match why:
        case "longest":
            return _("Longest name")
        case "least":
            return _("Least known")
        case "reads":
            return _("Reads %(language)s") % {"language": spoken(language)}
        case "newest":
            return _("Newest")
        case _:
            return _("Best known")


def _spoken(draft: Draft) -> list[str]:
    """The languages of the mail, then those of the workspace that it lacks."""
    return list(dict.fromkeys([*draft.languages, *contents.languages()]))


def _filled(contact: Contact) -> int:
    standard = sum(1 for key in content.STANDARD if getattr(contact, key))
    return standard + (5 if contact.first_name else 0) + len(contact.attributes)


def _reader(known: Iterable[Contact], language: str) -> Contact | None:
    return next((one for one in known if one.language.lower().startswith(language)), None)


def _made_up(draft: Draft) -> list[Somebody]:
    def person(number: int, why: str, **fields: str) -> Somebody:
        contact = Contact(id=number, random_bucket=0, email=f"sample{number}@example.com", **fields)
        return Somebody(f"sample-{number}", why, contact)

    made = [
        person(1, _("Longest name"), first_name="Maximiliane-Alexandra", last_name="Wolkenstein-Trostburg"),
        person(2, _("Nothing known")),
    ]
    for number, language in enumerate(_spoken(draft), start=3):
        why = _("Reads %(language)s") % {"language": spoken(language)}
        made.append(
            person(number, why, first_name="Ada", last_name="Lovelace", language=language, city="London")
        )
    return made[:FEW]


def draw(mail: Content, draft: Draft, contact: Contact, *, language: str = "") -> Rendered:
    """The mail as this contact would get it, in their language or the one given.

    Raises TemplateProblem or MarkupProblem.
    """
    look = contents.look_of(mail, draft)
    chosen = language_of(draft, contact, language=language)
    words = contents.compiled(draft.languages[chosen], draft.mode, look, language=chosen)
    parts = Parts(
        {
            "subject": words.subject,
            "preheader": words.preheader,
            "html": words.html,
            "is_inlined": words.is_inlined,
        }
    )
    return content.render(parts, _about(contact, contents.brand_of(mail)), language=chosen, is_trial=True)


def language_of(draft: Draft, contact: Contact, *, language: str = "") -> str:
    """The language that a mail is drawn in: the one given where the mail has it, else this contact's."""
    if language in draft.languages:
        return language
    return content.Revision({one: {} for one in draft.languages}, draft.fallback).language_for(contact)


def _about(contact: Contact, brand: Brand) -> About:
    return About(Named(0, NOBODY), contact, 0, None, True, {}, brand)


def send(mail: Content, rendered: Rendered, *, to: str, now: dt.datetime) -> None:
    """Send this to one of the team, by the way that messages go, marked as a test. Raises NotSent."""
    stationery = Stationery()
    sender = stationery.sender(None, contents.brand_of(mail))
    address = wire_address(sender.email)
    written = mime.write(
        mime.Mail(
            sender_name=sender.name,
            sender=address,
            address=wire_address(to),
            subject=f"[{_('Test')}] {rendered.subject}",
            text=rendered.text,
            html=rendered.html,
            message_id=f"<test.{uuid.uuid4().hex}@{address.rpartition('@')[2]}>",
            date=format_datetime(now),
            reply_to=wire_address(sender.reply_to) if sender.reply_to else "",
        )
    )
    envelope = Envelope(0, address, wire_address(to), written)
    outcome = EmailChannel().hand_over([envelope], within_seconds=WITHIN_SECONDS)[0]
    if not isinstance(outcome, Accepted):
        raise NotSent(outcome.detail)
