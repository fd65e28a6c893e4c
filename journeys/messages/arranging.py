"""Blocks put somewhere else: adding, moving, copying and taking away, as pure functions that return a new mail."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal

from journeys.messages import blocks
from journeys.messages.blocks import Block, BlockProblem, Blocks, Columns

type Side = Literal["left", "right"]

TOP: Final = ""


class Gone(BlockProblem):
    """Somebody took this block away."""

    def __init__(self) -> None:
        super().__init__("This block is not there any more.")


def found(mail: Blocks, name: str) -> Block:
    """The block of this name. Raises Gone."""
    block = next((one for one in blocks.every(mail) if one.id == name), None)
    if block is None:
        raise Gone
    return block


def replaced(mail: Blocks, block: Block) -> Blocks:
    """The mail with the block of the same name as `block` now being `block`. Raises Gone."""
    found(mail, block.id)
    return _mapped(mail, lambda stack: tuple(block if one.id == block.id else one for one in stack))


def removed(mail: Blocks, name: str) -> Blocks:
    """The mail without this block (and what it holds). Raises Gone."""
    found(mail, name)
    return _mapped(mail, lambda stack: tuple(one for one in stack if one.id != name))


def inserted(mail: Blocks, block: Block, *, place: str, at: int) -> Blocks:
    """The mail with a new block before position `at` of a place: "" the mail itself, "b1:left" a column.

    Raises Gone where there is no such place, BlockProblem where columns would stand in columns.
    """
    stack = stack_at(mail, place)
    at = max(0, min(at, len(stack)))
    return _with_stack(mail, place, (*stack[:at], block, *stack[at:]))


def moved(mail: Blocks, name: str, *, place: str, at: int) -> Blocks:
    """The mail with this block before position `at` (counted without the block) of a place. Raises BlockProblem."""
    block = found(mail, name)
    if place.partition(":")[0] == name:
        raise BlockProblem("A block cannot stand inside itself.")
    return inserted(removed(mail, name), block, place=place, at=at)


def shifted(mail: Blocks, name: str, by: int) -> Blocks:
    """The mail with this block `by` positions further down, within its own place. Raises Gone."""
    place, at = where(mail, name)
    return moved(mail, name, place=place, at=max(0, at + by))


def duplicated(mail: Blocks, name: str) -> tuple[Blocks, str]:
    """The mail with a copy after this block, and the copy's name. Raises Gone."""
    place, at = where(mail, name)
    copy = renamed(found(mail, name))
    return inserted(mail, copy, place=place, at=at + 1), copy.id


def where(mail: Blocks, name: str) -> tuple[str, int]:
    """The place and position of a block. Raises Gone."""
    for place in places(mail):
        for at, block in enumerate(stack_at(mail, place)):
            if block.id == name:
                return place, at
    raise Gone


def places(mail: Blocks) -> list[str]:
    """Where blocks can stand."""
    columns = [one.id for one in mail if isinstance(one, Columns)]
    return [TOP, *(f"{name}:{side}" for name in columns for side in ("left", "right"))]


def stack_at(mail: Blocks, place: str) -> Sequence[Block]:
    """The blocks at a place. Raises Gone."""
    if place == TOP:
        return mail
    name, _, side = place.partition(":")
    block = found(mail, name)
    if not isinstance(block, Columns) or side not in ("left", "right"):
        raise Gone
    return block.left if side == "left" else block.right


def renamed(block: Block) -> Block:
    """A copy under a name of its own, and so on for what it holds."""
    if isinstance(block, Columns):
        left, right = (tuple(renamed(one) for one in side) for side in (block.left, block.right))
        return blocks.with_sides(replace(block, id=blocks.new_id()), left, right)
    return replace(block, id=blocks.new_id())


def _with_stack(mail: Blocks, place: str, stack: tuple[Block, ...]) -> Blocks:
    if place == TOP:
        return stack
    name, _, side = place.partition(":")
    block = found(mail, name)
    if not isinstance(block, Columns):
        raise Gone
    left, right = (stack, block.right) if side == "left" else (block.left, stack)
    return replaced(mail, blocks.with_sides(block, left, right))


def _mapped(mail: Blocks, change: Callable[[Sequence[Block]], tuple[Block, ...]]) -> Blocks:
    """The mail with every stack of blocks changed."""
    return tuple(
        blocks.with_sides(one, change(one.left), change(one.right)) if isinstance(one, Columns) else one
        for one in change(mail)
    )
