"""Campaigns: what belongs to each, whatever its kind; when it runs; whom it reached; copies of the whole.

Which kinds of things may belong to one is an argument, `kinds`: their shelves, by slug.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import CharField, QuerySet, Value

from cdp.lib import db, shortly
from profiles.models import Campaign
from profiles.shelf import Shelf, Use, archive, names

type Kinds = Mapping[str, Shelf[Any]]

SENDING: Final = ("broadcasts", "journeys")  # what a campaign does; mails and segments serve many

FIGURES: Final = """
    SELECT campaign, sum(reached)::bigint, sum(revenue) FROM (
        SELECT journey.campaign_id AS campaign, count(DISTINCT message.contact_id) AS reached, 0 AS revenue
        FROM journeys_journey journey
        JOIN journeys_version version ON version.journey_id = journey.id
        JOIN journeys_message message ON message.version_id = version.id AND message.state = 'sent'
        WHERE journey.campaign_id = ANY(%(campaigns)s) GROUP BY 1
        UNION ALL
        SELECT journey.campaign_id, 0, sum(credit.amount_base)
        FROM journeys_journey journey
        JOIN journeys_version version ON version.journey_id = journey.id
        JOIN journeys_credit credit ON credit.version_id = version.id
        WHERE journey.campaign_id = ANY(%(campaigns)s) GROUP BY 1
    ) found GROUP BY campaign
"""


@dataclass(frozen=True, slots=True)
class Part:
    """The things of one kind that belong to a campaign: each with its page, and its state (code and words) if any."""

    shelf: Shelf[Any]
    things: list[tuple[Any, str, tuple[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class Figures:
    """How many people got something of it, and what orders were credited to that, in the workspace's currency."""

    reached: int = 0
    revenue: Decimal = Decimal(0)


def parts(kinds: Kinds, campaign: Campaign) -> list[Part]:
    """What belongs to a campaign, kind by kind; kinds with nothing are left out."""
    drawn = []
    present = {slug for _campaign, slug, *_thing in belonging(kinds, [campaign.pk])}
    for slug in sorted(present, key=[*SENDING, *kinds].index):
        shelf = kinds[slug]
        found = shelf.things().filter(campaign=campaign, archived_at=None).order_by("name")
        state = next((one for one in shelf.columns if one.kind == "state"), None)
        told = [(one, shelf.url(one), state.value(one, {}) if state else None) for one in found]
        drawn.append(Part(shelf, told))
    return drawn


def belonging(kinds: Kinds, campaigns: Collection[int]) -> list[tuple[int, str, int, str]]:
    """Of everything that belongs to these: its campaign, the slug of its shelf, its number and its name."""
    found = [
        shelf.things()
        .filter(campaign__in=list(campaigns), archived_at=None)
        .order_by()
        .annotate(slug=Value(slug, output_field=CharField()))
        .values_list("campaign_id", "slug", "pk", "name")
        for slug, shelf in kinds.items()
    ]
    return list(found[0].union(*found[1:], all=True)) if campaigns else []


def uses(kinds: Kinds, campaigns: Collection[int]) -> Mapping[int, Sequence[Use]]:
    """What belongs to each, by name. None of it keeps a campaign from its archive: it stays as it is."""
    found: dict[int, list[Use]] = {}
    for campaign, slug, number, name in sorted(
        belonging(kinds, campaigns), key=lambda one: one[3].casefold()
    ):
        shelf = kinds[slug]
        found.setdefault(campaign, []).append(Use(name, shelf.url(shelf.model(pk=number, name=name))))
    return found


def figures(campaigns: Collection[int], *, now: dt.datetime) -> Mapping[int, Figures]:
    """What came of each, at most a minute old: a large one has a million messages."""
    wanted = sorted(campaigns)
    if not wanted:
        return {}
    found, _as_of = shortly.kept(
        "campaigns", wanted, lambda: db.fetch(FIGURES, {"campaigns": wanted}), now=now
    )
    return {number: Figures(reached, Decimal(revenue)) for number, reached, revenue in found}


def phase(campaign: Campaign, *, today: dt.date) -> str:
    """Whether it is "coming", "running" or "over"; "" for one without dates."""
    if campaign.starts_on and campaign.starts_on > today:
        return "coming"
    if campaign.ends_on and campaign.ends_on < today:
        return "over"
    return "running" if campaign.starts_on or campaign.ends_on else ""


def renew(copy: Campaign) -> None:
    """A copy is of another time, and its links have a name of their own."""
    copy.starts_on = copy.ends_on = None
    copy.utm_campaign = ""


def copied(kinds: Kinds, original: Campaign, copy: Campaign) -> None:
    """Copies of its broadcasts and journeys, as drafts, so that the next one begins where this one ended."""
    assert copy.owner is not None  # whoever copied it
    for slug in SENDING:
        for thing in kinds[slug].things().filter(campaign=original, archived_at=None).order_by("pk"):
            made = names.duplicate(kinds[slug], thing, by=copy.owner, now=copy.created_at)
            made.campaign = copy
            made.save(update_fields=["campaign"])


def drafts(kinds: Kinds, campaign: Campaign) -> int:
    """How many drafts of broadcasts and journeys belong to it."""
    return sum(_drafts(kinds[slug], campaign).count() for slug in SENDING)


def _drafts(shelf: Shelf[Any], campaign: Campaign) -> "QuerySet[Any]":
    return shelf.things().filter(campaign=campaign, archived_at=None, status="draft")


def uncopy(kinds: Kinds, copy: Campaign, *, by: User, now: dt.datetime) -> None:
    """Put the drafts in it away. The campaign itself is its shelf's."""
    for slug in SENDING:
        archive.archive(kinds[slug], _drafts(kinds[slug], copy), by=by, now=now)
