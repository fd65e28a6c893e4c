"""Campaigns on their shelf: when each runs, what belongs to it, what came of it, and the form of its details."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from django import forms
from django.db.models import DateTimeField, F, Q, QuerySet
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from cdp import campaigns
from cdp.campaigns import Figures, Kinds
from profiles import workspace
from profiles.models import Campaign
from profiles.shelf import Choice, Column, Empty, Facts, Shelf
from profiles.shelf.forms import INPUT, DetailsForm

PHASES: Final[dict[str, tuple[str, Promise]]] = {  # the code of its colour, and the words
    "running": ("live", lazy("Under way")),
    "coming": ("waiting", lazy("Coming")),
    "over": ("over", lazy("Over")),
}


def phase_said(campaign: Campaign) -> tuple[str, Promise] | None:
    """Whether it runs today, as a badge says it."""
    return PHASES.get(campaigns.phase(campaign, today=timezone.localdate()))


def dates(campaign: Campaign) -> str:
    """From when until when, in words; "" where neither is said."""
    start, end = campaign.starts_on, campaign.ends_on
    if start and end:
        is_near = start.year == end.year
        from_words = "j" if is_near and start.month == end.month else "j M" if is_near else "j M Y"
        return f"{formats.date_format(start, from_words)} – {formats.date_format(end, 'j M Y')}"
    if start:
        return _("from %(day)s") % {"day": formats.date_format(start, "j M Y")}
    return _("until %(day)s") % {"day": formats.date_format(end, "j M Y")} if end else ""


def _unbroken(words: str) -> str:
    """Dates that break between the two of them, if anywhere."""
    return words.replace(" ", "\u00a0").replace("–\u00a0", "– ")


def _things() -> QuerySet[Campaign]:
    """One without a start begins, for the order of the list, when it was made."""
    began = Coalesce(Cast("starts_on", DateTimeField()), F("created_at"))
    return Campaign.objects.annotate(begins=began)


def _narrow(found: QuerySet[Campaign], phase: str) -> QuerySet[Campaign]:
    today = timezone.localdate()
    coming, over = Q(starts_on__gt=today), Q(ends_on__lt=today)
    if phase == "coming":
        return found.filter(coming)
    has_begun = found.exclude(coming)
    if phase == "over":
        return has_begun.filter(over)
    return has_begun.exclude(over).filter(Q(starts_on__isnull=False) | Q(ends_on__isnull=False))


def _facts(kinds: Kinds, things: Sequence[Campaign]) -> Mapping[int, Facts]:
    numbers = [one.pk for one in things]
    sizes: dict[int, int] = {}
    for campaign, *_thing in campaigns.belonging(kinds, numbers):
        sizes[campaign] = sizes.get(campaign, 0) + 1
    found = campaigns.figures(numbers, now=timezone.now())
    return {one: {"size": sizes.get(one, 0), "figures": found.get(one, Figures())} for one in numbers}


def _revenue(_campaign: Campaign, facts: Facts) -> str | None:
    revenue = facts["figures"].revenue
    return f"{workspace.current().currency} {revenue:,.0f}" if revenue else None


def _copy_said(kinds: Kinds, copy: Campaign) -> str:
    number = campaigns.drafts(kinds, copy)
    if not number:
        return ""
    sentence = ngettext(
        "This is “%(name)s”, with a copy of %(n)d broadcast or journey as a draft.",
        "This is “%(name)s”, with copies of %(n)d broadcasts and journeys as drafts.",
        number,
    )
    return sentence % {"name": copy.name, "n": number}


class CampaignForm(DetailsForm):
    """Make or change a campaign."""

    starts_on = forms.DateField(
        label=lazy("From"),
        required=False,
        widget=forms.DateInput({**INPUT, "type": "date"}, format="%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        label=lazy("Until"),
        required=False,
        widget=forms.DateInput({**INPUT, "type": "date"}, format="%Y-%m-%d"),
    )
    utm_campaign = forms.SlugField(
        label="utm_campaign",
        max_length=120,
        required=False,
        widget=forms.TextInput(INPUT),
        help_text=lazy("What web analytics call it; made of its name where nothing is said"),
    )
    field_order = ("name", "description", "starts_on", "ends_on", "tags", "owner", "brand", "utm_campaign")

    def __init__(self, data: Any, *, shelf: Shelf[Campaign], thing: Campaign) -> None:
        super().__init__(data, shelf=shelf, thing=thing)
        self.initial.update({name: getattr(thing, name) for name in ("starts_on", "ends_on", "utm_campaign")})

    def clean(self) -> dict[str, Any]:
        """It ends after it begins; its links are named after it where nothing else was said."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        Campaign(starts_on=said.get("starts_on"), ends_on=said.get("ends_on")).clean()
        if said.get("name") and not said.get("utm_campaign"):
            said["utm_campaign"] = slugify(said["name"])[:120]
        return said


