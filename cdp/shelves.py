"""Every kind of thing with a name: what the apps declare, completed with what only the roof can see.

A new kind is one line here; its addresses, its list, its archive, its place in the search and in campaigns follow.
"""

from dataclasses import replace
from typing import Any, Final

from cdp import campaign_shelf, uses
from journeys.broadcasts.shelf import BROADCASTS
from journeys.content.shelf import EMAILS
from journeys.shelves import JOURNEYS
from profiles.shelf import Shelf
from profiles.shelf.routes import routes
from segments.shelves import LISTS, SEGMENTS

# What a campaign may consist of.
PARTS: Final[dict[str, Shelf[Any]]] = {
    "segments": replace(SEGMENTS, uses=uses.of_segments),
    "lists": replace(LISTS, uses=uses.of_segments),
    "broadcasts": BROADCASTS,
    "journeys": JOURNEYS,
    "emails": EMAILS,
}
SHELVES: Final[dict[str, Shelf[Any]]] = {**PARTS, "campaigns": campaign_shelf.shelf(PARTS)}

urlpatterns = [route for shelf in SHELVES.values() for route in routes(shelf)]
