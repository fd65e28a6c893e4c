"""What the shop's marketer made before today: mails, segments, journeys in every state, broadcasts, a list."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from cdp.demo import cast, registry
from cdp.demo.cast import at_home, last_friday
from cdp.demo.crowd import HOME
from cdp.demo.drawings import LIVE, PAUSED, journeys, segments
from cdp.demo.goods import ARTICLES
from cdp.demo.mails import MAILS
from cdp.demo.registry import TAG
from journeys import drafts
from journeys.broadcasts import drafting
from journeys.flow import broadcasting, publishing
from journeys.flow.members import ALL
from journeys.messages import contents
from journeys.messages import drafting as mail_drafts
from journeys.models import Broadcast, Content, Journey, Sender, Version
from profiles.models import Campaign, IdentityLink, Topic
from profiles.permitted import Tally
from segments import lists
from segments.models import Segment

LIVE_SINCE: Final = dt.timedelta(days=120)
NAMES: Final = {"sent": "Weekend ride", "scheduled": "Winter check", "broken": "Spring sale"}
TUESDAY: Final = 1


def steps(now: dt.datetime) -> list[Callable[[], object]]:
    """Everything there is to make, a step each, in an order in which nothing is missing."""
    mails = [lambda key=key: _mail(key, now=now) for key in MAILS]
    asked = [lambda key=key: _segment(key) for key in segments(0)]
    return [*mails, *asked, lambda: _list(now=now)]


def steps_after_counting(now: dt.datetime) -> list[Callable[[], object]]:
    """What needs the segments: journeys and broadcasts."""
    drawn = [lambda key=key: _journey(key, now=now) for key in (*LIVE, "birthday")]
    sent = [lambda: _sent(now=now), lambda: _scheduled(now=now), lambda: _broken(now=now)]
    return [*drawn, *sent, lambda: _campaign(now=now)]


def topic() -> Topic:
    """The news; made where somebody archived it."""
    from profiles.models import Brand

    brand = Brand.objects.get(is_default=True)
    return Topic.objects.get_or_create(key="news", defaults={"brand": brand, "name": "News and offers"})[0]


def sender() -> Sender:
    """Who the shop's mails are from."""
    found = Sender.objects.order_by("-is_default", "pk").first()
    if found is None:
        brand = topic().brand
        found = Sender.objects.create(
            brand=brand, name="Noord & Co", email="hello@noord.example", is_default=True
        )
    return found


def _mail(key: str, *, now: dt.datetime) -> Content:
    mail = MAILS[key]

    def make() -> Content:
        ids = registry.numbers()
        products = {one.sku: ids[f"product-{one.sku}"] for one in ARTICLES if f"product-{one.sku}" in ids}
        name = registry.free(Content.objects.all(), mail.name)
        content = Content(name=name, description=mail.description, tags=[TAG], draft=mail.draft(products))
        content.draft = mail_drafts.dump(mail_drafts.load(content.draft))
        content.save()
        drafts.keep("content", content.pk, content.draft, by=None, now=now)
        return content

    return registry.made(key, make)


def _segment(key: str) -> Segment:
    name, description, definition = segments(topic().pk)[key]

    def make() -> Segment:
        named = registry.free(Segment.objects.filter(kind=Segment.Kind.DYNAMIC), name)
        return Segment.objects.create(name=named, description=description, definition=definition, tags=[TAG])

    return registry.made(key, make)


def _list(*, now: dt.datetime) -> Segment:
    def make() -> Segment:
        name = registry.free(Segment.objects.filter(kind=Segment.Kind.STATIC), "Test riders")
        made = Segment.objects.create(
            name=name, description="They try new things first and tell us.", kind=Segment.Kind.STATIC,
            tags=[TAG], built_at=now,
        )  # fmt: skip
        users = [cast.user_id(key) for key in ("sanne", "thomas", "claire")]
        found = IdentityLink.objects.filter(namespace="user_id", value__in=users)
        lists.add(made, list(found.values_list("persona__contact_id", flat=True)), by=None, now=now)
        made.refresh_from_db()
        return made

    return registry.made("testers", make)


