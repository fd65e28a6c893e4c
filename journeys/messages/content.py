"""What a message says: from a step of a version to the subject, HTML and text for one contact."""

import datetime as dt
import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Final

from django.utils.translation import gettext, override

from journeys.messages import links, markup, rendering, themes
from journeys.messages.links import Named, Subscription
from journeys.messages.rendering import TemplateProblem
from journeys.models import ContentRevision, Version
from profiles.models import Brand, Contact

NOWHERE: Final = "#unsubscribe"  # the way out of a trial

STANDARD: Final = [
    "email",
    "phone",
    "first_name",
    "last_name",
    "birth_date",
    "gender",
    "language",
    "timezone",
    "country",
    "region",
    "city",
    "postal_code",
    "lifecycle_stage",
]


@dataclass(frozen=True, slots=True)
class StepContent:
    """What an email step of a published version refers to."""

    revision_id: int
    sender_id: int | None
    purpose: str
    version_id: int
    step: str


@dataclass(frozen=True)
class Rendered:
    """A message in words."""

    subject: str
    html: str
    text: str
    unsubscribe_url: str  # "" for a transactional message


@dataclass(frozen=True)
class About:
    """Who and what a message is for."""

    message: Named
    contact: Contact
    persona_id: int
    topic_id: int | None
    marketing: bool
    variables: Mapping[str, Any]
    brand: Brand


