"""What a step's card says: a title in words and a second line, with the names of what the step refers to."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from journeys.editor import drawing
from journeys.editor.names import Names
from journeys.words import duration
from segments import ast, describe

ICONS: Final = {
    "trigger": "bolt",
    "wait": "clock",
    "wait_for": "hourglass",
    "window": "calendar-clock",
    "email": "mail",
    "split": "git-fork",
    "random": "arrows-shuffle",
    "set": "user-edit",
    "goto": "corner-down-right",
    "exit": "door-exit",
}
PATH_NAMES: Final[Mapping[str, Promise]] = {
    "yes": lazy("Yes"),
    "no": lazy("No"),
    "happened": lazy("Happened"),
    "timed_out": lazy("Not in time"),
    "opened": lazy("Opened"),
    "clicked": lazy("Clicked"),
}
REACTIONS: Final[Mapping[str, str]] = {"opened": "Email Opened", "clicked": "Email Link Clicked"}


def title(
    step: Mapping[str, Any], known: Names, *, steps: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """The first line of a step's card; go-tos name the step they lead to, found in `steps`."""
    match step.get("kind"):
        case "wait":
            return _("Wait %(long)s") % {"long": _length(step)}
        case "wait_for" if reacted := reaction(step):
            return _reacted(step, known, steps or {}, *reacted)
        case "wait_for":
            event = known.catalogue.events.get(str(step.get("event")), step.get("event")) or "…"
            return _("Wait for “%(event)s”, at most %(long)s") % {"event": event, "long": _length(step)}
        case "window":
            return _("Wait until it is %(when)s") % {"when": _hours(step)}
        case "split":
            return condition(step.get("condition"), known, steps) or _("Yes / no split")
        case "random":
            return _("Random split: %(parts)s") % {"parts": _parts(step)}
        case "email":
            said = known.contents.get(step.get("content", 0)) or known.subjects.get(step.get("revision", 0))
            return _("Email: %(name)s") % {"name": said} if said else _("Email")
        case "set":
            return _set(step, known)
        case "goto":
            target = (steps or {}).get(str(step.get("step")))
            return f"→ {title(target, known)}" if target else _("Go to …")
        case "exit":
            return _("Exit")
        case kind:
            return str(kind)


def reaction(step: Mapping[str, Any]) -> tuple[str, str] | None:
    """("opened", the mail's step) where an event, waited for or asked about, is about a mail of the journey."""
    name = step.get("name") or step.get("event")
    where = {one.get("property"): one for one in step.get("where") or [] if isinstance(one, dict)}
    found = next((word for word, event in REACTIONS.items() if event == name), None)
    return (found, str(where["step"].get("value") or "")) if found and "step" in where else None


def _reacted(
    step: Mapping[str, Any], known: Names, steps: Mapping[str, Mapping[str, Any]], word: str, mail: str
) -> str:
    named = title(steps[mail], known) if mail in steps else "…"
    words = {
        "opened": _("Wait until “%(mail)s” is opened, at most %(long)s"),
        "clicked": _("Wait for a click in “%(mail)s”, at most %(long)s"),
    }
    return words[word] % {"mail": named, "long": _length(step)}


def second(step: Mapping[str, Any], known: Names) -> str:
    """The line below the title; "" where there is nothing to add."""
    match step.get("kind"):
        case "split":
            return _("Yes or no, as it is at this moment only")
        case "window":
            return _zone(step)
        case "email" if step.get("purpose") == "transactional":
            return str(step.get("why") or "")
        case "email":
            return known.topics.get(step.get("topic", 0), "")
        case "wait_for" if step.get("where") and not reaction(step):
            return _("with details that fit")
        case _:
            return ""


def trigger(definition: Mapping[str, Any], known: Names) -> tuple[str, str]:
    """What starts a journey, and who may come in: a title and a line below it."""
    said = definition.get("trigger") or {}
    return _start(said, known), " · ".join(filter(None, [_again(definition), _only(said, known)]))


def _start(said: Mapping[str, Any], known: Names) -> str:
    match said.get("kind"):
        case "event" if said.get("event"):
            event = known.catalogue.events.get(said["event"], said["event"])
            return _("Does “%(event)s”") % {"event": event}
        case "segment" if said.get("segment"):
            who = {
                "current": _("Is in “%(segment)s” now"),
                "both": _("Is in “%(segment)s”, or enters it"),
            }.get(said.get("members", "future"), _("Enters “%(segment)s”"))
            return who % {"segment": known.catalogue.segments.get(said["segment"], "?")}
        case "date" if said.get("attribute") or said.get("record"):
            return _date(said, known)
        case "by_hand":
            return _("Put in by hand")
        case "api":
            return _("Put in by another program")
        case _:
            return _("Choose what starts it")


