"""The drawer's form of each kind of step: the controls that show it, and the step that its answers say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from journeys.editor import conditions, drawing, mail_forms, titles, wait_forms
from journeys.editor.controls import Answers, Control, Section, plain, row
from journeys.editor.drawing import Step
from journeys.editor.setting import Setting, needed
from segments import catalog
from segments.offers import offers

MOST_PATHS: Final = 20


@dataclass(frozen=True, slots=True)
class StepForm:
    """A kind of step in the drawer."""

    heading: Callable[[], str]
    show: Callable[[Step, Setting], list[Section]]
    read: Callable[[Step, Answers], Step]


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
    "wait": StepForm(lambda: _("Wait"), wait_forms.show_wait, wait_forms.read_wait),
    "wait_for": StepForm(
        lambda: _("Wait until something happens"), wait_forms.show_wait_for, wait_forms.read_wait_for
    ),
    "window": StepForm(lambda: _("Wait for a time of day"), wait_forms.show_window, wait_forms.read_window),
    "split": StepForm(lambda: _("Yes / no split"), _show_split, _read_split),
    "random": StepForm(lambda: _("Random split"), _show_random, _read_random),
    "email": StepForm(lambda: _("Email"), mail_forms.show, mail_forms.read),
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
