"""What a drawing refers to and is not there: segments, mails, topics, senders, attributes; each beside its step."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdp.lib import db
from journeys.flow.shapes import (
    DateTrigger,
    Email,
    Graph,
    Problem,
    SegmentTrigger,
    SetAttribute,
    Split,
    Step,
)
from journeys.messages import contents
from journeys.messages.blocks import BlockProblem
from journeys.messages.checking import Finding, Known
from journeys.models import Content, ContentRevision
from profiles import attributes
from profiles.models import AttributeDefinition, Brand, Channel, RecordType
from segments import ast
from segments.models import Segment

# What a drawing can refer to, as far as it is there; of the segments, those that are asked about.
THERE: Final = """
    SELECT (SELECT json_agg(json_build_array(id, is_default)) FROM journeys_sender),
        (SELECT json_agg(id) FROM profiles_topic WHERE archived_at IS NULL),
        (SELECT json_agg(id) FROM segments_segment WHERE archived_at IS NULL AND id = ANY(%s)),
        (SELECT json_agg(key) FROM profiles_attributedefinition),
        (SELECT json_agg(json_build_array(id, is_default, name, website, theme)) FROM profiles_brand)
"""
DATES = (AttributeDefinition.Type.DATE, AttributeDefinition.Type.DATETIME)


@dataclass(frozen=True, slots=True)
class _There:
    """What a drawing can refer to, and the mails that it sends."""

    senders: frozenset[int]
    has_sender: bool  # a default one
    topics: frozenset[int]
    segments: frozenset[int]
    contents: Mapping[int, Content]
    findings: Mapping[int, Sequence[Finding]]  # of each content with a draft


def problems(drawn: Graph, *, beside: str | None = None) -> Iterator[Problem]:
    """Everything that a drawing, or one step of it, refers to and that is not there, or not ready; "" is the start."""
    referring = [one for one in drawn.steps.values() if isinstance(one, Email | Split | SetAttribute)]
    steps = [one for one in referring if beside in (None, one.id)]
    if beside and not steps:
        return
    there = _look(drawn, steps)
    if not beside:
        yield from _trigger(drawn, there.segments)
    for step in steps:
        match step:
            case Email():
                yield from _mail(step, there)
            case Split():
                yield from _asked(step.id, step.condition, there.segments)
            case SetAttribute():
                yield from _value(step)


def _trigger(drawn: Graph, there: Collection[int]) -> Iterator[Problem]:
    trigger = drawn.trigger
    if isinstance(trigger, SegmentTrigger):
        yield from _segment(trigger)
    if isinstance(trigger, DateTrigger):
        yield from _date(trigger)
    if trigger.condition is not None:
        yield from _asked("", trigger.condition, there)


def _segment(trigger: SegmentTrigger) -> Iterator[Problem]:
    segment = Segment.objects.filter(pk=trigger.segment, archived_at=None).first()
    if segment is None:
        yield Problem("", "The segment that starts the journey does not exist any more. Choose another one.")
    elif trigger.members != "future" and segment.kind == Segment.Kind.DYNAMIC and segment.built_at is None:
        yield Problem("", f"“{segment.name}” is still being counted. Try again in a moment.")


def _date(trigger: DateTrigger) -> Iterator[Problem]:
    if trigger.record:
        if not RecordType.objects.filter(key=trigger.record).exists():
            yield Problem("", "The kind of record whose date starts the journey does not exist any more.")
        return
    found = AttributeDefinition.objects.filter(key=trigger.attribute).first()
    if found is None:
        yield Problem("", f"Nobody has “{trigger.attribute}” yet, so nobody comes in.", "warning")
    elif found.type not in DATES:
        yield Problem("", f"“{found.label or found.key}” is not a date. Choose another attribute.")


def _wanted(condition: ast.Node) -> set[int]:
    return {leaf.segment for leaf in ast.leaves(condition) if isinstance(leaf, ast.InSegment)}


def _asked(step: str, condition: ast.Node, there: Collection[int]) -> Iterator[Problem]:
    if not _wanted(condition) <= set(there):
        yield Problem(step, "A segment that is asked about here does not exist any more. Choose another one.")


def _value(step: SetAttribute) -> Iterator[Problem]:
    found = AttributeDefinition.objects.filter(key=step.attribute).first()
    if found is None:
        return
    definition = attributes.Definition(found.pk, found.key, found.type, found.is_standard)
    try:
        attributes.coerce(definition, list(step.value) if isinstance(step.value, tuple) else step.value)
    except attributes.NotAccepted as error:
        yield Problem(step.id, str(error))


def _look(drawn: Graph, steps: Sequence[Step]) -> _There:
    """Fetched at once, however many mails and conditions there are."""
    wanted = {number for condition in drawn.conditions for number in _wanted(condition)}
    mails = {step.content for step in steps if isinstance(step, Email) and step.content}
    ((senders, topics, segments, keys, brands),) = db.fetch(THERE, [list(wanted)])
    found = _contents(mails)
    return _There(
        senders=frozenset(number for number, _is_default in senders or ()),
        has_sender=any(is_default for _number, is_default in senders or ()),
        topics=frozenset(topics or ()),
        segments=frozenset(segments or ()),
        contents=found,
        findings=_findings([one for one in found.values() if one.draft], brands, contents.known(keys or ())),
    )


def _contents(wanted: Collection[int]) -> Mapping[int, Content]:
    mails = Content.objects.filter(channel=Channel.EMAIL, archived_at=None).only("draft", "brand")
    return mails.in_bulk(wanted) if wanted else {}


def _findings(mails: Sequence[Content], rows: Sequence[Any], against: Known) -> dict[int, list[Finding]]:
    """What each mail lacks, in the look of its brand; one that names none is in that of the default brand."""
    brands: dict[int | None, Brand] = {}
    for number, is_default, name, website, theme in rows or ():
        brands[number] = Brand(pk=number, name=name, website=website, theme=theme)
        if is_default:
            brands[None] = brands[number]
    return {mail.pk: _checked(mail, brands[mail.brand_id], against) for mail in mails}


def _checked(mail: Content, brand: Brand, against: Known) -> list[Finding]:
    try:
        draft = contents.draft_of(mail)
        return contents.check(mail, draft, contents.look_of(mail, draft, brand), against)
    except BlockProblem as problem:
        return [Finding(str(problem), "")]


def _mail(step: Email, there: _There) -> Iterator[Problem]:
    yield from _content(step, there) if step.content else _revision(step)
    if step.topic is not None and step.topic not in there.topics:
        yield Problem(step.id, "The topic of this mail does not exist any more. Choose another one.")
    if step.sender is None:
        if not there.has_sender:
            yield Problem(step.id, "Choose who the mail is from.")
    elif step.sender not in there.senders:
        yield Problem(step.id, "The sender of this mail does not exist any more. Choose another one.")


def _content(step: Email, there: _There) -> Iterator[Problem]:
    content = there.contents.get(step.content or 0)
    if content is None:
        yield Problem(step.id, "Choose what the mail says.")
        return
    if not content.draft:
        yield from _revision(step, content.revisions.order_by("-number").first())
        return
    for one in there.findings[content.pk]:
        yield Problem(step.id, str(one.sentence), "warning" if one.is_warning else "error")


def _revision(step: Email, revision: ContentRevision | None = None) -> Iterator[Problem]:
    if revision is None:
        revision = ContentRevision.objects.select_related("content").filter(pk=step.revision).first()
    if revision is None or revision.content.channel != Channel.EMAIL:
        yield Problem(step.id, "Choose what the mail says.")
        return
    said = revision.languages.get(revision.fallback) or {}
    if not str(said.get("subject") or "").strip():
        yield Problem(step.id, "The mail has no subject.")
    if not str(said.get("html") or said.get("text") or "").strip():
        yield Problem(step.id, "The mail is empty.")
