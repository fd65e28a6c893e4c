"""Liquid kept out of the way of programs that read HTML or MJML and would mangle it."""

import functools
import re
from collections.abc import Callable
from typing import Final

from journeys.messages import markup
from journeys.messages.markup import LIQUID

# Plain letters, because some programs rewrite everything else; not a word of any language.
OPEN, CLOSE = "zq7k", "k7qz"
TOKEN: Final = re.compile(f"(?:<!--)?{OPEN}(\\d+){CLOSE}(?:-->)?")
BARE: Final = re.compile(f"{OPEN}\\d+{CLOSE}")
# What a parser reads as a whole: raw text and comments (1), a tag (2), one of our tokens between tags (3).
PIECE: Final = re.compile(
    r"(<!--.*?-->|<(style|title|script|textarea)\b.*?</\2\s*>)"
    r"""|(<[a-zA-Z/!](?:[^<>"']|"[^"]*"|'[^']*')*>)"""
    f"|({OPEN}\\d+{CLOSE})",
    re.DOTALL | re.IGNORECASE,
)
QUOTED: Final = re.compile(r'"[^"]*"|\'[^\']*\'')

type Restore = Callable[[str], str]


def guarded(source: str) -> tuple[str, Restore]:
    """The source with tokens for its Liquid, and what puts the Liquid back."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"{OPEN}{len(kept) - 1}{CLOSE}"

    plain = source.replace(OPEN, "").replace(CLOSE, "")

    def restored(match: re.Match[str]) -> str:
        number = int(match[1])
        return kept[number] if number < len(kept) else ""

    return LIQUID.sub(keep, plain), lambda text: TOKEN.sub(restored, text)


def for_html(guarded_source: str) -> str | None:
    """Guarded HTML with tokens that survive a parser even between rows of a table.

    None where Liquid stands inside a tag but outside its values: no parser keeps that as it is.
    """
    broken = False

    def placed(match: re.Match[str]) -> str:
        nonlocal broken
        if match[4]:
            return f"<!--{match[4]}-->"
        if match[3] and BARE.search(QUOTED.sub("", match[3])):
            broken = True
        return match[0]

    placed_source = PIECE.sub(placed, guarded_source)
    return None if broken else placed_source


@functools.lru_cache(maxsize=128)
def inlined(source: str) -> str | None:
    """A template with its <style> moved to the elements, once for all messages.

    None where Liquid stands in the way; then it is done for every message.
    """
    plain, restore = guarded(source)
    placed = for_html(plain)
    return None if placed is None else restore(markup.inlined(placed))
