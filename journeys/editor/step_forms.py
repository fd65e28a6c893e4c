"""The drawer's form of each kind of step: the controls that show it, and the step that its answers say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from journeys.editor import conditions, drawing, titles
from journeys.editor.controls import UNITS, Answers, Choices, Control, Section, plain, row
from journeys.editor.drawing import Definition, Step
from journeys.editor.names import Names
from journeys.editor.titles import REACTIONS
from journeys.models import Content, Sender
from profiles.models import Topic
from segments import catalog
from segments.offers import Offers, offers

MOST_PATHS: Final = 20
LONGEST_AMOUNT: Final = 100_000


@dataclass(frozen=True)
class Setting:
    """What a form stands in: the drawing and what its parts are called."""

    definition: Definition
    names: Names
    answers: Answers | None = None  # of the form that is shown again

    @property
    def mails(self) -> Choices:
        """The mails of the journey by their step."""
        return list(titles.mails(self.definition, self.names).items())

    @cached_property
    def offers(self) -> Offers:
        """All that can be asked about people."""
        return offers(self.names.catalogue)


@dataclass(frozen=True, slots=True)
class StepForm:
    """A kind of step in the drawer."""

    heading: Callable[[], str]
    show: Callable[[Step, Setting], list[Section]]
    read: Callable[[Step, Answers], Step]


def needed(value: object, sentence: str) -> str:
    """The sentence beside a field that is still empty."""
    return "" if value not in (None, "", 0, []) else sentence


def length(step: Mapping[str, Any], label: str) -> list[Control]:
    """An amount and its unit."""
    return [
        Control("amount", label, "number", step.get("amount"), wide=5, least=1, most=LONGEST_AMOUNT,
                error=needed(step.get("amount"), _("Say how long."))),
        Control("unit", _("Unit"), "select", step.get("unit", "day"), UNITS, wide=7),
    ]  # fmt: skip


def _read_length(answers: Answers) -> Step:
    unit = answers.choice("unit", [value for value, _ in UNITS], "day")
    return {"amount": answers.number("amount", least=1, most=LONGEST_AMOUNT), "unit": unit}


def _show_wait(step: Step, setting: Setting) -> list[Section]:
    return [plain(*length(step, _("Wait for")))]


def _read_wait(step: Step, answers: Answers) -> Step:
    return step | _read_length(answers)


def _show_wait_for(step: Step, setting: Setting) -> list[Section]:
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
            *length(step, _("But no longer than")),
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


def _read_wait_for(step: Step, answers: Answers) -> Step:
    what = answers.choice("what", ("event", *REACTIONS), "event")
    changed = step | _read_length(answers)
    if what == "event":
        was_mail = titles.reaction(step) is not None
        event = "" if was_mail else answers.text("event")
        where = [] if was_mail else conditions.read_details(answers, offers(), step, event)
        return changed | {"event": event, "where": where}
    return changed | {"event": REACTIONS[what], "where": conditions.reacted(what, answers.text("mail"))}


def _show_window(step: Step, setting: Setting) -> list[Section]:
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


def _read_window(step: Step, answers: Answers) -> Step:
    days = sorted({int(day) for day in answers.many("days") if day in "0123456" and day})
    return step | {
        "days": days,
        "from": answers.time("from", str(step.get("from", "09:00"))),
        "until": answers.time("until", str(step.get("until", "17:00"))),
        "zone": answers.choice("zone", ("contact", "workspace"), "contact"),
    }


def _show_split(step: Step, setting: Setting) -> list[Section]:
    asked = conditions.section(
        step.get("condition"),
        setting.offers,
        setting.mails,
        title=_("Yes for people who …"),
        answers=setting.answers,
        needed=True,
    )
    note = _(
        "It looks at this moment only. To give people time, put a wait before it, or wait until something happens."
    )
    return [asked, Section([], help=note)]


def _read_split(step: Step, answers: Answers) -> Step:
    return step | {"condition": conditions.read(answers, offers(), step.get("condition"))}


def _show_random(step: Step, setting: Setting) -> list[Section]:
    found = step.get("branches") or []
    rows = [
        row(
            Control(f"path-{n}-name", _("Path %(n)d") % {"n": n + 1}, "text", branch.get("name"), wide=7),
            Control(
                f"path-{n}-weight", _("Weight"), "number", branch.get("weight"), wide=5, least=0, most=10_000
            ),
            drop=f"drop:path:{n}" if len(found) > 2 else "",
        )
        for n, branch in enumerate(found)
    ]
    adds = [("add:path", _("Add a path"))] if len(found) < MOST_PATHS else []
    note = _("Shares follow the weights: 50 and 50 halve people, 9 and 1 send every tenth the other way.")
    return [Section(rows, adds=adds, name="path", help=note)]


def _read_random(step: Step, answers: Answers) -> Step:
    branches = [
        branch
        | {
            "name": answers.text(f"path-{n}-name") or str(branch.get("name") or n + 1),
            "weight": _weight(answers, f"path-{n}-weight"),
        }
        for n, branch in enumerate(step.get("branches") or [])
    ]
    return step | {"branches": branches}


def _weight(answers: Answers, name: str) -> int:
    return answers.number(name, most=10_000) or 0


def _show_email(step: Step, setting: Setting) -> list[Section]:
    purposes = [
        ("marketing", _("Marketing: they subscribed to a topic")),
        ("transactional", _("Transactional: it belongs to something they did")),
    ]
    contents = Content.objects.filter(archived_at=None, channel="email").order_by("name")
    chosen = str(step.get("content") or "")
    mail = Control("content", _("Mail"), "select", chosen, [("", "…"), *_options(contents)], reshapes=True,
                   error=needed(chosen, _("Choose what the mail says, or write a new one.")))  # fmt: skip
    purpose = Control(
        "purpose",
        _("Why do people get it?"),
        "select",
        step.get("purpose", "marketing"),
        purposes,
        reshapes=True,
    )
    senders = Sender.objects.order_by("-is_default", "name")
    sender = Control("sender", _("From"), "select", str(step.get("sender") or ""), _options(senders))
    return [plain(mail), plain(purpose, _reason(step), sender)]


def _reason(step: Step) -> Control:
    if step.get("purpose") == "transactional":
        why = step.get("why", "")
        return Control("why", _("What does it belong to?"), "text", why,
                       help=_("“Order confirmation”, say. It is kept with every message."),
                       error=needed(why, _("Say what it belongs to.")))  # fmt: skip
    topic = str(step.get("topic") or "")
    topics = Topic.objects.filter(archived_at=None).order_by("name")
    return Control("topic", _("Topic"), "select", topic, [("", "…"), *_options(topics)],
                   help=_("Who is not subscribed to it does not get the mail."),
                   error=needed(topic, _("Choose the topic, so that people can unsubscribe from it.")))  # fmt: skip


def _options(rows: Any) -> Choices:
    return [(str(one.pk), str(one)) for one in rows]


def _read_email(step: Step, answers: Answers) -> Step:
    changed = {key: value for key, value in step.items() if key not in ("topic", "why", "revision")}
    changed["content"] = answers.reference("content")
    changed["sender"] = answers.reference("sender")
    changed["purpose"] = answers.choice("purpose", ("marketing", "transactional"), "marketing")
    if changed["purpose"] == "transactional":
        changed["why"] = answers.text("why", str(step.get("why", "")))[:120]
    else:
        changed["topic"] = answers.reference("topic") or step.get("topic") if not answers.has("topic") else (
            answers.reference("topic")
        )  # fmt: skip
    return {key: value for key, value in changed.items() if value is not None}


def _show_set(step: Step, setting: Setting) -> list[Section]:
    key = str(step.get("attribute") or "")
    catalogue = setting.names.catalogue
    known = sorted(catalogue.attributes.items(), key=lambda pair: pair[1].lower())
    chosen = Control("attribute", _("Attribute"), "select", key, [("", "…"), *known], reshapes=True,
                     error=needed(key, _("Choose the attribute.")))  # fmt: skip
    if not key:
        return [plain(chosen)]
    return [plain(chosen, _value_of(step.get("value"), catalogue.types.get(key, "text")))]


def _value_of(value: Any, type_: str) -> Control:
    missing = _("Say what it becomes.") if value in (None, "", []) else ""
    if type_ == "boolean":
        said = {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""
        answers = [("", "…"), ("yes", _("yes")), ("no", _("no"))]
        return Control("value", _("Becomes"), "select", said, answers, error=missing)
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    kind: Any = "date" if type_ == "date" else "text"
    return Control("value", _("Becomes"), kind, "" if value is None else value, error=missing,
                   help=_("Values, with commas between.") if type_ == "list" else "")  # fmt: skip


def _read_set(step: Step, answers: Answers) -> Step:
    key = answers.text("attribute")
    if key != step.get("attribute"):
        return step | {"attribute": key, "value": None}
    return step | {"attribute": key, "value": _typed(answers, _type(key))}


def _type(key: str) -> str:
    return str(catalog.catalogue().types.get(key, "text"))


def _typed(answers: Answers, type_: str) -> Any:
    match type_:
        case "boolean":
            return {"yes": True, "no": False}.get(answers.text("value"))
        case "number":
            return answers.amount("value")
        case "list":
            return [one.strip() for one in answers.text("value").split(",") if one.strip()]
        case _:
            return answers.text("value") or None


def _show_goto(step: Step, setting: Setting) -> list[Section]:
    steps = {str(one["id"]): one for one in drawing.walk(setting.definition.get("steps") or [])}
    targets = [
        (name, titles.title(one, setting.names))
        for name, one in steps.items()
        if one.get("kind") not in drawing.ENDS
    ]
    chosen = str(step.get("step") or "")
    note = _("On a way back there must be a wait, or people would go round without end.")
    return [
        plain(
            Control("step", _("Go on at"), "select", chosen, [("", "…"), *targets], help=note,
                    error=needed(chosen if chosen in steps else "", _("Choose the step to go to.")))
        )
    ]  # fmt: skip


def _read_goto(step: Step, answers: Answers) -> Step:
    return step | {"step": answers.text("step")}


def _show_exit(step: Step, setting: Setting) -> list[Section]:
    return [Section([], help=_("Whoever comes here has left the journey."))]


def _read_exit(step: Step, answers: Answers) -> Step:
    return step


FORMS: Final[Mapping[str, StepForm]] = {
    "wait": StepForm(lambda: _("Wait"), _show_wait, _read_wait),
    "wait_for": StepForm(lambda: _("Wait until something happens"), _show_wait_for, _read_wait_for),
    "window": StepForm(lambda: _("Wait for a time of day"), _show_window, _read_window),
    "split": StepForm(lambda: _("Yes / no split"), _show_split, _read_split),
    "random": StepForm(lambda: _("Random split"), _show_random, _read_random),
    "email": StepForm(lambda: _("Email"), _show_email, _read_email),
    "set": StepForm(lambda: _("Set an attribute"), _show_set, _read_set),
    "goto": StepForm(lambda: _("Go to another step"), _show_goto, _read_goto),
    "exit": StepForm(lambda: _("Exit"), _show_exit, _read_exit),
}


def rows_changed(step: Step, verb: str) -> Step:
    """The step with a row more or less: `verb` is what the button said, "add:where" or "drop:path:1"."""
    what, _colon, rest = verb.partition(":")
    name, _colon, number = rest.partition(":")
    index = int(number) if number.isdigit() else None
    match what, name:
        case "add", "path":
            branches = list(step.get("branches") or [])
            letter = chr(ord("A") + len(branches) % 26)
            return step | {"branches": [*branches, {"name": letter, "weight": 50, "steps": []}]}
        case "drop", "path":
            return step | {
                "branches": [one for n, one in enumerate(step.get("branches") or []) if n != index]
            }
        case _:
            return step


def kinds() -> Sequence[str]:
    """Every kind of step that can be drawn."""
    return tuple(FORMS)
