"""Why (not)? For one person and one broadcast: what became of it, or what kept them out."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys import why
from journeys.flow.audience import Audience
from journeys.models import Broadcast, Journey, Message
from journeys.why import Answer
from profiles.models import Contact
from segments.models import Membership, Segment


def ask(contact: Contact, journey: Journey) -> Answer:
    """Whether this person got the broadcast; if not, why, as far as it is known."""
    message = Message.objects.filter(contact=contact, version__journey=journey).order_by("-pk").first()
    if message is not None:
        return why.of_message(message)
    version = journey.versions.order_by("-number").first()
    if version is None:
        return Answer(_("It is a draft: nobody got it."))
    wanted = Audience.read(version.definition.get("audience") or {})
    return _left_out(contact, wanted) or _not_yet(contact, journey)


def _left_out(contact: Contact, wanted: Audience) -> Answer | None:
    """What about their segments keeps them out now; None where nothing does."""
    if contact.known_since_at is None:
        return Answer(_("Not sent: nobody writes to visitors, and this person is not known yet."))
    inside = set(Membership.objects.filter(contact=contact).values_list("segment", flat=True))
    if barred := _names([one for one in wanted.exclude if one in inside]):
        words = _("Not sent: they are in %(names)s, which it was not sent to.")
        return Answer(words % {"names": barred})
    if not wanted.everyone and not inside.intersection(wanted.include):
        words = ngettext(
            "Not sent: they are not in %(names)s.",
            "Not sent: they are in none of %(names)s.",
            len(wanted.include),
        )
        return Answer(words % {"names": _names(wanted.include)})
    return None


def _names(numbers: list[int] | tuple[int, ...]) -> str:
    found = Segment.objects.filter(pk__in=numbers).order_by("name")
    return ", ".join(f"“{segment.name}”" for segment in found)


def _not_yet(contact: Contact, journey: Journey) -> Answer:
    broadcast = Broadcast.objects.get(journey=journey)
    if broadcast.cancelled_at:
        return Answer(_("Not sent: the broadcast was stopped before their turn."))
    if broadcast.taken_in_at is None:
        return Answer(_("Their turn has not come yet."))
    if contact.created_at > broadcast.taken_in_at:
        return Answer(_("Not sent: we did not know them when it went out."))
    return Answer(_("Not sent: they came to these segments only after it had gone out."))