class Parts:
    """One language of one revision, parsed once and used for every message. Raises TemplateProblem."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        source = str(words.get("html") or "")
        text = str(words.get("text") or "") or markup.text_of(source)
        self.subject = rendering.parse("subject", str(words.get("subject") or ""), is_html=False)
        self.preheader = rendering.parse("preview text", str(words.get("preheader") or ""), is_html=True)
        self.html = rendering.parse("message", source or _as_html(text), is_html=True)
        self.text = rendering.parse("text version", text, is_html=False)
        self.has_style = not words.get("is_inlined") and markup.has_style(source)


@dataclass(frozen=True)
class Revision:
    """A saved content in all its languages."""

    languages: Mapping[str, Mapping[str, Any]]
    fallback: str

    @cached_property
    def _parts(self) -> dict[str, Parts]:
        return {}

    def language_for(self, contact: Contact) -> str:
        """The contact's own language where there is one ("nl-BE" reads "nl"), else the content's fallback."""
        wanted = contact.language.replace("_", "-").lower()
        for language in (wanted, wanted.split("-")[0], self.fallback):
            if language in self.languages:
                return language
        return next(iter(self.languages), "")

    def parts(self, language: str) -> Parts:
        """The parsed templates of a language. Raises TemplateProblem."""
        if language not in self.languages:
            raise TemplateProblem("The message has no content in any language.")
        if language not in self._parts:
            self._parts[language] = Parts(self.languages[language])
        return self._parts[language]


@lru_cache(maxsize=256)
def revision(revision_id: int) -> Revision:
    """A revision, which never changes once it is saved. Raises TemplateProblem when there is none."""
    row = ContentRevision.objects.filter(pk=revision_id).values_list("languages", "fallback").first()
    if row is None:
        raise TemplateProblem("What this message says has been deleted.")
    return Revision({language.lower(): words for language, words in row[0].items()}, row[1].lower())


@lru_cache(maxsize=1024)
def of_step(version_id: int, step: str) -> StepContent:
    """What a step of a version, which never changes, sends. Raises TemplateProblem when it is no email step."""
    definition = Version.objects.values_list("definition", flat=True).get(pk=version_id)
    for one in steps(definition.get("steps", [])):
        if one.get("id") == step and one.get("kind") == "email":
            purpose = str(one.get("purpose", "marketing"))
            return StepContent(int(one["revision"]), one.get("sender") or None, purpose, version_id, step)
    raise TemplateProblem(f"The journey has no email step called “{step}”.")


def steps(definition: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """Every step of a drawing, those inside branches too."""
    for one in definition:
        if isinstance(one, dict):
            if "kind" in one:
                yield one
            for value in one.values():
                if isinstance(value, list):
                    yield from steps(value)
        elif isinstance(one, list):
            yield from steps(one)


def values(about: About, *, unsubscribe_url: str) -> dict[str, Any]:
    """What a template can use: `contact`, `event` (what started the journey), `brand`, `unsubscribe_url`."""
    contact = about.contact
    known = {key: _plain(getattr(contact, key)) for key in STANDARD}
    event = dict(about.variables.get("event") or {})
    properties = event.get("properties") or {}
    return {
        **about.variables,
        "event": {**event, **properties, "properties": properties},
        "contact": {**contact.attributes, **known},
        "brand": {"name": about.brand.name, "website": about.brand.website},
        "unsubscribe_url": unsubscribe_url,
    }


def _plain(value: object) -> object:
    return (
        value.isoformat()
        if isinstance(value, dt.date | dt.datetime)
        else (float(value) if isinstance(value, Decimal) else value)
    )


def render(parts: Parts, about: About, *, language: str, is_trial: bool = False) -> Rendered:
    """The message for one contact: filled in, links tracked, with footer and pixel. Raises TemplateProblem.

    Nobody who asked not to be tracked gets tracked links or a pixel, and a trial (a preview, a test) neither: its
    way out is shown and leads nowhere.
    """
    url = ""
    if about.marketing:
        subscription = Subscription(about.message, about.persona_id, about.topic_id)
        url = NOWHERE if is_trial else links.unsubscribe(subscription)
    known = values(about, unsubscribe_url=url)
    source = markup.with_preheader(parts.html.render(known), parts.preheader.render(known))
    if parts.has_style:
        source = markup.inlined(source)
    tracking = about.contact.do_not_track_since_at is None and not is_trial
    source = markup.tracked(
        source, lambda target: target if not tracking or target == url else links.click(about.message, target)
    )
    footer_html, footer_text = footer_of(about.brand, language) if url else ("", "")
    pixel = ""
    if tracking:
        pixel = f'<img src="{links.pixel(about.message)}" width="1" height="1" alt="">'
    return Rendered(
        subject=parts.subject.render(known),
        html=markup.closed(source, footer_html.replace("%URL%", url) + pixel),
        text=parts.text.render(known) + footer_text.replace("%URL%", url),
        unsubscribe_url="" if is_trial else url,
    )


def footer_of(brand: Brand, language: str) -> tuple[str, str]:
    """The brand's own end of marketing mail as HTML and text; %URL% stands for the unsubscribe page."""
    return footer(brand.name, brand.postal_address, language, themes.load(brand.theme).background)


@lru_cache(maxsize=64)
def footer(brand: str, postal_address: str, language: str, background: str) -> tuple[str, str]:
    """The product's own end of marketing mail as HTML and text; %URL% stands for the unsubscribe page.

    Authors cannot take it away: the law wants to know who writes and how to make them stop.
    """
    with override(language.split("-")[0] or None):
        unsubscribe = gettext("Unsubscribe")
        reason = gettext("You receive this because you are subscribed.")
    address = " · ".join(line.strip() for line in postal_address.splitlines() if line.strip())
    sender = " · ".join(part for part in (brand, address) if part)
    ink = themes.small_print(background)
    as_html = (
        '<div class="k-end" style="clear:both;display:block!important;visibility:visible;padding:24px 16px;'
        f'text-align:center;font:12px/1.5 sans-serif;color:{ink};background:{background}">'
        f'{html.escape(reason)} <a href="%URL%" style="color:{ink};text-decoration:underline">'
        f"{html.escape(unsubscribe)}</a><br>{html.escape(sender)}</div>"
    )
    return as_html, f"\n\n-- \n{reason}\n{unsubscribe}: %URL%\n{sender}\n"


def _as_html(text: str) -> str:
    """A text template as simple HTML."""
    return f'<body><div style="white-space:pre-wrap">{html.escape(text, quote=False)}</div></body>'
