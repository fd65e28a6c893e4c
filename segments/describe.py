"""A segment in words: the sentence that its conditions say."""

from datetime import date
from decimal import Decimal
from typing import Final, assert_never

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from segments import phrases
from segments.ast import (
    All,
    Anniversary,
    AnyOf,
    Attribute,
    Between,
    Bought,
    Bucket,
    Comparison,
    Consent,
    Event,
    Ever,
    Frequency,
    InSegment,
    Last,
    Leaf,
    Moment,
    Node,
    NoneOf,
    Occasion,
    Off,
    Purchase,
    Reach,
    Record,
    Span,
    Stage,
    Value,
    Weekdays,
    Window,
    live,
)
from segments.catalog import Catalogue
from segments.operators import ROWS

MOST_WORDS: Final = 8  # values named in a sentence; a longer list is cut short


def in_words(node: Node, catalogue: Catalogue) -> str:
    """The whole tree as one sentence, e.g. "People whose country is “NL” and who did “Order Completed” …"."""
    return _("People %(said)s.") % {"said": said(live(node) or All(()), catalogue)}


def said(node: Node, catalogue: Catalogue) -> str:
    """One condition or group as it stands in the sentence, e.g. "whose country is “NL”"."""
    match node:
        case All(children):
            return _joined(children, _("and"), catalogue) or _("of any kind")
        case AnyOf(children):
            return _joined(children, _("or"), catalogue) or _("of no kind")
        case NoneOf(children):
            those = _joined(children, _("or"), catalogue) or _("of no kind")
            return _("other than those %(those)s") % {"those": those}
        case Off(inner):
            return said(inner, catalogue)
        case _:
            return _leaf(node, catalogue)


def _joined(children: tuple[Node, ...], word: str, catalogue: Catalogue) -> str:
    parts = [said(child, catalogue) for child in children]
    if len(parts) == 1:
        return parts[0]
    # A group inside a group keeps its brackets: "and" and "or" alone would leave it open who belongs together.
    shown = [
        f"({part})" if isinstance(child, All | AnyOf | NoneOf) else part
        for child, part in zip(children, parts, strict=True)
    ]
    return f" {word} ".join(shown)


def _leaf(leaf: Leaf, catalogue: Catalogue) -> str:
    match leaf:
        case Attribute(key, comparison):
            return _whose(catalogue.attributes.get(key, key), comparison)
        case Event():
            return _event(leaf, catalogue)
        case Purchase(measure, comparison, window):
            return _whose(f"{phrases.MEASURES[measure]}{_window(window)}", comparison)
        case Bought():
            return _bought(leaf)
        case Record():
            return _record(leaf, catalogue)
        case Moment(when, comparison):
            return _whose(phrases.MOMENTS[when], comparison)
        case Consent(topic, channel, word):
            name = catalogue.topics.get(topic, _("topic %(number)d") % {"number": topic})
            return phrases.SAID[word] % {"topic": f"“{name}”", "channel": phrases.CHANNELS[channel]}
        case Reach():
            return _reach(leaf, catalogue)
        case Stage(names, is_one_of):
            stages = _listed([str(phrases.STAGES[name]) for name in names], _("or"))
            sentence = _("whose stage is %(stages)s") if is_one_of else _("whose stage is not %(stages)s")
            return sentence % {"stages": stages}
        case Bucket(first, last):
            return _("in the random share %(first)d–%(last)d of 10,000") % {"first": first, "last": last}
        case InSegment(segment, is_member):
            name = catalogue.segments.get(segment, _("segment %(number)d") % {"number": segment})
            return (_("who are in “%s”") if is_member else _("who are not in “%s”")) % name
        case _:
            assert_never(leaf)


def _whose(what: str, comparison: Comparison) -> str:
    return _("whose %(what)s %(compared)s") % {"what": what, "compared": compared(comparison)}


