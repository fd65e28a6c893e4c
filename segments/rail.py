"""What stands beside the builder: the number, its share, the reach, who is left after each condition, ten people."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from cdp.lib.json import JsonObject
from profiles.models import Contact
from segments import ast, builder, describe, preview
from segments.builder import Draft
from segments.offers import Offers


@dataclass(frozen=True, slots=True)
class Step:
    """People left after a condition, and what it says."""

    id: str
    words: str
    count: int
    width: int  # in hundredths of the widest


@dataclass(frozen=True, slots=True)
class Reach:
    """How many of them a channel reaches."""

    channel: str
    count: int
    share: int  # in percent of the people meant


@dataclass(frozen=True, slots=True)
class Rail:
    """Everything the rail shows of one definition at one moment."""

    count: int
    is_exact: bool
    everyone: int
    share: float | None
    reach: Sequence[Reach]
    steps: Sequence[Step]
    sample: Sequence[Contact]
    words: str
    as_of: dt.datetime
    unfinished: int
    counted: str  # tells which definition this is the answer to

    @property
    def left(self) -> str:
        """The numbers that stand beside the conditions, by their id."""
        return json.dumps({step.id: f"{step.count:,}" for step in self.steps})


EVERYBODY: Final[JsonObject] = {
    "type": "any",
    "children": [
        {"type": "attribute", "key": "email", "operator": "is_set"},
        {"type": "attribute", "key": "email", "operator": "is_not_set"},
    ],
}


def rail(
    draft: Draft, offers: Offers, *, now: dt.datetime, include_visitors: bool, sees_people: bool
) -> Rail:
    """Count the finished conditions of a draft."""
    definition = builder.finished(draft)
    node = ast.load(definition or EVERYBODY)
    seen = preview.look(node, now=now, include_visitors=include_visitors)
    steps = builder.counted_steps(draft) if definition else []
    people = Contact.objects.in_bulk(seen.sample) if sees_people else {}
    return Rail(
        count=seen.count,
        is_exact=seen.is_exact,
        everyone=seen.known,
        share=round(100 * seen.count / seen.known, 1) if seen.known else None,
        reach=_reach(seen.reach, seen.count, offers),
        steps=_steps(node, steps, [step.count for step in seen.funnel], offers) if definition else [],
        sample=[people[number] for number in seen.sample if number in people],
        words=describe.in_words(node, offers.catalogue) if definition else _("Everyone you know."),
        as_of=seen.as_of,
        unfinished=len(builder.problems(draft)),
        counted=fingerprint(definition),
    )


def _reach(found: Mapping[str, int], whole: int, offers: Offers) -> list[Reach]:
    return [
        Reach(str(offers.channels.get(channel, channel)), count, round(100 * count / whole) if whole else 0)
        for channel, count in found.items()
    ]


def _steps(node: ast.Node, ids: Sequence[str], counts: Sequence[int], offers: Offers) -> list[Step]:
    """Beside each condition of the top, in order; a tree that is one condition has one step."""
    children = node.children if isinstance(node, ast.All) and len(node.children) == len(ids) else (node,)
    most = max(counts, default=0) or 1
    return [
        Step(number, _short(child, offers), count, round(100 * count / most))
        for number, child, count in zip(ids, children, counts, strict=False)
    ]


def _short(node: ast.Node, offers: Offers) -> str:
    words = describe.in_words(node, offers.catalogue).removeprefix("People ").removesuffix(".")
    return words[:1].upper() + words[1:]


def fingerprint(definition: JsonObject) -> str:
    """Tells whether two drafts ask the same, so that nothing is counted twice."""
    text = json.dumps(definition, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
