"""Mails on their shelf: their subject, how they are written, and which journeys send them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from cdp.lib import db
from journeys import drafts
from journeys.messages import chips, contents, drafting, fillings
from journeys.models import Content
from profiles.shelf import Choice, Column, Empty, Facts, Shelf, Use

MODES: Final[dict[str, Promise]] = {"blocks": lazy("Blocks"), "mjml": lazy("MJML"), "html": lazy("HTML")}


def _mails() -> QuerySet[Content]:
    return Content.objects.filter(channel="email")


def said(mails: Sequence[Content]) -> Mapping[int, Facts]:
    """The subject and the languages of each mail."""
    found, labels = {}, fillings.labels()
    for mail in mails:
        languages = mail.draft.get("languages", {})
        words = languages.get(mail.draft.get("fallback"), {})
        found[mail.pk] = {
            "subject": chips.plain(words.get("subject", ""), labels),
            "languages": ", ".join(languages),
        }
    return found


# Drafts that name the mail, and drawings (of now, or live) that send one of its revisions.
USES: Final = """
    SELECT content.id, journey.id, journey.name, journey.status
    FROM journeys_content content
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(id), '[]') AS ids FROM journeys_contentrevision WHERE content_id = content.id
    ) revision
    JOIN journeys_journey journey ON journey.archived_at IS NULL AND (
        jsonb_path_exists(journey.draft, '$.**.content ? (@ == $n)', jsonb_build_object('n', content.id))
        OR jsonb_path_exists(journey.draft, '$.**.revision ? (@ == $r[*])', jsonb_build_object('r', revision.ids))
        OR EXISTS (
            SELECT FROM journeys_version version
            WHERE version.journey_id = journey.id AND version.state <> 'over' AND jsonb_path_exists(
                version.definition, '$.**.revision ? (@ == $r[*])', jsonb_build_object('r', revision.ids))
        )
    )
    WHERE content.id = ANY(%s) ORDER BY journey.name
"""


def uses(mails: Collection[int]) -> Mapping[int, Sequence[Use]]:
    """The journeys that send these mails. One statement."""
    found: dict[int, list[Use]] = {}
    for content_id, journey_id, name, status in db.fetch(USES, [list(mails)]):
        is_live = status in ("live", "paused", "finishing")
        found.setdefault(content_id, []).append(Use(name, reverse("journey", args=[journey_id]), is_live))
    return found


def _copied(original: Content, copy: Content) -> None:
    """A copy begins its own history of undo; what was written before there was an editor becomes its draft."""
    if not copy.draft:
        copy.draft = drafting.dump(contents.draft_of(original))
        copy.save(update_fields=["draft"])
    drafts.keep("content", copy.pk, copy.draft, by=copy.owner, now=copy.created_at)


EMAILS: Final = Shelf[Content](
    slug="emails",
    path="content/emails/",
    model=Content,
    one=lazy("Email"),
    many=lazy("Emails & messages"),
    new=lazy("New email"),
    icon="mail",
    things=_mails,
    url=lambda mail: reverse("email_edit", args=[mail.pk]),
    create="email_create",
    columns=(
        Column(
            key="languages",
            label=lazy("Languages"),
            kind="text",
            value=lambda _, facts: facts["languages"],
        ),
        Column(
            key="mode",
            label=lazy("Written in"),
            kind="text",
            value=lambda mail, _: str(MODES.get(mail.draft.get("mode", "html"), "")),
        ),
    ),
    choices=(
        Choice(
            key="mode",
            label=lazy("Blocks or code"),
            options=lambda: [(key, str(label)) for key, label in MODES.items()],
            narrow=lambda mails, mode: mails.filter(draft__mode=mode),
        ),
    ),
    facts=said,
    below=lambda mail, facts: facts["subject"] or mail.description,
    uses=uses,
    copied=_copied,
    empty=Empty(
        title=lazy("No emails yet"),
        sentence=lazy("An email is built of blocks: a heading, a few words, a picture, a button."),
        example_url="/content/emails/new/?start=welcome",
        example=lazy("Start from a welcome mail"),
    ),
)
