"""Personalisation without code: Liquid as templates keep it, chips ("First name, or *there*") as editors show it."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from journeys.messages.markup import LIQUID

TAG: Final = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")
SIMPLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FILLED: Final = re.compile(
    r"""\{\{-?\s*(?P<root>contact|brand)(?:\.(?P<key>[A-Za-z_][A-Za-z0-9_]*)|\[(?:"(?P<long>[^"]*)"|'(?P<other>[^']*)')\])"""
    r"""\s*(?:\|\s*default:\s*(?:"(?P<default>[^"]*)"|'(?P<else>[^']*)')\s*)?-?\}\}"""
)
MENTIONED: Final = re.compile(
    r"""\bcontact(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*(?:"([^"]*)"|'([^']*)')\s*\])"""
)
UNFIT: Final = re.compile(r"[\"{}%<>&\r\n]")


@dataclass(frozen=True, slots=True)
class Chip:
    """One value that is filled in: what is known of the contact (or brand) under `key`, else `fallback`."""

    key: str
    fallback: str = ""
    root: str = "contact"


def liquid(chip: Chip) -> str:
    """The chip as templates keep it."""
    name = f".{chip.key}" if SIMPLE.fullmatch(chip.key) else f'["{UNFIT.sub("", chip.key)}"]'
    fallback = " ".join(UNFIT.sub(" ", chip.fallback).split())
    default = f' | default: "{fallback}"' if fallback else ""
    return f"{{{{ {chip.root}{name}{default} }}}}"


def read(source: str) -> Chip | None:
    """The chip that a piece of Liquid is; None where it says more than a chip can."""
    match = FILLED.fullmatch(source.strip())
    if match is None:
        return None
    key = match["key"] or match["long"] or match["other"] or ""
    return Chip(key, html.unescape(match["default"] or match["else"] or ""), match["root"])


def mentioned(source: str) -> Iterator[str]:
    """The keys of attributes that a template speaks of."""
    for piece in LIQUID.findall(source):
        for match in MENTIONED.finditer(piece):
            yield match[1] or match[2] or match[3] or ""


def shown(source: str, labels: Mapping[str, str], *, is_html: bool, or_else: str = "%s") -> str:
    """The template as HTML for an editor: Liquid in its text as chips, that in its tags left alone.

    `or_else` says "or %s if unknown" in the reader's language.
    """

    def drawn(match: re.Match[str]) -> str:
        return _drawn(html.unescape(match[0]) if is_html else match[0], labels, or_else)

    parts = []
    for text, tag in _pieces(source) if is_html else [(source, "")]:
        at = 0
        for match in LIQUID.finditer(text):
            parts += [_text(text[at : match.start()], is_html=is_html), drawn(match)]
            at = match.end()
        parts += [_text(text[at:], is_html=is_html), tag]
    return "".join(parts)


def plain(source: str, labels: Mapping[str, str]) -> str:
    """The template in words, for lists: "Welcome, [First name]"."""

    def said(match: re.Match[str]) -> str:
        chip = read(match[0])
        return f"[{labels.get(f'{chip.root}.{chip.key}', chip.key)}]" if chip else "[…]"

    return LIQUID.sub(said, source)


def _text(text: str, *, is_html: bool) -> str:
    return text if is_html else html.escape(text, quote=False)


def _pieces(source: str) -> Iterable[tuple[str, str]]:
    """The text before each tag, and the tag."""
    at = 0
    for match in TAG.finditer(source):
        yield source[at : match.start()], match[0]
        at = match.end()
    yield source[at:], ""


def _drawn(source: str, labels: Mapping[str, str], or_else: str) -> str:
    chip = read(source)
    if chip is None:
        inside = f"<code>{html.escape(source)}</code>"
    else:
        label = labels.get(f"{chip.root}.{chip.key}", chip.key)
        rest = f" <i>{html.escape(or_else % chip.fallback)}</i>" if chip.fallback else ""
        inside = f"{html.escape(label)}{rest}"
    return f'<span class="chip" contenteditable="false" data-liquid="{html.escape(source)}">{inside}</span>'
