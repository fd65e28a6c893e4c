"""What can be done to many things at once; each deed tells what it did and offers to undo it where it can."""

import datetime as dt
from typing import Any, Final, Protocol

from django.contrib import messages
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.models import Campaign
from profiles.pages import PageRequest
from profiles.shelf import archive as archives
from profiles.shelf import labels, toasts
from profiles.shelf.forms import person, team
from profiles.shelf.kinds import Shelf
from profiles.shelf.search import Search, find

type AnyShelf = Shelf[Any]

MOST_TOLD: Final = 3  # reasons in one toast


class Deed(Protocol):
    """Something done to many things."""

    def __call__(self, request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
        """Do it, and tell."""


def chosen(request: PageRequest, shelf: AnyShelf) -> list[Any]:
    """The things that were ticked; with "all", whatever the list's address means."""
    if request.POST.get("all") == "1":
        search = Search.read(QueryDict(request.POST.get("query", "")), shelf)
        return list(find(shelf, search, by=request.user))
    ticked = ",".join(request.POST.getlist("ids")).split(",")
    return list(
        shelf.things().filter(pk__in=[int(one) for one in ticked if one.isdecimal() and len(one) < 18])
    )


def archive(request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
    """Put them away."""
    put = archives.archive(shelf, things, by=request.user, now=now)
    for sentence in put.staying[:MOST_TOLD]:
        messages.warning(request, sentence)
    if len(put.staying) > MOST_TOLD:
        more = len(put.staying) - MOST_TOLD
        messages.warning(request, ngettext("%(n)d more stays.", "%(n)d more stay.", more) % {"n": more})
    if put.away:
        toasts.undoable(
            request,
            _told(put.away, _("“%(name)s” is in the archive."), _("%(n)d are in the archive.")),
            url=reverse(f"{shelf.slug}_bulk"),
            deed="restore",
            ids=",".join(str(thing.pk) for thing in put.away),
        )


def restore(request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
    """Take them out of the archive."""
    back = archives.restore(shelf, things, by=request.user, now=now)
    if back:
        messages.success(request, _told(back, _("“%(name)s” is back."), _("%(n)d are back.")))


def tag(request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
    """Add a tag."""
    tags = labels.read_tags(request.POST.get("tags", ""))
    if not tags:
        messages.warning(request, _("Type a tag first."))
        return
    without = [thing for thing in things if not set(tags) <= set(thing.tags)]
    labels.tag(shelf, things, tags, by=request.user, now=now)
    toasts.undoable(
        request,
        _told(things, _("“%(name)s” is tagged."), _("%(n)d are tagged.")),
        url=reverse(f"{shelf.slug}_bulk"),
        deed="untag",
        tags=",".join(tags),
        ids=",".join(str(thing.pk) for thing in without),
    )


def untag(request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
    """Take a tag away."""
    labels.untag(shelf, things, labels.read_tags(request.POST.get("tags", "")), by=request.user, now=now)
    messages.success(request, _told(things, _("“%(name)s” lost the tag."), _("%(n)d lost the tag.")))


def to_campaign(request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
    """Make them part of a campaign."""
    number = request.POST.get("to_campaign", "")
    campaign = (
        Campaign.objects.filter(pk=int(number), archived_at=None).first() if number.isdecimal() else None
    )
    if campaign is None or not shelf.in_campaigns:
        messages.warning(request, _("Choose a campaign first."))
        return
    labels.give(_rows(shelf, things), by=request.user, now=now, campaign=campaign)
    told = _told(things, _("“%(name)s” belongs to %(to)s."), _("%(n)d belong to %(to)s."), to=campaign.name)
    messages.success(request, told)


def to_owner(request: PageRequest, shelf: AnyShelf, things: list[Any], *, now: dt.datetime) -> None:
    """Hand them to somebody."""
    number = request.POST.get("to_owner", "")
    owner = team().filter(pk=int(number)).first() if number.isdecimal() else None
    if owner is None:
        messages.warning(request, _("Choose somebody first."))
        return
    labels.give(_rows(shelf, things), by=request.user, now=now, owner=owner)
    told = _told(things, _("“%(name)s” is %(to)s’s."), _("%(n)d are %(to)s’s."), to=person(owner))
    messages.success(request, told)


def _rows(shelf: AnyShelf, things: list[Any]) -> Any:
    return shelf.model._default_manager.filter(pk__in=[thing.pk for thing in things])


def _told(things: list[Any], one: str, many: str, **words: object) -> str:
    return (one if len(things) == 1 else many) % {
        "name": things[0].name if things else "",
        "n": len(things),
        **words,
    }


DEEDS: Final[dict[str, Deed]] = {
    "archive": archive,
    "restore": restore,
    "tag": tag,
    "untag": untag,
    "campaign": to_campaign,
    "owner": to_owner,
}