def _journey(key: str, *, now: dt.datetime) -> Journey:
    name, description, draft = journeys(registry.numbers(), topic=topic().pk, sender=sender().pk)[key]

    def make() -> Journey:
        named = registry.free(Journey.objects.filter(kind=Journey.Kind.JOURNEY), name)
        made = Journey.objects.create(name=named, description=description, draft=draft, tags=[TAG])
        drafts.keep("journey", made.pk, draft, by=None, now=now)
        if key in LIVE:
            # Dates count from the day of publishing: nobody gets what was due before.
            publishing.publish(made, by=None, now=now if key == "renewal" else now - LIVE_SINCE)
        if key in PAUSED:
            publishing.pause(Journey.objects.get(pk=made.pk))
        return Journey.objects.get(pk=made.pk)

    return registry.made(key, make)


def _broadcast(key: str, content: str) -> Journey:
    draft: dict[str, Any] = {
        "include": [registry.number("readers")],
        "content": registry.number(content),
        "purpose": "marketing",
        "topic": topic().pk,
        "sender": sender().pk,
    }
    name = registry.free(Journey.objects.filter(kind=Journey.Kind.BROADCAST), NAMES[key])
    made = Journey.objects.create(name=name, kind=Journey.Kind.BROADCAST, draft=draft, tags=[TAG])
    Broadcast.objects.get_or_create(journey=made)
    return made


def _frozen(key: str, *, now: dt.datetime) -> int:
    return contents.freeze(Content.objects.get(pk=registry.number(key) or 0), by=None, now=now).pk


def _sent(*, now: dt.datetime) -> Journey:
    """Last Friday's, over and done; what it sent is written down with the rest of the past."""

    def make() -> Journey:
        friday = last_friday(now)
        made = _broadcast("sent", "friday-mail")
        made.draft["at"] = friday.isoformat()
        definition = broadcasting.definition(made.draft, revision=_frozen("friday-mail", now=friday))
        version = Version.objects.create(
            journey=made, number=1, definition=definition, published_at=friday - dt.timedelta(hours=18),
            state=Version.State.OVER,
        )  # fmt: skip
        made.status = Journey.Status.COMPLETED
        made.save()
        Broadcast.objects.filter(journey=made).update(
            version=version, starts_at=friday, started_at=friday, taken_in_at=friday + dt.timedelta(seconds=4),
            reached=ALL,
        )  # fmt: skip
        return made

    return registry.made("sent", make)


def _scheduled(*, now: dt.datetime) -> Journey:
    def make() -> Journey:
        today = now.astimezone(HOME).date()
        at = at_home(today + dt.timedelta(days=(TUESDAY - today.weekday() - 1) % 7 + 1), 10, 0)
        made = _broadcast("scheduled", "news-mail")
        made.draft["at"] = at.isoformat()
        made.save()
        expected = drafting.tally(made.draft, now=now) or Tally(0, 0, {})
        broadcasting.confirm(
            made, revision=_frozen("news-mail", now=now), expected=expected, at=at, by=None, now=now
        )
        return Journey.objects.get(pk=made.pk)

    return registry.made("scheduled", make)


def _broken(*, now: dt.datetime) -> Journey:
    return registry.made("broken", lambda: _broadcast("broken", "broken-mail"))


def _campaign(*, now: dt.datetime) -> Campaign:
    """What the broadcasts of these weeks are about, so that the calendar shows a bar above them."""

    def make() -> Campaign:
        friday = last_friday(now).astimezone(HOME).date()
        made = Campaign.objects.create(
            name=registry.free(Campaign.objects.all(), "Ready for winter"),
            description="Lights, layers and a check of the bicycle before the dark months.",
            starts_on=friday - dt.timedelta(days=4), ends_on=friday + dt.timedelta(days=24), tags=[TAG],
        )  # fmt: skip
        parts = [registry.number(key) for key in ("sent", "scheduled")]
        Journey.objects.filter(pk__in=[one for one in parts if one]).update(campaign=made)
        return made

    return registry.made("winter", make)
