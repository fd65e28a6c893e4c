"""The cards of a journey's canvas, put together by hand: in templates, fifty take longer than all the rest."""

from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.templatetags.screens import icon
from journeys.editor.canvas import Canvas, Card, Path
from journeys.editor.figures import Figures

register = template.Library()

DRAWER = 'hx-target="#drawer-place" hx-swap="innerHTML"'


@register.simple_tag(takes_context=True)
def canvas_lanes(context: dict[str, Any], canvas: Canvas) -> SafeString:
    """The card of the start, and all lanes below it."""
    journey = context["journey"].pk
    pen = _Pen(
        step_url=reverse("journey_step", args=[journey, "-"]).removesuffix("-/"),
        people_url=reverse("journey_people", args=[journey]),
        can_edit=bool(context["can_edit"]),
        sees_people=bool(context["perms"]["profiles"]["see_people"]),
        selected=context.get("selected") or "",
    )
    drawn = f'<div class="stop">{pen.card(canvas.start)}</div>{pen.lane(canvas.lane)}'
    return mark_safe(drawn)  # noqa: S308  # each part is escaped below


@dataclass(frozen=True, slots=True)
class _Pen:
    """What all cards of a canvas have in common. Every method answers with HTML."""

    step_url: str  # of a step's drawer, up to the step's name
    people_url: str
    can_edit: bool
    sees_people: bool
    selected: str  # the step that the drawer shows

    def lane(self, lane: Path) -> str:
        """Cards below each other, and a place for a new one at the head."""
        last = len(lane.cards) - 1
        stops = "".join(self.stop(card, is_last=at == last) for at, card in enumerate(lane.cards))
        is_long = " data-long" if lane.hidden else ""
        return (
            f'<ol class="lane" data-lane="{escape(lane.slot)}"{is_long}>'
            f"{self.head(lane)}{stops}{_foot(lane)}</ol>"
        )

    def head(self, lane: Path) -> str:
        if lane.cards or lane.key:
            return f'<li class="stop">{self.plus(lane.slot, is_last=not lane.cards)}</li>'
        invitation = f'<span class="sub">{escape(_("Add the first step"))}</span>'
        return (
            f'<li class="stop">{self.plus(lane.slot, is_last=True)}{invitation}</li>' if self.can_edit else ""
        )

    def stop(self, card: Card, *, is_last: bool) -> str:
        """A card with its paths below it."""
        ways = "".join(self.way(card, path) for path in card.paths)
        fork = f'<div class="stem"></div><div class="fork">{ways}</div>' if ways else ""
        plus = self.plus(card.slot, is_last=is_last) if card.is_open else ""
        folded = " folded" if card.is_folded else ""
        return f'<li class="stop{folded}">{self.card(card)}{fork}{plus}</li>'

    def way(self, card: Card, path: Path) -> str:
        name = escape(path.name)
        return (
            f'<div role="group" class="{_way_classes(path)}" aria-label="{escape(card.title)}: {name}">'
            f'<div class="way-name">{name}</div>{_folded_way(path)}{self.lane(path)}<div class="tail"></div></div>'
        )

    def plus(self, slot: str, *, is_last: bool) -> str:
        """The line behind a card; with the button that puts a step there."""
        if not self.can_edit:
            return '<div class="line"></div>'
        words, last = escape(_("Add a step here")), " data-last" if is_last else ""
        return (
            f'<div class="line with-plus"><button type="button" class="plus" tabindex="-1" data-slot="{escape(slot)}"'
            f'{last} id="plus-{slugify(slot)}" aria-label="{words}" title="{words}">{icon("plus")}</button></div>'
        )

    def card(self, card: Card) -> str:
        name = card.id or "trigger"
        is_selected = name == self.selected
        classes = f"node node-{escape(card.kind)}"
        classes += (" unfinished" if card.problems else "") + (" selected" if is_selected else "")
        ends = " data-ends" if not card.is_open else ""
        handle = f'<span class="node-handle" aria-hidden="true">{icon("grip-vertical")}</span>'
        return (
            f'<div class="{classes}" data-node="{escape(name)}" data-kind="{escape(card.kind)}"{ends}>'
            f"{self.opener(card, name, is_selected=is_selected)}{self.here(card)}"
            f"{handle if self.can_edit and card.id else ''}</div>"
        )

    def opener(self, card: Card, name: str, *, is_selected: bool) -> str:
        """The link that opens the drawer: all that the card says."""
        current = ' aria-current="true"' if is_selected else ""
        second = f'<span class="sub">{escape(card.second)}</span>' if card.second else ""
        wrong = "".join(f'<span class="node-problem">{escape(one)}</span>' for one in card.problems[:1])
        odd = "".join(f'<span class="node-warning">{escape(one)}</span>' for one in card.warnings[:1])
        return (
            f'<a class="node-open" id="node-{escape(name)}" tabindex="{0 if card.kind == "trigger" else -1}"'
            f' href="?step={escape(name)}" hx-get="{self.step_url}{quote(name, safe="")}/" {DRAWER}{current}>'
            f'<span class="moment-icon">{icon(card.icon)}</span> <span class="node-words">'
            f'<span class="title">{escape(card.title)}</span>{second}{_mailed(card.figures)}{wrong}{odd}</span></a>'
        )

    def here(self, card: Card) -> str:
        """How many people stand on the step now."""
        if not card.figures.here:
            return ""
        words = _("%(n)s waiting") % {"n": intcomma(card.figures.here)}
        fetched = f' hx-get="{self.people_url}?step={quote(card.id)}" {DRAWER}' if self.sees_people else ""
        name = escape(card.id)
        return f'<a class="node-here" id="here-{name}" href="?step={name}&amp;people=1"{fetched}>{escape(words)}</a>'


def _foot(lane: Path) -> str:
    if lane.hidden:
        words = ngettext("Show %(n)s more step", "Show %(n)s more steps", lane.hidden) % {"n": lane.hidden}
        unfold = f'<li class="stop unfold-stop">{_unfold(lane.slot, words)}</li>'
    else:
        unfold = ""
    ends_here = not lane.key and lane.is_open and lane.cards
    return unfold + (f'<li class="stop the-end">{escape(_("End"))}</li>' if ends_here else "")


def _folded_way(path: Path) -> str:
    if not path.is_folded:
        return ""
    return _unfold(path.slot, ngettext("Show %(n)s step", "Show %(n)s steps", path.size) % {"n": path.size})


def _unfold(slot: str, words: str) -> str:
    return f'<button type="button" class="unfold" data-unfold="{escape(slot)}">{escape(words)}</button>'


def _way_classes(path: Path) -> str:
    claims = {
        "from-left": path.from_left,
        "from-right": path.from_right,
        "to-left": path.to_left,
        "to-right": path.to_right,
        "is-open": path.is_open,
        "folded-way": path.is_folded,
    }
    return " ".join(["way", *(name for name, holds in claims.items() if holds)])


def _mailed(figures: Figures) -> str:
    """What became of the step's messages, on one line."""
    counted = figures.counted
    said = [
        (_("Sent"), counted.sent),
        (_("on its way"), counted.on_its_way),
        (_("not sent"), figures.not_sent),
        (_("may have been sent"), counted.may_have_been_sent),
    ]
    parts = [f"{words} {intcomma(number)}" for words, number in said if number]
    if counted.sent:
        parts[1:1] = [f"{_('opened')} {figures.opened_share} %", f"{_('clicked')} {figures.clicked_share} %"]
    return f'<span class="sub">{escape(" · ".join(parts))}</span>' if parts else ""