def _event(leaf: Event, catalogue: Catalogue) -> str:
    name = f"“{catalogue.events.get(leaf.name, leaf.name)}”"
    words = phrases.DID[leaf.frequency] % {"what": name, "times": often(leaf.frequency, leaf.count)}
    return f"{words}{_window(leaf.window)}{_where({one.property: one.property for one in leaf.where}, leaf)}"


def _bought(leaf: Bought) -> str:
    what = _("%(goods)s that %(compared)s") % {
        "goods": phrases.GOODS[leaf.goods],
        "compared": compared(leaf.comparison),
    }
    words = phrases.BOUGHT[leaf.frequency] % {"what": what, "times": often(leaf.frequency, leaf.count)}
    return f"{words}{_window(leaf.window)}"


def _record(leaf: Record, catalogue: Catalogue) -> str:
    known = catalogue.records.get(leaf.type)
    name = f"“{known.label if known else leaf.type}”"
    labels = {key: label for key, (label, _type) in known.fields.items()} if known else {}
    words = phrases.HAVE[leaf.frequency] % {"what": name, "number": leaf.count}
    return words + _where(labels, leaf)


def _where(labels: dict[str, str], leaf: Event | Record) -> str:
    where = [f"{labels.get(one.property, one.property)} {compared(one.comparison)}" for one in leaf.where]
    joint = _("and")
    return _(" where %(conditions)s") % {"conditions": f" {joint} ".join(where)} if where else ""


def _reach(leaf: Reach, catalogue: Catalogue) -> str:
    channel = phrases.CHANNELS[leaf.channel]
    if leaf.topic is None:
        words = (
            _("who can be reached by %(channel)s") if leaf.can else _("who cannot be reached by %(channel)s")
        )
        return words % {"channel": channel}
    name = catalogue.topics.get(leaf.topic, _("topic %(number)d") % {"number": leaf.topic})
    about = (
        _("who can be reached by %(channel)s about “%(topic)s”")
        if leaf.can
        else _("who cannot be reached by %(channel)s about “%(topic)s”")
    )
    return about % {"channel": channel, "topic": name}


def often(frequency: Frequency, count: int) -> str:
    """How often: "once", "3 times", or "3 different days"."""
    if frequency is Frequency.ON_DAYS:
        return ngettext("%(count)d day", "%(count)d different days", count) % {"count": count}
    return (
        _("once") if count == 1 else ngettext("%(count)d time", "%(count)d times", count) % {"count": count}
    )


def _window(window: Window) -> str:
    match window:
        case Ever():
            return ""
        case Last(last):
            return _(" in the last %(span)s") % {"span": span(last)}
        case Between(start, end):
            return _(" from %(start)s to %(end)s") % {"start": start.isoformat(), "end": end.isoformat()}
        case _:
            assert_never(window)


def compared(comparison: Comparison) -> str:
    """An operator with its value, e.g. "is any of “NL” or “BE”"."""
    # Braces in a customer's value must not be read as ours: format once, with the value as an argument.
    return str(ROWS[comparison.operator].words).format(value=_value(comparison.value))


def _value(value: Value) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"“{value}”"
        case Decimal():
            return f"{value.normalize():,f}"
        case date():
            return value.isoformat()
        case Span():
            return span(value)
        case Anniversary(Occasion.IN_DAYS, days):
            return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
        case Anniversary(occasion):
            return str(phrases.OCCASIONS[occasion])
        case Weekdays(days):
            return _listed([str(phrases.WEEKDAYS[day]) for day in days], _("or"))
        case tuple():
            return _listed([_value(one) for one in value], _("or") if isinstance(value[0], str) else _("and"))
        case _:
            assert_never(value)


def _listed(words: list[str], joint: str) -> str:
    if len(words) > MOST_WORDS:
        more = len(words) - MOST_WORDS + 1
        words = [*words[: MOST_WORDS - 1], ngettext("%(n)d more", "%(n)d more", more) % {"n": more}]
    return f" {joint} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def span(value: Span) -> str:
    """A span of time, e.g. "90 days"."""
    one, many = phrases.UNITS[value.unit]
    return f"{value.amount} {one if value.amount == 1 else many}"
