"""Examples to copy: segments, journeys and mails that many need, each a link into the editor that begins with it."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from journeys.editor.starters import STARTERS
from journeys.messages.starts import STARTS
from segments.presets import PRESETS


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to begin with; `url` opens the editor with it, unsaved."""

    name: Promise | str
    sentence: Promise | str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Examples of one kind."""

    key: str
    title: Promise
    sentence: Promise
    examples: list[Example]


def shelves() -> list[Shelf]:
    """All examples by kind. What is empty by purpose is no example."""
    return [
        Shelf("segments", _("Segments"), _("Questions about people, answered all the time."), _segments()),
        Shelf(
            "journeys", _("Journeys"), _("What happens by itself when somebody does something."), _journeys()
        ),
        Shelf("emails", _("Emails"), _("A first draft in your brand's colours."), _emails()),
    ]


def _segments() -> list[Example]:
    return [
        Example(
            one.name, one.sentence, one.icon,
            _link("segment_create", definition=json.dumps(one.definition), name=str(one.name)),
        )
        for one in PRESETS
    ]  # fmt: skip


def _journeys() -> list[Example]:
    return [
        Example(
            one.label, one.sentence, one.icon, _link("journey_create", **{"from": key}, name=str(one.label))
        )
        for key, one in STARTERS.items()
        if key != "blank"
    ]


def _emails() -> list[Example]:
    return [
        Example(label, sentence, icon, _link("email_create", start=key, name=str(label)))
        for key, (label, sentence, icon) in STARTS.items()
        if key != "blank"
    ]


def _link(route: str, **said: str) -> str:
    return f"{reverse(route)}?{urlencode(said)}"
