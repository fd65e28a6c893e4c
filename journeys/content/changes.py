"""Everything that can be done to a mail in the editor, each as a function from what it was to what it becomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.translation import gettext as _

from journeys.messages import arranging, blocks, drafting, mjml
from journeys.messages.blocks import BlockProblem
from journeys.messages.drafting import Draft, Words
from journeys.messages.mjml import Look

type Said = Mapping[str, Any]

FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "button": ("is_outlined",),
    "product": ("shows_price", "is_beside"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a mail becomes, which block is then open, and what to tell with an undo."""

    draft: Draft
    selected: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to do: in which language, with what they said; `look` draws blocks as code."""

    draft: Draft
    language: str
    said: Said
    look: Callable[[], Look]

    @property
    def words(self) -> Words:
        """The mail in the language at hand."""
        return self.draft.words(self.language)

    @property
    def block(self) -> str:
        """The block that is meant."""
        return str(self.said.get("block", ""))

    def with_blocks(self, mail: blocks.Blocks) -> Draft:
        """The draft with other blocks."""
        return self.draft.with_words(self.language, replace(self.words, blocks=mail))


def add(asked: Asked) -> Change:
    """A new block at a place, opened for writing."""
    (block,) = blocks.load([{"kind": asked.said.get("kind"), "id": blocks.new_id()}])
    at = _number(asked.said.get("at"), len(asked.words.blocks))
    mail = arranging.inserted(asked.words.blocks, block, place=str(asked.said.get("place", "")), at=at)
    return Change(asked.with_blocks(blocks.load(blocks.dump(mail))), block.id)


def write(asked: Asked) -> Change:
    """Other contents for a block."""
    block = arranging.found(asked.words.blocks, asked.block)
    said = {name: asked.said[name] for name in asked.said if name not in ("id", "kind", "block")}
    said |= {
        flag: flag in asked.said for flag in FLAGS.get(blocks.kind(block), ()) if "has_flags" in asked.said
    }
    return Change(
        asked.with_blocks(arranging.replaced(asked.words.blocks, blocks.changed(block, said))), block.id
    )


def move(asked: Asked) -> Change:
    """A block to another place, as when dragged there."""
    place, at = str(asked.said.get("place", "")), _number(asked.said.get("at"), 0)
    return Change(
        asked.with_blocks(arranging.moved(asked.words.blocks, asked.block, place=place, at=at)), asked.block
    )


def shift(asked: Asked) -> Change:
    """A block one up or down within its place."""
    by = -1 if asked.said.get("op") == "up" else 1
    return Change(asked.with_blocks(arranging.shifted(asked.words.blocks, asked.block, by)), asked.block)


def duplicate(asked: Asked) -> Change:
    """A copy after the block."""
    mail, copy = arranging.duplicated(asked.words.blocks, asked.block)
    return Change(asked.with_blocks(blocks.load(blocks.dump(mail))), copy)


def delete(asked: Asked) -> Change:
    """The mail without a block."""
    mail = arranging.removed(asked.words.blocks, asked.block)
    return Change(asked.with_blocks(mail), told=_("The block is deleted."))


def subject(asked: Asked) -> Change:
    """Another subject and preview text."""
    words = replace(
        asked.words,
        subject=drafting.one_line(asked.said.get("subject")),
        preheader=drafting.one_line(asked.said.get("preheader")),
    )
    return Change(asked.draft.with_words(asked.language, words), asked.block)


def code(asked: Asked) -> Change:
    """The mail as code from now on: its blocks drawn in every language as MJML, or as HTML."""
    mode: drafting.Mode = "html" if asked.said.get("mode") == "html" else "mjml"
    languages = {
        language: replace(words, blocks=(), source=_drawn(asked, words, mode, language))
        for language, words in asked.draft.languages.items()
    }
    told = _("This mail is written in code now.")
    return Change(replace(asked.draft, mode=mode, languages=languages), told=told)


def _drawn(asked: Asked, words: Words, mode: str, language: str) -> str:
    source = words.source
    if asked.draft.mode == "blocks":
        source = mjml.write(words.blocks, asked.look(), language=language)
    if mode == "html" and asked.draft.mode != "html":
        return mjml.to_html(source)
    return source


def source(asked: Asked) -> Change:
    """Other code."""
    if asked.draft.mode == "blocks":
        raise BlockProblem(_("This mail is written in blocks."))
    written = str(asked.said.get("source", ""))[: drafting.LONGEST_SOURCE].replace("\r\n", "\n")
    return Change(asked.draft.with_words(asked.language, replace(asked.words, source=written)))


def add_language(asked: Asked) -> Change:
    """One more language, which begins as a copy of the fallback."""
    language = str(asked.said.get("add", "")).lower()[:10]
    if not language or language in asked.draft.languages:
        return Change(asked.draft)
    return Change(asked.draft.with_words(language, asked.draft.words(asked.draft.fallback)))


def drop_language(asked: Asked) -> Change:
    """The mail without a language; its people get the fallback."""
    return Change(asked.draft.without(asked.language), told=_("This language is deleted."))


def fall_back(asked: Asked) -> Change:
    """The language at hand for everybody whose own is not there."""
    return Change(replace(asked.draft, fallback=asked.language))


def copy_fallback(asked: Asked) -> Change:
    """This language once more as a copy of the fallback."""
    words = asked.draft.words(asked.draft.fallback)
    return Change(asked.draft.with_words(asked.language, words), told=_("Copied."))


OPERATIONS: Final[dict[str, Callable[[Asked], Change]]] = {
    "add": add,
    "write": write,
    "move": move,
    "up": shift,
    "down": shift,
    "duplicate": duplicate,
    "delete": delete,
    "subject": subject,
    "code": code,
    "source": source,
    "add_language": add_language,
    "drop_language": drop_language,
    "fall_back": fall_back,
    "copy_fallback": copy_fallback,
}


def _number(said: Any, otherwise: int) -> int:
    return int(said) if str(said).isdecimal() and len(str(said)) < 6 else otherwise
