"""The drawer's forms of what is not a step: what starts a journey and for whom, and its settings."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.editor import conditions
from journeys.editor.controls import Answers, Choices, Control, Section, plain
from journeys.editor.setting import Setting, needed
from profiles.models import AttributeDefinition, RecordType
from segments.offers import Offers, offers

type Trigger = dict[str, Any]

KINDS: Final[Choices] = [
    ("event", lazy("Somebody does something")),
    ("segment", lazy("Somebody enters a segment")),
    ("date", lazy("A date comes")),
    ("by_hand", lazy("Somebody of us puts them in")),
    ("api", lazy("Another program puts them in")),
]
MEMBERS: Final[Choices] = [
    ("future", lazy("Those who enter from now on")),
    ("current", lazy("Those who are in it now")),
    ("both", lazy("Both")),
]
REENTRY: Final[Choices] = [
    ("never", lazy("Once")),
    ("after_exit", lazy("Again, once they are through")),
    ("after_days", lazy("Again, some days after they came in")),
    ("always", lazy("Every time")),
]
QUIET: Final[Choices] = [
    ("wait", lazy("Wait until they end")),
    ("skip", lazy("Do not send")),
    ("send", lazy("Send all the same")),
]


def show(trigger: Trigger, setting: Setting) -> list[Section]:
    """The controls of what starts the journey."""
    kind = str(trigger.get("kind") or "")
    options = [*([] if kind else [("", "…")]), *KINDS]
    chosen = Control("kind", _("What starts it?"), "select", kind, options, reshapes=True,
                     error=needed(kind, _("Say what starts the journey.")))  # fmt: skip
    sections = [plain(chosen), *_detail(kind, trigger, setting)]
    return [*sections, _only(trigger, setting)] if kind else sections


def _only(trigger: Trigger, setting: Setting) -> Section:
    return conditions.section(
        trigger.get("condition"), setting.offers, [], title=_("Only people who …"), answers=setting.answers
    )


def _detail(kind: str, trigger: Trigger, setting: Setting) -> list[Section]:
    match kind:
        case "event":
            event = str(trigger.get("event") or "")
            known = sorted(setting.names.catalogue.events.items(), key=lambda pair: pair[1].lower())
            error = needed(event, _("Choose the event that starts the journey."))
            chosen = plain(Control("event", _("Event"), "suggest", event, known, error=error))
            return [chosen, conditions.details(trigger, setting.offers, setting.answers)]
        case "segment":
            return [plain(*_segment(trigger, setting))]
        case "date":
            return [plain(*_date(trigger))]
        case "by_hand":
            return [Section([], help=_("Put people in from the journey's page, once it is live."))]
        case "api":
            return [Section([], help=_("A program of yours puts people in, one call for each of them."))]
        case _:
            return []


def _segment(trigger: Trigger, setting: Setting) -> list[Control]:
    known = sorted(setting.names.catalogue.segments.items(), key=lambda pair: pair[1].lower())
    chosen = str(trigger.get("segment") or "")
    return [
        Control("segment", _("Segment"), "select", chosen, [("", "…"), *((str(pk), name) for pk, name in known)],
                error=needed(chosen, _("Choose the segment that starts the journey."))),
        Control("members", _("Who of them?"), "select", trigger.get("members", "future"), MEMBERS),
    ]  # fmt: skip


def _date(trigger: Trigger) -> list[Control]:
    days = trigger.get("days") or 0
    when = "before" if days < 0 else "after" if days > 0 else "on"
    sides = [("before", _("days before")), ("on", _("on the day itself")), ("after", _("days after"))]
    zones = [("contact", _("the person's time zone")), ("workspace", _("the workspace's time zone"))]
    what = _what(trigger)
    amount = (
        [Control("days", _("Days"), "number", abs(days), wide=5, least=1, most=3650)] if when != "on" else []
    )
    return [
        Control("what", _("Which date?"), "select", what, [("", "…"), *_dates()],
                error=needed(what, _("Choose the date that starts the journey."))),
        *amount,
        Control("when", _("When?"), "select", when, sides, wide=12 if when == "on" else 7, reshapes=True),
        Control("at", _("At"), "time", trigger.get("at", "09:00"), wide=5),
        Control("zone", _("In"), "select", trigger.get("zone", "contact"), zones, wide=7),
        Control("yearly", _("Every year, as a birthday"), "check", bool(trigger.get("yearly"))),
    ]  # fmt: skip


def _what(trigger: Trigger) -> str:
    if trigger.get("attribute"):
        return f"attribute:{trigger['attribute']}"
    return f"record:{trigger['record']}" if trigger.get("record") else ""


def _dates() -> Choices:
    attributes = AttributeDefinition.objects.filter(type__in=["date", "datetime"]).order_by("label", "key")
    records = RecordType.objects.exclude(date_field="").order_by("label")
    return [
        *((f"attribute:{one.key}", str(one)) for one in attributes),
        *((f"record:{one.key}", _("%(record)s: its date") % {"record": one.label}) for one in records),
    ]


def read(trigger: Trigger, answers: Answers) -> Trigger:
    """The trigger that the answers say; changing its kind begins anew."""
    kind = answers.choice("kind", [value for value, _ in KINDS], "")
    if not kind:
        return {}
    if kind != trigger.get("kind"):
        kept = {"condition": trigger["condition"]} if trigger.get("condition") else {}
        return {"kind": kind, **_begun(kind), **kept}
    offered = offers()
    condition = conditions.read(answers, offered, trigger.get("condition"))
    return {
        "kind": kind,
        **_read(kind, trigger, answers, offered),
        **({"condition": condition} if condition else {}),
    }


def _begun(kind: str) -> Trigger:
    match kind:
        case "event":
            return {"event": "", "where": []}
        case "segment":
            return {"members": "future"}
        case "date":
            return {"days": 0, "at": "09:00", "yearly": False, "zone": "contact"}
        case _:
            return {}


def _read(kind: str, trigger: Trigger, answers: Answers, offered: Offers) -> Trigger:
    match kind:
        case "event":
            event = answers.text("event")
            return {"event": event, "where": conditions.read_details(answers, offered, trigger, event)}
        case "segment":
            chosen = answers.reference("segment")
            members = answers.choice("members", [value for value, _ in MEMBERS], "future")
            return {"members": members, **({"segment": chosen} if chosen else {})}
        case "date":
            return _read_date(answers)
        case _:
            return {}


def _read_date(answers: Answers) -> Trigger:
    what, _colon, key = answers.text("what").partition(":")
    when = answers.choice("when", ("before", "on", "after"), "on")
    days = answers.number("days", least=1, most=3650) or 1
    return {
        **({what: key} if what in ("attribute", "record") and key else {}),
        "days": {"before": -days, "after": days}.get(when, 0),
        "at": answers.time("at", "09:00"),
        "yearly": answers.has("yearly"),
        "zone": answers.choice("zone", ("contact", "workspace"), "contact"),
    }


def show_settings(settings: Mapping[str, Any], setting: Setting) -> list[Section]:
    """The controls of who may come in again, and how late news may be."""
    reentry = settings.get("reentry", "never")
    again = [
        Control(
            "reentry", _("How often can somebody go through it?"), "select", reentry, REENTRY, reshapes=True
        )
    ]
    if reentry == "after_days":
        days = settings.get("days")
        again.append(Control("days", _("After how many days?"), "number", days, least=1, most=3650,
                             error=needed(days, _("Say after how many days."))))  # fmt: skip
    return [
        plain(*again),
        plain(
            Control("key", _("Once per"), "text", settings.get("key", ""),
                    help=_("A detail of the event, “order_id” say: then each order goes through by itself. "
                           "Leave it empty for once per person.")),
        ),
        plain(
            Control("freshness_hours", _("An event counts as news for (hours)"), "number",
                    settings.get("freshness_hours"), least=1, most=8760,
                    help=_("Empty: as the workspace says.")),
            Control("accept_late", _("Let older events and imports start it too"), "check",
                    bool(settings.get("accept_late"))),
            Control("accept_edit", _("Let people in whom a change of the segment brings"), "check",
                    bool(settings.get("accept_edit"))),
            title=_("Late news"),
        ),
        plain(
            Control("quiet", _("In somebody's quiet hours"), "select", settings.get("quiet", "wait"), QUIET,
                    help=_("For marketing messages, by the clock where the person is. "
                           "When these hours are is set for the whole workspace.")),
        ),
    ]  # fmt: skip


def read_settings(settings: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """The settings that the answers say; what this form does not show stays."""
    shown = ("reentry", "days", "key", "freshness_hours", "accept_late", "accept_edit", "quiet")
    kept = {key: value for key, value in settings.items() if key not in shown}
    reentry = answers.choice("reentry", [value for value, _ in REENTRY], "never")
    days = answers.number("days", least=1, most=3650) or settings.get("days") or 30
    hours = answers.number("freshness_hours", least=1, most=8760)
    quiet = answers.choice("quiet", [value for value, _ in QUIET], "wait")
    return kept | {
        "reentry": reentry,
        **({"days": days} if reentry == "after_days" else {}),
        **({"key": answers.text("key")} if answers.text("key") else {}),
        **({"freshness_hours": hours} if hours else {}),
        **({"accept_late": True} if answers.has("accept_late") else {}),
        **({"accept_edit": True} if answers.has("accept_edit") else {}),
        **({"quiet": quiet} if quiet != "wait" else {}),
    }
