"""What blocks are called on screen, with the icon and the words by which the menu finds them."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.messages import blocks, cleaning
from journeys.messages.blocks import Block, Button, Footer, Heading, Text

# kind: label, icon, what else people type when they look for it
WORDS: Final[dict[str, tuple[Promise, str, Promise]]] = {
    "heading": (lazy("Heading"), "heading", lazy("title headline")),
    "text": (lazy("Text"), "align-left", lazy("paragraph list words")),
    "button": (lazy("Button"), "hand-click", lazy("link call to action")),
    "image": (lazy("Image"), "photo", lazy("picture photo banner")),
    "columns": (lazy("Columns"), "columns-2", lazy("side by side two")),
    "product": (lazy("Product"), "package", lazy("catalogue price shop")),
    "divider": (lazy("Divider"), "minus", lazy("line rule")),
    "spacer": (lazy("Space"), "arrows-vertical", lazy("gap distance empty")),
    "footer": (lazy("Small print"), "text-size", lazy("footer legal terms")),
}


def title(block: Block) -> str:
    """The block in a few words, for those who do not see it: "Heading: Welcome"."""
    label = str(WORDS[blocks.kind(block)][0])
    match block:
        case Heading(text=text):
            said = cleaning.text_in(text)
        case Text(html=text) | Footer(html=text):
            said = cleaning.text_in(text)
        case Button(label=text):
            said = text
        case _:
            said = ""
    return _("%(kind)s: %(words)s") % {"kind": label, "words": said[:60]} if said else label
