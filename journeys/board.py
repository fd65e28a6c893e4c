"""People in journeys as pages show them: where each is, and what became of their messages."""

from dataclasses import dataclass
from typing import Final

from journeys import words
from journeys.editor import titles
from journeys.editor.titles import Names
from journeys.flow import graph
from journeys.models import Message, Run

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Traveller:
    """One person in a journey: where, and what the messages came to."""

    run: Run
    where: str
    state: str
    messages: list[tuple[Message, str, str]]


def travellers(runs: list[Run]) -> list[Traveller]:
    """These runs with their messages, in a few statements however many they are."""
    if not runs:
        return []
    names = titles.names([run.version.definition for run in runs])
    messages: dict[int, list[Message]] = {}
    # By contact, because that is what the index finds.
    sent = Message.objects.filter(
        contact__in={run.contact_id for run in runs}, run__in=[run.pk for run in runs]
    )
    for message in sent.order_by("created_at", "id"):
        messages.setdefault(message.run_id, []).append(message)
    return [
        Traveller(
            run=run,
            where=_where(run, names),
            state=words.state(run),
            messages=[
                (message, words.outcome(message), words.because(message))
                for message in messages.get(run.pk, [])
            ],
        )
        for run in runs
    ]


def _where(run: Run, names: Names) -> str:
    if run.ended_at:
        return ""
    steps = {str(step.get("id")): step for step in graph.each(run.version.definition.get("steps"))}
    return titles.title(steps[run.step], names, steps=steps) if run.step in steps else ""
