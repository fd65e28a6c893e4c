"""Patterns are safe, and mean what regular expressions mean."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.lib import db
from segments.patterns import InvalidPattern, translated
from tests.segments.conftest import cases

TEXTS = ("", "a", "gold", "Gold 12", "a-b", "aab", "100%", "x_y", "B2", "()", "a\\b", "née", "ab ab")
atoms = st.sampled_from(
    [
        "a",
        "B",
        "g",
        "2",
        "é",
        ".",
        r"\d",
        r"\w",
        r"\S",
        r"\.",
        r"\\",
        "[a-c]",
        "[^0-9]",
        r"[\d%]",
        "[B_-]",
        " ",
        "-",
    ]
)
pieces = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{1,}"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
    ),
    max_leaves=5,
)
patterns = st.tuples(st.sampled_from(["", "^"]), pieces, st.sampled_from(["", "$"])).map("".join)


@pytest.mark.django_db
def test_it_means_in_the_database_what_it_means_elsewhere() -> None:
    @cases(120)
    @given(patterns)
    def holds(pattern: str) -> None:
        found = db.fetch(
            "SELECT t FROM unnest(%s::text[]) t WHERE lower(t) ~ %s", [list(TEXTS), translated(pattern)]
        )
        meant = re.compile(pattern, re.IGNORECASE | re.DOTALL | re.ASCII)
        wanted = {
            text
            for text in TEXTS
            if meant.search(text.lower()) or re.search(pattern.lower(), text.lower(), re.ASCII | re.DOTALL)
        }
        assert {row[0] for row in found} == wanted, pattern

    holds()


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a)\1", "backslash"),
        ("(?=a)b", "Looking ahead"),
        ("(?<!a)b", "Looking ahead"),
        ("(a", "never closed"),
        ("a)", "never opened"),
        ("[a", "never closed"),
        ("*a", "stands alone"),
        ("a**", "One repetition"),
        ("a+?", "One repetition"),
        ("a{1000}", "how many times|at most"),
        ("((a{40}){40}){40}", "repeats too much"),
        ("a{3,1}", "few to many"),
        ("[z-a]", "goes from a to z"),
        ("[[:alpha:]]", "inside square brackets"),
        ("a|", "is empty"),
        ("a" * 201, "too long"),
        ("(" * 12 + "a" + ")" * 12, "too deeply"),
    ],
)
def test_it_refuses_what_could_run_for_ever_and_says_why(pattern: str, why: str) -> None:
    with pytest.raises(InvalidPattern, match=why):
        translated(pattern)


@pytest.mark.django_db
def test_it_is_quick_on_the_texts_that_break_others() -> None:
    begun = time.perf_counter()

    db.fetch("SELECT repeat('a', 50000) || 'b' ~ %s", [translated("^(a|aa|a*)+$")])

    assert time.perf_counter() - begun < 1
