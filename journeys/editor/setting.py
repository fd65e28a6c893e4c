"""What a form of the drawer stands in: the drawing, what its parts are called, and all that can be asked about."""

from dataclasses import dataclass
from functools import cached_property

from journeys.editor import titles
from journeys.editor.controls import Answers, Choices
from journeys.editor.drawing import Definition
from journeys.editor.names import Names
from segments.offers import Offers, offers


@dataclass(frozen=True)
class Setting:
    """What a form stands in: the drawing and what its parts are called."""

    definition: Definition
    names: Names
    answers: Answers | None = None  # of the form that is shown again

    @property
    def mails(self) -> Choices:
        """The mails of the journey by their step."""
        return list(titles.mails(self.definition, self.names).items())

    @cached_property
    def offers(self) -> Offers:
        """All that can be asked about people."""
        return offers(self.names.catalogue)


def needed(value: object, sentence: str) -> str:
    """The sentence beside a field that is still empty."""
    return "" if value not in (None, "", 0, []) else sentence
