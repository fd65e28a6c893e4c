"""Finding things of many kinds by their names, in one statement."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Model, QuerySet

from cdp.lib import db

NAMED: Final = """
(SELECT {place}, id, name FROM ({things}) AS things (id, name, edited_at)
WHERE {says}
ORDER BY starts_with(lower(name), lower(%s)) DESC, edited_at DESC, id LIMIT %s)
"""
SAYS: Final = "position(lower(%s) IN lower(name)) > 0"


def named(among: Sequence[QuerySet[Any]], words: str, *, most: int) -> list[list[Any]]:
    """Of each of these sets, what has all of these words in its name: unsaved, with number and name, at most so many.

    Those whose names begin with them come first, then what was edited last.
    """
    sought = words.split()
    says = " AND ".join([SAYS] * len(sought)) or "true"
    parts, said = [], []
    for place, things in enumerate(among):
        sql, parameters = _spelled(things)
        parts.append(NAMED.format(place=place, things=sql, says=says))
        said += [*parameters, *sought, words, most]
    found: list[list[Any]] = [[] for _ in among]
    for place, number, name in db.fetch("UNION ALL".join(parts), said) if parts else ():
        found[place].append(among[place].model(pk=number, name=name))
    return found


def _spelled[T: Model](things: QuerySet[T]) -> tuple[str, Sequence[Any]]:
    return things.order_by().values_list("pk", "name", "updated_at").query.sql_with_params()