def _date(said: Mapping[str, Any], known: Names) -> str:
    attribute = str(said.get("attribute") or "")
    named = known.catalogue.attributes.get(attribute, attribute) if attribute else ""
    what = named or known.records.get(str(said.get("record")), str(said.get("record")))
    days = said.get("days") or 0
    if not days:
        return _("On the day of “%(what)s”") % {"what": what}
    long = duration(abs(days), "day")
    words = _("%(long)s before “%(what)s”") if days < 0 else _("%(long)s after “%(what)s”")
    return words % {"long": long, "what": what}


def _again(definition: Mapping[str, Any]) -> str:
    settings = definition.get("settings") or {}
    if settings.get("key"):
        return _("Once per “%(key)s”") % {"key": settings["key"]}
    days = settings.get("days") or 0
    return {
        "after_exit": _("Again, once they are through"),
        "always": _("Every time"),
        "after_days": ngettext("Again after %(n)d day", "Again after %(n)d days", days) % {"n": days},
    }.get(str(settings.get("reentry")), _("Once per person"))


def _only(said: Mapping[str, Any], known: Names) -> str:
    who = condition(said.get("condition"), known)
    return _("only people %(who)s") % {"who": who} if who else ""


def mails(definition: Mapping[str, Any], known: Names) -> dict[str, str]:
    """The mails of a drawing: what each is called, by its step."""
    steps = [step for step in drawing.walk(definition.get("steps") or []) if step.get("kind") == "email"]
    return {str(step["id"]): title(step, known) for step in steps}


def condition(tree: object, known: Names, steps: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """A condition in words, as in "whose country is “NL”"; "" where there is none, or it cannot be read.

    Mails of the journey that it asks about are found in `steps`.
    """
    if not isinstance(tree, dict) or not tree:
        return ""
    try:
        words = describe.in_words(ast.load(_about_mails(tree, known, steps or {})), known.catalogue)
    except ast.InvalidSegment:
        return ""
    return words.removeprefix("People ").removesuffix(".")


def _about_mails(
    tree: Mapping[str, Any], known: Names, steps: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The tree for a sentence: in place of the numbers of mails' steps, what the mails are called."""
    children = tree.get("children")
    if isinstance(children, list):
        inner = [_about_mails(one, known, steps) if isinstance(one, dict) else one for one in children]
        return {**tree, "children": inner}
    about = reaction(tree)
    if about is None:
        return dict(tree)
    named = title(steps[about[1]], known) if about[1] in steps else "…"
    others = [one for one in tree["where"] if one.get("property") not in ("step", "machine")]
    return {**tree, "where": [{"property": _("mail"), "operator": "is", "value": named}, *others]}


def path_name(step: Mapping[str, Any], path: str) -> str:
    """What stands above a branch."""
    if step.get("kind") != "random":
        word = (reaction(step) or ("", ""))[0] if path == "happened" else ""
        return str(PATH_NAMES.get(word or path, path))
    branch = (step.get("branches") or [])[int(path)]
    return f"{branch.get('name') or '?'} · {_share(step, branch)}"


def _share(step: Mapping[str, Any], branch: Mapping[str, Any]) -> str:
    weights = [one.get("weight") or 0 for one in step.get("branches") or []]
    total = sum(weights)
    return f"{round(100 * (branch.get('weight') or 0) / total)} %" if total else "–"


def _parts(step: Mapping[str, Any]) -> str:
    parts = [f"{one.get('name') or '?'} {_share(step, one)}" for one in step.get("branches") or []]
    return ", ".join(parts[:4]) + (" …" if len(parts) > 4 else "")


def _length(step: Mapping[str, Any]) -> str:
    amount = step.get("amount")
    return duration(amount, str(step.get("unit") or "day")) if isinstance(amount, int) else "…"


def _hours(step: Mapping[str, Any]) -> str:
    days = sorted(day for day in step.get("days") or [] if day in WEEKDAYS_ABBR)
    span = f"{step.get('from') or '…'}–{step.get('until') or '…'}"
    return span if len(days) in (0, 7) else f"{_days(days)}, {span}"


def _days(days: list[int]) -> str:
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS_ABBR[days[0]]}–{WEEKDAYS_ABBR[days[-1]]}"
    return ", ".join(str(WEEKDAYS_ABBR[day]) for day in days)


def _zone(step: Mapping[str, Any]) -> str:
    return (
        _("In the workspace's time zone")
        if step.get("zone") == "workspace"
        else _("In the person's time zone")
    )


def _set(step: Mapping[str, Any], known: Names) -> str:
    key = str(step.get("attribute") or "")
    if not key:
        return _("Set an attribute")
    value = step.get("value")
    shown = {True: _("yes"), False: _("no")}.get(value, value) if isinstance(value, bool) else value
    return _("Set %(attribute)s to %(value)s") % {
        "attribute": known.catalogue.attributes.get(key, key),
        "value": "…" if shown in (None, "") else shown,
    }
