"""Examples are good: each opens in its editor as something that can be saved, and no two bear one name."""

import pytest
from django.test import Client

from cdp import examples
from journeys.editor import drawing, starters
from journeys.messages import blocks, starts
from segments import ast
from segments.presets import PRESETS

pytestmark = pytest.mark.django_db


def test_it_lists_every_example_with_a_name_of_its_own() -> None:
    for shelf in examples.shelves():
        names = [str(one.name) for one in shelf.examples]
        assert len(names) >= 5
        assert len(names) == len(set(names))


@pytest.mark.parametrize("number", range(len(PRESETS)))
def test_it_asks_questions_that_can_be_counted(number: int) -> None:
    assert ast.load(PRESETS[number].definition)


@pytest.mark.parametrize("language", ["en", "en-GB"])
@pytest.mark.parametrize("start", sorted(starts.STARTS))
def test_it_writes_mails_of_blocks_that_can_be_read(start: str, language: str) -> None:
    words = starts.words(start, language)

    assert blocks.load(blocks.dump(words.blocks)) == words.blocks
    assert bool(words.subject) == (start != "blank")


@pytest.mark.parametrize("name", sorted(starters.STARTERS))
def test_it_draws_journeys_of_known_steps(name: str) -> None:
    drawn = starters.start(name)

    assert drawn["settings"]["reentry"] in {"never", "after_exit", "always"}
    ids = [step["id"] for step in drawing.walk(drawn["steps"])]
    assert len(ids) == len(set(ids))
    assert bool(ids) == (name != "blank")


def test_it_opens_each_in_its_editor(signed_in: Client) -> None:
    links = [one.url for shelf in examples.shelves() for one in shelf.examples]

    assert signed_in.get("/examples/").content.count(b'class="card example"') == len(links)
    for link in links:
        assert signed_in.get(link).status_code == 200
