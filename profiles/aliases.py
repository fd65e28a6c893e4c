"""An alias: what somebody was called before. It joins two identifiers under the rules that hold for every message."""

from collections.abc import Sequence
from typing import NamedTuple

from profiles.identifiers import Identifier
from profiles.resolution import Known, Refused
from profiles.understanding import Message, Reader


class Earlier(NamedTuple):
    """The identifiers that a message names, highest rank first, and the earlier one that was not followed."""

    identifiers: Sequence[Identifier]
    refused: Refused | None = None


def earlier(message: Message, known: Known, *, reader: Reader) -> Earlier:
    """The message's identifiers with the one that its earlier name turns out to be.

    A user id that somebody has is never joined to another: one person has one. Else it is the address that
    somebody has, and where nobody has that either, a visitor's id.
    """
    if not message.previous:
        return Earlier(message.identifiers)
    former = next((one for one in message.previous if one in known.links), message.previous[-1])
    if not reader.rules[former.namespace].is_hard:
        return Earlier(_ranked([*message.identifiers, former], reader))
    holder = known.links[former].persona
    if any(_is_of(known, one, holder) for one in message.identifiers):
        return Earlier(message.identifiers)
    detail = (
        f"“{former.value}” is the {former.namespace} of somebody we know already, and nobody has two:"
        " these remain two people."
    )
    reader.reject(message.item, "alias_refused", detail)
    return Earlier(message.identifiers, Refused(former, "clash", holder))


def _is_of(known: Known, identifier: Identifier, persona: int) -> bool:
    link = known.links.get(identifier)
    return link is not None and known.contact_of[link.persona] == known.contact_of[persona]


def _ranked(identifiers: Sequence[Identifier], reader: Reader) -> list[Identifier]:
    return sorted(dict.fromkeys(identifiers), key=lambda one: reader.rules[one.namespace].priority)
