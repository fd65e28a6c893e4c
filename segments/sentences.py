"""Every family of conditions as a sentence of controls: *placed an order* · *at least* · *3 times* · *in the last* …

One list of controls serves both directions: the page draws them, and what comes back is read through them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from cdp.lib.json import Json, JsonObject
from profiles.models import AttributeDefinition
from segments import catalog
from segments.choices import BOUGHT, FREQUENCIES, HAVE, MEASURES, MOMENTS, PHRASES, STAGES, STATES, WINDOWS
from segments.controls import SHORT_UNITS, Control, Kind, Options, Part, Path, Text, Words, behind, span
from segments.offers import Offers
from segments.operators import ROWS
from segments.shapes import SHAPES

Type = AttributeDefinition.Type


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of condition: its picture, what it is about, its controls, and what a new one says."""

    icon: str
    subject: Callable[[JsonObject, Offers], str]
    parts: Callable[[JsonObject, Offers], list[Part]]
    fresh: JsonObject
    types: Callable[[JsonObject, Offers], Mapping[str, str]] = lambda leaf, offers: {}  # of its details


def sentence(leaf: JsonObject, offers: Offers) -> list[Part]:
    """The controls of a condition, without those of its details."""
    return FAMILIES[str(leaf["type"])].parts(leaf, offers)


def details(leaf: JsonObject, offers: Offers) -> list[list[Part]]:
    """The controls of each detail: where [property] [operator] [value]."""
    types = FAMILIES[str(leaf["type"])].types(leaf, offers)
    where = leaf.get("where")
    rows = where if isinstance(where, list) else []
    return [_detail(leaf, number, one, types, offers) for number, one in enumerate(rows)]


def _detail(leaf: JsonObject, number: int, one: Json, types: Mapping[str, str], offers: Offers) -> list[Part]:
    assert isinstance(one, dict)
    property_ = str(one.get("property", ""))
    names = list(types) if not property_ or property_ in types else [property_, *types]
    options = [("", _("choose a detail")), *((name, _labelled(leaf, name, offers)) for name in names)]
    path: Path = ("where", number)
    suggest = "" if leaf["type"] != "event" else _ask(event=str(leaf["name"]), property=property_)
    fitting = operators_of_detail(leaf, property_, offers)
    return [
        Control((*path, "property"), Kind.SELECT, _("Detail"), options),
        *_compared(path, one, fitting, suggest=suggest),
    ]


def operators_of_detail(leaf: JsonObject, property_: str, offers: Offers) -> Sequence[str]:
    """The operators that fit a detail of an event or a field of a record."""
    type_ = FAMILIES[str(leaf["type"])].types(leaf, offers).get(property_, Type.TEXT)
    return fitting(type_, for_filter=leaf["type"] == "event")


def _labelled(leaf: JsonObject, name: str, offers: Offers) -> str:
    if leaf["type"] == "record" and (record := offers.records.get(str(leaf["record"]))):
        return record.fields.get(name, (name, ""))[0]
    return name


def fitting(type_: str, *, for_filter: bool = False) -> Sequence[str]:
    """The operators for values of a type, as the language spells them."""
    return [one.value for one in catalog.operators(type_, for_filter=for_filter) if one.value in SHAPES]


def _ask(**query: str) -> str:
    return urlencode(query)


def _compared(
    path: Path, node: JsonObject, operators: Sequence[str], *, suggest: str = "", choices: Options = ()
) -> list[Part]:
    operator = str(node.get("operator", ""))
    labels: dict[str, Text] = {one.value: row.label for one, row in ROWS.items()}
    options = [(one, labels[one]) for one in operators]
    return [
        Control((*path, "operator"), Kind.SELECT, _("Compare"), options),
        *behind(operator, (*path, "value"), node.get("value"), suggest=suggest, options=choices),
    ]


