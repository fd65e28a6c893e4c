"""What every channel understands: an envelope goes in, an outcome comes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Envelope:
    """One finished message on its way out; `key` is the message's number."""

    key: int
    sender: str
    address: str
    content: bytes
    is_sample: bool = False  # of a demo contact: never leaves the machine


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider said yes."""

    provider: str
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no, or could not be asked: nothing was sent.

    Permanent: asking again is pointless. Suppress: the address itself is bad, so write to it no more.
    Unreachable: nobody answered at all, so the others of the batch need not be tried.
    """

    reason: str  # a code: "bounced", "refused", "sender_refused", "unreachable", "deferred"
    detail: str  # a sentence
    permanent: bool = False
    suppress: bool = False
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Everything was handed over and no answer came: it may have been sent."""

    detail: str


type Outcome = Accepted | Refused | Unknown


class DeliveryError(Exception):
    """A hand-over that failed; says whose fault it is and whether to try again."""

    def __init__(
        self, message: str, *, permanent: bool = False, suppress: bool = False, reason: str = ""
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.suppress = suppress
        self.reason = reason or ("refused" if permanent else "deferred")

    @property
    def outcome(self) -> Refused:
        """The same as an outcome."""
        return Refused(self.reason, str(self), permanent=self.permanent, suppress=self.suppress)


class Channel(Protocol):
    """A way to reach people."""

    def hand_over(self, envelopes: Sequence[Envelope], *, within_seconds: float) -> dict[int, Outcome]:
        """Give these to the provider; an outcome for each key. Returns within about `within_seconds`."""
        ...
