"""From blocks to MJML, and from MJML to the HTML that mail programs understand; Liquid passes through untouched."""

import functools
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

from mjml import mjml2html

from journeys.messages import cleaning, guarding, themes
from journeys.messages.blocks import (
    RATIOS,
    Block,
    Button,
    Columns,
    Divider,
    Footer,
    Heading,
    Image,
    Leaf,
    Product,
    Spacer,
    Text,
)
from journeys.messages.chips import TAG
from journeys.messages.markup import LIQUID
from journeys.messages.proofreading import MarkupProblem, proofread
from journeys.messages.themes import Theme

WIDTH: Final = 600  # pixels
GUTTER: Final = 24
SIZES: Final = {1: 28, 2: 22, 3: 18}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the library: where mails find it, what it shows, how wide it is."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Goods:
    """A product of the catalogue in words; `was` is the price before a sale, "" without one."""

    name: str
    price: str
    was: str
    url: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class Look:
    """What blocks need to become a mail: the brand's theme, and the images and products they speak of."""

    theme: Theme = field(default_factory=Theme)
    brand: str = ""
    website: str = ""
    pictures: Mapping[int, Picture] = field(default_factory=dict)
    goods: Mapping[int, Goods] = field(default_factory=dict)


def write(blocks: Sequence[Block], look: Look, *, language: str) -> str:
    """The mail as MJML."""
    theme = look.theme
    sections = [_section(group, look) for group in _groups(blocks)]
    return (
        f'<mjml lang="{_attribute(language)}">\n<mj-head>\n'
        '<mj-raw><meta name="color-scheme" content="light dark"/>'
        '<meta name="supported-color-schemes" content="light dark"/></mj-raw>\n'
        f'<mj-attributes>\n<mj-all font-family="{_attribute(theme.stack)}"/>\n'
        f'<mj-text padding="8px {GUTTER}px" font-size="16px" line-height="1.6" color="{theme.text}"/>\n'
        f'<mj-image padding="8px {GUTTER}px"/>\n<mj-section padding="0"/>\n'
        f'<mj-button padding="12px {GUTTER}px" font-size="16px" font-weight="bold" border-radius="6px" '
        f'inner-padding="12px 24px"/>\n</mj-attributes>\n'
        f"<mj-style>\n{_style(theme)}</mj-style>\n</mj-head>\n"
        f'<mj-body width="{WIDTH}px" background-color="{theme.background}">\n'
        f'<mj-wrapper css-class="k-page" background-color="{theme.paper}" padding="16px 0 24px">\n'
        f"{_letterhead(look)}{''.join(sections)}</mj-wrapper>\n</mj-body>\n</mjml>\n"
    )


AT: Final = re.compile(r" at position (\d+):\d+")


@functools.lru_cache(maxsize=128)  # an editor asks for the same mail again and again
def to_html(source: str) -> str:
    """MJML as HTML. Raises MarkupProblem, with the line, for what is no MJML."""
    proofread(source)
    guarded, restore = guarding.guarded(source)
    spelled = TAG.sub(_spelled, guarded)
    try:
        return restore(mjml2html(spelled))
    except ValueError as error:
        raise _unreadable(str(error), spelled) from error


def _unreadable(said: str, source: str) -> MarkupProblem:
    """The renderer's complaint, which counts bytes, with the line that it is about."""
    where, written = AT.search(said), source.encode()
    rest = written[int(where[1]) :].lstrip() if where else written
    line = written[: len(written) - len(rest)].count(b"\n") + 1
    return MarkupProblem(f"This is not MJML: {AT.sub('', said)}.", line)


def _spelled(tag: re.Match[str]) -> str:
    """The tag in ASCII: the renderer spells other characters of attributes as Rust would, "\\u{e9}"."""
    return "".join(
        one if " " <= one <= "~" and one != "\\" else " " if one.isspace() else f"&#{ord(one)};"
        for one in tag[0]
    )


def _style(theme: Theme) -> str:
    rules = (
        ".k-text p{margin:0 0 12px}",
        ".k-text h1,.k-text h2,.k-text h3{margin:0;line-height:1.25}",
        ".k-text ul,.k-text ol{margin:0 0 12px;padding-left:24px}",
        f".k-text a{{color:{theme.primary};text-decoration:underline}}",
        "@media (prefers-color-scheme:dark){",
        "body,body>div,.k-end{background:#111418!important;background-color:#111418!important}",
        ".k-page,.k-page>table{background:#1d2127!important;background-color:#1d2127!important}",
        ".k-text div,.k-text p,.k-text li,.k-text h1,.k-text h2,.k-text h3{color:#eceff3!important}",
        ".k-text a,.k-end,.k-end a{color:#a9c8f5!important}",
        "}",
    )
    return "".join(f"{rule}\n" for rule in rules)


def _groups(blocks: Sequence[Block]) -> list[list[Block]]:
    """Runs of plain blocks share a section; columns have one each."""
    groups: list[list[Block]] = []
    for block in blocks:
        if isinstance(block, Columns) or not groups or isinstance(groups[-1][0], Columns):
            groups.append([])
        groups[-1].append(block)
    return groups


