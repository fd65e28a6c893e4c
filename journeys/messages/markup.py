"""What is done to a message's HTML on its way out: text from it, tracked links, the footer, the pixel."""

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Final

import css_inline

LINK: Final = re.compile(
    r"""(<a\b(?:[^>"']|"[^"]*"|'[^']*')*?\shref\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
END_TAGS: Final = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
BODY: Final = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
HAS_STYLE: Final = re.compile(r"<style\b", re.IGNORECASE)
SCRIPT: Final = re.compile(r"<script\b", re.IGNORECASE)
# An author's forgotten end of one of these would swallow the footer.
SWALLOWERS: Final = ("style", "title", "textarea", "script", "noscript", "template", "select")
HARMLESS: Final = ("http:", "https:", "mailto:", "tel:", "sms:", "#")
BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "center",
        "div",
        "dl",
        "dt",
        "dd",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
PARAGRAPHS: Final = frozenset(
    [
        "blockquote",
        "center",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ol",
        "p",
        "pre",
        "table",
        "ul",
    ]
)
UNSEEN: Final = frozenset(["head", "style", "script", "title", "template"])


def tracked(source: str, track: Callable[[str], str]) -> str:
    """The HTML with every link to a web page replaced by `track(url)`.

    Mail and telephone links stay; links that could run something (javascript:) lead nowhere.
    """

    def replaced(match: re.Match[str]) -> str:
        url = html.unescape(match[2] or match[3] or match[4] or "").strip()
        lowered = url.lower()
        if lowered.startswith(("http://", "https://")):
            return f'{match[1]}"{html.escape(track(url))}"'
        if ":" in lowered.split("/")[0] and not lowered.startswith(HARMLESS):
            return f'{match[1]}"#"'
        return match[0]

    return LINK.sub(replaced, source)


def closed(source: str, footer: str) -> str:
    """The HTML with `footer` as the last thing that is seen, whatever the author left open or commented out."""
    source = END_TAGS.sub("", source)
    if source.rfind("<!--") > source.rfind("-->"):
        source += "-->"
    lowered = source.lower()
    ends = [f"</{tag}>" for tag in SWALLOWERS if lowered.rfind(f"<{tag}") > lowered.rfind(f"</{tag}")]
    return f"{source}{''.join(ends)}{footer}</body></html>"


def with_preheader(source: str, preheader: str) -> str:
    """The HTML with the (escaped) line that inboxes show beside the subject, itself unseen."""
    if not preheader:
        return source
    hidden = f'<div style="display:none;max-height:0;overflow:hidden">{preheader}</div>'
    body = BODY.search(source)
    return source[: body.end()] + hidden + source[body.end() :] if body else hidden + source


def inlined(source: str) -> str:
    """The HTML with its <style> moved to the elements, because many mail programs drop it. @media rules stay."""
    return css_inline.inline(source, keep_at_rules=True, load_remote_stylesheets=False)


def has_style(source: str) -> bool:
    """Whether there is anything to inline."""
    return HAS_STYLE.search(source) is not None


class _Text(HTMLParser):
    """Collects what a reader would see, blocks on lines of their own, links with their address."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unseen = 0
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in BLOCKS:
            self.parts.append("\n\n" if tag in PARAGRAPHS else "\n")
            if tag == "li":
                self.parts.append("• ")
        elif tag == "a":
            self.links.append(((attributes.get("href") or "").strip(), len(self.parts)))
        elif tag == "img" and not self.unseen:
            self.parts.append(attributes.get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in PARAGRAPHS:
            self.parts.append("\n\n")
        elif tag == "a" and self.links:
            url, start = self.links.pop()
            label = "".join(self.parts[start:]).strip()
            if url and not url.startswith("#") and url != label:
                self.parts.append(f" ({url})" if label else url)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(re.sub(r"[ \t\r\n]+", " ", data))


def text_of(source: str) -> str:
    """The text of an HTML template, its Liquid left as it stands."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    parser = _Text()
    parser.feed(LIQUID.sub(keep, source))
    parser.close()
    text = "".join(parser.parts)
    text = "\n".join(line.strip() for line in text.split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    return re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], text)
