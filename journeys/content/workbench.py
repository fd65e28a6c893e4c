"""The email editor as its templates draw it: the canvas with its blocks, the drawer, what is left to finish."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings

from journeys import drafts
from journeys.content import pictures
from journeys.drafts import Place
from journeys.messages import arranging, block_words, blocks, chips, contents, fillings, mjml, themes
from journeys.messages.block_words import WORDS
from journeys.messages.blocks import Block, Columns
from journeys.messages.checking import Finding
from journeys.messages.drafting import Draft, Words, spoken
from journeys.messages.mjml import Goods, Look
from journeys.models import Content
from profiles.models import Brand, Product

FEW_IMAGES = 12
FEW_PRODUCTS = 20


@dataclass(frozen=True, slots=True)
class Drawn:
    """One block on the canvas."""

    block: Block
    kind: str
    title: str
    html: str = ""  # clean, with chips
    picture: str = ""  # its address on this site
    alt: str = ""
    goods: Goods | None = None
    sides: tuple["Stack", ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What its kind is called."""
        return str(WORDS[self.kind][0])


@dataclass(frozen=True, slots=True)
class Stack:
    """Blocks below each other at one place."""

    place: str
    blocks: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the workspace or the mail."""

    code: str
    name: str
    is_written: bool
    is_fallback: bool


@dataclass
class Editor:
    """A mail open in one language, with one block selected or none."""

    content: Content
    draft: Draft
    place: Place | None
    language: str
    selected: str = ""
    look: Look = field(init=False)
    widths = blocks.WIDTHS
    heights = blocks.HEIGHTS

    def __post_init__(self) -> None:
        self.look = contents.look_of(self.content, self.draft, self.brand)
        if self.language not in self.draft.languages:
            self.language = self.draft.fallback

    @property
    def words(self) -> Words:
        """The mail in the language at hand."""
        return self.draft.words(self.language)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What chips are called."""
        return fillings.labels()

    @cached_property
    def findings(self) -> list[Finding]:
        """What is left to finish, those that only warn last."""
        found = contents.check(self.content, self.draft, self.look)
        return sorted(found, key=lambda one: (one.is_warning, one.language != self.language))

    @property
    def errors(self) -> list[Finding]:
        """What keeps the mail from being used."""
        return [one for one in self.findings if not one.is_warning]

    @property
    def source_findings(self) -> list[Finding]:
        """What is wrong with the code at hand."""
        return [one for one in self.findings if one.language == self.language and one.place == "source"]

    @cached_property
    def canvas(self) -> Stack:
        """Everything that the mail is built of."""
        return self._stack("", self.words.blocks)

    @property
    def subject(self) -> str:
        """The subject with its chips."""
        return chips.shown(self.words.subject, self.labels, is_html=False, or_else=fillings.or_else())

    @property
    def preheader(self) -> str:
        """The preview text with its chips."""
        return chips.shown(self.words.preheader, self.labels, is_html=False, or_else=fillings.or_else())

    @property
    def mjml(self) -> str:
        """The blocks as MJML."""
        return mjml.write(self.words.blocks, self.look, language=self.language)

    @property
    def logo(self) -> str:
        """Where the brand's logo is; "" without one."""
        picture = self.look.pictures.get(self.look.theme.logo or 0)
        return _on_this_site(picture.url) if picture else ""

    @property
    def css(self) -> str:
        """The brand's look for the canvas; every value in it is one that themes allow."""
        theme = self.look.theme
        values = {
            "primary": theme.primary,
            "on-primary": theme.on_primary,
            "text": theme.text,
            "background": theme.background,
            "paper": theme.paper,
            "font": theme.stack,
            "end": themes.small_print(theme.background),
            "small": themes.small_print(theme.paper),
            "logo": f"{theme.logo_width}px",
        }
        return ".mail-page{" + ";".join(f"--m-{name}:{value}" for name, value in values.items()) + "}"

    @cached_property
    def brand(self) -> Brand:
        """Whose mail it is."""
        return contents.brand_of(self.content)

    @property
    def languages(self) -> list[Language]:
        """Those of the mail, then those of the workspace that it lacks."""
        written = sorted(self.draft.languages, key=lambda one: one != self.draft.fallback)
        missing = [one for one in contents.languages() if one not in self.draft.languages]
        return [
            Language(one, spoken(one), one in self.draft.languages, one == self.draft.fallback)
            for one in [*written, *missing]
        ]

    @property
    def open(self) -> Drawn | None:
        """The selected block."""
        try:
            return self._drawn(arranging.found(self.words.blocks, self.selected)) if self.selected else None
        except arranging.Gone:
            return None

    @property
    def fillings(self) -> list[fillings.Filling]:
        """What the picker offers."""
        return fillings.choices()

    @property
    def menu(self) -> list[dict[str, Any]]:
        """What "+" offers."""
        return [
            {"kind": kind, "label": label, "icon": icon, "find": f"{label} {more}".lower()}
            for kind, (label, icon, more) in WORDS.items()
        ]

    @property
    def images(self) -> list[Any]:
        """The newest images of the library, and the chosen one."""
        newest = list(pictures.library()[:FEW_IMAGES])
        chosen = self.open.block.image if self.open and isinstance(self.open.block, blocks.Image) else None
        if chosen and chosen not in {one.pk for one in newest}:
            newest += list(pictures.library().filter(pk=chosen))
        return newest

    @property
    def products(self) -> list[Product]:
        """Products to choose from, the one that is chosen first."""
        chosen = (
            self.open.block.product if self.open and isinstance(self.open.block, blocks.Product) else None
        )
        some = list(Product.objects.filter(variant_of=None).order_by("-updated_at", "pk")[:FEW_PRODUCTS])
        first = list(Product.objects.filter(pk=chosen)) if chosen else []
        return [*first, *(one for one in some if one.pk != chosen)]

    def _stack(self, place: str, stack: Sequence[Block]) -> Stack:
        return Stack(place, tuple(self._drawn(block) for block in stack))

    def _drawn(self, block: Block) -> Drawn:
        here = tuple(
            one.sentence for one in self.findings if one.place == block.id and one.language == self.language
        )
        common: dict[str, Any] = {
            "block": block, "kind": blocks.kind(block), "title": block_words.title(block), "findings": here,
        }  # fmt: skip
        match block:
            case Columns():
                sides = (("left", block.left), ("right", block.right))
                drawn = tuple(self._stack(f"{block.id}:{side}", stack) for side, stack in sides)
                return Drawn(**common, sides=drawn)
            case blocks.Heading(text=text):
                return Drawn(**common, html=self._chips(text))
            case blocks.Text(html=text) | blocks.Footer(html=text):
                return Drawn(**common, html=self._chips(text))
            case blocks.Button(label=label):
                return Drawn(**common, html=self._chips(label, is_html=False))
            case blocks.Image(image=number, alt=alt):
                picture = self.look.pictures.get(number or 0)
                where = _on_this_site(picture.url) if picture else ""
                return Drawn(**common, picture=where, alt=alt or (picture.alt if picture else ""))
            case blocks.Product(product=number):
                return Drawn(**common, goods=self.look.goods.get(number or 0))
            case _:
                return Drawn(**common)

    def _chips(self, text: str, *, is_html: bool = True) -> str:
        return chips.shown(text, self.labels, is_html=is_html, or_else=fillings.or_else())


def opened(content: Content, *, language: str = "", selected: str = "") -> Editor:
    """The editor of a mail."""
    draft = contents.draft_of(content)
    return Editor(content, draft, drafts.place(contents.KIND, content.pk), language.lower(), selected)


def _on_this_site(url: str) -> str:
    """The same address without the site's own name, which in a page may be another."""
    return url.removeprefix(settings.PUBLIC_URL)
