"""A mail while it is written: in blocks, MJML or HTML, in one or several languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from journeys.messages import blocks
from journeys.messages.blocks import Blocks

type Mode = Literal["blocks", "mjml", "html"]

MODES: Final = ("blocks", "mjml", "html")
LONGEST_SUBJECT: Final = 500
LONGEST_SOURCE: Final = 500_000  # characters


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says in one language: Liquid inside; `source` is its code where it is written in code."""

    subject: str = ""
    preheader: str = ""
    blocks: Blocks = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All of a mail. `fallback` is the language of people whose own is not there."""

    mode: Mode = "blocks"
    languages: Mapping[str, Words] = field(default_factory=dict)
    fallback: str = "en"

    def words(self, language: str) -> Words:
        """What it says in this language; the fallback's where it has none."""
        return self.languages.get(language) or self.languages.get(self.fallback) or Words()

    def with_words(self, language: str, words: Words) -> "Draft":
        """The draft saying this in a language."""
        return replace(self, languages={**self.languages, language: words})

    def without(self, language: str) -> "Draft":
        """The draft without a language, which is not its fallback."""
        kept = {name: words for name, words in self.languages.items() if name != language}
        return self if language == self.fallback else replace(self, languages=kept)


def load(state: Any) -> Draft:
    """The draft that JSON describes. Raises BlockProblem for blocks that are none."""
    said = state if isinstance(state, dict) else {}
    mode = said.get("mode")
    languages = said.get("languages")
    words = {
        str(language).lower(): _words(one)
        for language, one in (languages if isinstance(languages, dict) else {}).items()
        if isinstance(one, dict)
    }
    fallback = str(said.get("fallback") or next(iter(words), "en")).lower()
    return Draft(mode if mode in MODES else "blocks", words or {fallback: Words()}, fallback)


def dump(draft: Draft) -> dict[str, Any]:
    """The draft as JSON; of blocks and code only what its mode needs."""
    return {
        "mode": draft.mode,
        "fallback": draft.fallback,
        "languages": {
            language: {
                "subject": words.subject,
                "preheader": words.preheader,
                **(
                    {"blocks": blocks.dump(words.blocks)}
                    if draft.mode == "blocks"
                    else {"source": words.source}
                ),
            }
            for language, words in draft.languages.items()
        },
    }


def _words(said: Mapping[str, Any]) -> Words:
    return Words(
        subject=one_line(said.get("subject")),
        preheader=one_line(said.get("preheader")),
        blocks=blocks.load(said.get("blocks") or []),
        source=str(said.get("source") or "")[:LONGEST_SOURCE],
    )


def spoken(language: str) -> str:
    """What a language is called: "Dutch"."""
    try:
        return str(_(get_language_info(language)["name"]))
    except KeyError:
        return language


def one_line(text: Any) -> str:
    """A subject as it can be kept."""
    return " ".join(str(text or "").split())[:LONGEST_SUBJECT]
