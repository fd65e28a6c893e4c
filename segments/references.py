"""Which segments a question refers to, through others too: no segment may ask itself."""

from collections.abc import Iterable

from segments.ast import InSegment, InvalidSegment, Node, leaves, load
from segments.models import Segment


def named_in(node: Node) -> set[int]:
    """The segments and lists that a tree names itself."""
    return {leaf.segment for leaf in leaves(node) if isinstance(leaf, InSegment)}


def path_back(segment_id: int, node: Node) -> str:
    """The name of a segment in this tree through which it asks `segment_id` again; "" where it never does."""
    for first in sorted(named_in(node)):
        if first == segment_id or segment_id in _reached([first]):
            found = Segment.objects.filter(pk=first).first()
            return found.name if found else str(first)
    return ""


def _reached(segments: Iterable[int]) -> set[int]:
    """Every segment that these refer to, however far."""
    known: set[int] = set()
    ahead = set(segments)
    while ahead:
        known |= ahead
        definitions = Segment.objects.filter(pk__in=ahead).values_list("definition", flat=True)
        ahead = set().union(*(_readable(definition) for definition in definitions)) - known
    return known


def _readable(definition: object) -> set[int]:
    try:
        return named_in(load(definition))  # type: ignore[arg-type]  # JSON, as it was stored
    except InvalidSegment:
        return set()