def example(*, today: dt.date) -> Campaign:
    """A campaign to begin with: the next Black Friday, from the Monday before it to the Monday after."""
    monday = _black_friday(today.year) - dt.timedelta(days=4)
    if monday <= today:
        monday = _black_friday(today.year + 1) - dt.timedelta(days=4)
    return Campaign(
        name=_("Black Friday %(year)d") % {"year": monday.year},
        description=_("A teaser, the sale, the last call; and a thank-you to those who bought."),
        starts_on=monday,
        ends_on=monday + dt.timedelta(days=7),
    )


def _black_friday(year: int) -> dt.date:
    """The day after the fourth Thursday of November."""
    first = dt.date(year, 11, 1)
    return first + dt.timedelta(days=(3 - first.weekday()) % 7 + 22)


COLUMNS: Final[tuple[Column[Campaign], ...]] = (
    Column(
        key="status", label=lazy("Status"), kind="state", value=lambda campaign, _facts: phase_said(campaign)
    ),
    Column(
        key="dates",
        label=lazy("When"),
        value=lambda campaign, _facts: _unbroken(dates(campaign)),
        order="begins",
    ),
    Column(key="parts", label=lazy("Parts"), kind="number", value=lambda _, facts: facts["size"]),
    Column(
        key="reached",
        label=lazy("People reached"),
        kind="number",
        value=lambda _, facts: facts["figures"].reached or None,
    ),
    Column(key="revenue", label=lazy("Revenue credited"), kind="number", value=_revenue),
    Column(
        key="utm",
        label=lazy("utm_campaign"),
        value=lambda campaign, _facts: campaign.utm_campaign,
        is_shown=False,
    ),
)


def shelf(kinds: Kinds) -> Shelf[Campaign]:
    """Campaigns, made of things of these kinds."""
    return Shelf[Campaign](
        slug="campaigns",
        path="campaigns/",
        model=Campaign,
        one=lazy("Campaign"),
        many=lazy("Campaigns"),
        new=lazy("New campaign"),
        icon="speakerphone",
        things=_things,
        url=lambda campaign: reverse("campaign", args=[campaign.pk]),
        create="campaign_create",
        columns=COLUMNS,
        choices=(
            Choice(
                key="status",
                label=lazy("Any status"),
                options=lambda: [(key, words) for key, (_code, words) in PHASES.items()],
                narrow=_narrow,
            ),
        ),
        facts=partial(_facts, kinds),
        uses=partial(campaigns.uses, kinds),
        uses_label=lazy("Belonging to it"),
        no_uses=lazy("Nothing belongs to it yet."),
        hidden=("uses", "created"),
        renew=campaigns.renew,
        copied=partial(campaigns.copied, kinds),
        copies=lazy("with its broadcasts and journeys as drafts"),
        copy_said=partial(_copy_said, kinds),
        uncopy=lambda campaign: reverse("campaign_uncopy", args=[campaign.pk]),
        form=CampaignForm,
        empty=Empty(
            title=lazy("No campaigns yet"),
            sentence=lazy(
                "A campaign groups the broadcasts, journeys and segments of one initiative, and says what came of it."
            ),
            example_url="/campaigns/new/?start=example",
            example=lazy("Start from a Black Friday"),
        ),
    )
