"""What a mail still lacks before people can get it, in sentences that say where."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.messages import blocks, chips, cleaning, markup, mjml, rendering
from journeys.messages.drafting import Draft, Words, spoken
from journeys.messages.mjml import Look
from journeys.messages.proofreading import MarkupProblem

LARGEST: Final = 100_000  # bytes of HTML: Gmail cuts mails off at 102 kB
TRANSPORT: Final = 1.02  # how much longer HTML gets on its way, roughly


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to finish. A warning lets the mail go out; everything else does not."""

    sentence: str
    language: str
    place: str = ""  # "subject", "source", a block's name, or "" for the mail
    is_warning: bool = False
    line: int = 0  # of the source
    about: tuple[str, ...] = ()  # what the sentence counts, by name


@dataclass(frozen=True, slots=True)
class Known:
    """What drafts are checked against: the attributes there are, and the workspace's languages."""

    attributes: frozenset[str]
    languages: tuple[str, ...] = ()


def check(draft: Draft, look: Look, known: Known, sources: Mapping[str, str]) -> list[Finding]:
    """Everything to finish, the fallback language first; `sources` is the HTML of each language, as far as there is."""
    found: list[Finding] = []
    for language in sorted(draft.languages, key=lambda one: one != draft.fallback):
        words = draft.languages[language]
        found += _of_subject(words, language)
        found += (
            _of_blocks(words, look, language)
            if draft.mode == "blocks"
            else _of_source(draft, words, language)
        )
        found += _of_templates(words, sources.get(language, ""), known, language)
        found += _of_size(sources.get(language, ""), language)
    missing = [spoken(language) for language in known.languages if language not in draft.languages]
    return found + ([_without(missing, draft.fallback)] if missing else [])


def _without(missing: list[str], fallback: str) -> Finding:
    """One line, however many languages are missing."""
    sentence = ngettext(
        "There is no version in %(language)s: those people get %(fallback)s.",
        "There is no version in %(count)d languages: those people get %(fallback)s.",
        len(missing),
    ) % {"language": missing[0], "count": len(missing), "fallback": spoken(fallback)}
    return Finding(sentence, fallback, "languages", is_warning=True, about=tuple(missing))


def _of_subject(words: Words, language: str) -> Iterator[Finding]:
    if not words.subject.strip():
        yield Finding(_("Write a subject."), language, "subject")


def _of_blocks(words: Words, look: Look, language: str) -> Iterator[Finding]:
    if not words.blocks:
        yield Finding(_("The mail is empty: add a block."), language)
    for block in blocks.every(words.blocks):
        for sentence in _lacking(block, look):
            yield Finding(sentence, language, block.id)


def _lacking(block: blocks.Block, look: Look) -> Iterator[str]:
    match block:
        case blocks.Heading(text=text) if not cleaning.text_in(text):
            yield _("Write the heading.")
        case blocks.Text(html=text) if not cleaning.text_in(text):
            yield _("Write the text.")
        case blocks.Button() if not block.label:
            yield _("Say what stands on the button.")
        case blocks.Button() if not block.url:
            yield _("Say where the button “%(label)s” leads.") % {"label": block.label}
        case blocks.Image() if block.image not in look.pictures:
            yield _("Choose the image.")
        case blocks.Image() if not (block.alt or look.pictures[block.image or 0].alt):
            yield _("Say what the image shows, for those who do not see it.")
        case blocks.Product() if block.product not in look.goods:
            yield _("Choose the product.")
        case blocks.Product() if block.label and not look.goods[block.product or 0].url:
            yield _("The product has no page that its button could lead to.")
        case blocks.Columns(left=left, right=right) if not left and not right:
            yield _("Put something into the columns.")
        case _:
            pass
    if isinstance(block, blocks.Text | blocks.Heading | blocks.Footer):
        text = block.text if isinstance(block, blocks.Heading) else block.html
        if "<a>" in text or 'href=""' in text:
            yield _("Say where the link in the text leads.")


def _of_source(draft: Draft, words: Words, language: str) -> Iterator[Finding]:
    if not words.source.strip():
        yield Finding(_("The mail is empty: write its code."), language, "source")
    elif draft.mode == "mjml":
        try:
            mjml.to_html(words.source)
        except MarkupProblem as problem:
            sentence = _("Line %(line)d: %(problem)s") % {"line": problem.line, "problem": problem}
            yield Finding(sentence, language, "source", line=problem.line)


def _of_templates(words: Words, source: str, known: Known, language: str) -> Iterator[Finding]:
    for place, text, is_html in (
        ("subject", words.subject, False),
        ("preheader", words.preheader, True),
        ("source", words.source or source, True),
    ):
        try:
            rendering.parse(_name(place), text, is_html=is_html)
        except rendering.TemplateProblem as problem:
            yield Finding(
                str(problem), language, place if words.source or place != "source" else "", line=problem.line
            )
        for key in sorted(_unknown(chips.mentioned(text), known.attributes)):
            sentence = _("No contact has an attribute called “%(key)s”.") % {"key": key}
            yield Finding(sentence, language, _block_with(words, key) or place, is_warning=True)


def _name(place: str) -> str:
    return {"subject": "subject", "preheader": "preview text"}.get(place, "message")


def _unknown(keys: Iterable[str], attributes: frozenset[str]) -> set[str]:
    return {key for key in keys if key and key not in attributes}


def _block_with(words: Words, key: str) -> str:
    """The first block that speaks of an attribute."""
    for block in blocks.every(words.blocks):
        if not isinstance(block, blocks.Columns) and key in chips.mentioned(str(block)):
            return block.id
    return ""


def _of_size(source: str, language: str) -> Iterator[Finding]:
    size = int(len(source.encode()) * TRANSPORT)
    if size > LARGEST:
        yield Finding(
            _("The mail has %(size)d kB: Gmail cuts it off after 102 kB.") % {"size": size // 1000},
            language,
            is_warning=True,
        )
    if markup.SCRIPT.search(source):
        yield Finding(
            _("Scripts do nothing in a mail, and make it look like spam."),
            language,
            "source",
            is_warning=True,
        )
