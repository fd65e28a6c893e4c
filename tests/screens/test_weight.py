"""What every page makes a browser load stays small."""

import gzip
import re
from typing import Final

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

LIMIT: Final = 60_000  # bytes of JavaScript, compressed, on a page without charts


@pytest.mark.django_db
@pytest.mark.usefixtures("furnished")
def test_it_loads_little_javascript(signed_in: Client) -> None:
    page = signed_in.get("/segments/").content.decode()

    scripts = re.findall(r'<script[^>]* src="/?static/([^"?]+)', page)
    weight = sum(_weight(name) for name in scripts)

    assert scripts
    assert weight <= LIMIT


def _weight(name: str) -> int:
    path = finders.find(name)
    assert path is not None
    with open(path, "rb") as file:
        return len(gzip.compress(file.read(), 6))
