"""The tour of the sample shop: six stops, each a sentence and a real page."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.demo import finding

PARAMETER: Final = "tour"  # in the address of a page that is a stop: its number


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what to look at there, and where it is. `url` is "" while the sample shop lacks what it shows."""

    number: int
    title: Promise
    sentence: Promise
    button: Promise
    url: str

    @property
    def address(self) -> str:
        """The page, told that it is a stop of the tour."""
        page, _mark, place = self.url.partition("#")
        return f"{page}{'&' if '?' in page else '?'}{PARAMETER}={self.number}{'#' if place else ''}{place}"


def stops() -> list[Stop]:
    """The six stops, in order; [] when there is no sample shop."""
    if finding.person("sanne") is None:
        return []
    return [
        Stop(number, *words, url=url)
        for number, (words, url) in enumerate(zip(WORDS, _places(), strict=True), start=1)
    ]


WORDS: Final[tuple[tuple[Promise, Promise, Promise], ...]] = (
    (
        _("One person"),
        _(
            "Sanne looked around on her phone, signed in, bought and opened a mail: three devices, one profile."
        ),
        _("Open Sanne's profile"),
    ),
    (
        _("Who is slipping"),
        _(
            "Every customer stands in a stage; the chart shows month by month who becomes at risk, and who comes back."
        ),
        _("Open the lifecycle chart"),
    ),
    (
        _("A question, answered at once"),
        _(
            "“Slipping and valuable” is a segment: a few conditions in plain words, counted while you build it."
        ),
        _("Open the segment"),
    ),
    (
        _("An answer that waits for the right moment"),
        _(
            "The win-back journey writes to those people; every card says who waits there. Aisha is one of them."
        ),
        _("Open the journey"),
    ),
    (
        _("What she will read"),
        _("This is the mail Aisha gets: blocks, her first name, the brand's colours; on a phone, too."),
        _("See Aisha's mail"),
    ),
    (
        _("Why somebody got nothing"),
        _("Piotr had enough mails that week, so Friday's was not sent, and his profile says so."),
        _("Ask why Piotr got none"),
    ),
)


def _places() -> list[str]:
    sanne, aisha, piotr = (finding.person(key) for key in ("sanne", "aisha", "piotr"))
    segment, journey, mail = (finding.thing(key) for key in ("slipping", "winback", "winback-mail"))
    return [
        reverse("profile", args=[sanne.pk]) if sanne else "",
        reverse("lifecycle"),
        reverse("segment", args=[segment.pk]) if segment else "",
        reverse("journey", args=[journey.pk]) if journey else "",
        f"{reverse('email_preview', args=[mail.pk])}?person={aisha.pk}" if mail and aisha else "",
        f"{reverse('profile', args=[piotr.pk])}?tab=messages" if piotr else "",
    ]
