"""What a journey's page shows: its steps with their numbers, its people with what became of their messages."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count

from journeys import words
from journeys.models import ContentRevision, Journey, Message, Run
from segments.models import Segment

PAGE: Final = 50


@dataclass(slots=True)
class Card:
    """One step as drawn. `reasons` counts the messages that were not sent, by why."""

    id: str
    icon: str
    title: str
    below: str = ""
    here: int = 0
    messages: dict[str, int] = field(default_factory=dict)
    reasons: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Traveller:
    """One person in a journey: where, and what the messages came to."""

    run: Run
    where: str
    state: str
    messages: list[tuple[Message, str, str]]


def cards(journey: Journey, definition: dict[str, Any]) -> list[Card]:
    """The drawing, from the trigger to the end, with how many people stand where."""
    subjects = _subjects([definition])
    segments = dict(Segment.objects.values_list("pk", "name"))
    versions = list(journey.versions.values_list("pk", flat=True))
    here = Counter(
        dict(
            Run.objects.filter(version__in=versions, state__in=["active", "waiting"])
            .values_list("step")
            .annotate(people=Count("id"))
        )
    )
    tallies = _tallies(versions)
    started, once = words.trigger(definition, segments=segments)
    drawn = [Card("", words.ICONS["trigger"], started, once)]
    for step in definition.get("steps", []):
        card = Card(
            id=step["id"],
            icon=words.ICONS.get(step["kind"], "bolt"),
            title=words.title(step, subjects=subjects),
            below=str(step.get("why", "")),
            here=here[step["id"]],
        )
        _tell(card, tallies.get(step["id"], {}))
        drawn.append(card)
    return drawn


def _subjects(definitions: Iterable[dict[str, Any]]) -> dict[int, str]:
    wanted = [
        step.get("revision")
        for one in definitions
        for step in one.get("steps", [])
        if step.get("kind") == "email"
    ]
    revisions = ContentRevision.objects.filter(pk__in=[number for number in wanted if number])
    return {one.pk: str(one.languages.get(one.fallback, {}).get("subject", "")) for one in revisions}


def _tallies(versions: list[int]) -> dict[str, dict[tuple[str, str], int]]:
    counted = (
        Message.objects.filter(version__in=versions)
        .values_list("step", "state", "reason")
        .annotate(number=Count("id"))
    )
    tallies: dict[str, dict[tuple[str, str], int]] = {}
    for step, state, reason, number in counted:
        tallies.setdefault(step, {})[state, reason] = number
    return tallies


def _tell(card: Card, tally: dict[tuple[str, str], int]) -> None:
    reasons: Counter[str] = Counter()
    for (state, reason), number in tally.items():
        if state in ("skipped", "failed"):
            reasons[words.not_sent(reason)] += number
            state = "not_sent"
        elif state in ("queued", "held", "claimed", "handing_over"):
            state = "on_its_way"
        card.messages[state] = card.messages.get(state, 0) + number
    card.reasons = reasons.most_common()


def people(journey: Journey, *, before: int | None) -> list[Traveller]:
    """The people who came in last, one more than a page."""
    runs = Run.objects.filter(journey=journey).select_related("contact", "version")
    if before:
        runs = runs.filter(pk__lt=before)
    return travellers(list(runs.order_by("-pk")[: PAGE + 1]))


def travellers(runs: list[Run]) -> list[Traveller]:
    """These runs with their messages, in three statements however many they are."""
    subjects = _subjects([run.version.definition for run in runs])
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
            where=_where(run, subjects),
            state=words.state(run),
            messages=[
                (message, words.outcome(message), words.because(message))
                for message in messages.get(run.pk, [])
            ],
        )
        for run in runs
    ]


def _where(run: Run, subjects: dict[int, str]) -> str:
    if run.ended_at:
        return ""
    step = next((step for step in run.version.definition.get("steps", []) if step["id"] == run.step), None)
    return words.title(step, subjects=subjects) if step else ""
