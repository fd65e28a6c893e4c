"""The pages that say no: friendly, and usable by everybody in both themes."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from playwright.sync_api import Page

from tests.screens.conftest import Browser, problems

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
    pytest.mark.usefixtures("furnished"),
]


def test_it_refuses_kindly_in_both_themes(chromium: Browser, live_server: Any) -> None:
    client = Client()
    client.force_login(User.objects.create_user("linus"))
    broken = render_to_string("500.html")
    found: dict[str, list[str]] = {}
    said: list[str] = []

    def story(page: Page) -> None:
        page.route("**/broken/", lambda route: route.fulfill(body=broken, content_type="text/html"))
        for path in ("/contacts/", "/nothing-here/", "/broken/"):
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.goto(path)
                said.append(page.text_content("h1") or "")
                if wrong := problems(page):
                    found[f"{path} {scheme}"] = wrong

    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    complaints = chromium.look(story, base_url=live_server.url, cookies=cookies, width=390)

    assert found == {}
    assert said[::2] == ["You may not see this page", "This page is not here", "Something broke on our side"]
    # Chromium itself notes each refused page.
    assert [line for line in complaints if not line.startswith("Failed to load resource")] == []
