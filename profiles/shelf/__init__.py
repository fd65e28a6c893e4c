"""The one list page for everything with a name: said once here, declared by each kind in a `Shelf`."""

from profiles.shelf.kinds import Choice, Column, Empty, Facts, Shelf, Use
from profiles.shelf.toasts import tell, undoable

__all__ = ["Choice", "Column", "Empty", "Facts", "Shelf", "Use", "tell", "undoable"]
