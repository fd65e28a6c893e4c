"""What a mail is built of: a list of blocks, which people of the workspace put together without code."""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal, assert_never

from journeys.messages import cleaning

type Align = Literal["left", "center", "right"]

ALIGNS: Final = ("left", "center", "right")
RATIOS: Final = {"1:1": (50, 50), "1:2": (33, 67), "2:1": (67, 33)}
HEIGHTS: Final = (8, 16, 24, 32, 48, 64)  # pixels
WIDTHS: Final = (25, 50, 75, 100)  # per cent of the column
LEVELS: Final = (1, 2, 3)
MOST_BLOCKS: Final = 200
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


class BlockProblem(Exception):
    """Not a mail's blocks; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `text` is one line of clean HTML."""

    id: str
    text: str = ""
    level: int = 1
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs and lists; clean HTML."""

    id: str
    html: str = ""
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Button:
    """A link that looks like a button; `label` is plain text and may hold Liquid."""

    id: str
    label: str = ""
    url: str = ""
    align: Align = "left"
    is_outlined: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of the library; `alt` "" means what the library says of it."""

    id: str
    image: int | None = None
    alt: str = ""
    url: str = ""
    width: int = 100
    align: Align = "center"


@dataclass(frozen=True, slots=True)
class Product:
    """Something from the catalogue: picture, name, price and a button that leads to it."""

    id: str
    product: int | None = None
    label: str = ""
    shows_price: bool = True
    is_beside: bool = True  # the picture stands beside the words, not above


@dataclass(frozen=True, slots=True)
class Divider:
    """A thin line."""

    id: str


@dataclass(frozen=True, slots=True)
class Spacer:
    """Nothing, `height` pixels of it."""

    id: str
    height: int = 24


