"""Choices: what events and traits say about consent, on its way to the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from profiles.arrivals import StoredEvent
from profiles.consent import Statement
from profiles.models import Basis, Channel, ConsentState, Source, Topic
from profiles.understanding import Message, Origin, Reader

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
        statements += _statements(
            message,
            (event.contact_id, event.persona_id),
            topic=event.properties.get("topic"),
            channel=str(event.properties.get("channel") or Channel.EMAIL),
            wants=event.name == SUBSCRIBED,
            topics=topics,
            reader=reader,
        )
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
                statements += _statements(
                    message, owner, topic=topic, channel=channel, wants=wants, topics=topics, reader=reader
                )
    return statements


def _topics() -> Topics:
    topics = list(Topic.objects.all())
    return {topic.key: topic for topic in topics} | {str(topic.pk): topic for topic in topics}


def _statements(
    message: Message,
    owner: tuple[int, int],
    *,
    topic: Any,
    channel: str,
    wants: bool,
    topics: Topics,
    reader: Reader,
) -> list[Statement]:
    found = None if topic in ALL_TOPICS else topics.get(str(topic))
    if channel not in Channel or (found is None and topic not in ALL_TOPICS):
        what = f"channel “{channel[:40]}”" if channel not in Channel else f"topic “{str(topic)[:60]}”"
        reader.reject(
            message.item, "unknown_topic", f"There is no {what}: nothing was changed about consent."
        )
        return []
    about: list[Topic | None] = [found]
    if found is None and wants and message.origin.kind not in TRUSTED:
        # A yes to everything, from anybody, must not confirm what has to be confirmed: a yes to each topic.
        about = list({each.pk: each for each in topics.values()}.values())
    return [
        Statement(
            contact_id=owner[0],
            persona_id=owner[1],
            channel=channel,
            state=_state(each, wants=wants, origin=message.origin),
            # A clock that runs ahead must not outvote for hours what is said next.
            at=min(message.item.occurred_at, reader.now),
            topic_id=each.pk if each else None,
            basis=each.basis if each else Basis.CONSENT,
            source_id=message.origin.id,
            proof={"via": "event" if message.event else "trait", **_file(message)},
            key=message.item.message_hash,
        )
        for each in about
    ]


def _file(message: Message) -> dict[str, Any]:
    """Of a row of an import: the file, the row, and where and when they agreed, as whoever imported it said."""
    context = message.body.get("context") if message.origin.kind == Source.Kind.IMPORT else None
    told = context.get("import") if isinstance(context, dict) else None
    return {"import": told} if told else {}


def _state(topic: Topic | None, *, wants: bool, origin: Origin) -> ConsentState:
    if not wants:
        return ConsentState.UNSUBSCRIBED
    if topic is not None and topic.needs_confirmation and origin.kind not in TRUSTED:
        return ConsentState.PENDING
    return ConsentState.SUBSCRIBED
