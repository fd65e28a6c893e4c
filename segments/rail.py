"""What stands beside the builder: the number, its share, the reach, who is left after each condition, ten people."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.lib.json import JsonObject
from profiles.models import Contact
from segments import ast, builder, describe, preview
from segments.builder import Draft
from segments.offers import Offers
from segments.tallies import Effect, Tally


@dataclass(frozen=True, slots=True)
class Beside:
    """The number beside a condition or group, what the condition says, and what the number is."""

    id: str
    words: str
    number: str
    meaning: str
    width: int  # in hundredths of the widest
    is_top: bool


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
    beside: Sequence[Beside]
    adds_up: bool  # any condition at the top is enough
    sample: Sequence[Contact]
    words: str
    as_of: dt.datetime
    unfinished: int
    counted: str  # tells which definition this is the answer to

    @property
    def left(self) -> str:
        """The numbers that stand beside the conditions and what they are, by their id."""
        return json.dumps({one.id: [one.number, one.meaning] for one in self.beside}, ensure_ascii=False)

    @property
    def steps(self) -> Sequence[Beside]:
        """What stands beside the conditions at the top, and beside the block of those left out."""
        return [one for one in self.beside if one.is_top]


SIGNS: Final = {Effect.LEAVES: "", Effect.ADDS: "+", Effect.TAKES: "−"}
SHOWN: Final = ("first_name", "last_name", "email", "phone")  # of the ten people
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
    numbered = builder.finished(draft, numbered=True)
    definition = builder.bare(numbered)
    node = ast.load(definition or EVERYBODY)
    seen = preview.look(node, now=now, include_visitors=include_visitors)
    people = Contact.objects.only(*SHOWN).in_bulk(seen.sample) if sees_people else {}
    return Rail(
        count=seen.count,
        is_exact=seen.is_exact,
        everyone=seen.known,
        share=round(100 * seen.count / seen.known, 1) if seen.known else None,
        reach=_reach(seen.reach, seen.count, offers),
        beside=_beside(draft, seen.rows, builder.places(numbered), offers) if definition else [],
        adds_up=draft.people["type"] == "any",
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


def _beside(draft: Draft, rows: Sequence[Tally[int]], ids: Mapping[str, str], offers: Offers) -> list[Beside]:
    """The numbers beside everything that is counted, in order."""
    top = {"leave-out", *(str(child["id"]) for child in builder.inside(draft.people))}
    most = max((row.people for row in rows if ids.get(row.path) in top), default=0) or 1
    return [
        Beside(
            id=ids[row.path],
            words=_short(row.node, offers) if ids[row.path] in top else "",
            number=f"{SIGNS[row.effect] if row.people else ''}{row.people:,}",
            meaning=_meaning(row, is_inside=ids[row.path] not in top),
            width=round(100 * row.people / most),
            is_top=ids[row.path] in top,
        )
        for row in rows
        if row.path in ids
    ]


def _meaning(row: Tally[int], *, is_inside: bool) -> str:
    people = f"{row.people:,}"
    match row.effect:
        case Effect.LEAVES if is_inside:
            return ngettext(
                "%(people)s person is left here, of those who come to this group",
                "%(people)s people are left here, of those who come to this group",
                row.people,
            ) % {"people": people}
        case Effect.LEAVES:
            return ngettext(
                "%(people)s person is left after this", "%(people)s people are left after this", row.people
            ) % {"people": people}
        case Effect.ADDS:
            return ngettext(
                "%(people)s person more, whom nothing above it in this group brings",
                "%(people)s people more, whom nothing above it in this group brings",
                row.people,
            ) % {"people": people}
        case Effect.TAKES:
            return ngettext(
                "%(people)s person is left out by this, and by nothing above it",
                "%(people)s people are left out by this, and by nothing above it",
                row.people,
            ) % {"people": people}
        case _:
            assert_never(row.effect)


def _short(node: ast.Node, offers: Offers) -> str:
    words = describe.in_words(node, offers.catalogue).removeprefix("People ").removesuffix(".")
    return words[:1].upper() + words[1:]


def fingerprint(definition: JsonObject) -> str:
    """Tells whether two drafts ask the same, so that nothing is counted twice."""
    said = ast.dump(ast.load(definition)) if definition else {}  # in one order, whatever was ticked first
    text = json.dumps(said, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