def _section(group: Sequence[Block], look: Look) -> str:
    first = group[0]
    if not isinstance(first, Columns):
        inside = "".join(_leaf(one, look) for one in group if not isinstance(one, Columns))
        return f"<mj-section><mj-column>\n{inside}</mj-column></mj-section>\n"
    columns = "".join(
        f'<mj-column width="{width}%">\n{"".join(_leaf(one, look) for one in side)}</mj-column>\n'
        for width, side in zip(RATIOS[first.ratio], (first.left, first.right), strict=True)
    )
    return f"<mj-section>\n{columns}</mj-section>\n"


def _leaf(block: Leaf, look: Look) -> str:
    match block:
        case Heading():
            size = SIZES[block.level]
            words = f'<h{block.level} style="font-size:{size}px">{block.text}</h{block.level}>'
            return f'<mj-text css-class="k-text" align="{block.align}">{words}</mj-text>\n'
        case Text():
            return f'<mj-text css-class="k-text" align="{block.align}">{block.html}</mj-text>\n'
        case Footer():
            return (
                f'<mj-text css-class="k-text" align="center" font-size="13px" '
                f'color="{themes.small_print(look.theme.paper)}">{block.html}</mj-text>\n'
            )
        case Button():
            return _button(block.label, block.url, look.theme, align=block.align, outlined=block.is_outlined)
        case Image():
            return _image(block, look)
        case Product():
            return _product(block, look)
        case Divider():
            return f'<mj-divider border-width="1px" border-color="#d5dae1" padding="12px {GUTTER}px"/>\n'
        case Spacer():
            return f'<mj-spacer height="{block.height}px"/>\n'
        case _:
            assert_never(block)


def _letterhead(look: Look) -> str:
    """The brand's logo above everything, where it has one."""
    logo = look.pictures.get(look.theme.logo or 0)
    if logo is None:
        return ""
    link = f' href="{_attribute(look.website)}"' if look.website else ""
    return (
        f'<mj-section><mj-column><mj-image src="{_attribute(logo.url)}" alt="{_attribute(look.brand or logo.alt)}" '
        f'width="{look.theme.logo_width}px" align="left"{link} padding="8px {GUTTER}px 16px"/>'
        "</mj-column></mj-section>\n"
    )


def _button(label: str, url: str, theme: Theme, *, align: str, outlined: bool) -> str:
    colours = (
        f'background-color="{theme.paper}" color="{theme.primary}" border="2px solid {theme.primary}"'
        if outlined
        else f'background-color="{theme.primary}" color="{theme.on_primary}"'
    )
    words = html.escape(label, quote=False)
    return f'<mj-button align="{align}" href="{_attribute(url)}" {colours}>{words}</mj-button>\n'


def _image(block: Image, look: Look) -> str:
    picture = look.pictures.get(block.image or 0)
    if picture is None:
        return ""  # an unfinished block: the checks say so
    width = min(picture.width, (WIDTH - 2 * GUTTER) * block.width // 100)
    link = f' href="{_attribute(block.url)}"' if block.url else ""
    return (
        f'<mj-image src="{_attribute(picture.url)}" alt="{_attribute(block.alt or picture.alt)}" '
        f'width="{width}px" align="{block.align}"{link}/>\n'
    )


def _product(block: Product, look: Look) -> str:
    goods = look.goods.get(block.product or 0)
    if goods is None:
        return ""
    name, url = html.escape(goods.name, quote=False), _attribute(cleaning.link(goods.url))
    was = f' <s style="font-weight:normal;opacity:.7">{html.escape(goods.was)}</s>' if goods.was else ""
    price = f"<p>{html.escape(goods.price)}{was}</p>" if block.shows_price and goods.price else ""
    linked = f'<a href="{url}" style="text-decoration:none;color:inherit">{name}</a>' if url else name
    words = f'<h3 style="font-size:18px">{linked}</h3>{price}'
    picture = ""
    if goods.picture_url:
        width = 160 if block.is_beside else WIDTH - 2 * GUTTER
        picture = (
            f'<img src="{_attribute(goods.picture_url)}" alt="" width="{width}" '
            f'style="display:block;width:100%;max-width:{width}px;height:auto;border-radius:6px"/>'
        )
    button = (
        _button(block.label, goods.url, look.theme, align="left", outlined=False)
        if block.label and url
        else ""
    )
    if picture and block.is_beside:
        return (
            f'<mj-table padding="12px {GUTTER}px" css-class="k-text" color="{look.theme.text}" font-size="16px" '
            f'line-height="1.5"><tr><td width="160" style="width:160px;vertical-align:top">{picture}</td>'
            f'<td style="vertical-align:top;padding-left:16px">{words}</td></tr></mj-table>\n{button}'
        )
    return f'<mj-text css-class="k-text" padding="12px {GUTTER}px">{picture}{words}</mj-text>\n{button}'


def _attribute(text: str) -> str:
    """Text for a value between double quotes; Liquid in it uses single ones."""
    parts, at = [], 0
    for match in LIQUID.finditer(text):
        inside = match[0].replace('"', "'").replace("<", "").replace(">", "")
        parts += [html.escape(text[at : match.start()]), inside]
        at = match.end()
    return "".join([*parts, html.escape(text[at:])])
