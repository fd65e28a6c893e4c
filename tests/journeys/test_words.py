"""Every reason that code gives for not sending a message has a sentence, and no sentence waits for a reason."""

import ast
import re
from collections.abc import Iterator

import pytest

from journeys import words
from journeys.messages import limits
from journeys.models import Message
from profiles.consent import Refusal
from tests.house.tree import ROOT, modules, parsed

# Who gives a reason by its place among the arguments; all others name it.
PLACES = {"Forbidden": 1, "_forbidden": 1, "Refused": 0, "Settled": 2}
OURS = ("journeys/messages", "journeys/channels", "journeys/flow/ending.py", "journeys/flow/broadcasting.py")
OF_RUNS = {"merged"}  # why somebody left a journey, in the same words `reason=`


def given(node: ast.AST) -> Iterator[str]:
    """The reasons spelled out in one call."""
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    place = PLACES.get(name)
    arguments = node.args[place : place + 1] if place is not None else []
    arguments += [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
    for argument in arguments:
        # Of a choice, its two ends and not what it depends on.
        ends = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        yield from (end.value for end in ends if isinstance(end, ast.Constant) and isinstance(end.value, str))


def reasons() -> set[str]:
    """All reasons that a message can come to."""
    found: set[str] = {*Refusal, *limits.REASONS}
    for path in modules("journeys"):
        if str(path).startswith(OURS):
            found.update(reason for node in ast.walk(parsed(path)) for reason in given(node))
            found.update(re.findall(r"\breason = '(\w+)'", (ROOT / path).read_text()))
    return found - OF_RUNS - {""}


def test_it_has_a_sentence_for_every_reason_and_no_other() -> None:
    assert {"unsubscribed", "internal_error", "exited", "interrupted", "sender_refused"} <= reasons()
    assert reasons() == set(words.NOT_SENT)


@pytest.mark.parametrize(
    ("state", "reason", "detail", "sentence"),
    [
        ("sent", "", "", ""),
        ("skipped", "unsubscribed", "They unsubscribed.", "because the person unsubscribed"),
        (
            "failed",
            "template_error",
            "The name has no end.",
            "because the content could not be filled in: The name has no end.",
        ),
        ("failed", "of_a_later_version", "", "because of a later version"),
    ],
)
def test_it_says_why_and_where_something_is_wrong_what(
    state: str, reason: str, detail: str, sentence: str
) -> None:
    assert words.because(Message(state=state, reason=reason, detail=detail)) == sentence
