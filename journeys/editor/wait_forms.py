"""The drawer's forms of the steps that let time pass: a wait, a wait for something to happen, a time of day."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from journeys.editor import conditions, titles
from journeys.editor.controls import UNITS, Answers, Control, Section, plain
from journeys.editor.drawing import Step
from journeys.editor.setting import Setting, needed
from journeys.editor.titles import REACTIONS
from segments.offers import offers

LONGEST_AMOUNT: Final = 100_000


def _length(step: Mapping[str, Any], label: str) -> list[Control]:
    """An amount and its unit."""
    return [
        Control("amount", label, "number", step.get("amount"), wide=5, least=1, most=LONGEST_AMOUNT,
                error=needed(step.get("amount"), _("Say how long."))),
        Control("unit", _("Unit"), "select", step.get("unit", "day"), UNITS, wide=7),
    ]  # fmt: skip


def _read_length(answers: Answers) -> Step:
    unit = answers.choice("unit", [value for value, _ in UNITS], "day")
    return {"amount": answers.number("amount", least=1, most=LONGEST_AMOUNT), "unit": unit}


def show_wait(step: Step, setting: Setting) -> list[Section]:
    """The controls of a wait."""
    return [plain(*_length(step, _("Wait for")))]


def read_wait(step: Step, answers: Answers) -> Step:
    """The wait that the answers say."""
    return step | _read_length(answers)


def show_wait_for(step: Step, setting: Setting) -> list[Section]:
    """The controls of a wait for something to happen."""
    reacted = titles.reaction(step)
    what = [
        ("event", _("They do something")),
        ("opened", _("They open a mail of this journey")),
        ("clicked", _("They click in a mail of this journey")),
    ]
    chosen = Control(
        "what", _("Wait until"), "select", reacted[0] if reacted else "event", what, reshapes=True
    )
    return [
        plain(chosen, *(_mail_of(reacted[1], setting) if reacted else _event_of(step, setting))),
        *([] if reacted else [conditions.details(step, setting.offers, setting.answers)]),
        plain(
            *_length(step, _("But no longer than")),
            help=_("People in whom nothing has happened by then go on under “Not in time”."),
        ),
    ]


def _mail_of(chosen: str, setting: Setting) -> list[Control]:
    mails = setting.mails
    error = needed(chosen if chosen in dict(mails) else "", _("Choose a mail of this journey."))
    return [Control("mail", _("Mail"), "select", chosen, [("", "…"), *mails], error=error)]


def _event_of(step: Mapping[str, Any], setting: Setting) -> list[Control]:
    event = str(step.get("event") or "")
    known = sorted(setting.names.catalogue.events.items(), key=lambda pair: pair[1].lower())
    error = needed(event, _("Choose the event to wait for."))
    return [Control("event", _("Event"), "suggest", event, known, error=error)]


def read_wait_for(step: Step, answers: Answers) -> Step:
    """The same as the answers say; another event begins without details."""
    what = answers.choice("what", ("event", *REACTIONS), "event")
    changed = step | _read_length(answers)
    if what == "event":
        was_mail = titles.reaction(step) is not None
        event = "" if was_mail else answers.text("event")
        where = [] if was_mail else conditions.read_details(answers, offers(), step, event)
        return changed | {"event": event, "where": where}
    return changed | {"event": REACTIONS[what], "where": conditions.reacted(what, answers.text("mail"))}


def show_window(step: Step, setting: Setting) -> list[Section]:
    """The controls of the days and hours in which people go on."""
    days = [(str(number), name) for number, name in WEEKDAYS_ABBR.items()]
    zones = [("contact", _("the person's time zone")), ("workspace", _("the workspace's time zone"))]
    chosen = [str(day) for day in step.get("days") or []]
    return [
        plain(
            Control("days", _("On these days"), "days", chosen, days, error=needed(chosen, _("Choose a day."))),
            Control("from", _("From"), "time", step.get("from", "09:00"), wide=6),
            Control("until", _("Until"), "time", step.get("until", "17:00"), wide=6),
            Control("zone", _("In"), "select", step.get("zone", "contact"), zones,
                    help=_("Where we do not know a person's time zone, the workspace's counts.")),
        )
    ]  # fmt: skip


def read_window(step: Step, answers: Answers) -> Step:
    """The days and hours that the answers say."""
    days = sorted({int(day) for day in answers.many("days") if day in "0123456" and day})
    return step | {
        "days": days,
        "from": answers.time("from", str(step.get("from", "09:00"))),
        "until": answers.time("until", str(step.get("until", "17:00"))),
        "zone": answers.choice("zone", ("contact", "workspace"), "contact"),
    }
