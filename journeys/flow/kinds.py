"""Every kind of step and of trigger as it is written in JSON, and how it is read."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from journeys.flow.reading import Reader
from journeys.flow.shapes import (
    ApiTrigger,
    Branch,
    DateTrigger,
    Email,
    EventTrigger,
    Exit,
    Goto,
    HandTrigger,
    Members,
    Quiet,
    Random,
    Reentry,
    SegmentTrigger,
    SetAttribute,
    Settings,
    Split,
    Step,
    Trigger,
    Value,
    Wait,
    WaitFor,
    Window,
    Zone,
)
from segments.ast import All, Node

type Raw = Mapping[str, Any]

EVERYBODY: Final = All(())  # stands in for a condition that could not be read
FURTHEST: Final = 3650  # days before or after a date
MOST_BRANCHES: Final = 20
LONGEST_KEY: Final = 100
LONGEST_TEXT: Final = 10_000
# These say who somebody is, or are worked out: a journey that wrote them would undo what makes them true.
NOT_SET: Final = frozenset({"email", "phone", "lifecycle_stage"})


def trigger(read: Reader, raw: Any) -> Trigger:
    """What starts the journey."""
    read.at = ""
    if not isinstance(raw, dict):
        read.wrong("Say what starts the journey.")
        return HandTrigger()
    kind = read.choice(raw, "kind", tuple(TRIGGERS), "by_hand")
    asked = None
    if raw.get("condition"):
        asked = read.condition(raw["condition"], "Say who comes in, or take the condition away.")
    return TRIGGERS[kind](read, raw, asked)


def _event(read: Reader, raw: Raw, asked: Node | None) -> Trigger:
    event = read.text(raw, "event", "Choose the event that starts the journey.")
    return EventTrigger(event, read.where(raw) if event else (), asked)


def _segment(read: Reader, raw: Raw, asked: Node | None) -> Trigger:
    members: Any = read.choice(raw, "members", get_args(Members.__value__), "future")
    segment = read.number(raw, "segment", "Choose the segment that starts the journey.")
    return SegmentTrigger(segment, members, asked)


def _date(read: Reader, raw: Raw, asked: Node | None) -> Trigger:
    zone: Any = read.choice(raw, "zone", get_args(Zone.__value__), "contact")
    name = "record" if raw.get("record") else "attribute"
    chosen = read.text(raw, name, "Choose the date that starts the journey.")
    return DateTrigger(
        attribute=chosen if name == "attribute" else "",
        record=chosen if name == "record" else "",
        days=read.whole(
            raw,
            "days",
            most=FURTHEST,
            sentence="Say how many days before or after the date: a whole number, at most ten years.",
        ),
        at=read.clock(raw, "at", "09:00"),
        yearly=raw.get("yearly") is True,
        zone=zone,
        condition=asked,
    )


TRIGGERS: Final[Mapping[str, Callable[[Reader, Raw, Node | None], Trigger]]] = {
    "event": _event,
    "segment": _segment,
    "date": _date,
    "by_hand": lambda read, raw, asked: HandTrigger(asked),
    "api": lambda read, raw, asked: ApiTrigger(asked),
}


def settings(read: Reader, raw: Raw) -> Settings:
    """Who may come in again, how late news may be, and what holds in quiet hours."""
    read.at = ""
    reentry: Any = read.choice(raw, "reentry", get_args(Reentry.__value__), "never")
    days = (
        read.number(raw, "days", "Say after how many days people may come in again.")
        if reentry == "after_days"
        else 0
    )
    quiet: Any = read.choice(raw, "quiet", get_args(Quiet.__value__), "wait")
    hours = raw.get("freshness_hours")
    if hours is not None:
        hours = read.number(raw, "freshness_hours", "Say for how many hours an event counts as news.")
    return Settings(
        reentry=reentry,
        days=days,
        key=str(raw.get("key") or ""),
        freshness=None if hours is None else dt.timedelta(hours=hours),
        accept_late=raw.get("accept_late") is True,
        accept_edit=raw.get("accept_edit") is True,
        quiet=quiet,
    )


def _wait(read: Reader, raw: Raw) -> Step:
    return Wait(raw["id"], read.length(raw))


def _wait_for(read: Reader, raw: Raw) -> Step:
    event = read.text(raw, "event", "Choose the event to wait for.")
    return WaitFor(raw["id"], event, read.length(raw), read.where(raw) if event else ())


def _window(read: Reader, raw: Raw) -> Step:
    days = raw.get("days")
    listed = days if isinstance(days, list) else []
    chosen = frozenset(day for day in listed if type(day) is int and 0 <= day <= 6)
    if not chosen or len(chosen) < len(listed):
        read.wrong("Choose on which days of the week people go on.")
    start, end = read.clock(raw, "from", "00:00"), read.clock(raw, "until", "24:00")
    if start == end and raw.get("until", "24:00") != "24:00":
        read.wrong("The time of day begins and ends at once: choose a later end.")
    zone: Any = read.choice(raw, "zone", get_args(Zone.__value__), "contact")
    return Window(raw["id"], chosen, start, end, zone)


def _split(read: Reader, raw: Raw) -> Step:
    asked = read.condition(raw.get("condition"), "Say what decides between yes and no: add a condition.")
    return Split(raw["id"], asked or EVERYBODY)


def _random(read: Reader, raw: Raw) -> Step:
    listed = raw.get("branches")
    branches = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not 2 <= len(branches) <= MOST_BRANCHES:
        read.wrong(f"A random split has between 2 and {MOST_BRANCHES} branches.")
    weights = [read.share(one, "weight") for one in branches]
    if branches and None not in weights and not any(weights):
        read.wrong("At least one branch must get more than 0.")
    made = [
        Branch(str(one.get("name") or "").strip()[:120], weight or 0.0)
        for one, weight in zip(branches, weights, strict=True)
    ]
    return Random(raw["id"], tuple(made))


def _set(read: Reader, raw: Raw) -> Step:
    key = read.text(raw, "attribute", "Choose what to write down about the person.")
    if key in NOT_SET:
        read.wrong(f"“{key}” says who somebody is, or is worked out: a journey cannot change it.")
    if len(key) > LONGEST_KEY:
        read.wrong(f"The name of an attribute has at most {LONGEST_KEY} characters.")
    return SetAttribute(raw["id"], key, _value(read, raw))


def _value(read: Reader, raw: Raw) -> Value:
    value: Any = raw.get("value")
    if "value" not in raw or value == "":
        read.wrong("Say what the attribute becomes.")
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    elif not isinstance(value, dict | list) and len(str(value)) <= LONGEST_TEXT and "\x00" not in str(value):
        made: Value = value
        return made
    else:
        read.wrong("An attribute can become a text, a number, yes or no, or a list of texts.")
    return None


def _email(read: Reader, raw: Raw) -> Step:
    content = raw.get("content")
    has_content = isinstance(content, int) and not isinstance(content, bool) and content > 0
    # A draft names the content, a published version the revision; older drafts name a revision.
    revision = (
        int(raw.get("revision") or 0)
        if has_content and isinstance(raw.get("revision") or 0, int)
        else read.number(raw, "revision", "Choose what the mail says.")
    )
    sender = raw.get("sender") and read.number(raw, "sender", "Choose who the mail is from.")
    told: dict[str, Any] = {"sender": sender or None, "content": content if has_content else None}
    if read.choice(raw, "purpose", ("marketing", "transactional"), "marketing") == "marketing":
        topic = read.number(
            raw, "topic", "Marketing mail needs a topic, so that people can unsubscribe from it."
        )
        return Email(raw["id"], revision, "marketing", topic=topic, **told)
    why = read.text(
        raw, "why", "Say why people get this mail without having subscribed, “Order confirmation” say."
    )
    return Email(raw["id"], revision, "transactional", why=why[:120], **told)


def _goto(read: Reader, raw: Raw) -> Step:
    return Goto(raw["id"], read.text(raw, "step", "Choose the step to go to."))


def _exit(read: Reader, raw: Raw) -> Step:
    return Exit(raw["id"])


STEPS: Final[Mapping[str, Callable[[Reader, Raw], Step]]] = {
    "wait": _wait,
    "wait_for": _wait_for,
    "window": _window,
    "split": _split,
    "random": _random,
    "set": _set,
    "email": _email,
    "goto": _goto,
    "exit": _exit,
}
