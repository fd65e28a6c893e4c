"""A passkey in a real browser: added, used instead of a password; and the pages around it, on a telephone."""

from typing import Any, Final

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from cdp import access
from tests.screens.conftest import Browser, problems

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

KEY: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
TELEPHONE: Final = 390


def test_it_signs_in_with_a_passkey_alone(
    chromium: Browser, live_server: Any, furnished: None, ada: User
) -> None:
    access.furnish()
    found: list[str] = []

    def looked(page: Page) -> None:
        found.extend(f"{page.url}: {one}" for one in problems(page))
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found.extend([f"{page.url} sticks out by {wide}"] if wide > 0 else [])

    def story(page: Page) -> None:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

        page.goto("/accounts/login/?next=/account/")
        looked(page)
        page.get_by_label("E-mail").fill("ada@kindred.example")
        page.get_by_label("Password").fill("a long enough word")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="My account")).to_be_visible()
        looked(page)

        page.goto("/accounts/2fa/app/add/")
        expect(page.get_by_role("img", name="QR code")).not_to_have_js_property("naturalWidth", 0)
        looked(page)
        page.goto("/accounts/2fa/passkeys/add/")
        looked(page)
        page.get_by_label("Name").fill("Telephone")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("button", name="Show the codes").click()
        expect(page.locator("#codes")).to_be_visible()
        looked(page)
        with page.expect_download() as downloading:
            page.get_by_role("link", name="Download").click()
        assert len(downloading.value.path().read_text().split()) == 10
        page.get_by_role("link", name="I have kept them").click()
        expect(page.get_by_text("Telephone", exact=True)).to_be_visible()
        looked(page)

        page.goto("/accounts/logout/")
        page.get_by_role("button", name="Sign out").last.click()
        page.goto("/accounts/login/?next=/settings/team/")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("heading", name="Team")).to_be_visible()
        looked(page)
        page.goto("/settings/sign-in/")
        looked(page)

    complaints = chromium.look(story, base_url=live_server.url, cookies={}, width=TELEPHONE)

    assert found == []
    assert complaints == []
    key = Authenticator.objects.get(type="webauthn")
    assert (str(key), key.last_used_at is not None) == ("Telephone", True)
