"""Saved versions of a mail, and in words what changed from one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.messages import blocks, contents
from journeys.messages.drafting import Draft, Words, spoken
from journeys.models import Content, ContentRevision

MOST = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved version and what it changed."""

    revision: ContentRevision
    changes: list[str]


def history(mail: Content) -> list[Saved]:
    """The newest versions first."""
    kept = list(mail.revisions.select_related("saved_by").order_by("-number")[: MOST + 1])
    drafts = [contents.of_revision(one) for one in kept]
    saved = [
        Saved(revision, list(changes(before, after)))
        for revision, after, before in zip(kept, drafts, drafts[1:], strict=False)
    ]
    if kept and len(kept) <= MOST:
        saved.append(Saved(kept[-1], [_("The first version.")]))
    return saved


def changes(before: Draft, after: Draft) -> Iterator[str]:
    """What is different, a sentence each."""
    if before.mode != after.mode:
        yield _("Written in %(mode)s instead of %(before)s.") % {"mode": after.mode, "before": before.mode}
    for language in after.languages:
        if language not in before.languages:
            yield _("%(language)s is new.") % {"language": spoken(language)}
        elif before.languages[language] != after.languages[language]:
            yield from _of_words(before.languages[language], after.languages[language], language)
    for language in before.languages:
        if language not in after.languages:
            yield _("%(language)s is gone.") % {"language": spoken(language)}


def _of_words(before: Words, after: Words, language: str) -> Iterator[str]:
    if before.subject != after.subject:
        yield _("%(language)s: the subject is “%(subject)s”.") % {
            "language": spoken(language),
            "subject": after.subject,
        }
    if before.preheader != after.preheader:
        yield _("%(language)s: another preview text.") % {"language": spoken(language)}
    if before.source != after.source:
        yield _("%(language)s: the code changed.") % {"language": spoken(language)}
    old = {one.id: one for one in blocks.every(before.blocks)}
    new = {one.id: one for one in blocks.every(after.blocks)}
    counts = {
        "new": len(new.keys() - old.keys()),
        "gone": len(old.keys() - new.keys()),
        "changed": sum(1 for name in new.keys() & old.keys() if new[name] != old[name]),
    }
    sentences = {
        "new": ngettext("%(count)d block is new", "%(count)d blocks are new", counts["new"]),
        "gone": ngettext("%(count)d block is gone", "%(count)d blocks are gone", counts["gone"]),
        "changed": ngettext("%(count)d block changed", "%(count)d blocks changed", counts["changed"]),
    }
    said = ", ".join(sentences[name] % {"count": count} for name, count in counts.items() if count)
    if said:
        yield f"{spoken(language)}: {said}."
    elif before.blocks != after.blocks:
        yield _("%(language)s: blocks stand in another order.") % {"language": spoken(language)}
