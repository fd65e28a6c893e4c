"""Mails of the workspace: beginning one, keeping its draft, checking it, and freezing it for those who publish."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from journeys import drafts
from journeys.drafts import Place
from journeys.messages import checking, drafting, guarding, lookups, markup, mjml, starts
from journeys.messages.blocks import BlockProblem
from journeys.messages.checking import Finding, Known
from journeys.messages.content import STANDARD
from journeys.messages.drafting import Draft, Words
from journeys.messages.mjml import Look
from journeys.messages.proofreading import MarkupProblem
from journeys.models import Content, ContentRevision
from profiles import workspace
from profiles.models import AttributeDefinition, Brand

KIND: Final = "content"


class ContentProblem(Exception):
    """A mail that cannot be used yet; `sentences` say why."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Compiled:
    """One language of a mail, ready to be filled in for each contact."""

    subject: str
    preheader: str
    html: str
    is_inlined: bool

    @property
    def text(self) -> str:
        """The same as plain text."""
        return markup.text_of(self.html)


def begin(name: str, start: str, *, by: User, now: dt.datetime) -> Content:
    """A new mail from one of the starting layouts."""
    language = languages()[0]
    content = Content(name=name, owner=by, edited_by=by)
    content.draft = drafting.dump(Draft("blocks", {language: starts.words(start, language)}, language))
    with transaction.atomic():
        content.save()
        drafts.keep(KIND, content.pk, content.draft, by=by, now=now)
    return content


def draft_of(content: Content) -> Draft:
    """What the mail says now. Mails from before there was an editor are drafts in HTML."""
    if content.draft:
        return drafting.load(content.draft)
    last = content.revisions.order_by("-number").first()
    return (
        Draft(fallback=languages()[0], languages={languages()[0]: Words()})
        if last is None
        else of_revision(last)
    )


def of_revision(revision: ContentRevision) -> Draft:
    """The draft that a saved state was frozen from."""
    said: Mapping[str, Mapping[str, Any]] = revision.languages
    first = next(iter(said.values()), {})
    mode = first.get("mode") or "html"
    rows = (
        said
        if mode == "blocks"
        else {language: {**words, "source": _code(words)} for language, words in said.items()}
    )
    return drafting.load({"mode": mode, "languages": rows, "fallback": revision.fallback})


def _code(words: Mapping[str, Any]) -> str:
    return str(words.get("source") or words.get("html") or words.get("text") or "")


@transaction.atomic
def keep(content: Content, draft: Draft, *, by: User, now: dt.datetime, since: int | None = None) -> Place:
    """Save the draft as one more state. Raises drafts.Conflict when somebody saved since the state numbered `since`."""
    if drafts.place(KIND, content.pk) is None:
        drafts.keep(KIND, content.pk, drafting.dump(draft_of(content)), by=content.owner, now=now)
        since = None
    place = drafts.keep(KIND, content.pk, drafting.dump(draft), by=by, now=now, since=since)
    return _stand(content, place, by=by)


@transaction.atomic
def step(content: Content, *, forward: bool, by: User) -> Place | None:
    """Undo, or redo; None where there is nothing to."""
    place = (drafts.redo if forward else drafts.undo)(KIND, content.pk)
    return None if place is None else _stand(content, place, by=by)


def _stand(content: Content, place: Place, *, by: User) -> Place:
    content.draft, content.edited_by = place.state, by
    content.save(update_fields=["draft", "edited_by", "updated_at"])
    return place


def look_of(content: Content, draft: Draft, brand: Brand | None = None) -> Look:
    """What the mail's blocks need of the database, in the look of `brand` or the mail's own."""
    return lookups.look(brand or brand_of(content), [words.blocks for words in draft.languages.values()])


def brand_of(content: Content) -> Brand:
    """The mail's brand, or the default one."""
    return content.brand or default_brand()


def default_brand() -> Brand:
    """The brand of everything that names none."""
    return Brand.objects.get(is_default=True)


def compiled(words: Words, mode: str, look: Look, *, language: str) -> Compiled:
    """One language as HTML with its styles on the elements where possible. Raises MarkupProblem."""
    match mode:
        case "blocks":
            source = mjml.to_html(mjml.write(words.blocks, look, language=language))
        case "mjml":
            source = mjml.to_html(words.source)
        case _:
            source = words.source
    inlined = guarding.inlined(source) if markup.has_style(source) else source
    return Compiled(words.subject, words.preheader, inlined or source, inlined is not None)


def sources(draft: Draft, look: Look) -> dict[str, str]:
    """The HTML of every language that can be compiled."""
    found = {}
    for language, words in draft.languages.items():
        try:
            found[language] = compiled(words, draft.mode, look, language=language).html
        except MarkupProblem:
            continue
    return found


def check(
    content: Content, draft: Draft | None = None, look: Look | None = None, against: Known | None = None
) -> list[Finding]:
    """What the mail still lacks, in sentences; those that are no warnings keep it from being used."""
    draft = draft or draft_of(content)
    look = look or look_of(content, draft)
    return checking.check(draft, look, against or known(), sources(draft, look))


def known(keys: Iterable[str] | None = None) -> Known:
    """What mails are checked against; `keys` are those of the attributes there are, where they are at hand."""
    keys = AttributeDefinition.objects.values_list("key", flat=True) if keys is None else keys
    return Known(frozenset({*STANDARD, *keys}), tuple(languages()))


def languages() -> list[str]:
    """The workspace's languages in their order of fallback; at least one."""
    return [str(language).lower() for language in workspace.current().languages or []] or ["en"]


@transaction.atomic
def freeze(content: Content, *, by: User | None, now: dt.datetime) -> ContentRevision:
    """The revision of the present draft: the last one where nothing changed, else a new one.

    Raises ContentProblem when something is missing without which it cannot be sent.
    """
    content = Content.objects.select_for_update(of=("self",)).select_related("brand").get(pk=content.pk)
    last = content.revisions.order_by("-number").first()
    if not content.draft and last is not None:
        return last
    draft = _whole(content)
    look = look_of(content, draft)
    missing = [one.sentence for one in check(content, draft, look) if not one.is_warning]
    if missing:
        raise ContentProblem(missing)
    words = {language: _frozen(draft, language, look) for language in draft.languages}
    if last is not None and (last.languages, last.fallback) == (words, draft.fallback):
        return last
    number = (content.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
    return ContentRevision.objects.create(
        content=content, number=number, languages=words, fallback=draft.fallback, saved_at=now, saved_by=by
    )


def _whole(content: Content) -> Draft:
    try:
        return draft_of(content)
    except BlockProblem as problem:
        raise ContentProblem([str(problem)]) from problem


def _frozen(draft: Draft, language: str, look: Look) -> dict[str, Any]:
    """One language as revisions keep it: what is sent, and what it was made from."""
    words = draft.languages[language]
    ready = compiled(words, draft.mode, look, language=language)
    return {
        **drafting.dump(draft)["languages"][language],
        "mode": draft.mode,
        "subject": ready.subject,
        "preheader": ready.preheader,
        "html": ready.html,
        "text": ready.text,
        "is_inlined": ready.is_inlined,
    }
