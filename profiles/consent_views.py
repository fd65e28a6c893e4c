"""What somebody allows, changed by hand on the profile."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from profiles import permitting
from profiles.models import Channel, ConsentState, Contact, Topic
from profiles.pages import PageRequest, page
from profiles.permissions import MANAGE_DATA, SEE_PEOPLE


@page(SEE_PEOPLE, MANAGE_DATA)
@require_POST
def change(request: PageRequest, contact_id: int) -> HttpResponse:
    """Write down what somebody said, with how we know."""
    contact = get_object_or_404(Contact, pk=contact_id, merged_into__isnull=True)
    number, _colon, channel = request.POST.get("about", "").partition(":")
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "").strip()[:300]
    topic = get_object_or_404(Topic, pk=number) if number.isdecimal() else None
    if channel not in Channel or state not in permitting.EVENTS or not reason:
        messages.error(request, _("Say what it is about, what they are, and how you know."))
    else:
        permitting.change(
            contact,
            topic=topic,
            channel=channel,
            state=ConsentState(state),
            reason=reason,
            by=request.user,
            now=timezone.now(),
        )
        messages.success(request, _("It is written down and holds from now on."))
    return redirect(f"{reverse('profile', args=[contact.pk])}?tab=consent")
