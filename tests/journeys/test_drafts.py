"""Undo and redo of drafts, and two people who draw at once."""

import datetime as dt

import pytest
from django.contrib.auth.models import User

from journeys import drafts

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def test_it_goes_back_and_forward_again(ada: User, now: dt.datetime) -> None:
    for state in ("a", "b", "c"):
        drafts.keep("journey", 1, state, by=ada, now=now)

    back = [drafts.undo("journey", 1) for _ in range(3)]
    again = drafts.redo("journey", 1)

    assert [place and place.state for place in back] == ["b", "a", None]
    assert again is not None
    assert (again.state, again.can_undo, again.can_redo) == ("b", True, True)


def test_it_forgets_what_was_undone_once_something_new_is_saved(ada: User, now: dt.datetime) -> None:
    drafts.keep("journey", 1, "a", by=ada, now=now)
    drafts.keep("journey", 1, "b", by=ada, now=now)
    drafts.undo("journey", 1)

    new = drafts.keep("journey", 1, "c", by=ada, now=now)

    assert (new.state, new.can_redo) == ("c", False)
    assert drafts.redo("journey", 1) is None


def test_it_keeps_drafts_apart(ada: User, now: dt.datetime) -> None:
    drafts.keep("journey", 1, "a", by=ada, now=now)
    drafts.keep("content", 1, "b", by=ada, now=now)

    place = drafts.place("journey", 1)

    assert place is not None
    assert place.state == "a"
    assert drafts.place("journey", 2) is None


def test_it_tells_of_somebody_elses_save_instead_of_overwriting_it(ada: User, now: dt.datetime) -> None:
    grace = User.objects.create_user("grace")
    seen = drafts.keep("journey", 1, "a", by=ada, now=now)
    drafts.keep("journey", 1, "hers", by=grace, now=now, since=seen.number)

    with pytest.raises(drafts.Conflict) as told:
        drafts.keep("journey", 1, "mine", by=ada, now=now, since=seen.number)

    assert told.value.state.saved_by == grace
    place = drafts.place("journey", 1)
    assert place is not None
    assert place.state == "hers"


def test_it_takes_the_same_state_again_for_no_save(ada: User, now: dt.datetime) -> None:
    first = drafts.keep("journey", 1, {"steps": []}, by=ada, now=now)

    assert drafts.keep("journey", 1, {"steps": []}, by=ada, now=now).number == first.number
