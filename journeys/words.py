"""What journeys and messages are called on screen: a step's title, why a message was not sent."""

import functools
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from journeys.models import Message, Run

ICONS: Final = {
    "trigger": "bolt",
    "wait": "clock",
    "wait_for": "hourglass",
    "email": "mail",
    "exit": "door-exit",
}

NOT_SENT: Final[dict[str, Promise]] = {
    "no_address": gettext_lazy("there is no e-mail address"),
    "suppressed": gettext_lazy("the address is blocked (bounced or complained)"),
    "unsubscribed": gettext_lazy("the person unsubscribed"),
    "not_subscribed": gettext_lazy("the person is not subscribed to the topic"),
    "pending": gettext_lazy("the subscription is not confirmed yet"),
    "do_not_track": gettext_lazy("the person does not want to be tracked"),
    "unknown_contact": gettext_lazy("the profile is gone"),
    "capped": gettext_lazy("the person got enough messages lately"),
    "quiet_hours": gettext_lazy("it was a quiet hour"),
    "template_error": gettext_lazy("the content could not be filled in"),
    "duplicate": gettext_lazy("the same message went out already"),
    "expired": gettext_lazy("it would have come too late"),
    "exited": gettext_lazy("the person left the journey before"),
    "stopped": gettext_lazy("sending was stopped"),
    "invalid_address": gettext_lazy("the e-mail address cannot be written to"),
    "internal_error": gettext_lazy("something went wrong here; the log says more"),
    "bounced": gettext_lazy("nobody has this e-mail address"),
    "refused": gettext_lazy("the mail server did not take it"),
    "sender_refused": gettext_lazy("the mail server does not accept the sender"),
    "deferred": gettext_lazy("the mail server asked to come back later"),
    "unreachable": gettext_lazy("the mail server could not be reached"),
    "gave_up": gettext_lazy("the mail server kept asking to come back later"),
    "no_answer": gettext_lazy("the mail server took it and did not answer"),
    "interrupted": gettext_lazy("sending it was interrupted"),
}

ENDS: Final[dict[str, Promise]] = {
    "exit": gettext_lazy("reached the end"),
    "merged": gettext_lazy("merged with another profile"),
    "stopped": gettext_lazy("the journey was stopped"),
    "by_hand": gettext_lazy("taken out by hand"),
    "version": gettext_lazy("their step is not in the new version"),
    "error": gettext_lazy("an error"),
}


def not_sent(reason: str) -> str:
    """The sentence after "Not sent, because …"."""
    return str(NOT_SENT[reason]) if reason in NOT_SENT else reason.replace("_", " ")


@functools.lru_cache(maxsize=200)  # two dozen reasons, times languages
def _for(reason: str, language: str | None) -> str:
    """Why it was not sent, in this language, which is the active one."""
    return _("because %(why)s") % {"why": not_sent(reason)}


def outcome(message: Message) -> str:
    """What became of a message, for people."""
    if message.state in (Message.State.SKIPPED, Message.State.FAILED):
        return _("Not sent")
    if message.first_clicked_at:
        return _("Clicked")
    if message.first_opened_at:
        return _("Opened")
    return _capital(str(Message.State(message.state).label))  # "display" would translate every state there is


def because(message: Message) -> str:
    """Why it was not sent, or not yet; "" where it was. Where something is wrong, also what exactly."""
    if message.state == Message.State.HELD and message.detail:
        said = {"why": not_sent(message.reason), "then": message.detail[:1].lower() + message.detail[1:]}
        return _("because %(why)s; %(then)s") % said
    if message.state == Message.State.HELD:
        return _for(message.reason, get_language())
    if message.state not in (Message.State.SKIPPED, Message.State.FAILED):
        return ""
    why = _for(message.reason, get_language())
    return f"{why}: {message.detail}" if message.state == Message.State.FAILED and message.detail else why


def state(run: Run) -> str:
    """Where somebody is on the way, for people."""
    if run.state == Run.State.FAILED:
        return _("Stopped: %(error)s") % {"error": run.error}
    if run.state == Run.State.EXITED and run.exit_reason in ENDS and run.exit_reason != "exit":
        return _("Left: %(why)s") % {"why": ENDS[run.exit_reason]}
    if run.state in (Run.State.EXITED, Run.State.COMPLETED):
        return _("Completed")
    return _capital(str(Run.State(run.state).label))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def duration(amount: int, unit: str) -> str:
    """A wait's length, "2 days"."""
    match unit:
        case "minute":
            words = ngettext("%(n)d minute", "%(n)d minutes", amount)
        case "hour":
            words = ngettext("%(n)d hour", "%(n)d hours", amount)
        case "day":
            words = ngettext("%(n)d day", "%(n)d days", amount)
        case "week":
            words = ngettext("%(n)d week", "%(n)d weeks", amount)
        case _:
            words = f"%(n)d {unit}"
    return words % {"n": amount}


def title(step: dict[str, Any], *, subjects: dict[int, str]) -> str:
    """What a step's card says."""
    match step.get("kind"):
        case "wait":
            return _("Wait %(long)s") % {"long": duration(step["amount"], step["unit"])}
        case "wait_for":
            length = duration(step["amount"], step["unit"])
            return _("Wait for “%(event)s”, at most %(long)s") % {"event": step["event"], "long": length}
        case "email":
            return _("Email: %(subject)s") % {"subject": subjects.get(step.get("revision", 0), "")}
        case "exit":
            return _("End")
        case kind:
            return str(kind)


def trigger(definition: dict[str, Any], *, segments: dict[int, str]) -> tuple[str, str]:
    """What starts a journey: a title and a line below it."""
    said = definition.get("trigger") or {}
    again = {
        "never": _("Once per person"),
        "after_exit": _("Again, once the person is through"),
        "always": _("Every time"),
    }.get((definition.get("settings") or {}).get("reentry", "never"), "")
    match said.get("kind"):
        case "event":
            return _("Does “%(event)s”") % {"event": said.get("event", "")}, again
        case "segment":
            who = {
                "future": _("Enters “%(segment)s”"),
                "current": _("Is in “%(segment)s” now"),
                "both": _("Is in “%(segment)s”, or enters it"),
            }.get(said.get("members", "future"), "%(segment)s")
            return who % {"segment": segments.get(said.get("segment", 0), "?")}, again
        case "by_hand":
            return _("Put in by hand"), again
        case _:
            return _("Nothing starts it yet"), ""
