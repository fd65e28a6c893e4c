"""Personalisation: Liquid templates of marketers, filled in with what we know of one contact, within limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from liquid import BoundTemplate, Environment
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    UnknownFilterError,
)

LONGEST_TEMPLATE: Final = 1_000_000  # characters


class TemplateProblem(Exception):
    """A template that cannot be filled in; the message is a sentence for the marketer, `line` 0 where none is known."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class _Limited(Environment):
    """Liquid that a hostile or mistaken template cannot use to eat the machine.

    Time is limited by what a template may do: its loops, the depth of its blocks and what it writes and keeps.
    There is no loader, so nothing can be included from anywhere.
    """

    loop_iteration_limit = 10_000
    output_stream_limit = 2_000_000
    local_namespace_limit = 1_000_000
    context_depth_limit = 20
    block_nesting_limit = 20


HTML: Final = _Limited(autoescape=True)
TEXT: Final = _Limited()

TOO_MUCH: Final[dict[type[LiquidError], str]] = {
    LoopIterationLimitError: "A loop runs more than 10,000 times.",
    OutputStreamLimitError: "It would become larger than 2 MB.",
    LocalNamespaceLimitError: "It keeps too much in its own variables.",
    ContextDepthError: "Its blocks are nested too deeply.",
    BlockNestingError: "Its blocks are nested too deeply.",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template and what it is called on screen ("subject")."""

    name: str
    parsed: BoundTemplate | str  # text without any Liquid needs no rendering

    def render(self, values: Mapping[str, Any]) -> str:
        """Fill it in. Raises TemplateProblem."""
        if isinstance(self.parsed, str):
            return self.parsed
        try:
            return str(self.parsed.render(values))
        except (LiquidError, ArithmeticError, TypeError, ValueError, AttributeError, RecursionError) as error:
            # Filters of the library raise Python's own errors for odd values: still the template's problem.
            raise TemplateProblem(explained(self.name, error)) from error


@lru_cache(maxsize=512)
def parse(name: str, source: str, *, is_html: bool) -> Template:
    """Parse a template once. Raises TemplateProblem."""
    if len(source) > LONGEST_TEMPLATE:
        raise TemplateProblem(f"The {name} is longer than a million characters.")
    if "{{" not in source and "{%" not in source:
        return Template(name, source)
    try:
        return Template(name, (HTML if is_html else TEXT).from_string(source))
    except (LiquidError, RecursionError) as error:
        raise TemplateProblem(explained(name, error), line=line_of(error)) from error


def line_of(error: Exception) -> int:
    """The line of the template that the error is about; 0 where it is not known."""
    context = error.context() if isinstance(error, LiquidError) else None
    return int(context[0]) if context is not None else 0


def explained(name: str, error: Exception) -> str:
    """What is wrong and where, in a sentence."""
    where = ""
    if isinstance(error, LiquidError):
        if type(error) in TOO_MUCH:
            return f"The {name} cannot be filled in. {TOO_MUCH[type(error)]}"
        context = error.context()
        if context is not None:
            line, _column, _before, current, _after = context
            where = f", line {line} (“{current.strip()[:120]}”)"
        reason = str(error.message or "it is not valid Liquid").rstrip(".")
        if isinstance(error, UnknownFilterError):
            reason = f"there is no such filter: {reason}"
    else:
        reason = str(error) or type(error).__name__
    return f"The {name} cannot be filled in{where}: {reason}."
