"""People in journeys as pages show them: where each is, and what became of their messages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from journeys import words
from journeys.editor import names, titles
from journeys.editor.names import Names
from journeys.flow import graph
from journeys.models import Message, Run, Version

PAGE: Final = 50
OUTCOME: Final = (
    "run", "run_entered_at", "state", "reason", "detail",
    "created_at", "sent_at", "first_opened_at", "first_clicked_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traveller:
    """One person in a journey: where, and what the messages came to."""

    run: Run
    where: str
    state: str
    messages: list[tuple[Message, str, str]]


def travellers(
    runs: Sequence[Run], known: Names | None = None, *, states: Collection[str] = Message.State.values
) -> list[Traveller]:
    """These runs with their messages, in a few statements however many they are.

    `known` spares asking for names; `states` are those of the messages that are wanted.
    """
    versions = {run.version_id: run.version for run in runs}
    called = names.of([version.definition for version in versions.values()], known) if runs else Names()
    steps = {number: _steps(version) for number, version in versions.items()}
    messages = _messages(runs, states)
    places = {
        (number, step): titles.title(steps[number][step], called, steps=steps[number])
        for number, step in {(run.version_id, run.step) for run in runs if not run.ended_at}
        if step in steps[number]
    }
    return [
        Traveller(
            run=run,
            where="" if run.ended_at else places.get((run.version_id, run.step), ""),
            state=words.state(run),
            messages=[
                (message, words.outcome(message), words.because(message))
                for message in messages.get(run.pk, [])
            ],
        )
        for run in runs
    ]


def _messages(runs: Sequence[Run], states: Collection[str]) -> dict[int, list[Message]]:
    """Of each run, in their order. Looked for only in the months in which these people came in."""
    if not runs or not states:
        return {}
    entered = [run.entered_at for run in runs]
    owed = Message.objects.filter(
        run__in=[run.pk for run in runs], run_entered_at__range=(min(entered), max(entered)), state__in=states
    )
    found: dict[int, list[Message]] = {}
    for message in owed.only(*OUTCOME).order_by("created_at", "id"):
        found.setdefault(message.run_id, []).append(message)
    return found


def _steps(version: Version) -> dict[str, Any]:
    return {str(step.get("id")): step for step in graph.each(version.definition.get("steps"))}
