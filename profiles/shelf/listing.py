"""A list, drawn: its rows with their cells, its filters with what can be chosen, the columns somebody keeps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from profiles.models import Named
from profiles.pages import Page, PageRequest, paged
from profiles.shelf import furniture
from profiles.shelf.furniture import Furniture
from profiles.shelf.kinds import COMMON, Facts, Shelf, Use
from profiles.shelf.search import PAGE, Search, find, orders, page_of, place_of

SORTED_DOWN_FIRST: Final = {"updated", "created"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head. `sort` is what a click sorts by; "" where it cannot be sorted by."""

    key: str
    label: Promise | str
    kind: str
    is_shown: bool
    sort: str = ""
    direction: str = ""  # as aria-sort says it; "" while another column is the one


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of the table."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Row[T: Named]:
    """One thing as listed."""

    thing: T
    url: str
    below: str
    is_starred: bool
    cells: list[Cell]
    uses: Sequence[Use]


@dataclass(frozen=True, slots=True)
class Filter:
    """One list to choose from."""

    key: str
    label: Promise | str
    options: list[tuple[str, Any]]
    chosen: str


def draw[T: Named](request: PageRequest, shelf: Shelf[T]) -> dict[str, Any]:
    """What the list page shows."""
    search = Search.read(request.GET, shelf)
    found = find(shelf, search, by=request.user)
    after = request.GET.get("after", "")
    things = page_of(shelf, found, sort=search.sort, after=after)
    around = furniture.of(shelf, by=request.user)
    heads = headings(shelf, search, columns_of(request, shelf), around)
    tabs = views(request, around)
    page = paged(things, size=PAGE, after=after or None, cursor=place_of)
    return {
        "shelf": shelf,
        "search": search,
        # What fits on one page is counted already.
        "count": found.count() if page.next or after else len(things),
        "headings": [head for head in heads if head.is_shown],
        "columns": heads,
        "page": Page(rows(shelf, page.rows, heads, around), page.next, page.is_later),
        "filters": filters(shelf, search, around),
        "views": tabs,
        "is_known_view": any(tab.is_current for tab in tabs),
        "tags": around.tags,
        "campaigns": furniture.offered(around.campaigns) if shelf.in_campaigns else [],
        "team": furniture.offered(around.people),
        "routes": {name: f"{shelf.slug}_{name}" for name in ROUTES},
        "may_edit": request.user.has_perm(shelf.edit),
        "here": request.get_full_path(),
        "is_empty": not search.is_narrow and not things and not after,
        "query": request.GET.urlencode(),
    }


ROUTES: Final = (
    *("export", "columns", "view_save", "view_remove", "bulk"),
    *("star", "archive", "restore", "duplicate", "details", "uses", "rename"),
)


def headings[T: Named](shelf: Shelf[T], search: Search, chosen: set[str], around: Furniture) -> list[Heading]:
    """Every column that the list can show, those of its kind first."""
    name = _heading("name", _("Name"), "name", True, search, shelf)
    own = [_heading(one.key, one.label, one.kind, one.key in chosen, search, shelf) for one in shelf.columns]
    common = [
        _heading(key, label, key, key in chosen, search, shelf) for key, label in _common(shelf, around)
    ]
    return [name, *own, *common]


def _common(shelf: Shelf[Any], around: Furniture) -> list[tuple[str, Promise]]:
    has = {"brand": len(around.brands) > 1, "campaign": shelf.in_campaigns}
    return [("uses", shelf.uses_label), *((key, label) for key, label in COMMON if has.get(key, True))]


def _heading(
    key: str, label: Promise | str, kind: str, is_shown: bool, search: Search, shelf: Shelf[Any]
) -> Heading:
    if key not in orders(shelf):
        return Heading(key, label, kind, is_shown)
    is_now, is_down = search.sort.removeprefix("-") == key, search.sort.startswith("-")
    down_next = not is_down if is_now else key in SORTED_DOWN_FIRST
    direction = ("descending" if is_down else "ascending") if is_now else ""
    return Heading(key, label, kind, is_shown, ("-" if down_next else "") + key, direction)


def columns_of[T: Named](request: PageRequest, shelf: Shelf[T]) -> set[str]:
    """The columns that somebody keeps on this list, in this browser."""
    kept = request.COOKIES.get(cookie(shelf))
    if kept is None:
        usual = {one.key for one in shelf.columns if one.is_shown}
        return (usual | {"uses", *(key for key, _label in COMMON)}) - set(shelf.hidden)
    return set(kept.split("."))


def cookie[T: Named](shelf: Shelf[T]) -> str:
    """The cookie that keeps the columns."""
    return f"columns_{shelf.slug}"


