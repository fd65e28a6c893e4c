"""What a kind of thing says of itself, so that its list, its archive and its details need no code of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles.models import Named
from profiles.permissions import EDIT, SEE

# Sorting that every kind has: what stands in the address, and the field behind it.
ORDERS: Final = {"name": "name", "updated": "updated_at", "created": "created_at"}
USUAL: Final = "-updated"

# Columns of every kind, after "Used in", which some kinds call otherwise.
COMMON: Final = (
    ("owner", _("Owner")),
    ("campaign", _("Campaign")),
    ("brand", _("Brand")),
    ("updated", _("Last edited")),
    ("created", _("Made")),
)
HIDDEN_AT_FIRST: Final = frozenset({"campaign", "created"})
USED_IN: Final = _("Used in")
UNUSED: Final = _("Nothing uses it at the moment.")

# What a page of rows needs beside the rows themselves, by key; fetched for all of them at once.
type Facts = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)  # no slots: Python cannot make generic ones
class Column[T: Named]:
    """A column of a kind's own. `value` gives the cell; a "state" is a pair of its code and its words.

    `order` names the field it is sorted by, one that is never null; "" where it cannot be.
    """

    key: str
    label: Promise
    value: Callable[[T, Facts], Any]
    kind: Literal["text", "number", "moment", "state"] = "text"
    order: str = ""
    is_shown: bool = True  # until somebody chooses otherwise


@dataclass(frozen=True, kw_only=True)  # no slots: Python cannot make generic ones
class Choice[T: Named]:
    """A filter of a kind's own: a list to choose one from. It stands in the address under its key."""

    key: str
    label: Promise
    options: Callable[[], Sequence[tuple[str, str | Promise]]]
    narrow: Callable[[QuerySet[T], str], QuerySet[T]]


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a thing is used. While that place is live, the thing cannot be archived."""

    label: str
    url: str
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """What an empty list says: a headline, one sentence, one action (the shelf's `create`), one example."""

    title: Promise
    sentence: Promise
    example_url: str = ""
    example: Promise | str = ""


def _nothing(_: Any) -> dict[int, Any]:
    return {}


def _unsaid(*_: Any) -> str:
    return ""


def _unchanged(*_: Any) -> None:
    """Nothing more to do."""


@dataclass(frozen=True, kw_only=True)  # no slots: Python cannot make generic ones
class Shelf[T: Named]:
    """One kind of thing with a name. Its routes are made by `profiles.shelf.routes`."""

    slug: str  # the list's route name and, followed by _, the beginning of the others
    path: str  # where the list stands, "segments/"
    model: type[T]
    one: Promise  # "Segment"
    many: Promise  # "Segments"
    new: Promise  # "New segment"
    icon: str
    things: Callable[[], QuerySet[T]]  # every one of this kind, archived ones too
    url: Callable[[T], str]  # its own page
    empty: Empty
    create: str = ""  # the route that makes one; "" where none are made by hand
    columns: tuple[Column[T], ...] = ()
    choices: tuple[Choice[T], ...] = ()
    facts: Callable[[Sequence[T]], Mapping[int, Facts]] = field(default=_nothing)
    below: Callable[[T, Facts], str] = field(default=_unsaid)  # the line under a name; else the description
    uses: Callable[[Collection[int]], Mapping[int, Sequence[Use]]] = field(default=_nothing)
    keeps: Callable[[T], str] = field(default=_unsaid)  # a sentence: why this one cannot be archived now
    renew: Callable[[T], None] = field(
        default=_unchanged
    )  # makes an unsaved copy a beginner: a draft, unbuilt
    copied: Callable[[T, T], None] | None = field(default=_unchanged)  # original, copy; None: no duplicates
    copies: Promise | str = ""  # what a copy brings along, said beside Duplicate
    copy_said: Callable[[T], str] = field(default=_unsaid)  # the toast over a copy, where it has more to say
    uncopy: Callable[[T], str] | None = None  # where its Undo posts; else the copy goes to the archive
    restored: Callable[[T], None] = field(default=_unchanged)  # after it came back from the archive
    form: Callable[..., Any] | None = None  # of its details, where they are more than everybody has
    uses_label: Promise = USED_IN
    no_uses: Promise = UNUSED
    hidden: Collection[str] = HIDDEN_AT_FIRST  # of the columns that every kind has, until chosen otherwise
    see: str = SEE
    edit: str = EDIT

    @property
    def kind(self) -> str:
        """The model's label, under which favourites are kept."""
        return self.model._meta.label_lower

    @property
    def duplicates(self) -> bool:
        """Whether a thing of this kind can be copied."""
        return self.copied is not None

    @property
    def in_campaigns(self) -> bool:
        """Whether a thing of this kind can be part of a campaign."""
        return any(field.name == "campaign" for field in self.model._meta.fields)