def _often(leaf: JsonObject) -> list[Part]:
    frequency = str(leaf["frequency"])
    parts: list[Part] = [Control(("frequency",), Kind.SELECT, _("How often"), FREQUENCIES)]
    if frequency == "never":
        return parts
    many = leaf["count"] if isinstance(leaf["count"], int) else 2
    unit = (
        ngettext("day", "different days", many) if frequency == "on_days" else ngettext("time", "times", many)
    )
    return [*parts, Control(("count",), Kind.NUMBER, _("How many times")), Words(unit)]


def _window(leaf: JsonObject) -> list[Part]:
    window = leaf["window"]
    kind = window.get("type") if isinstance(window, dict) else "ever"
    parts: list[Part] = [Control(("window", "type"), Kind.SELECT, _("When"), WINDOWS)]
    if kind == "last":
        parts += span(("window",), window, SHORT_UNITS)
    if kind == "between":
        first = Control(("window", "from"), Kind.DAY, _("From date"))
        parts += [first, Words(_("and")), Control(("window", "to"), Kind.DAY, _("To date"))]
    return parts


def _attribute(leaf: JsonObject, offers: Offers) -> list[Part]:
    key = str(leaf["key"])
    type_ = offers.catalogue.types.get(key, Type.TEXT)
    return _compared((), leaf, fitting(type_), suggest=_ask(attribute=key))


def _event_name(leaf: JsonObject, offers: Offers) -> str:
    name = str(leaf["name"])
    label = offers.catalogue.events.get(name, name)
    return (
        str(PHRASES[name]) if label == name and name in PHRASES else _("did “%(event)s”") % {"event": label}
    )


def _event(leaf: JsonObject, offers: Offers) -> list[Part]:
    return [*_often(leaf), *_window(leaf)]


def _purchase(leaf: JsonObject, offers: Offers) -> list[Part]:
    measure = str(leaf["measure"])
    parts = _compared((), leaf, fitting(Type.NUMBER)[:-2])  # it is always set
    if measure in ("revenue", "average_order"):
        parts.append(Words(offers.currency))
    return parts if measure == "days_since_last" else [*parts, *_window(leaf)]


def _bought(leaf: JsonObject, offers: Offers) -> list[Part]:
    what = str(leaf["what"])
    return [
        Control(("what",), Kind.SELECT, _("What"), BOUGHT),
        *_compared((), leaf, ("is_any_of", "contains"), suggest=_ask(bought=what)),
        *_often(leaf),
        *_window(leaf),
    ]


def _segment(leaf: JsonObject, offers: Offers) -> list[Part]:
    operators: Options = (("in", _("is in")), ("not_in", _("is not in")))
    names = sorted(offers.catalogue.segments.items(), key=lambda one: one[1].lower())
    options: Options = [(None, _("choose a segment")), *names]
    return [
        Control(("operator",), Kind.SELECT, _("In or not in"), operators),
        Control(("segment",), Kind.SELECT, _("Segment or list"), options),
    ]


def _consent(leaf: JsonObject, offers: Offers) -> list[Part]:
    return [
        Control(("state",), Kind.SELECT, _("State"), STATES),
        Control(("topic",), Kind.SELECT, _("Topic"), [(None, _("choose a topic")), *offers.topics.items()]),
        Words(_("by")),
        Control(("channel",), Kind.SELECT, _("Channel"), list(offers.channels.items())),
    ]


def _reach(leaf: JsonObject, offers: Offers) -> list[Part]:
    operators: Options = (("can", _("can be reached")), ("cannot", _("cannot be reached")))
    topics: Options = [(None, _("anything they did not refuse")), *offers.topics.items()]
    return [
        Control(("operator",), Kind.SELECT, _("Can or cannot"), operators),
        Words(_("by")),
        Control(("channel",), Kind.SELECT, _("Channel"), list(offers.channels.items())),
        Words(_("about")),
        Control(("topic",), Kind.SELECT, _("Topic"), topics),
    ]


def _stage(leaf: JsonObject, offers: Offers) -> list[Part]:
    return _compared((), leaf, ("is_any_of", "is_none_of"), choices=STAGES)


