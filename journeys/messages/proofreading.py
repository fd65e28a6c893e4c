"""What is wrong with MJML that somebody typed, and on which line: the renderer itself does not say where."""

import re
from html.parser import HTMLParser
from typing import Final

from django.utils.translation import gettext as _

from journeys.messages.markup import LIQUID

VOID: Final = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
COMPONENTS: Final = {
    "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font",
    "mj-preview", "mj-style", "mj-title", "mj-html-attributes", "mj-selector", "mj-html-attribute",
    "mj-raw", "mj-accordion", "mj-accordion-element", "mj-accordion-title", "mj-accordion-text",
    "mj-button", "mj-carousel", "mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-hero",
    "mj-image", "mj-navbar", "mj-navbar-link", "mj-section", "mj-social", "mj-social-element", "mj-spacer",
    "mj-table", "mj-text", "mj-wrapper",
}  # fmt: skip


class MarkupProblem(Exception):
    """MJML that cannot be read; the message is a sentence, `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def proofread(source: str) -> None:
    """Raise MarkupProblem for the first mistake in the tags."""
    # Liquid gives way to blanks of the same shape, so that lines stay what they are.
    plain = LIQUID.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    reader = _Proof()
    reader.feed(plain)
    reader.close()
    if reader.open:
        tag, line = reader.open[-1]
        raise MarkupProblem(_("<%(tag)s> is never closed.") % {"tag": tag}, line)
    if not reader.has_root:
        raise MarkupProblem(_("A mail in MJML begins with <mjml> and has an <mj-body>."), 1)


class _Proof(HTMLParser):
    """Keeps the tags that are open, with the lines they began on."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, int]] = []
        self.has_root = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag)
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        line = self.getpos()[0]
        if not self.open:
            raise MarkupProblem(_("</%(tag)s> closes nothing.") % {"tag": tag}, line)
        last, began = self.open.pop()
        if last != tag:
            sentence = _("<%(last)s> of line %(began)d is still open where </%(tag)s> stands.")
            raise MarkupProblem(sentence % {"last": last, "began": began, "tag": tag}, line)

    def _check(self, tag: str) -> None:
        line = self.getpos()[0]
        if tag == "mj-include":
            raise MarkupProblem(_("Nothing can be included from elsewhere: paste it here."), line)
        if tag.startswith("mj") and tag not in COMPONENTS:
            raise MarkupProblem(_("There is no tag <%(tag)s> in MJML.") % {"tag": tag}, line)
        if not self.open and tag != "mjml":
            raise MarkupProblem(_("A mail in MJML begins with <mjml>."), line)
        if tag == "mj-body" and [name for name, _line in self.open] == ["mjml"]:
            self.has_root = True
