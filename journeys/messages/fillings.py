"""What can be filled into a mail: the attributes of contacts under the names that people know them by."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.messages import chips
from journeys.messages.chips import Chip
from profiles.models import AttributeDefinition

# In the order of how often mails speak of them; the fallback is offered, not imposed.
STANDARD: Final[dict[str, tuple[Promise, Promise | str]]] = {
    "first_name": (lazy("First name"), lazy("there")),
    "last_name": (lazy("Last name"), ""),
    "email": (lazy("E-mail address"), ""),
    "city": (lazy("City"), lazy("your city")),
    "country": (lazy("Country"), lazy("your country")),
    "region": (lazy("Region"), ""),
    "postal_code": (lazy("Postal code"), ""),
    "phone": (lazy("Phone number"), ""),
    "birth_date": (lazy("Date of birth"), ""),
    "gender": (lazy("Gender"), ""),
    "language": (lazy("Language"), ""),
}
BRAND: Final[dict[str, Promise]] = {"name": lazy("Brand's name"), "website": lazy("Brand's website")}
MOST: Final = 300  # of a workspace's own attributes


@dataclass(frozen=True, slots=True)
class Filling:
    """One line of the picker."""

    label: str
    liquid: str
    key: str
    fallback: str = ""


def choices() -> list[Filling]:
    """Everything the picker offers. One statement."""
    offered = [
        Filling(str(label), chips.liquid(Chip(key)), key, str(fallback))
        for key, (label, fallback) in STANDARD.items()
    ]
    own = (
        AttributeDefinition.objects.filter(is_standard=False)
        .exclude(type__in=["object"])
        .order_by("key")[:MOST]
    )
    offered += [Filling(one.label or spoken(one.key), chips.liquid(Chip(one.key)), one.key) for one in own]
    return offered + [
        Filling(str(label), chips.liquid(Chip(key, root="brand")), f"brand.{key}")
        for key, label in BRAND.items()
    ]


def labels() -> dict[str, str]:
    """What a chip is called: {"contact.first_name": "First name"}. One statement."""
    known = {f"contact.{key}": str(label) for key, (label, _fallback) in STANDARD.items()}
    named = AttributeDefinition.objects.exclude(label="").values_list("key", "label")
    known |= {f"contact.{key}": label for key, label in named if f"contact.{key}" not in known}
    return known | {f"brand.{key}": str(label) for key, label in BRAND.items()}


def spoken(key: str) -> str:
    """A key as people would say it: "favourite_colour" is "Favourite colour"."""
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def or_else() -> str:
    """How a chip says what stands there when nothing is known; %s is that."""
    return _("or %s")
