"""What people write and paste, made harmless: the few tags that every mail program understands, and safe links."""

import html
import re
from typing import Final

import nh3

from journeys.messages.markup import LIQUID

INLINE: Final = {"strong", "em", "u", "s", "a", "br", "b", "i", "strike", "del"}
BLOCKS: Final = {"p", "ul", "ol", "li"}
PASTED: Final = {"div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "article"}
SCHEMES: Final = {"http", "https", "mailto", "tel"}
RENAMED: Final = {"b": "strong", "i": "em", "strike": "s", "del": "s", **dict.fromkeys(PASTED, "p")}
PLAIN_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)>")
EMPTY: Final = re.compile(r"<p>(?:\s|&nbsp;|<br>)*</p>")
HAS_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
DOMAIN: Final = re.compile(r"[\w-]+(\.[\w-]+)+([/?#].*)?", re.IGNORECASE)
OPENING: Final = re.compile(r"\{(?=[{%])")
LONGEST: Final = 50_000  # characters of one block


def rich(source: str) -> str:
    """Paragraphs and lists with bold, italics and links; text alone becomes a paragraph."""
    cleaned = _cleaned(source, INLINE | BLOCKS | PASTED)
    cleaned = EMPTY.sub("", cleaned).strip()
    if cleaned and not cleaned.startswith(("<p>", "<ul>", "<ol>")):
        cleaned = f"<p>{cleaned}</p>"
        cleaned = _cleaned(cleaned, INLINE | BLOCKS)  # closes what the paragraph may not hold
    return EMPTY.sub("", cleaned).strip()


def line(source: str) -> str:
    """One line with bold, italics and links."""
    return _cleaned(source, INLINE).strip().removesuffix("<br>").strip()


def words(source: str) -> str:
    """Text on one line, no markup: a subject, a button's label. It is not escaped."""
    return _closed(" ".join(source.split())[:1000], "{ ")


def link(source: str) -> str:
    """An address that a link may lead to; "" for what could run something. A bare domain gets its https://."""
    url = _closed("".join(character for character in source.strip() if character.isprintable())[:2000], "%7B")
    if not url or url.startswith(("{{", "#")):
        return url
    if not HAS_SCHEME.match(url):
        return f"https://{url}" if DOMAIN.fullmatch(url) else ""
    return url if url.partition(":")[0].lower() in SCHEMES else ""


def _cleaned(source: str, tags: set[str]) -> str:
    kept = nh3.clean(
        source[:LONGEST],
        tags=tags,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=True,
    )
    kept = PLAIN_TAG.sub(lambda match: f"<{match[1]}{RENAMED.get(match[2], match[2])}>", kept)
    return _closed(kept.replace("\u200b", ""), "&#123;")


def _closed(text: str, brace: str) -> str:
    """The text with braces that begin no complete Liquid written so that none can begin there.

    Else it would go on into whatever stands below.
    """
    parts, at = [], 0
    for match in LIQUID.finditer(text):
        parts += [OPENING.sub(brace, text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*parts, OPENING.sub(brace, text[at:])])


def text_in(source: str) -> str:
    """The text of a piece of clean HTML."""
    return html.unescape(re.sub(r"<[^>]*>", " ", source)).strip()