def rows[T: Named](shelf: Shelf[T], things: list[T], heads: list[Heading], around: Furniture) -> list[Row[T]]:
    """The things with what their columns say, fetched for all of them at once."""
    numbers = [thing.pk for thing in things]
    shown = [head.key for head in heads[1:] if head.is_shown]
    facts, uses = shelf.facts(things), shelf.uses(numbers) if "uses" in shown else {}
    return [
        Row(
            thing,
            _link(shelf, thing),
            shelf.below(thing, facts.get(thing.pk, {})) or thing.description,
            thing.pk in around.starred,
            cells(shelf, thing, shown, facts.get(thing.pk, {}), uses.get(thing.pk, ()), around),
            uses.get(thing.pk, ()),
        )
        for thing in things
    ]


def _link(shelf: Shelf[Any], thing: Named) -> str:
    """A thing in the archive has no page; its details say what it was."""
    return reverse(f"{shelf.slug}_details", args=[thing.pk]) if thing.archived_at else shelf.url(thing)


def cells[T: Named](
    shelf: Shelf[T], thing: T, keys: list[str], facts: Facts, uses: Sequence[Use], around: Furniture
) -> list[Cell]:
    """What stands in these columns."""
    own = {one.key: one for one in shelf.columns}
    common: dict[str, Any] = {
        "owner": around.person(thing.owner_id),
        "campaign": around.campaign(thing.campaign_id) or None if shelf.in_campaigns else None,
        "brand": around.brands.get(thing.brand_id or 0),
        "updated": (thing.updated_at, around.person(thing.edited_by_id)),
        "created": thing.created_at,
        "uses": uses,
    }
    return [
        Cell(own[key].kind, own[key].value(thing, facts)) if key in own else Cell(key, common.get(key))
        for key in keys
    ]


def filters[T: Named](shelf: Shelf[T], search: Search, around: Furniture) -> list[Filter]:
    """The lists to choose from; one with nothing in it is left out."""
    owners = [
        (str(number), one.name) for number, one in around.people.items() if one.is_used and one.is_offered
    ]
    campaigns = [(str(number), one.name) for number, one in around.campaigns.items() if one.is_used]
    brands = [(str(number), name) for number, name in around.brands.items()]
    offered = [
        *(
            Filter(one.key, one.label, list(one.options()), search.chosen.get(one.key, ""))
            for one in shelf.choices
        ),
        Filter("owner", _("Any owner"), [("me", _("Mine")), *owners] if owners else [], search.owner),
        Filter("tag", _("Any tag"), [(tag, tag) for tag in around.tags], search.tag),
        Filter("campaign", _("Any campaign"), campaigns, search.campaign),
        Filter("brand", _("Any brand"), brands if len(brands) > 1 else [], search.brand),
    ]
    return [one for one in offered if one.options]


@dataclass(frozen=True, slots=True)
class View:
    """A tab above the list. `id` is a saved one's number."""

    label: str
    query: str
    is_current: bool
    id: int | None = None


def views(request: PageRequest, around: Furniture) -> list[View]:
    """The tabs: those that every list has, then one's own."""
    here = meaning(request.GET.urlencode())
    fixed = (
        (_("All"), ""),
        (_("Starred"), "starred=1"),
        (_("Mine"), "owner=me"),
        (_("Archived"), "archived=1"),
    )
    return [
        *(View(label, query, here == meaning(query)) for label, query in fixed),
        *(View(name, query, here == meaning(query), number) for number, name, query in around.views),
    ]


def meaning(query: str) -> frozenset[tuple[str, str]]:
    """What an address narrows to, without its place, its order of words and what it leaves empty."""
    said = QueryDict(query)
    return frozenset((key, said[key]) for key in said if said[key] and key not in ("after", "sort"))


def lines[T: Named](request: PageRequest, shelf: Shelf[T], most: int) -> Iterator[list[str]]:
    """The list as a table of words, whole: the first line is its head."""
    search = Search.read(request.GET, shelf)
    around = furniture.of(shelf, by=request.user)
    heads = [head for head in headings(shelf, search, columns_of(request, shelf), around) if head.is_shown]
    yield [*(str(head.label) for head in heads), _("Tags"), _("Description")]
    ordered = find(shelf, search, by=request.user)
    field = orders(shelf)[search.sort.removeprefix("-")]
    sign = "-" if search.sort.startswith("-") else ""
    things = list(ordered.order_by(f"{sign}{field}", "pk")[:most])
    for row in rows(shelf, things, heads, around):
        said = [word(cell) for cell in row.cells]
        yield [row.thing.name, *said, ", ".join(row.thing.tags), row.thing.description]


def word(cell: Cell) -> str:
    """A cell as a file says it."""
    match cell.kind:
        case "state":
            return str(cell.value[1]) if cell.value else ""
        case "updated":
            return str(cell.value[0].isoformat(timespec="seconds"))
        case "created" | "moment":
            return cell.value.isoformat(timespec="seconds") if cell.value else ""
        case "uses":
            return ", ".join(use.label for use in cell.value)
        case _:
            return "" if cell.value is None else str(cell.value)