@dataclass(frozen=True, slots=True)
class Footer:
    """Small print of the author's own; clean HTML. The product adds address and way out after it."""

    id: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Two stacks of blocks side by side, below each other on a phone. They hold no further columns."""

    id: str
    ratio: str = "1:1"
    left: tuple["Leaf", ...] = ()
    right: tuple["Leaf", ...] = ()


type Leaf = Heading | Text | Button | Image | Product | Divider | Spacer | Footer
type Block = Leaf | Columns
type Blocks = tuple[Block, ...]

KINDS: Final[dict[str, type[Any]]] = {
    "heading": Heading,
    "text": Text,
    "button": Button,
    "image": Image,
    "columns": Columns,
    "product": Product,
    "divider": Divider,
    "spacer": Spacer,
    "footer": Footer,
}
NAMES: Final = {shape: kind for kind, shape in KINDS.items()}


def kind(block: Block) -> str:
    """What the block is called in JSON."""
    return NAMES[type(block)]


def new_id() -> str:
    """A name for a new block."""
    return f"b{secrets.token_hex(4)}"


def load(rows: Any) -> Blocks:
    """The blocks that JSON describes, cleaned. Raises BlockProblem for what is no list of blocks."""
    blocks = tuple(_block(row, nested=False) for row in _rows(rows))
    names = [block.id for block in every(blocks)]
    if len(names) != len(set(names)):
        raise BlockProblem("Two blocks have the same name.")
    if len(names) > MOST_BLOCKS:
        raise BlockProblem(f"A mail has at most {MOST_BLOCKS} blocks.")
    return blocks


def dump(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """The blocks as JSON."""
    return [_row(block) for block in blocks]


def every(blocks: Sequence[Block]) -> Iterator[Block]:
    """Every block in reading order, those inside columns after the columns themselves."""
    for block in blocks:
        yield block
        if isinstance(block, Columns):
            yield from block.left
            yield from block.right


def changed(block: Block, said: dict[str, Any]) -> Block:
    """The block with other contents, cleaned; its name and what columns hold stay. Raises BlockProblem."""
    kept = {"kind": kind(block), **_plain(block), **said, "id": block.id}
    fresh = _block({**kept, "left": [], "right": []} if isinstance(block, Columns) else kept, nested=False)
    if isinstance(fresh, Columns) and isinstance(block, Columns):
        return with_sides(fresh, block.left, block.right)
    return fresh


def with_sides(block: Columns, left: Sequence[Block], right: Sequence[Block]) -> Columns:
    """Columns that hold these. Raises BlockProblem for columns in columns."""
    leaves: dict[str, tuple[Leaf, ...]] = {}
    for side, stack in (("left", left), ("right", right)):
        leaves[side] = tuple(one for one in stack if not isinstance(one, Columns))
        if len(leaves[side]) < len(stack):
            raise BlockProblem("Columns cannot stand inside columns.")
    return Columns(block.id, block.ratio, leaves["left"], leaves["right"])


def _row(block: Block) -> dict[str, Any]:
    if isinstance(block, Columns):
        sides = {"left": dump(block.left), "right": dump(block.right)}
        return {"kind": "columns", "id": block.id, "ratio": block.ratio, **sides}
    return {"kind": kind(block), **asdict(block)}


def _plain(block: Block) -> dict[str, Any]:
    return {one.name: getattr(block, one.name) for one in fields(block) if one.name not in ("left", "right")}


def _rows(rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) for row in rows):
        raise BlockProblem("A mail is a list of blocks.")
    return list(rows)


def _block(row: dict[str, Any], *, nested: bool) -> Block:
    shape = KINDS.get(str(row.get("kind")))
    if shape is None:
        raise BlockProblem(f"There is no block of the kind “{str(row.get('kind'))[:40]}”.")
    if shape is Columns and nested:
        raise BlockProblem("Columns cannot stand inside columns.")
    name = str(row.get("id") or new_id())
    if not NAME.fullmatch(name):
        raise BlockProblem("A block's name has other characters than letters and digits.")
    known = {one.name for one in fields(shape)}
    return _clean(shape(**{key: value for key, value in row.items() if key in known} | {"id": name}))


def _clean(block: Block) -> Block:
    """The same with every value one that it may have."""
    match block:
        case Heading():
            text = cleaning.line(_text(block.text))
            return replace(block, text=text, level=_one_of(block.level, LEVELS), align=_align(block.align))
        case Text():
            return replace(block, html=cleaning.rich(_text(block.html)), align=_align(block.align))
        case Footer():
            return replace(block, html=cleaning.rich(_text(block.html)))
        case Button():
            return replace(
                block,
                label=cleaning.words(_text(block.label)),
                url=cleaning.link(_text(block.url)),
                align=_align(block.align),
                is_outlined=_yes(block.is_outlined),
            )
        case Image():
            return replace(
                block,
                image=_number(block.image),
                alt=cleaning.words(_text(block.alt)),
                url=cleaning.link(_text(block.url)),
                width=_one_of(block.width, WIDTHS, last=True),
                align=_align(block.align),
            )
        case Product():
            return replace(
                block,
                product=_number(block.product),
                label=cleaning.words(_text(block.label)),
                shows_price=_yes(block.shows_price),
                is_beside=_yes(block.is_beside),
            )
        case Spacer():
            return replace(block, height=_one_of(block.height, HEIGHTS))
        case Divider():
            return block
        case Columns():
            return _clean_columns(block)
        case _:
            assert_never(block)


def _clean_columns(block: Columns) -> Columns:
    ratio = block.ratio if block.ratio in RATIOS else "1:1"
    left, right = (
        [_block(row, nested=True) for row in _rows(list(side))] for side in (block.left, block.right)
    )
    return Columns(block.id, ratio, tuple(left), tuple(right))  # type: ignore[arg-type]  # nested: no columns


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _align(value: Any) -> Align:
    return value if value in ALIGNS else "left"


def _yes(value: Any) -> bool:
    return value in (True, "true", "on", "1", "yes")


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() and len(str(value)) < 18 else None


def _one_of(value: Any, allowed: Sequence[int], *, last: bool = False) -> int:
    number = _number(value)
    return number if number in allowed and number is not None else allowed[-1 if last else 0]
