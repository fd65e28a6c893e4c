"""Choices: what events and traits say about consent, on its way to the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from profiles.arrivals import StoredEvent
from profiles.consent import Statement
from profiles.models import Basis, Channel, ConsentState, Source, Topic
from profiles.understanding import Message, Reader

SUBSCRIBED: Final = "Subscribed"
UNSUBSCRIBED: Final = "Unsubscribed"
NAMES: Final = frozenset({SUBSCRIBED, UNSUBSCRIBED})
TRAIT: Final = "subscriptions"  # {"newsletter": true} or {"newsletter": {"email": true, "sms": false}}
ALL_TOPICS: Final = (None, "", "all", "*")
# Sources that may say that somebody confirmed: those whose key only we or the customer hold.
TRUSTED: Final = frozenset({Source.Kind.SERVER, Source.Kind.SYSTEM, Source.Kind.IMPORT, Source.Kind.PARTNER})

type Topics = dict[str, Topic]


def stated_by_events(
    events: Sequence[StoredEvent], messages: Sequence[Message], *, reader: Reader
) -> list[Statement]:
    """What "Subscribed" and "Unsubscribed" events say: the topic by key or number, e-mail unless a channel is named."""
    told = [pair for pair in zip(events, messages, strict=True) if pair[0].name in NAMES]
    topics = _topics() if told else {}
    statements = []
    for event, message in told:
        statement = _statement(
            message,
            (event.contact_id, event.persona_id),
            topic=event.properties.get("topic"),
            channel=str(event.properties.get("channel") or Channel.EMAIL),
            wants=event.name == SUBSCRIBED,
            topics=topics,
            reader=reader,
        )
        if statement is not None:
            statements.append(statement)
    return statements


def stated_by_traits(owned: Iterable[tuple[Message, tuple[int, int]]], *, reader: Reader) -> list[Statement]:
    """What the trait `subscriptions` says; each message beside its (contact, persona)."""
    told = [(message, owner) for message, owner in owned if isinstance(message.traits.get(TRAIT), dict)]
    topics = _topics() if told else {}
    statements = []
    for message, owner in told:
        for topic, wish in message.traits[TRAIT].items():
            wishes: dict[str, Any] = wish if isinstance(wish, dict) else {Channel.EMAIL.value: wish}
            for channel, wants in wishes.items():
                if not isinstance(wants, bool):
                    reader.reject(
                        message.item, "consent_unclear", f"The subscription to “{topic}” is not yes or no."
                    )
                    continue
                statement = _statement(
                    message, owner, topic=topic, channel=channel, wants=wants, topics=topics, reader=reader
                )
                if statement is not None:
                    statements.append(statement)
    return statements


def _topics() -> Topics:
    topics = list(Topic.objects.all())
    return {topic.key: topic for topic in topics} | {str(topic.pk): topic for topic in topics}


def _statement(
    message: Message,
    owner: tuple[int, int],
    *,
    topic: Any,
    channel: str,
    wants: bool,
    topics: Topics,
    reader: Reader,
) -> Statement | None:
    found = None if topic in ALL_TOPICS else topics.get(str(topic))
    if channel not in Channel or (found is None and topic not in ALL_TOPICS):
        what = f"channel “{channel[:40]}”" if channel not in Channel else f"topic “{str(topic)[:60]}”"
        reader.reject(
            message.item, "unknown_topic", f"There is no {what}: nothing was changed about consent."
        )
        return None
    state = ConsentState.SUBSCRIBED if wants else ConsentState.UNSUBSCRIBED
    if wants and found is not None and found.needs_confirmation and message.origin.kind not in TRUSTED:
        state = ConsentState.PENDING
    return Statement(
        contact_id=owner[0],
        persona_id=owner[1],
        channel=channel,
        state=state,
        at=message.item.occurred_at,
        topic_id=found.pk if found else None,
        basis=found.basis if found else Basis.CONSENT,
        source_id=message.origin.id,
        proof={"via": "event" if message.event else "trait"},
        key=message.item.message_hash,
    )