def _record(leaf: JsonObject, offers: Offers) -> list[Part]:
    parts: list[Part] = [Control(("frequency",), Kind.SELECT, _("How many"), HAVE)]
    number = Control(("count",), Kind.NUMBER, _("How many of them"))
    return parts if leaf["frequency"] == "never" else [*parts, number]


def _moment(leaf: JsonObject, offers: Offers) -> list[Part]:
    return [
        Control(("what",), Kind.SELECT, _("Moment"), MOMENTS),
        *_compared((), leaf, fitting(Type.DATETIME)),
    ]


def _bucket(leaf: JsonObject, offers: Offers) -> list[Part]:
    return [
        Words(_("numbers")),
        Control(("from",), Kind.NUMBER, _("From number")),
        Words(_("to")),
        Control(("to",), Kind.NUMBER, _("To number")),
        Words(_("of 0 to 9999, drawn once for each person")),
    ]


def _of_event(leaf: JsonObject, offers: Offers) -> Mapping[str, str]:
    return offers.properties.get(str(leaf["name"]), {})


def _of_record(leaf: JsonObject, offers: Offers) -> Mapping[str, str]:
    record = offers.records.get(str(leaf["record"]))
    return {key: type_ for key, (_label, type_) in record.fields.items()} if record else {}


def _record_name(leaf: JsonObject, offers: Offers) -> str:
    record = offers.records.get(str(leaf["record"]))
    return _("has “%(record)s”") % {"record": record.label if record else leaf["record"]}


def _measured(leaf: JsonObject, offers: Offers) -> str:
    return str(dict(MEASURES).get(leaf["measure"], leaf["measure"]))


def _attribute_name(leaf: JsonObject, offers: Offers) -> str:
    return offers.catalogue.attributes.get(str(leaf["key"]), str(leaf["key"]))


def _says(words: Text) -> Callable[[JsonObject, Offers], str]:
    return lambda leaf, offers: str(words)


ALWAYS: Final[JsonObject] = {"type": "ever"}
LATELY: Final[JsonObject] = {"type": "last", "amount": 90, "unit": "day"}
ONCE: Final[JsonObject] = {"frequency": "at_least", "count": 1}

FAMILIES: Final[Mapping[str, Family]] = {
    "attribute": Family("id", _attribute_name, _attribute, {"key": "", "operator": "is", "value": ""}),
    "event": Family(
        "bolt", _event_name, _event, {"name": "", **ONCE, "window": LATELY, "where": []}, _of_event
    ),
    "purchase": Family(
        "shopping-cart",
        _measured,
        _purchase,
        {"measure": "orders", "operator": "gte", "value": 1, "window": ALWAYS},
    ),
    "bought": Family(
        "package",
        _says(lazy("bought")),
        _bought,
        {"what": "product", "operator": "is_any_of", "value": [], **ONCE, "window": LATELY},
    ),
    "segment": Family(
        "filter", _says(lazy("segment or list")), _segment, {"segment": None, "operator": "in"}
    ),
    "consent": Family(
        "mail",
        _says(lazy("consent")),
        _consent,
        {"topic": None, "channel": "email", "state": "subscribed"},
    ),
    "reach": Family(
        "send", _says(lazy("reach")), _reach, {"channel": "email", "topic": None, "operator": "can"}
    ),
    "stage": Family(
        "trending-up", _says(lazy("lifecycle stage")), _stage, {"operator": "is_any_of", "value": []}
    ),
    "record": Family("stack-2", _record_name, _record, {"record": "", **ONCE, "where": []}, _of_record),
    "moment": Family(
        "calendar",
        _says(lazy("moment")),
        _moment,
        {"what": "last_seen", "operator": "in_the_last", "value": {"amount": 30, "unit": "day"}},
    ),
    "bucket": Family("dice-5", _says(lazy("random sample")), _bucket, {"from": 0, "to": 999}),
}
