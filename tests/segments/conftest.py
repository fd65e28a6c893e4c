"""How many cases chance tries: `KINDRED_CASES=10` means ten times as many. Distributions are printed at the end."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

SCALE = float(os.environ.get("KINDRED_CASES", "1"))


def cases(number: int) -> settings:
    """So many fresh random cases; a failing one prints how to repeat it."""
    return settings(
        max_examples=max(1, int(number * SCALE)),
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def tally(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Counter[str]]:
    """Counts what the cases held, and prints it, so that a trivial generator shows."""
    counter: Counter[str] = Counter()
    yield counter
    with capsys.disabled():
        print(
            f"\n{request.node.name}: "
            + ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))
        )
