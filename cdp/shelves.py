"""Every kind of thing with a name: what the apps declare, completed with what only the roof can see.

A new kind is one line here; its addresses, its list, its archive and its place in the search follow from it.
"""

from dataclasses import replace
from typing import Any, Final

from cdp import uses
from journeys.broadcasts.shelf import BROADCASTS
from journeys.content.shelf import EMAILS
from journeys.shelves import JOURNEYS
from profiles.shelf import Shelf
from profiles.shelf.routes import routes
from segments.shelves import LISTS, SEGMENTS

SHELVES: Final[dict[str, Shelf[Any]]] = {
    "segments": replace(SEGMENTS, uses=uses.of_segments),
    "lists": replace(LISTS, uses=uses.of_segments),
    "broadcasts": BROADCASTS,
    "journeys": JOURNEYS,
    "emails": EMAILS,
}

urlpatterns = [route for shelf in SHELVES.values() for route in routes(shelf)]
